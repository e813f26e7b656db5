#!/bin/sh
# Installs the packages locked in the directory given, once, even when several builds ask at the same time.
# Prints one line when it fails. Exit 0: installed.
cd "$1" || exit 1
stamp=node_modules/.routerd-installed
lock=.install.lock

current() { [ -e "$stamp" ] && [ ! package-lock.json -nt "$stamp" ]; }

waited=0
until mkdir "$lock" 2>/dev/null; do
  current && exit 0
  waited=$((waited + 1))
  # Longer than any install takes: whoever held the lock is gone.
  [ "$waited" -ge 300 ] && rmdir "$lock" 2>/dev/null
  [ "$waited" -ge 310 ] && { echo "another install holds $1$lock"; exit 1; }
  sleep 1
done
trap 'rmdir "$lock"' EXIT
trap 'exit 1' INT TERM

current && exit 0
command -v npm >/dev/null 2>&1 || { echo "npm was not found"; exit 1; }
log=$(npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 2>&1) || {
  echo "npm ci failed: $(printf '%s' "$log" | tr '\n' ' ' | cut -c1-300)"
  exit 1
}
touch "$stamp"
