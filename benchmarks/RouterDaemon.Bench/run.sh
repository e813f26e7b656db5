#!/usr/bin/env bash
# Measures direct, nginx, HAProxy, YARP, Portkey and routerd in ONE run on the same cores, interleaved over several rounds, and
# writes benchmarks/results/relay.json and relay.svg plus a table of ratios. Targets that are not installed are left out, by name.
#
#   run.sh [--smoke] [--rounds N] [--seconds N] [--out FOLDER] [--targets a,b] [--scenarios saturation,rate,streams] [--streams 1,100,1000]
#
# ROUTERD_BINARY names the routerd to measure (default artifacts/routerd/routerd, else the built apphost), ROUTERD_BENCH_BINARY a native
# routerd-bench, ROUTERD_BEFORE another routerd to measure beside it (target "before"). Portkey: npm install --prefix benchmarks/portkey.
set -euo pipefail
cd "$(dirname "$0")/../.."

rounds=3 seconds=8 warmup=2 out=benchmarks/results smoke=0
streams=(1 100 1000) rates=(1000 5000) wanted=direct,nginx,haproxy,yarp,portkey,before,routerd scenarios=saturation,rate,streams
while [ $# -gt 0 ]; do
  case $1 in
    --smoke) smoke=1 rounds=1 seconds=3 warmup=0.5 streams=(10) rates=(200) out=artifacts/bench-smoke wanted=direct,nginx,haproxy,routerd ;;
    --rounds) rounds=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --out) out=$2; shift ;;
    --targets) wanted=direct,$2; shift ;;
    --scenarios) scenarios=$2; shift ;;
    --streams) IFS=, read -ra streams <<<"$2"; shift ;;
    *) echo "run.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

want() { [[ ,$wanted, == *,$1,* ]]; }

