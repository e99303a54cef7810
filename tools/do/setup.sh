# shellcheck shell=bash
# installs what building and running need (--test --bench also; --print only says; --offline only checks)
# The lists are data: packaging/apt/*.txt and the lock files of npm. A stamp of them below build/tools makes the second time instant.

readonly STAMPS=$ROOT/build/tools/stamps

# packages_of SET: the names of one list, without those whose command is there already.
packages_of() {
  local name word command
  while read -r name word command; do
    case $name in '' | '#'*) continue ;; esac
    if [ "$word" = unless ] && command -v "$command" >/dev/null 2>&1; then continue; fi
    printf '%s\n' "$name"
  done <"$ROOT/packaging/apt/$1.txt"
}

# missing_of SET...: the packages of these lists that are not installed, each once.
missing_of() {
  local set wanted
  wanted=$(for set in "$@"; do packages_of "$set"; done | sort -u)
  comm -23 <(printf '%s\n' "$wanted") \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" { print $2 }' | sort -u)
}

stamp_of() { cat "$ROOT/packaging/apt/$1.txt" "$ROOT"/packaging/npm/node/package-lock.json | sha256sum | cut -d' ' -f1; }
stamped() { [ -f "$STAMPS/$1" ] && [ "$(cat "$STAMPS/$1")" = "$(stamp_of "$1")" ]; }

# install_packages NAME...: as root, or by sudo where it asks nothing, or says the line and ends with 3. apt's words go to a log.
install_packages() {
  local log=$ROOT/build/tools/apt.log before=()
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      complain "缺少软件包, 需要管理员权限; 请执行下面一行, 然后再来一次:"
      complain "Packages are missing and installing them needs root. Run this line, then start again:"
      complain "  sudo bash tools/do/lib/apt_install.sh $*"
      exit 3
    fi
    before=(sudo -n)
  fi
  mkdir -p "$ROOT/build/tools"
  if ! "${before[@]}" bash "$ROOT/tools/do/lib/apt_install.sh" "$@" 2>&1 | tee "$log" | awk '
      /^Unpacking / { if (++unpacked % 50 == 0) print "  unpacked " unpacked; fflush() }
      /^Setting up / { if (++made % 50 == 0) print "  set up " made; fflush() }'; then
    tail -n 30 "$log" >&2
    refuse 1 "apt 安装失败, 全文见 build/tools/apt.log · apt did not succeed, its words are in build/tools/apt.log"
  fi
}

# Node: the machine's if it is new enough, else npm's own package, pinned by packaging/npm/node/package-lock.json.
node_is_missing() { ! node_is_enough "$(node_version)"; }
install_node() {
  local place=$ROOT/build/tools/node package
  step "node: the machine's is '$(node_version)', at least 20.19 is needed; taking npm's package into build/tools"
  rm -rf "$place"
  mkdir -p "$place"
  cp "$ROOT"/packaging/npm/node/package*.json "$place/"
  (cd "$place" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null)
  mkdir -p "$place/bin"
  for package in "$place"/node_modules/node-linux-*; do ln -sf "$package/bin/node" "$place/bin/node"; done
  PATH=$OWN_NODE:$PATH
  export PATH
  node_is_enough "$(node_version)" || refuse 1 "npm 的 node 包不能在本机运行 · npm's node package does not run on this machine ($(uname -m))"
}

do_setup() {
  local sets="build run" mode=install set missing
  [ -z "${CI:-}" ] || sets+=" test"
  while [ $# -gt 0 ]; do
    case $1 in
      --test) sets+=" test" ;;
      --bench) sets+=" bench" ;;
      --print) mode=print ;;
      --offline) mode=offline ;;
      *) refuse 2 "setup: 不认识的选项 $1 · unknown option $1: --test --bench --print --offline" ;;
    esac
    shift
  done
  sets=$(printf '%s\n' $sets | sort -u | tr '\n' ' ')

  if [ "$mode" = install ]; then
    local all=yes
    for set in $sets; do stamped "$set" || all=no; done
    if [ $all = yes ] && ! node_is_missing; then return 0; fi
  fi

  # shellcheck disable=SC2086
  missing=$(missing_of $sets)
  case $mode in
    print)
      say "lists: $sets"
      if [ -n "$missing" ]; then
        say "would install by apt: $(printf '%s' "$missing" | tr '\n' ' ')"
      else
        say "would install by apt: nothing, all is there"
      fi
      if node_is_missing; then say "would install by npm into build/tools: node 22"; else say "node: $(node_version), new enough"; fi
      return 0
      ;;
    offline)
      local lacking=0
      for set in $missing; do
        complain "缺少 Debian 软件包 · missing Debian package: $set"
        lacking=1
      done
      if node_is_missing; then
        complain "缺少 node ≥ 20.19 (现有: '$(node_version)') · missing node ≥ 20.19"
        lacking=1
      fi
      [ $lacking = 0 ] || exit 1
      say "setup: everything of [ $sets] is here"
      return 0
      ;;
  esac

  if [ -n "$missing" ]; then
    step "installing $(printf '%s\n' "$missing" | wc -l) Debian packages: $(printf '%s' "$missing" | tr '\n' ' ')"
    # shellcheck disable=SC2086
    install_packages $missing
    # shellcheck disable=SC2086
    missing=$(missing_of $sets)
    [ -z "$missing" ] || refuse 1 "安装后仍缺少 · still missing after the installation: $missing"
  fi
  if node_is_missing; then install_node; fi
  mkdir -p "$STAMPS"
  for set in $sets; do stamp_of "$set" >"$STAMPS/$set"; done
  step "setup: everything of [ $sets] is here"
}
