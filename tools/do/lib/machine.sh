# shellcheck shell=bash
# What every word of ./do needs: speech, the clock of a step, the machine's size. Sourced by ./do, which stands in the root of the tree.

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
refuse() {
  local code=$1
  shift
  complain "$@"
  exit "$code"
}

# step SENTENCE: a line of progress with the time of day.
step() { printf '[%(%H:%M:%S)T] %s\n' -1 "$*"; }

# ended_by: puts minutes since $1 (seconds of $SECONDS) with one decimal.
minutes_since() { awk -v s=$((SECONDS - $1)) 'BEGIN { printf "%.1f", s / 60 }'; }

# jobs: as many compilers as cores, but none without 1.5 GB of memory.
jobs_for_this_machine() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  [ "$memory" -ge 1 ] || memory=1
  echo $((cores < memory ? cores : memory))
}

# The interpreter of the machine, never another one that stands earlier in PATH.
export PYTHON=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1

# node_version: the version of the `node` in PATH, empty if there is none.
node_version() { node --version 2>/dev/null | sed 's/^v//' || true; }
# node_is_enough VERSION: at least 20.19.
node_is_enough() { [ -n "$1" ] && [ "$(printf '20.19.0\n%s\n' "$1" | sort -V | head -n 1)" = 20.19.0 ]; }

readonly OWN_NODE=$ROOT/build/tools/node/bin
if [ -x "$OWN_NODE/node" ]; then
  PATH=$OWN_NODE:$PATH
  export PATH
fi
