#!/bin/sh
# test/layers.sh BUILD: holds the library, whose objects are in BUILD/lib, to
# its floors and its names.  Silent if all is well.
set -eu
cd "$(dirname "$0")/.."
objects=$1/lib
failed=0

complain() { # HEADING LINES
  test -z "$2" || { printf '%s\n%s\n' "$1" "$2"; failed=1; }
}

floors=$(sed -n 's/^FLOORS = //p' Makefile)
pure='code wire'
state='base ring store room core'
os='journal net'
complain 'each floor of the Makefile is a folder of a tier, and no other is:' \
  "$({ printf '%s\n' $floors $floors $pure $state $os
    for f in lib/*/; do basename "$f"; printf '%s\n' $pure $state $os; done |
      sort -u; } | sort | uniq -c | awk '$1 != 4 { print $2 }')"

# A folder includes what is below it, and the headers in lib/ itself.
below=
for f in $floors; do
  complain "lib/$f includes what is not below it:" \
    "$(grep -nE '^#include "[a-z0-9_]+/' lib/"$f"/*.[ch] |
      grep -vE "\"(${below:-none})/" || :)"
  below="${below:+$below|}$f"
done
complain 'the headers for programs include only each other:' \
  "$(grep -nE '^#include ".*/' lib/*.h || :)"

# What the objects of a tier need that neither the library nor it may have.
imports() { # ALLOWED OBJECT...
  allowed=$1
  shift
  for o in "$@"; do
    nm -u "$o" | awk -v o="$o" '{ print o, $NF }'
  done | grep -vE " (chat_|_GLOBAL_|__stack_chk_fail|$allowed)" | sort -u || :
}
of() { # FLOOR...: their objects
  for f in "$@"; do
    for o in "$objects/$f"/*.o; do
      test -f "$o" || complain 'no objects in:' "$objects/$f" >&2
      echo "$o"
    done
  done
}
complain 'pure modules may use mem*, str* and snprintf:' \
  "$(imports 'mem|bcmp|str|snprintf|__(mem|str|snprintf).*_chk' \
    $(of $pure) "$objects/base/err.o" "$objects/journal/line.o")"
complain 'state modules may allocate besides:' \
  "$(imports 'mem|bcmp|str|snprintf|vsnprintf|malloc|calloc|realloc|free|__.*_chk' \
    $(of $state))"

complain 'global names of the library begin with chat_:' \
  "$(nm -g --defined-only $(of $floors) |
    awk 'NF == 3 && $3 !~ /^chat_/ { print $3 }')"
complain 'the library has no variables of its own:' \
  "$(size -A $(of $floors) | awk '/:$/ { file = $1 }
    ($1 == ".data" || $1 == ".bss") && $2 > 0 { print file, $1, $2 }')"

complain 'only the os tier speaks to the system:' \
  "$(for f in $pure $state; do
    grep -nE '#include <(sys/|dirent|unistd|poll|fcntl|netinet|arpa|netdb|time|signal)' \
      lib/"$f"/*.[ch] || :
  done)"
complain 'the library neither prints nor exits nor takes signals:' \
  "$(grep -nwE 'printf|puts|perror|exit|abort|signal|sigaction' lib/*/*.c |
    grep -v 'format(printf' || :)"
exit $failed
