#!/bin/sh
# check.sh [VARIABLE=VALUE]... STEP...: runs steps of test/check.mk, as many at
# a time as there are cores, or JOBS of them; reports on each in the order
# given, and on what was skipped.  The last line is "N passed, N failed".
set -u
cd "$(dirname "$0")/.."

started=$(date +%s)
log=build/check/log
rm -rf $log
mkdir -p $log
mkfifo $log/over

# Tests write to memory if there is enough of it, so none waits for a disk.
if test -z "${TMPDIR:-}" && test -w /dev/shm &&
  test "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 1000000; then
  TMPDIR=/dev/shm
fi
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/check-XXXXXX")
export TMPDIR

# Steps print their names into the pipe when they are over.
report() { # [VARIABLE=VALUE]... STEP...
  passed=0
  failed=0
  skipped=
  for step; do
    case $step in *=*) continue ;; esac
    until test -f "$log/$step.end" || ! read -r _; do
      continue
    done
    if ! read -r status seconds <"$log/$step.end"; then
      status=none seconds=0
    fi 2>/dev/null
    case $status in
    0)
      passed=$((passed + 1))
      printf 'ok   %4d s  %s\n' "$seconds" "$step"
      ;;
    77)
      skipped="$skipped
skipped: $step: $(tail -n 1 "$log/$step.log")"
      ;;
    none)
      failed=$((failed + 1))
      printf 'FAIL         %s: not run, since its build failed\n' "$step"
      ;;
    *)
      failed=$((failed + 1))
      printf 'FAIL %4d s  %s: status %s\n' "$seconds" "$step" "$status"
      tail -n 60 "$log/$step.log" | sed 's/^/      | /'
      ;;
    esac
  done
  skipped="$skipped
$(grep -rh --include='*.log' '^\[  SKIPPED \] [a-z]' $log | sort -u |
    sed 's/^\[  SKIPPED \]/skipped:/')"
  printf '%s\n' "$skipped" | sed '/^$/d'
  printf '%d seconds\n' $(($(date +%s) - started))
  printf '%d passed, %d failed\n' "$passed" "$failed"
  test "$failed" -eq 0
}

# The steps and all that they start are one process group, to end it at once,
# where there is a setsid.
unset MAKEFLAGS MFLAGS MAKELEVEL
$(command -v setsid) "${MAKE:-make}" -f test/check.mk -k \
  -j "${JOBS:-$(getconf _NPROCESSORS_ONLN)}" "$@" >$log/over 2>$log/make &
steps=$!
report "$@" <$log/over &
reporter=$!
end() {
  kill -s TERM -- -$steps 2>/dev/null || kill -s TERM $steps
  kill -s TERM $reporter
  wait $steps
  kill -s KILL -- -$steps 2>/dev/null
  rm -rf "$TMPDIR"
  exit 1
}
trap end HUP INT TERM
wait $reporter
status=$?
rm -rf "$TMPDIR"
exit $status
