#!/bin/sh
# soak.sh SECONDS: what takes too long for make check.  Two at a time: worlds of
# the simulator from random seeds, in the build with sanitizers; all fuzzers by
# clang, from what earlier runs have found; the tests in C under valgrind;
# clang-tidy.  A failure says how to have it again.
set -u
cd "$(dirname "$0")/.."
seconds=$1
out=build/soak
mkdir -p $out
TMPDIR=$(mktemp -d "$(test -w /dev/shm && echo /dev/shm || echo /tmp)/soak-XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
end=$(($(date +%s) + seconds))
failed=0

fail() { # WHAT
  echo "FAILED: $1"
  failed=1
}
left() {
  echo $((end - $(date +%s)))
}

# Worlds, each from a seed of its own, until the time is over.
simulate() {
  worlds=0
  while test "$(left)" -gt 0; do
    seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
    $out/san/test/unit/core/test_sim "$seed" 4 >$out/sim.log 2>&1 || {
      tail -n 20 $out/sim.log
      fail "$out/san/test/unit/core/test_sim $seed 4"
      return 1
    }
    worlds=$((worlds + 4))
  done
  echo "simulator: $worlds worlds"
}

# Each fuzzer for its part of the time.
fuzz() {
  fuzzers=$(ls test/fuzz/*.c | grep -v main.c)
  n=$(echo "$fuzzers" | wc -l)
  status=0
  for f in $fuzzers; do
    name=$(basename "$f" .c)
    part=$(($(left) / n))
    test $part -gt 0 || part=1
    n=$((n - 1))
    make -s "fuzz-$name" FUZZ_OPTIONS="-max_total_time=$part -print_final_stats=1" \
      >$out/fuzz-$name.log 2>&1 || {
      tail -n 30 $out/fuzz-$name.log
      fail "make fuzz-$name, see build/fuzz/"
      status=1
      continue
    }
    echo "fuzzer $name: $(sed -n 's/stat::number_of_executed_units: *//p' \
      $out/fuzz-$name.log) inputs in $part s"
  done
  return $status
}

# Under valgrind the simulator is too slow for more than a world.
grind() {
  for t in build/test/unit/*/test_*; do
    case $t in *.d) continue ;; esac
    arguments=
    test "${t##*/}" != test_sim || arguments='1 1'
    CHATD=./chatd valgrind -q --leak-check=full --error-exitcode=9 \
      $t $arguments >$out/valgrind.log 2>&1 || {
      tail -n 30 $out/valgrind.log
      fail "valgrind $t $arguments"
      return 1
    }
  done
  echo 'valgrind: all tests in C'
}

tidy() {
  clang-tidy -quiet lib/*/*.c daemon/*.c -- -std=c11 \
    -D_POSIX_C_SOURCE=200809L -DCHAT_VERSION='""' -Ilib -I. \
    >$out/tidy.log 2>/dev/null || {
    cat $out/tidy.log
    fail clang-tidy
    return 1
  }
  echo 'clang-tidy: nothing'
}

for tool in clang clang-tidy valgrind; do
  command -v $tool >/dev/null || {
    echo "this needs $tool: apt-get install clang clang-tidy valgrind"
    exit 1
  }
done
make -s -j2 tests &&
  make -s -j2 STRICT=1 BUILD=$out/san OUT=$out/san \
    CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all' \
    $out/san/test/unit/core/test_sim || exit 1
(simulate) &
simulator=$!
(fuzz) || failed=1
wait $simulator || failed=1
(grind) &
grinder=$!
(tidy) || failed=1
wait $grinder || failed=1
test $failed -eq 0 && echo 'soak: all is well'
exit $failed
