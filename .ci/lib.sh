# Shared by .ci/run and .ci/long: steps with their times, and one sum over all test runs.
set -o pipefail
passed=0
failed=0
times=()
ci_started=$SECONDS
export ROUTERD_TEST_REPORT="$PWD/artifacts/test-report.txt"
mkdir -p artifacts && : >"$ROUTERD_TEST_REPORT"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDTERMINALLOGGER=off

# step NAME COMMAND...: a step that fails counts as one failure; later steps still run.
step() {
  local name=$1 started=$SECONDS status=0
  shift
  echo "=== $name"
  "$@" || status=$?
  times+=("$(printf '%5d s  %s' $((SECONDS - started)) "$name")")
  if [ "$status" -ne 0 ]; then
    echo "!!! $name: failed (exit $status)"
    failed=$((failed + 1))
  fi
}

# run_check NAME COMMAND...: one check that counts as one test.
run_check() {
  shift
  "$@" || return $?
  passed=$((passed + 1))
}

# run_tests NAME COMMAND...: a dotnet test run; its counts join the sum. A run without counts is a failure.
run_tests() {
  local name=$1 log status=0 counted=0 p f
  shift
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  while read -r f p; do
    failed=$((failed + f))
    passed=$((passed + p))
    counted=$((counted + f + p))
  done < <(sed -nE 's/^(Passed|Failed)! +- Failed: +([0-9]+), Passed: +([0-9]+),.*/\2 \3/p' "$log")
  local failures
  failures=$(sed -nE 's/^Failed! +- Failed: +([0-9]+),.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  rm -f "$log"
  if [ "$counted" -eq 0 ]; then
    echo "$name: no test ran"
    return 1
  fi
  # Failing tests are counted one by one; only a crash without a failing test is a failure of the step.
  [ "$status" -eq 0 ] || [ "$failures" -gt 0 ]
}

install_tools() {
  local missing=()
  command -v gcc >/dev/null || command -v clang >/dev/null || missing+=(gcc libc6-dev)
  [ -e /usr/include/zlib.h ] || missing+=(zlib1g-dev)
  ldconfig -p 2>/dev/null | grep -q 'libsqlite3\.so\.0' || missing+=(libsqlite3-0)
  command -v node >/dev/null && command -v npm >/dev/null || missing+=(nodejs npm)
  command -v redis-server >/dev/null || missing+=(redis-server)
  if [ "${#missing[@]}" -gt 0 ]; then
    local sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo)
    "${sudo[@]}" apt-get update -qq
    "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
  fi
  [ -d tests/RouterDaemon.SystemTests/clients/node_modules ] || (cd tests/RouterDaemon.SystemTests/clients && npm ci --no-audit --no-fund)
}

# Whitespace by the formatter, over folders so that it needs no restore; code style is enforced by the build.
check_format() {
  dotnet format whitespace --folder . --verify-no-changes --exclude artifacts --exclude native/node_modules
}

# Publishing for another framework shares obj/ with the build: it works on a copy of what git tracks.
publish_native() {
  local copy log status=0
  copy=$(mktemp -d)
  log=$(mktemp)
  git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do [ -e "$f" ] && printf '%s\0' "$f"; done | tar -c --null -T - | tar -x -C "$copy"
  [ ! -d native/node_modules ] || cp -a native/node_modules "$copy/native/"
  rm -rf artifacts/routerd
  mkdir -p artifacts
  dotnet publish "$copy/src/RouterDaemon" -c Release -r "$(rid)" -p:PublishAot=true -p:RouterTfm="${ROUTER_TFM:-net9.0}" -o "$PWD/artifacts/routerd" --nologo 2>&1 | tee "$log" || status=$?
  if grep -qE 'warning IL[0-9]+|ILC ?: .*warning' "$log"; then
    echo "the publish has IL warnings"
    status=1
  fi
  rm -rf "$copy" "$log"
  [ "$status" -eq 0 ] && ls -l artifacts/routerd/routerd
}

rid() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo linux-x64 ;;
    Linux-aarch64) echo linux-arm64 ;;
    Darwin-arm64) echo osx-arm64 ;;
    *) echo "no runtime identifier for $(uname -sm)" >&2; return 1 ;;
  esac
}

bench_smoke() {
  benchmarks/RouterDaemon.Bench/run.sh --smoke
}

summary() {
  echo "=== figures"
  cat "$ROUTERD_TEST_REPORT"
  echo "=== times"
  printf '%s\n' "${times[@]}"
  printf '%5d s  all\n' $((SECONDS - ci_started))
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
