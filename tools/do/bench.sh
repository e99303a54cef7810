# shellcheck shell=bash
# sets up, builds preset release and measures the rows of bench/README.md beside their peers; ./do bench ROW... some of them (--no-setup)
. "$ROOT/tools/do/build.sh"

do_bench() {
  local setup=yes rows=()
  while [ $# -gt 0 ]; do
    case $1 in
      --no-setup) setup=no ;;
      -*) refuse 2 "bench: 不认识的选项 $1 · unknown option $1: --no-setup" ;;
      *) rows+=("$1") ;;
    esac
    shift
  done
  [ $setup = no ] || do_setup --bench
  build_console
  build_preset release quanji-platform bench_programs
  step "bench: measuring; whatever else runs on this machine is in the figures too (load $(cut -d' ' -f1 /proc/loadavg))"
  "$PYTHON" "$ROOT/bench/run" "${rows[@]}"
}
