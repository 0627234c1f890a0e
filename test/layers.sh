#!/bin/sh
# test/layers.sh LIBRARY: holds the library to its layers and its names.
# Silent if all is well.
set -eu
lib=$1
cd "$(dirname "$0")/.."
failed=0

complain() { # HEADING LINES
  test -z "$2" || { printf '%s\n%s\n' "$1" "$2"; failed=1; }
}

list() { # NAME: the value of a variable of the Makefile
  awk -v name="$1" '$1 == name && $2 == "=" { on = 1; sub(/.* = /, "") }
    on { more = sub(/\\$/, ""); print; on = more }' Makefile | tr '\n' ' '
}
pure=$(list PURE)
state=$(list STATE)
test -n "$pure" && test -n "$state"

# What the objects of a tier need that neither the library nor it may have.
imports() { # ALLOWED MODULE...
  allowed=$1
  shift
  for m in "$@"; do
    nm -u "$lib" 2>/dev/null | awk -v m="$m.o:" \
      '/:$/ { on = $0 == m } on && NF == 2 { print m, $2 }'
  done | grep -vE " (chat_|_GLOBAL_|__stack_chk_fail|$allowed)" | sort -u || :
}
complain 'pure modules may use mem*, str* and snprintf:' \
  "$(imports 'mem|bcmp|str|snprintf|__(mem|str|snprintf).*_chk' $pure)"
complain 'state modules may allocate besides:' \
  "$(imports 'mem|bcmp|str|snprintf|vsnprintf|malloc|calloc|realloc|free|__.*_chk' $state)"

complain 'global names of the library begin with chat_:' \
  "$(nm -g --defined-only "$lib" | awk 'NF == 3 && $3 !~ /^chat_/ { print $3 }')"
complain 'the library has no variables of its own:' \
  "$(size -A "$lib" | awk '/:$/ { file = $1 }
    ($1 == ".data" || $1 == ".bss") && $2 > 0 { print file, $1, $2 }')"

below=$(for m in $pure $state; do
  for f in lib/$m.c lib/$m.h; do test ! -f "$f" || echo "$f"; done
done)
complain 'only the os tier speaks to the system:' \
  "$(grep -nE '#include <(sys/|dirent|unistd|poll|fcntl|netinet|arpa|netdb|time|signal)' \
    $below || :)"
complain 'the library neither prints nor exits nor takes signals:' \
  "$(grep -nwE 'printf|puts|perror|exit|abort|signal|sigaction' lib/*.c |
    grep -v 'format(printf' || :)"
exit $failed
