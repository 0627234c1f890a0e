#!/bin/sh
# step.sh STEP COMMAND...: runs a step of test/check.mk.  What it printed is
# then in build/check/log/STEP.log, its status and its seconds are in STEP.end.
# Its name is printed when it is over.
log=build/check/log/$1
mkdir -p "${log%/*}"
started=$(date +%s)
step=$1
shift
"$@" >"$log.log" 2>&1 </dev/null
status=$?
echo "$status $(($(date +%s) - started))" >"$log.end"
echo "$step"
test $status -eq 0 || test $status -eq 77
