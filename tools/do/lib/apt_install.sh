#!/usr/bin/env bash
# Installs the named Debian packages as root: asks nothing, starts no service, makes no database cluster,
# and leaves the two files it needs for that as it found them, whatever happens.
set -euo pipefail
[ "$(id -u)" = 0 ] || { echo "root only · 需要 root" >&2; exit 3; }
[ $# -gt 0 ] || { echo "usage: apt_install.sh PACKAGE..." >&2; exit 2; }

readonly POLICY=/usr/sbin/policy-rc.d
readonly CLUSTER=/etc/postgresql-common/createcluster.conf
readonly CLUSTER_ADDITION=/etc/postgresql-common/createcluster.d/zz-no-cluster.conf
kept=$(mktemp -d)
exec </dev/null

# Keeps a file's earlier self, or the knowledge that there was none.
keep() { if [ -e "$1" ]; then cp -p "$1" "$kept/$(basename "$1")"; fi; }
put_back() {
  if [ -e "$kept/$(basename "$1")" ]; then cp -p "$kept/$(basename "$1")" "$1"; else rm -f "$1"; fi
}
made_folders=()
finish() {
  local code=$? folder
  trap - EXIT
  put_back "$POLICY"
  put_back "$CLUSTER_ADDITION"
  if [ -e "$kept/$(basename "$CLUSTER")" ]; then put_back "$CLUSTER"; fi
  for folder in "${made_folders[@]}"; do rmdir --ignore-fail-on-non-empty "$folder" 2>/dev/null || true; done
  rm -rf "$kept"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

keep "$POLICY"
keep "$CLUSTER_ADDITION"
for folder in /etc/postgresql-common /etc/postgresql-common/createcluster.d; do
  if [ ! -d "$folder" ]; then
    mkdir "$folder"
    made_folders=("$folder" "${made_folders[@]}")
  fi
done
printf '#!/bin/sh\nexit 101\n' >"$POLICY"
chmod 755 "$POLICY"
echo "create_main_cluster = false" >"$CLUSTER_ADDITION"
# A configuration that does not look into createcluster.d is told directly.
if [ -e "$CLUSTER" ] && ! grep -q '^include_dir.*createcluster\.d' "$CLUSTER"; then
  keep "$CLUSTER"
  echo "create_main_cluster = false" >>"$CLUSTER"
fi

export DEBIAN_FRONTEND=noninteractive
wait_for_lock=(-o DPkg::Lock::Timeout=300)
apt-get "${wait_for_lock[@]}" update -qq
apt-get "${wait_for_lock[@]}" install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold -o Dpkg::Use-Pty=0 "$@"
