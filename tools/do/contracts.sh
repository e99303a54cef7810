# shellcheck shell=bash
# writes contracts/ anew from the programs, and the console's types from them
. "$ROOT/tools/do/build.sh"

do_contracts() {
  local preset=release program setup=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --no-setup) setup=no ;;
      --preset)
        preset=${2:?}
        shift
        ;;
      *) refuse 2 "contracts: 不认识的选项 $1 · unknown option $1: --no-setup --preset NAME" ;;
    esac
    shift
  done
  [ $setup = no ] || do_setup
  step "contracts: building quanji-platform ($preset)"
  build_preset "$preset" quanji-platform
  program=$ROOT/build/$preset/bin/quanji-platform
  mkdir -p "$ROOT/contracts"
  "$program" contracts "$ROOT/contracts"
  if [ -f "$ROOT/console/package.json" ]; then
    build_console_packages
    (cd "$ROOT/console" && npm run --silent types </dev/null)
  fi
  git -C "$ROOT" status --short -- contracts console/src/api
  step "contracts: written"
}
