# shellcheck shell=bash
# takes docs/picture.png of the console, with a demo platform and robot of its own (--preset NAME, --no-setup)
. "$ROOT/tools/do/build.sh"

do_screenshots() {
  local preset=release setup=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --no-setup) setup=no ;;
      --preset)
        preset=${2:?}
        shift
        ;;
      *) refuse 2 "screenshots: 不认识的选项 $1 · unknown option $1: --no-setup --preset NAME" ;;
    esac
    shift
  done
  # Chromium and the Chinese font are on the list of the tests.
  [ $setup = no ] || do_setup --test
  build_console
  build_preset "$preset" quanji-platform quanji-robot quanji-runner
  step "screenshots: docs/picture.png"
  QUANJI_PROGRAMS=$ROOT/build/$preset/bin node "$ROOT/tools/do/lib/screenshots.mjs" "$ROOT/docs/picture.png"
}
