#!/usr/bin/env bash
# routerd's engine against llama-server of the same llama.cpp release: same file, same kernels, same threads, in turns in one run.
# engines.sh LLAMA_SERVER MODEL.gguf [--clients 1,4,8,16] [--rounds N] [--vocabulary N]
# LLAMA_SERVER's folder must hold the CPU backends that routerd loads (ROUTERD_LLAMA_DIR or native/).
set -euo pipefail
server=$1 model=$(realpath "$2")
shift 2
cd "$(dirname "$0")/../.."
threads=${THREADS:-$(($(nproc) > 1 ? $(nproc) - 1 : 1))} slots=${SLOTS:-16} context=${CONTEXT:-1024}
our_port=${OUR_PORT:-18211} their_port=${THEIR_PORT:-18212}
routerd=${ROUTERD:-artifacts/routerd/routerd}
home=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$home"' EXIT
cat >"$home/routerd.yaml" <<YAML
listen: [http://127.0.0.1:$our_port]
models:
  - { id: random, file: $model, context: $context, slots: $slots, threads: $threads, preload: true }
YAML
ROUTERD_HOME=$home ROUTERD_MODELS=$home/none "$routerd" >"$home/routerd.log" 2>&1 &
"$server" -m "$model" --host 127.0.0.1 --port "$their_port" -np "$slots" -c $((context * slots)) -t "$threads" -tb "$threads" >"$home/llama-server.log" 2>&1 &
for url in "http://127.0.0.1:$our_port/health/ready" "http://127.0.0.1:$their_port/health"; do
  for _ in $(seq 300); do curl -sf "$url" >/dev/null && break; sleep 0.1; done
  curl -sf "$url" >/dev/null || { echo "no answer from $url" >&2; cat "$home"/*.log >&2; exit 1; }
done
${BENCH:-dotnet run --project benchmarks/RouterDaemon.Bench -c Release --no-build --} engines --ours "http://127.0.0.1:$our_port" --theirs "http://127.0.0.1:$their_port" "$@"
