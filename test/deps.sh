#!/bin/sh
# Installs what the tests need and the program does not: as root, from Debian's
# packages; then, for the browser and WebSocket clients, from npm into
# test/node_modules.  Says what it does.  What is there is not touched.
set -eu
cd "$(dirname "$0")"

missing=
need() { # COMMAND-OR-FILE PACKAGE
  case $1 in
    /*) test -e "$1" ;;
    *) command -v "$1" >/dev/null ;;
  esac || missing="$missing $2"
}
need gcc gcc
need clang clang
need cppcheck cppcheck
need clang-format clang-format
need musl-gcc musl-tools
need /usr/include/cmocka.h libcmocka-dev
need mandoc mandoc
need curl curl
need node nodejs
need npm npm
need chromium chromium
need /usr/share/fonts/truetype/liberation fonts-liberation
need pkg-config pkg-config
need jq jq
need python3 python3

if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ]; then
  apt-get update -qq
fi
# The newest clang warns of what the usual one does not know yet.
newest=$(apt-cache search --names-only '^clang-[0-9][0-9]$' | sort |
  sed -n '$s/ .*//p')
[ -z "$newest" ] || need "$newest" "$newest"

if [ -n "$missing" ]; then
  echo "installing for the tests, from Debian:$missing"
  if [ "$(id -u)" -ne 0 ]; then
    echo "that needs root: apt-get install$missing" >&2
    exit 1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends $missing >/dev/null
fi

if ! cmp -s package-lock.json node_modules/.installed; then
  echo "installing for the tests, from npm into test/node_modules:" \
    "$(sed -n '/devDependencies/,/}/s/ *"\([^"]*\)": "\([0-9][^"]*\)".*/\1@\2/p' \
      package.json | tr '\n' ' ')"
  npm ci --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.installed
fi
