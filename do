#!/usr/bin/env bash
# The one entrance for people and for CI: ./do WORD. Each word is a file in tools/do/ whose second line says what it does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export ROOT=$PWD
. tools/do/lib/machine.sh

usage() {
  echo "usage: ./do WORD [options]"
  echo
  local file
  for file in setup build run test lint fuzz bench contracts demo screenshots package; do
    [ -f "tools/do/$file.sh" ] || continue
    printf '  %-12s%s\n' "$file" "$(sed -n '2s/^# *//p' "tools/do/$file.sh")"
  done
  echo
  echo "run, test, bench and package first do setup and build as far as needed; --no-setup skips the setup."
}

word=${1:-}
case $word in
  '' | help | -h | --help)
    usage
    exit 0
    ;;
esac
if [[ ! $word =~ ^[a-z]+$ || ! -f tools/do/$word.sh ]]; then
  usage >&2
  refuse 2 "没有这个命令: $word · there is no word '$word': take one of the above"
fi
shift
# shellcheck source=/dev/null
. "tools/do/$word.sh"
"do_$word" "$@"
