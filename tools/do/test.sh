# shellcheck shell=bash
# sets up, builds with sanitizers, lints and runs every suite but bare; ./do test SUITE runs one (--long --smoke --seed N --no-setup)
. "$ROOT/tools/do/build.sh"
. "$ROOT/tools/do/lint.sh"

readonly SUITES="unit pg api permissions requests kill sim flows readers settlement hands journeys upgrade"
readonly RESULTS=$ROOT/build/ci/results

# budget STEP COLUMN: a field of tests/budget.tsv (2: minutes, 3: tests at once).
budget() { awk -F'\t' -v step="$1" -v column="$2" '$1 == step { print $column }' "$ROOT/tests/budget.tsv"; }

# timed STEP COMMAND...: runs it with errors ending it, remembers minutes and outcome in `outcome`.
timings=()
timed() {
  local name=$1 began=$SECONDS minutes
  shift
  set +e
  (
    set -e
    "$@"
  )
  outcome=$?
  set -e
  minutes=$(minutes_since "$began")
  timings+=("$name $minutes $outcome")
}

# record NAME: a check of ./do itself becomes a case like any other.
record() {
  local state=passed
  [ "$outcome" = 0 ] || state=failed
  printf '%s\t%s\t%s\n' "$1" "$state" 0 >>"$RESULTS/checks.tsv"
}

build_for_tests() {
  build_console
  build_preset ci
}

suite_has_tests() { ! ctest --test-dir "$ROOT/build/ci" -N -L "^$1\$" | grep -q '^Total Tests: 0$'; }

run_suite() {
  local suite=$1 at_once folder=$RESULTS/$1
  at_once=$(budget "$suite" 3)
  [ "${at_once:-1}" != 0 ] || at_once=$(nproc)
  mkdir -p "$folder"
  # Where each kind of runner puts its report; leaks and undefined behaviour say where.
  export GTEST_OUTPUT=xml:$folder/ QUANJI_TEST_RESULTS=$folder
  export UBSAN_OPTIONS=print_stacktrace=1 ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
  ctest --test-dir "$ROOT/build/ci" -L "^$suite\$" -j "$at_once" --output-on-failure --output-junit "$folder/ctest.xml" --no-tests=error </dev/null
}

# print_timings: minutes of each step against tests/budget.tsv; twice the budget is a failure.
print_timings() {
  local row name minutes rest allowed word over=0
  say
  printf '%-14s%9s%9s\n' step minutes budget
  for row in "${timings[@]}" "total $(minutes_since 0) 0"; do
    read -r name minutes rest <<<"$row"
    allowed=$(budget "$name" 2)
    word=$(awk -v m="$minutes" -v b="${allowed:-0}" 'BEGIN { if (b > 0 && m > 2 * b) print "far over"; else if (b > 0 && m > b) print "over" }')
    printf '%-14s%9s%9s  %s%s\n' "$name" "$minutes" "${allowed:--}" "$([ "$rest" = 0 ] || echo 'FAILED ')" "$word"
    [ "$word" != "far over" ] || over=1
  done
  return $over
}

do_test() {
  local wanted="" setup=yes suite
  while [ $# -gt 0 ]; do
    case $1 in
      --long) export QUANJI_LONG=1 ;;
      --smoke) export QUANJI_SMOKE=1 ;;
      --seed)
        [ -n "${2:-}" ] || refuse 2 "test: --seed 需要一个数 · --seed needs a number"
        export QUANJI_SEED=$2
        shift
        ;;
      --no-setup) setup=no ;;
      -*) refuse 2 "test: 不认识的选项 $1 · unknown option $1: --long --smoke --seed N --no-setup" ;;
      *)
        [[ " $SUITES bare " == *" $1 "* ]] || refuse 2 "test: 没有这个测试组 $1 · there is no suite $1: $SUITES bare"
        wanted+=" $1"
        ;;
    esac
    shift
  done

  if [ "$wanted" = " bare" ]; then
    mkdir -p "$RESULTS" && rm -f "$RESULTS/checks.tsv"
    timed bare bash "$ROOT/tests/bare/run"
    say "tests: $((outcome == 0)) passed, $((outcome != 0)) failed, 0 skipped"
    [ $outcome = 0 ] || exit 1
    return 0
  fi

  if [ $setup = yes ]; then
    # Not through `timed`: what set-up exports (an own Node) must stay.
    local began=$SECONDS
    do_setup --test
    timings+=("setup $(minutes_since "$began") 0")
  fi
  step "build: preset ci (address and undefined-behaviour sanitizers)"
  timed build build_for_tests
  if [ $outcome != 0 ]; then
    say "tests: 0 passed, 1 failed, 0 skipped"
    exit 1
  fi
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  ctest --test-dir "$ROOT/build/ci" --show-only=json-v1 >"$RESULTS/ctest.json"

  if [ -z "$wanted" ]; then
    step "lint"
    timed lint do_lint
    record lint
  fi
  for suite in ${wanted:-$SUITES}; do
    if suite_has_tests "$suite"; then
      step "suite $suite"
      timed "$suite" run_suite "$suite"
    elif [ -n "$wanted" ]; then
      refuse 1 "测试组 $suite 还没有测试 · suite $suite has no test yet"
    fi
  done

  local failed=0
  if [ -z "$wanted" ]; then
    outcome=0
    "$PYTHON" "$ROOT/tools/check_called" || outcome=1
    record called
    "$PYTHON" "$ROOT/tools/collect_results" "$RESULTS" >/dev/null || true
    outcome=0
    "$PYTHON" "$ROOT/tools/check_claims" || outcome=1
    record claims
  fi
  outcome=0
  print_timings || outcome=1
  record budget
  say
  "$PYTHON" "$ROOT/tools/collect_results" "$RESULTS" || failed=1
  exit $failed
}
