#!/bin/sh
# test/layers.sh BUILD: holds the library, whose objects are in BUILD/lib, to
# its floors, its tiers and its names.  Silent if all is well.
set -eu
cd "$(dirname "$0")/.."
objects=$1/lib
failed=0

complain() { # HEADING LINES
  test -z "$2" || { printf '%s\n%s\n' "$1" "$2"; failed=1; }
}
sorted() { # WORD...
  printf '%s\n' "$@" | sort
}

# A tier is what its floors may need of the system.
pure='code wire'
state='base ring store room core'
os='journal net'
floors=$(sed -n 's/^FLOORS = //p' Makefile)
folders=$(for f in lib/*/; do basename "$f"; done)
if test "$(sorted $floors)" != "$(sorted $folders)" ||
  test "$(sorted $floors)" != "$(sorted $pure $state $os)"; then
  complain 'not the same: floors of the Makefile, folders of lib/, tiers:' \
    "$(echo $floors; echo $folders; echo $pure $state $os)"
  exit 1
fi

# A floor includes what is below it, and the headers in lib/ itself.
below=none
for f in $floors; do
  complain "lib/$f includes what is not below it:" \
    "$(grep -nE '^#include "[a-z0-9_]+/' lib/"$f"/*.[ch] |
      grep -vE "\"($below)/" || :)"
  below="$below|$f"
done
complain 'the headers for programs include only each other:' \
  "$(grep -nE '^#include ".*/' lib/*.h || :)"

# Which module includes which: x.c and x.h are one, even if x.h is for programs.
includes() {
  {
    ls lib/*.h lib/*/*.[ch]
    grep -H '^#include "' lib/*.h lib/*/*.[ch]
  } | awk -F '[:"]' '
    function module(file) {
      file = file in source ? source[file] : file
      sub(/\.[ch]$/, "", file)
      return file
    }
    NF == 1 {
      is_file[$1]
      name = $1
      sub(/.*\//, "", name)
      if (sub(/\.c$/, ".h", name))
        source["lib/" name] = $1
      next
    }
    {
      beside = $1
      sub(/[^\/]*$/, $3, beside)
      to = beside in is_file ? beside : "lib/" $3
      if (!(to in is_file))
        print $1 " includes " $3 ", which is not there" >"/dev/stderr"
      print module($1), module(to)
    }'
}
complain 'modules include each other in a circle:' \
  "$(includes 2>&1 | tsort 2>&1 >/dev/null)"

# Their objects.  Of ready_epoll and ready_poll one is built.
of() { # FLOOR...
  for f; do
    for source in lib/"$f"/*.c; do
      object=$objects/${source#lib/}
      echo "${object%.c}.o"
    done
  done | grep -v /ready_
  case $* in *net*) echo "$objects"/net/ready_*.o ;; esac
}
pure_too="$objects/base/err.o $objects/journal/line.o"
missing=$(for f in lib/base/err.c lib/journal/line.c $(of $floors); do
  test -f "$f" || echo "$f"
done)
if test -n "$missing"; then
  complain 'not there, or not built:' "$missing"
  exit 1
fi

# What objects need that neither the library nor they may have.
imports() { # ALLOWED OBJECT...
  allowed=$1
  shift
  nm -Au "$@" | grep -vE " (chat_|_GLOBAL_|__stack_chk_fail|$allowed)" || :
}
pure_uses='mem|bcmp|str|snprintf|__(mem|str|snprintf).*_chk'
state_uses="$pure_uses|vsnprintf|__vsnprintf_chk|malloc|calloc|realloc|free"
complain 'pure modules may use mem*, str* and snprintf:' \
  "$(imports "$pure_uses" $(of $pure) $pure_too)"
complain 'state modules may allocate besides:' \
  "$(imports "$state_uses" $(of $state))"

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

# snprintf() and its like return how long a text would be.  Who uses that as a
# length has to ask whether it fitted; three pass it on, as they promise.
lengths() {
  awk '
    /^\{/ { body = ""; line = FNR }
    { sub(/\/\*.*\*\//, ""); body = body " " $0 }
    /^\}/ {
      if (body ~ /(=|return|\(size_t\)|\?|:|,|\() *(vsnprintf|snprintf|chat_http_write_head|chat_handshake_write|chat_metrics_write)\(/ &&
          body !~ /chat_str_written\(|fits\(/)
        print FILENAME ":" line
    }' "$@"
}
complain 'a length is used, and nobody asks whether the text fitted:' \
  "$(lengths lib/*/*.c daemon/*.c |
    grep -vE '^lib/(wire/(http_response|handshake)|room/metrics)\.c:' || :)"
complain 'what a JSON writer has written is asked of chat_json_text():' \
  "$(grep -nE '\<w(\.|->)n\>' lib/*/*.c |
    grep -vE '^lib/(code/json_write|journal/(line|file)|room/encode)\.c:' || :)"
exit $failed
