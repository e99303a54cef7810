#!/usr/bin/env bash
# The installer starts no service, makes no cluster and leaves the machine's files as it found them, also when apt fails or the
# installer is stopped. Tried in a namespace with an /etc and an /usr/sbin of its own and an apt-get that only looks around.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# A fresh little machine: etc/ and sbin/ to be written to, fake/ first in PATH.
machine() {
  rm -rf "$work/machine"
  mkdir -p "$work/machine"/{etc,sbin,fake,tmp}
  cat >"$work/machine/fake/apt-get" <<'APT'
#!/bin/bash
case "$*" in
  *update*) echo update >>/tmp/calls ;;
  *install*)
    echo install >>/tmp/calls
    cp /usr/sbin/policy-rc.d /tmp/policy
    cat /etc/postgresql-common/createcluster.d/*.conf >/tmp/cluster
    [ ! -e /etc/postgresql-common/createcluster.conf ] || cat /etc/postgresql-common/createcluster.conf >>/tmp/cluster
    echo "$DEBIAN_FRONTEND" >/tmp/frontend
    read -r -t 1 line && echo "stdin is open" >/tmp/stdin
    [ ! -e /tmp/break ] || exit 100
    if [ -e /tmp/hang ]; then
      touch /tmp/hangs
      for _ in {1..600}; do [ ! -e /tmp/released ] || break; read -r -t 0.05 line <> <(:); done
    fi
    ;;
esac
exit 0
APT
  chmod +x "$work/machine/fake/apt-get"
}
# Root needs no user namespace, and inside of a chroot could not have one.
as_root=()
[ "$(id -u)" = 0 ] || as_root=(--unshare-user --uid 0 --gid 0)
inside() {
  bwrap "${as_root[@]}" --unshare-pid --die-with-parent --ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
    --bind "$work/machine/etc" /etc --bind "$work/machine/sbin" /usr/sbin --bind "$work/machine/fake" /fake --bind "$work/machine/tmp" /tmp \
    --ro-bind "$source/tools" /tools --proc /proc --dev /dev --setenv PATH /fake:/usr/bin "$@"
}
snapshot() { (cd "$work/machine" && find etc sbin -printf '%p %m %y\n' -type f -exec sha256sum {} + | sort); }
install() { inside /bin/bash /tools/do/lib/apt_install.sh some-package <<<"a line nobody may read"; }

was_protected() {
  [ "$(cat "$work/machine/tmp/calls")" = "update
install" ] || fail "$1: one update, then one install"
  [ "$(tail -n 1 "$work/machine/tmp/policy")" = "exit 101" ] && [ -x "$work/machine/tmp/policy" ] || fail "$1: services were allowed to start"
  grep -q '^create_main_cluster = false' "$work/machine/tmp/cluster" || fail "$1: a cluster would have been made"
  [ "$(cat "$work/machine/tmp/frontend")" = noninteractive ] || fail "$1: apt might ask"
  [ ! -e "$work/machine/tmp/stdin" ] || fail "$1: stdin was open"
}

machine
before=$(snapshot)
install
was_protected "bare machine"
[ "$(snapshot)" = "$before" ] || fail "a bare machine was changed"

an_administrators_machine() {
  machine
  printf '#!/bin/sh\n# the house decides\nexit 104\n' >"$work/machine/sbin/policy-rc.d"
  chmod 750 "$work/machine/sbin/policy-rc.d"
  mkdir -p "$work/machine/etc/postgresql-common"
  echo "ssl = on" >"$work/machine/etc/postgresql-common/createcluster.conf"
  before=$(snapshot)
}
an_administrators_machine
install
was_protected "administrator's machine"
[ "$(snapshot)" = "$before" ] || fail "an administrator's files were not put back"

an_administrators_machine
touch "$work/machine/tmp/break"
if install; then fail "a failed installation was taken for a good one"; fi
[ "$(snapshot)" = "$before" ] || fail "after a failed installation the files were not put back"

an_administrators_machine
inside /bin/bash -c '
  touch /tmp/hang
  /bin/bash /tools/do/lib/apt_install.sh some-package & installer=$!
  until [ -e /tmp/hangs ]; do read -r -t 0.05 line <> <(:) || true; done
  kill -TERM $installer
  touch /tmp/released
  wait $installer && exit 1
  exit 0' </dev/null || fail "a stopped installer ended well"
[ "$(snapshot)" = "$before" ] || fail "after a stop the files were not put back"
echo "set-up: files put back in every case"
