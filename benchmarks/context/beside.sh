#!/usr/bin/env bash
# How long requests take while the context tools are asked: median and p99 alone, beside two askers with a pause of 20 ms, beside two that never pause,
# and beside two busy processes that have nothing to do with the daemon. Needs nginx and wrk.
#   ROUTERD_BINARY  the published binary (artifacts/routerd/routerd)
#   SECONDS_EACH    length of a load (8)
#   TURNS           turns, one after the other (3)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=${ROUTERD_BINARY:-$here/../../artifacts/routerd/routerd}
seconds=${SECONDS_EACH:-8}
work=$(mktemp -d)
daemon=http://127.0.0.1:8124
direct=http://127.0.0.1:8199
others=()

stop_others() {
  for pid in "${others[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  others=()
}
finish() {
  stop_others
  kill "${routerd:-}" 2>/dev/null || true
  nginx -p "$work" -c "$here/nginx.conf" -s stop 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

load() { wrk -t1 -c8 -d"${seconds}s" --latency -s "$here/requests.lua" "$1/v1/chat/completions" | awk '/^ *50%/{m=$2} /^ *99%/{p=$2} END{print m " | " p}'; }
row() { echo "| $1 | $(load "$direct") | $(load "$daemon") |"; stop_others; }
askers() { PAUSE_MS=$1 wrk -t1 -c2 -d600s -s "$here/tools.lua" "$daemon/" > /dev/null & others+=($!); }
busy() { (while :; do :; done) & others+=($!); }

nginx -p "$work" -c "$here/nginx.conf" 2> /dev/null
ROUTERD_HOME=$work/home ROUTERD_LISTEN=$daemon "$binary" serve --config "$here/routerd.yaml" > "$work/routerd.log" 2>&1 & routerd=$!
until curl -fs "$daemon/health/live" > /dev/null; do kill -0 "$routerd" || { cat "$work/routerd.log"; exit 1; }; sleep 0.1; done
load "$daemon" > /dev/null # what the tools read
echo "| beside | direct p50 | direct p99 | routed p50 | routed p99 |"
echo "|---|---|---|---|---|"
for ((turn = 0; turn < ${TURNS:-3}; turn++)); do
  row "nothing"
  askers 20; row "two askers with a pause of 20 ms"
  askers 0; row "two askers that never pause"
  busy; busy; row "two busy processes"
done
