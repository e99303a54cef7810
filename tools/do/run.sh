# shellcheck shell=bash
# sets up, builds and starts a platform to try, everything below build/run/; ends with Ctrl-C (--fresh forgets the last run's data)
. "$ROOT/tools/do/build.sh"

readonly RUN=$ROOT/build/run

# Everything that was started ends here, the youngest first, each by its own pid.
started=()
end_everything() {
  local i pid
  trap - EXIT INT TERM HUP
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    pid=${started[i]}
    kill -TERM "$pid" 2>/dev/null || continue
    # The platform drains for up to 20 s; who has not left after 30 is killed.
    timeout 30 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
}

# start NAME COMMAND...: in the background, its words in build/run/NAME.log.
start() {
  local name=$1
  shift
  "$@" >"$RUN/$name.log" 2>&1 </dev/null &
  started+=("$!")
}

# wait_for FILE PID NAME: until the file is there; a program that ends before that shows its last words.
wait_for() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    [ ! -s "$1" ] || return 0
    if ! kill -0 "$2" 2>/dev/null; then
      tail -n 20 "$RUN/$3.log" >&2
      refuse 1 "$3 没有启动 · $3 did not start: build/run/$3.log"
    fi
    sleep 0.1
  done
  refuse 1 "$3 启动超时 · $3 took too long to start: build/run/$3.log"
}

write_configuration() {
  cat >"$RUN/platform.toml" <<TOML
data_dir = "$RUN/platform"
profile = "demo"
[listen]
https = "127.0.0.1:7443"
robots = "127.0.0.1:7444"
TOML
  cat >"$RUN/robot.toml" <<TOML
data_dir = "$RUN/robot"
[robot]
platform = "https://localhost:7444"
name = "demo-1"
TOML
}

do_run() {
  local setup=yes fresh=no bin=$ROOT/build/release/bin
  while [ $# -gt 0 ]; do
    case $1 in
      --no-setup) setup=no ;;
      --fresh) fresh=yes ;;
      *) refuse 2 "run: 不认识的选项 $1 · unknown option $1: --no-setup --fresh" ;;
    esac
    shift
  done
  [ $setup = no ] || do_setup
  build_console
  build_preset release
  [ $fresh = no ] || rm -rf "$RUN"
  mkdir -p "$RUN/platform" "$RUN/robot"
  chmod 700 "$RUN"
  rm -f "$RUN/ports"
  write_configuration

  trap end_everything EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  start platform "$bin/quanji-platform" --config "$RUN/platform.toml" --accounts-file "$RUN/accounts.txt" \
    --ports-file "$RUN/ports" --trust-file "$RUN/ca.pem"
  wait_for "$RUN/ports" "${started[0]}" platform
  # The robot joins once, with a code that goes from one program to the other through a pipe.
  if [ ! -s "$RUN/robot/identity/cert.pem" ]; then
    node "$ROOT/tools/do/lib/first_run.mjs" code "$RUN" | "$bin/quanji-robot" --config "$RUN/robot.toml" enrol
  fi
  start robot "$bin/quanji-robot" --config "$RUN/robot.toml" run

  say
  say "  券机已启动 · Quanji is running:   https://localhost:$(sed -n 's/^https=//p' "$RUN/ports")/"
  [ ! -s "$RUN/accounts.txt" ] || say "  演示账号与口令 · demo accounts:    build/run/accounts.txt"
  say "  证书颁发者 · certificate authority: build/run/ca.pem"
  say "  日志 · logs:                      build/run/*.log"
  node "$ROOT/tools/do/lib/first_run.mjs" trial "$RUN" || refuse 1 "试运行失败 · the trial run failed: build/run/robot.log"
  say "  Ctrl-C 结束 · ends everything"
  wait -n "${started[@]}" || true
  tail -n 20 "$RUN"/*.log >&2
  refuse 1 "有一个程序自行结束 · one of the programs ended by itself: build/run/*.log"
}