ulimit -n "$(ulimit -Hn)"
work=$(mktemp -d)
pids=()
cleanup() {
  [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

[ -n "${ROUTERD_BENCH_BINARY:-}" ] || dotnet build benchmarks/RouterDaemon.Bench -c Release --nologo -v quiet >"$work/build.log" || { cat "$work/build.log" >&2; exit 1; }
bench=(benchmarks/RouterDaemon.Bench/bin/Release/*/routerd-bench)
bench=${ROUTERD_BENCH_BINARY:-${bench[0]}}
routerd=${ROUTERD_BINARY:-artifacts/routerd/routerd}
if [ -z "${ROUTERD_BINARY:-}" ] && [ ! -x "$routerd" ]; then
  built=(src/RouterDaemon/bin/Release/*/routerd)
  routerd=${built[0]}
fi

# With two cores or more the target has one for itself, and mock and load generator share the rest.
target_cpu=() load_cpu=()
if command -v taskset >/dev/null && [ "$(nproc)" -ge 2 ]; then
  target_cpu=(taskset -c 0)
  load_cpu=(taskset -c "1-$(($(nproc) - 1))")
fi

# Mock and load generator are instruments: they answer on the socket's own thread and do not spin, which would cost the targets' core.
instrument=(env DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS=1 DOTNET_ThreadPool_UnfairSemaphoreSpinLimit=0)

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo $((20000 + RANDOM % 20000)); }
wait_for() {
  for _ in $(seq 200); do
    curl -fsS -o /dev/null --max-time 1 "$1" 2>/dev/null && return 0
    sleep 0.05
  done
  echo "run.sh: $1 does not answer" >&2
  tail -n 40 "$work"/*.log >&2 2>/dev/null || true
  return 1
}

declare -A port pid
targets=(direct)

mock=$(free_port)
"${load_cpu[@]}" "${instrument[@]}" "$bench" mock --port "$mock" --behaviour "answer=$(printf 'x%.0s' $(seq 700))" >"$work/mock.log" 2>&1 &
pids+=($!)
port[direct]=$mock pid[direct]=$!
wait_for "http://127.0.0.1:$mock/v1/models"

if ! want nginx; then
  :
elif command -v nginx >/dev/null; then
  port[nginx]=$(free_port)
  cat >"$work/nginx.conf" <<NGINX
daemon off; worker_processes 1; pid $work/nginx.pid; error_log $work/nginx-error.log;
events { worker_connections 8192; }
http {
  access_log $work/nginx-access.log;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  upstream mock { server 127.0.0.1:$mock; keepalive 2048; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port[nginx]} backlog=4096;
    location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering on; }
    location /stream/ { proxy_pass http://mock/; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}
NGINX
  "${target_cpu[@]}" nginx -c "$work/nginx.conf" >"$work/nginx.log" 2>&1 &
  pids+=($!)
  pid[nginx]=$!
  wait_for "http://127.0.0.1:${port[nginx]}/v1/models" && targets+=(nginx)
else
  echo "run.sh: nginx is not installed: left out" >&2
fi

if ! want haproxy; then
  :
elif command -v haproxy >/dev/null; then
  port[haproxy]=$(free_port)
  cat >"$work/haproxy.cfg" <<HAPROXY
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  option http-keep-alive
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend f
  bind 127.0.0.1:${port[haproxy]} backlog 4096
  default_backend b
backend b
  server mock 127.0.0.1:$mock pool-max-conn 4096
HAPROXY
  "${target_cpu[@]}" haproxy -db -f "$work/haproxy.cfg" >"$work/haproxy.log" 2>&1 &
  pids+=($!)
  pid[haproxy]=$!
  wait_for "http://127.0.0.1:${port[haproxy]}/v1/models" && targets+=(haproxy)
else
  echo "run.sh: haproxy is not installed: left out" >&2
fi

deployments() { # deployments MODEL ROUTE
  for i in 1 2 3 4 5 6 7 8; do
    cat <<YAML
  - id: $1-$i
    kind: openai
    url: http://127.0.0.1:$mock$2/v1
    trust: private
    max_in_flight: 4096
    timeouts: { connect: 2s, first_token: 60s, between_tokens: 30s, total: 10m }
    deployments:
      - model: $1
        upstream_model: mock-model
        context: 32768
YAML
  done
}

yarp=benchmarks/RouterDaemon.Bench.Yarp
if want yarp; then
  if dotnet build "$yarp" -c Release --nologo -v quiet >"$work/yarp-build.log" 2>&1; then
    port[yarp]=$(free_port)
    yarp_binary=("$yarp"/bin/Release/*/yarp-target)
    "${target_cpu[@]}" "${yarp_binary[0]}" "${port[yarp]}" "http://127.0.0.1:$mock" >"$work/yarp.log" 2>&1 &
    pids+=($!)
    pid[yarp]=$!
    wait_for "http://127.0.0.1:${port[yarp]}/v1/models" && targets+=(yarp)
  else
    echo "run.sh: YARP does not build here: left out" >&2
  fi
fi

portkey=benchmarks/portkey/node_modules/@portkey-ai/gateway/build/start-server.js
if ! want portkey; then
  :
elif [ -e "$portkey" ] && command -v node >/dev/null; then
  port[portkey]=$(free_port)
  NODE_ENV=production "${target_cpu[@]}" node "$portkey" --port="${port[portkey]}" --headless >"$work/portkey.log" 2>&1 &
  pids+=($!)
  pid[portkey]=$!
  wait_for "http://127.0.0.1:${port[portkey]}/" && targets+=(portkey)
else
  echo "run.sh: Portkey is not installed (npm install --prefix benchmarks/portkey): left out" >&2
fi

# routerd with a key required, recording on and routing over eight deployments, for each route of the mock that is measured.
key=bench-key-$RANDOM$RANDOM
start_routerd() { # start_routerd TARGET BINARY
  local home=$work/home-$1
  port[$1]=$(free_port)
  mkdir -p "$home" "$work/no-libraries"
  {
    echo "auth: { required: true }"
    echo "admin: { key_env: BENCH_KEY }"
    echo "backends:"
    deployments plain ""
    deployments streamed "/b/tokens=100,tps=50,stamps"
  } >"$home/routerd.yaml"
  BENCH_KEY=$key ROUTERD_HOME=$home ROUTERD_LISTEN="http://127.0.0.1:${port[$1]}" ROUTERD_LLAMA_DIR="$work/no-libraries" \
    "${target_cpu[@]}" "$2" serve >"$work/$1.log" 2>&1 &
  pids+=($!)
  pid[$1]=$!
  wait_for "http://127.0.0.1:${port[$1]}/health/live"
  targets+=("$1")
}

if want before && [ -n "${ROUTERD_BEFORE:-}" ]; then start_routerd before "$ROUTERD_BEFORE"; fi
if ! want routerd; then
  :
elif [ -x "$routerd" ]; then
  start_routerd routerd "$routerd"
else
  echo "run.sh: $routerd is not built: left out" >&2
fi

results=$work/results.jsonl
measure() { # measure TARGET SCENARIO OPTIONS...
  local target=$1 scenario=$2 route=/v1 model=mock-model extra=()
  shift 2
  case $scenario in streams-*) route=/b/tokens=100,tps=50,stamps/v1 ;; esac
  case $target in
    nginx) case $scenario in streams-*) route=/stream$route ;; esac ;;
    portkey)
      extra=(--header "x-portkey-provider: openai" --header "x-portkey-custom-host: http://127.0.0.1:$mock$route")
      route=/v1 ;;
    before | routerd)
      case $scenario in streams-*) model=streamed ;; *) model=plain ;; esac
      route=/v1 extra=(--key "$key") ;;
  esac
  "${load_cpu[@]}" "${instrument[@]}" "$bench" load --url "http://127.0.0.1:${port[$target]}$route" --target "$target" --scenario "$scenario" --model "$model" \
    --pids "${pid[$target]}" --duration "$seconds" --warmup "$warmup" --append "$results" "${extra[@]}" "$@" ||
    { echo "run.sh: $target $scenario failed" >&2; tail -n 40 "$work/$target.log" >&2 || true; return 1; }
}

