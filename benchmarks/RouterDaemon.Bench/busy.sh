#!/usr/bin/env bash
# How long relayed requests take while the same daemon's on-device engine is fully busy: p50 and p99 alone, beside four endless clients of the engine,
# and beside a busy process that is no part of the daemon (what a core that is taken costs anyway).
#   busy.sh MODEL.gguf [RATE...]    RATE: relayed requests a second (500)
#   ROUTERD (artifacts/routerd/routerd), BENCH (the built routerd-bench), SECONDS_EACH (8), TURNS (3), THREADS (cores - 1)
set -euo pipefail
model=$(realpath "$1")
shift
rates=("${@:-500}")
cd "$(dirname "$0")/../.."
threads=${THREADS:-$(($(nproc) > 1 ? $(nproc) - 1 : 1))} seconds=${SECONDS_EACH:-8}
built=(benchmarks/RouterDaemon.Bench/bin/Release/*/routerd-bench)
bench=${BENCH:-${built[0]}}
work=$(mktemp -d)
others=()
stop_others() {
  for pid in "${others[@]}"; do kill "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; done
  others=()
}
trap 'stop_others; kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
{
  echo "listen: [http://127.0.0.1:18221]"
  echo "models: [{ id: busy, file: $model, context: 1024, slots: 8, threads: $threads, preload: true }]"
  echo "backends:"
  for i in 1 2 3 4 5 6 7 8; do
    echo "  - { id: m-$i, kind: openai, url: http://127.0.0.1:18222/v1, trust: private, deployments: [{ model: plain, upstream_model: mock-model }] }"
  done
} >"$work/routerd.yaml"
export DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1 DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0
"$bench" mock --port 18222 >"$work/mock.log" 2>&1 &
env -u DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS ROUTERD_HOME="$work" ROUTERD_MODELS="$work/none" "${ROUTERD:-artifacts/routerd/routerd}" >"$work/routerd.log" 2>&1 &
daemon=$!
for _ in $(seq 300); do
  curl -sf http://127.0.0.1:18221/health/ready >/dev/null && break
  kill -0 "$daemon" || { cat "$work/routerd.log" >&2; exit 1; }
  sleep 0.1
done
endless() {
  "$bench" load --url http://127.0.0.1:18221/v1 --model busy --stream 1 --body 200 --max-tokens 400 --connections 4 --duration 3600 >/dev/null 2>&1 &
  others+=($!)
  sleep 2
}
spin() { (while :; do :; done) & others+=($!); }
row() { # row NAME RATE
  "$bench" load --url http://127.0.0.1:18221/v1 --model plain --rate "$2" --connections 32 --warmup 1 --duration "$seconds" --append "$work/results.jsonl" >/dev/null 2>"$work/load.log" ||
    { cat "$work/load.log" >&2; exit 1; }
  tail -n 1 "$work/results.jsonl" | python3 -c "import json, sys; l = json.load(sys.stdin)['latency']; print(f'| $1 | $2 | {l[\"p50\"] / 1000:.2f} | {l[\"p99\"] / 1000:.2f} |')"
  stop_others
}
echo "| beside | requests/s | p50 ms | p99 ms |"
echo "|---|---|---|---|"
for rate in "${rates[@]}"; do
  for ((turn = 0; turn < ${TURNS:-3}; turn++)); do
    row nothing "$rate"
    endless; row "the engine, four clients" "$rate"
    spin; row "a busy process" "$rate"
  done
done
