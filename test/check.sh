#!/bin/sh
# make check: everything, from nothing, in several builds.  Each step is a
# command; a failed one shows what it printed, the others go on.
set -u
cd "$(dirname "$0")/.."
sh test/deps.sh || exit 1

out=build/check
mkdir -p $out
passed=0
failed=0
started=$(date +%s)

step() { # NAME COMMAND...
  name=$1
  shift
  if "$@" >$out/log 2>&1; then
    passed=$((passed + 1))
    printf 'ok    %s\n' "$name"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s: %s\n' "$name" "$*"
    tail -n 60 $out/log | sed 's/^/      | /'
  fi
}

jobs=$(getconf _NPROCESSORS_ONLN)
build() { # DIRECTORY VARIABLE=VALUE...
  dir=$1
  shift
  make -s -j "$jobs" STRICT=1 BUILD="$dir" OUT="$dir" "$@" tests
}
run_tests() { # DIRECTORY [PATTERN]: the cmocka programs
  for t in "$1"/test/*/test_${2:-*} "$1"/test/unit/*/test_${2:-*}; do
    case $t in
    *.d | *.o | *'*'*) ;;
    *) CHATD=$1/chatd step "$t" "$t" ;;
    esac
  done
}
replay() { # DIRECTORY: the corpora of the fuzzers
  for f in test/fuzz/*.c; do
    f=$(basename "$f" .c)
    test "$f" = main ||
      step "$1/test/fuzz/$f" "$1/test/fuzz/$f" test/fuzz/corpus/"$f"/*
  done
}
is_small() { # PROGRAM: stripped, less than 400 KB, and whole
  strip -o $out/stripped "$1" && test "$(wc -c <$out/stripped)" -lt 400000 &&
    "$out/stripped" --version
}
needs_libc_alone() { # PROGRAM
  ! ldd "$1" | grep -vE 'linux-vdso|libc\.so|ld-linux'
}
embeds() { # the same in any order; and where there is no gzip, without it
  rm -rf $out/posix && mkdir $out/posix &&
    for tool in cat cksum od sed sh sort; do
      ln -s "$(command -v $tool)" $out/posix || return 1
    done
  sh daemon/embed.sh web/* >$out/web.c &&
    sh daemon/embed.sh $(printf '%s\n' web/* | sort -r) | cmp - $out/web.c &&
    grep gzip_1 $out/web.c &&
    PATH=$out/posix sh daemon/embed.sh web/* >$out/web.c &&
    ! grep gzip_1 $out/web.c &&
    cc -std=c11 -Ilib -Idaemon -c -o $out/web.o $out/web.c
}
installs() { # an embedding program is built from what was installed
  rm -rf $out/root
  make -s install DESTDIR="$PWD/$out/root" PREFIX=/usr &&
    sed "s|#include \"chatcore.h\"|#include <chatcore/chatcore.h>|" \
      test/embed.c >$out/embed.c &&
    cc $out/embed.c -o $out/embed $(PKG_CONFIG_SYSROOT_DIR=$PWD/$out/root \
      PKG_CONFIG_LIBDIR=$PWD/$out/root/usr/lib/pkgconfig \
      pkg-config --cflags --libs chatcore) &&
    make -s uninstall DESTDIR="$PWD/$out/root" PREFIX=/usr &&
    test -z "$(find $out/root ! -type d)"
}

web_modules() { # beside a package.json, so that every node takes .js for modules
  rm -rf $out/node
  mkdir -p $out/node/test &&
    cp -r web $out/node &&
    cp -r test/web $out/node/test &&
    echo '{ "type": "module" }' >$out/node/package.json &&
    node --test $out/node/test/web/*.test.mjs
}

sanitize='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all'

step 'make' make -s STRICT=1 -j "$jobs"
step 'libc alone' needs_libc_alone ./chatd
step 'layers' sh test/layers.sh build
step 'the page embedded' embeds
step 'make install' installs
step 'manuals' sh test/man.sh

step 'gcc with sanitizers' build $out/gcc CC=gcc CFLAGS="$sanitize"
run_tests $out/gcc
replay $out/gcc

step 'poll() with sanitizers' build $out/poll CC=gcc READY=poll \
  CFLAGS="$sanitize"
run_tests $out/poll ready
run_tests $out/poll server

step 'clang' build $out/clang CC=clang
run_tests $out/clang

step 'musl, static' make -s -j "$jobs" BUILD=$out/musl OUT=$out/musl \
  CC=musl-gcc CFLAGS=-Os LDFLAGS='-static -Wl,--gc-sections'
step 'musl, small' is_small $out/musl/chatd

step 'conformance' node test/conformance.mjs $out/gcc/test/echo
step 'faults' make -s faults
step 'a bad disk' node --test test/process/disk.test.mjs
step 'deaths' node test/process/crash.mjs
step 'web modules' web_modules
CHATD=$out/gcc/chatd step 'what manuals show' node --test test/process/manual.test.mjs
for t in test/browser/*.test.mjs; do
  CHATD=$out/gcc/chatd step "$t" node --test "$t"
done

printf '%s seconds\n' $(($(date +%s) - started))
printf '%d passed, %d failed\n' "$passed" "$failed"
test "$failed" -eq 0