for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  if [[ $scenarios == *saturation* ]]; then
    for target in "${targets[@]}"; do measure "$target" saturation --connections 32; done
  fi
  if [[ $scenarios == *rate* ]]; then
    for rate in "${rates[@]}"; do
      for target in "${targets[@]}"; do measure "$target" "rate-$rate" --rate "$rate" --connections 64; done
    done
  fi
  if [[ $scenarios == *streams* ]]; then
    for n in "${streams[@]}"; do
      for target in "${targets[@]}"; do measure "$target" "streams-$n" --stream 1 --connections "$n"; done
    done
  fi
done

# The load generator against one that others wrote: requests/s of the same server with as many connections.
if [ "$smoke" -eq 0 ] && want nginx && [ -n "${port[nginx]:-}" ] && command -v wrk >/dev/null; then
  body=$(printf '{"model":"mock-model","messages":[{"role":"user","content":"%s"}]}' "$(printf 'word %.0s' $(seq 190))")
  printf 'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[%s]]\n' "$body" >"$work/wrk.lua"
  echo "sanity, nginx with 32 connections: wrk $("${load_cpu[@]}" wrk -t 1 -c 32 -d "${seconds}s" -s "$work/wrk.lua" "http://127.0.0.1:${port[nginx]}/v1/chat/completions" | awk '/Requests\/sec/ { print $2 }') requests/s, routerd-bench as in the table below"
fi

"$bench" report --results "$results" --out "$out" --base nginx
echo "written: $out/relay.json, $out/relay.svg"
errors=$(grep -o '"errors":[0-9]*' "$results" | awk -F: '{ n += $2 } END { print n + 0 }')
if [ "$smoke" -eq 1 ] && [ "$errors" -ne 0 ]; then
  grep -o '"first_error":"[^"]*"' "$results" | sort -u
  echo "run.sh: $errors errors in a smoke run" >&2
  exit 1
fi
