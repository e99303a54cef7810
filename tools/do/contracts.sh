# shellcheck shell=bash
# writes contracts/ and docs/activities/ anew from the programs
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
  step "contracts: building quanji-runner, quanji-platform and quanji ($preset)"
  build_preset "$preset" quanji-runner quanji-platform quanji
  mkdir -p "$ROOT/contracts" "$ROOT/docs/activities"
  rm -f "$ROOT"/docs/activities/*.md
  "$ROOT/build/$preset/bin/quanji-runner" contracts "$ROOT/contracts" "$ROOT/docs/activities"
  for program in quanji-platform quanji; do "$ROOT/build/$preset/bin/$program" contracts "$ROOT/contracts"; done
  git -C "$ROOT" status --short -- contracts docs/activities
  step "contracts: written"
}
