# shellcheck shell=bash
# builds the programs as shipped (build/release) and the console; --no-setup skips the setup
. "$ROOT/tools/do/setup.sh"

# ccache and precompiled headers get along only when told so.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

# What the console's lock file names; nothing happens while that file did not change.
build_console_packages() {
  local lock
  mkdir -p "$STAMPS"
  lock=$(sha256sum <"$ROOT/console/package-lock.json")
  if [ ! -d "$ROOT/console/node_modules" ] || [ "$(cat "$STAMPS/console-packages" 2>/dev/null)" != "$lock" ]; then
    step "console: npm ci"
    (cd "$ROOT/console" && npm ci --no-audit --no-fund --loglevel=error </dev/null)
    printf '%s\n' "$lock" >"$STAMPS/console-packages"
  fi
}

# The console is built before the platform, which carries it inside; nothing happens while its sources did not change.
build_console() {
  [ -f "$ROOT/console/package-lock.json" ] || return 0
  build_console_packages
  local sources
  # Not by git: the tree may have been unpacked from an archive.
  sources=$(cd "$ROOT" && find console contracts \( -name node_modules -o -name dist -o -name dist-flow-edit \) -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum | sha256sum)
  if [ ! -d "$ROOT/console/dist" ] || [ "$(cat "$STAMPS/console-sources" 2>/dev/null)" != "$sources" ]; then
    step "console: npm run build"
    (cd "$ROOT/console" && npm run --silent build </dev/null)
    printf '%s\n' "$sources" >"$STAMPS/console-sources"
  fi
}

# build_preset PRESET [TARGET...]
build_preset() {
  local preset=$1
  shift
  [ -f "$ROOT/build/$preset/build.ninja" ] || cmake --preset "$preset"
  cmake --build "$ROOT/build/$preset" -j "$(jobs_for_this_machine)" --target "${@:-all}"
}

do_build() {
  local setup=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --no-setup) setup=no ;;
      *) refuse 2 "build: 不认识的选项 $1 · unknown option $1: --no-setup" ;;
    esac
    shift
  done
  [ $setup = no ] || do_setup
  step "build: console and programs, preset release"
  build_console
  build_preset release
  step "build: done, the programs stand in build/release/bin"
}
