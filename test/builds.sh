#!/bin/sh
# builds.sh WHAT ...: what holds for a build, one function each; steps of
# test/check.mk.
set -u
out=build/check/builds/$1
rm -rf "$out"
mkdir -p "$out"

# Runs a make with the newest clang that there is.
with_newest_clang() { # MAKE...
  clang=$(ls /usr/bin/clang-[0-9][0-9] | sort | tail -n 1)
  case $(clang --version) in
  *" version ${clang##*-}."*)
    echo "there is no newer clang than the one that all is built with"
    return 77
    ;;
  esac
  "$@" CC="$clang"
}

# CC and all flags come through, CFLAGS from the environment, too.
honours_flags() {
  CFLAGS=-Dcflags make -n V=1 BUILD="$out" OUT="$out" CC=the-compiler \
    CPPFLAGS=-Dcppflags LDFLAGS=-Wl,ldflags all >"$out/commands" || return
  grep ' -o ' "$out/commands" >"$out/all"
  test "$(wc -l <"$out/all")" -gt 50 &&
    ! grep -v '^the-compiler .*-Dcflags' "$out/all" &&
    ! grep ' -c ' "$out/all" | grep -v -e ' -Dcppflags' &&
    grep -v ' -c ' "$out/all" | grep -e ' -Wl,ldflags'
}

# What two static analysers say of the program.
analyses() {
  for f in lib/*/*.c daemon/*.c; do
    gcc -std=c11 -D_POSIX_C_SOURCE=200809L -DCHAT_VERSION='""' -O2 \
      -fanalyzer -Werror -Ilib -I. -c -o "$out/analysed.o" "$f" || return
  done
  cppcheck --std=c11 --enable=warning,performance,portability --quiet \
    --inline-suppr --error-exitcode=1 -DCHAT_VERSION='""' -Ilib -I. lib daemon
}

# Stripped, it is less than 400 KB, and whole.
is_small() { # PROGRAM
  strip -o "$out/stripped" "$1" &&
    test "$(wc -c <"$out/stripped")" -lt 400000 &&
    "$out/stripped" --version
}

needs_libc_alone() { # PROGRAM
  ! ldd "$1" | grep -vE 'linux-vdso|libc\.so|ld-linux'
}

# All of the library can become part of a shared object.
is_pic() { # LIBRARY
  cc -shared -o "$out/all.so" -Wl,-z,text -Wl,-z,defs \
    -Wl,--whole-archive "$1" -Wl,--no-whole-archive
}

# The page is the same in any order of its files, and whole without gzip.
embeds() {
  mkdir "$out/posix"
  for tool in cat cksum od sed sh sort; do
    ln -s "$(command -v $tool)" "$out/posix" || return
  done
  sh daemon/embed.sh web/* >"$out/web.c" &&
    sh daemon/embed.sh $(printf '%s\n' web/* | sort -r) |
    cmp - "$out/web.c" &&
    grep gzip_1 "$out/web.c" &&
    PATH=$out/posix sh daemon/embed.sh web/* >"$out/web.c" &&
    ! grep gzip_1 "$out/web.c" &&
    cc -std=c11 -Ilib -Idaemon -c -o "$out/web.o" "$out/web.c"
}

# Everybody can read what is installed, whoever installs it.  A program is built
# from that alone, and each header compiles by itself.  Another PREFIX
# afterwards has paths of its own.  Nothing stays.
installs() {
  root=$PWD/$out/root
  (umask 077 && make -s install DESTDIR="$root" PREFIX=/usr) &&
    find "$root" -mindepth 1 -type d ! -perm 755 >"$out/modes" &&
    find "$root" -type f ! -perm 644 ! -path '*/bin/*' >>"$out/modes" &&
    find "$root" -type f ! -perm 755 -path '*/bin/*' >>"$out/modes" &&
    ! grep . "$out/modes" || return
  export PKG_CONFIG_SYSROOT_DIR="$root"
  export PKG_CONFIG_LIBDIR="$root/usr/lib/pkgconfig"
  strict='-std=c11 -Wall -Wextra -Wpedantic -Werror'
  for header in "$root"/usr/include/chatcore/*.h; do
    cp "$header" "$out/header.c"
    cc $strict -I"${header%/*}" -fsyntax-only "$out/header.c" || return
  done
  sed 's|"chatcore.h"|<chatcore/chatcore.h>|' test/embed.c >"$out/embed.c" &&
    cc $strict -D_POSIX_C_SOURCE=200809L -o "$out/embed" "$out/embed.c" \
      $(pkg-config --cflags --libs chatcore) &&
    make -s install DESTDIR="$root" PREFIX=/opt/chat &&
    grep -q /usr "$root/usr/lib/pkgconfig/chatcore.pc" &&
    grep -q /opt/chat "$root/opt/chat/lib/pkgconfig/chatcore.pc" &&
    ! grep /usr "$root/opt/chat/lib/pkgconfig/chatcore.pc" &&
    make -s uninstall DESTDIR="$root" PREFIX=/usr &&
    make -s uninstall DESTDIR="$root" PREFIX=/opt/chat &&
    ! find "$root" ! -type d | grep .
}

# Beside a package.json, so that every node takes .js for modules.
# The page has no package.json, which Node.js before 20.19 needs to know what
# its modules are.
web_modules() {
  mkdir -p "$out/test" &&
    cp -r web "$out" &&
    cp -r test/web "$out/test" &&
    echo '{ "type": "module" }' >"$out/package.json" &&
    node --test --test-reporter=spec "$out"/test/web/*.test.mjs
}

"$@"
