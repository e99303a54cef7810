# shellcheck shell=bash
# builds the fuzz targets with clang and gives each its corpus and a few seconds (--seconds N, default 5; --build-only, --no-build; NAME... for some)
. "$ROOT/tools/do/build.sh"

do_fuzz() {
  local seconds=5 names="" name failed=0 setup=yes build=yes run=yes found
  while [ $# -gt 0 ]; do
    case $1 in
      --seconds)
        [[ ${2:-} =~ ^[0-9]+$ ]] || refuse 2 "fuzz: --seconds 需要一个整数 · --seconds needs a whole number"
        seconds=$2
        shift
        ;;
      --no-setup) setup=no ;;
      --no-build) setup=no build=no ;;
      --build-only) run=no ;;
      -*) refuse 2 "fuzz: 不认识的选项 $1 · unknown option $1: --seconds N --no-setup --no-build --build-only" ;;
      *)
        [ -f "$ROOT/fuzz/$1.cpp" ] || refuse 2 "fuzz: 没有 fuzz/$1.cpp · there is no fuzz/$1.cpp"
        names+=" $1"
        ;;
    esac
    shift
  done
  [ $setup = no ] || do_setup --test
  if [ $build = yes ]; then
    step "fuzz: building with clang"
    build_preset fuzz fuzz_targets
  fi
  [ $run = yes ] || return 0
  if [ -z "$names" ]; then names=$(for name in "$ROOT"/fuzz/*.cpp; do basename "$name" .cpp; done); fi
  for name in $names; do
    found=$ROOT/build/fuzz/found/$name
    mkdir -p "$found/corpus" "$ROOT/fuzz/corpus/$name"
    step "fuzz $name: the corpus, then $seconds s"
    # What is newly found grows below build/; a finding stands in build/fuzz/found/NAME and belongs into the corpus with its mend.
    if ! (cd "$found" && "$ROOT/build/fuzz/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -artifact_prefix="$found/" corpus "$ROOT/fuzz/corpus/$name" </dev/null >log 2>&1); then
      failed=$((failed + 1))
      tail -n 40 "$found/log"
      say "fuzz $name: FAILED, the input is in build/fuzz/found/$name"
    else
      say "fuzz $name: $(awk '/^stat::number_of_executed_units/ { print $2 }' "$found/log") inputs, nothing found"
    fi
  done
  [ $failed = 0 ] || exit 1
}
