# shellcheck shell=bash
# checks rooms, names, lengths, forbidden words, formats and scripts; clang-tidy on changed files (--all: on every file)

# clang-tidy reads a unit in about ten seconds: in CI it gets so many files and so much time, elsewhere all that changed.
readonly TIDY_AT_MOST=8 TIDY_SECONDS=90

# Where the change began: the merge base with main; on main itself the newest commit older than a day.
lint_base() {
  local head base branch
  head=$(git rev-parse -q --verify HEAD 2>/dev/null) || return 0
  for branch in origin/main main; do
    base=$(git merge-base "$branch" HEAD 2>/dev/null) || continue
    if [ "$base" != "$head" ]; then
      printf '%s\n' "$base"
      return 0
    fi
  done
  git rev-list -1 --before='1 day ago' HEAD
}

# tracked_or_new PATTERN...: the files that are or will be in the tree.
tracked_or_new() { git ls-files --cached --others --exclude-standard -- "$@" | while read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done; }

# changed_files PATTERN...: of those, what differs from the base; all of them when there is no base. Latest first.
changed_files() {
  local base
  base=$(lint_base)
  if [ -z "$base" ]; then
    tracked_or_new "$@"
  else
    { git diff --name-only --diff-filter=d "$base" -- "$@"; git ls-files --others --exclude-standard -- "$@"; } | sort -u
  fi | while read -r f; do printf '%s %s\n' "$(stat -c %Y "$f")" "$f"; done | sort -rn | cut -d' ' -f2-
}

lint_failures=0
# checked NAME COMMAND...: runs a check, remembers and prints how it went.
checked() {
  local name=$1
  shift
  if "$@"; then
    say "  ok    $name"
  else
    say "  FAILED $name"
    lint_failures=$((lint_failures + 1))
  fi
}

check_format() {
  local files
  mapfile -t files < <(tracked_or_new '*.cpp' '*.h')
  [ ${#files[@]} -gt 0 ] || return 0
  clang-format --dry-run --Werror --ferror-limit=3 "${files[@]}"
}

check_scripts() {
  local file bad=0 scripts
  mapfile -t scripts < <(tracked_or_new | while read -r f; do
    case $f in *.sh) printf '%s\n' "$f" ;; *.*) ;; *) if head -c 64 "$f" | head -n 1 | grep -qE '^#!.*\b(bash|sh)\b'; then printf '%s\n' "$f"; fi ;; esac
  done)
  for file in "${scripts[@]}"; do bash -n "$file" || bad=1; done
  if command -v shellcheck >/dev/null; then shellcheck --severity=warning --shell=bash "${scripts[@]}" || bad=1; fi
  return $bad
}

# clang-tidy reads the commands of the ci tree, without what only g++ understands.
check_tidy() {
  local files
  if [ ! -f build/ci/compile_commands.json ]; then
    say "  (no build/ci yet: clang-tidy has no commands to read; ./do test makes them)"
    return 0
  fi
  if [ "$lint_everything" = yes ]; then
    mapfile -t files < <(tracked_or_new 'src/*.cpp')
  else
    # A first landing has nothing older to compare with: then there is no change to read.
    if [ -z "$(lint_base)" ]; then
      say "  clang-tidy: no older commit to compare with, nothing is read (./do lint --all reads everything)"
      return 0
    fi
    mapfile -t files < <(changed_files 'src/*.cpp' | grep -v '_test\.cpp$')
    if [ -n "${CI:-}" ] && [ ${#files[@]} -gt $TIDY_AT_MOST ]; then
      say "  clang-tidy: ${#files[@]} files changed, the latest $TIDY_AT_MOST are read"
      files=("${files[@]:0:$TIDY_AT_MOST}")
    fi
  fi
  mapfile -t files < <("$PYTHON" tools/tidy_commands build/ci build/tidy "${files[@]}")
  [ ${#files[@]} -gt 0 ] || return 0
  local seconds=3600 code=0
  [ -z "${CI:-}" ] || seconds=$TIDY_SECONDS
  printf '%s\0' "${files[@]}" |
    timeout "$seconds" xargs -0 -n 1 -P "$(jobs_for_this_machine)" clang-tidy -p build/tidy --quiet 2>build/tidy/noise || code=$?
  if [ $code = 124 ]; then
    say "  clang-tidy: its $seconds s are over, the rest is read next time"
    return 0
  fi
  return $code
}

do_lint() {
  lint_everything=no
  while [ $# -gt 0 ]; do
    case $1 in
      --all) lint_everything=yes ;;
      *) refuse 2 "lint: 不认识的选项 $1 · unknown option $1: --all" ;;
    esac
    shift
  done
  checked "rooms" "$PYTHON" tools/check_rooms
  checked "readers have fuzz targets" "$PYTHON" tools/check_readers
  checked "names, lengths, words" "$PYTHON" tools/check_words
  checked "scripts" check_scripts
  checked "clang-format" check_format
  checked "clang-tidy" check_tidy
  [ $lint_failures = 0 ] || refuse 1 "lint: $lint_failures check(s) failed · $lint_failures 项检查未通过"
  say "lint: clean"
}
