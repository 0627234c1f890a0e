#!/bin/sh
#
# man: the manual pages have no flaw that mandoc(1) knows of and refer only to
# pages that exist; so does test/README.md, of files.
#
#	man.sh [SCRATCH]	from the top of the tree

set -eu
pages=${1:-build/check}/man
rm -rf "$pages"
for page in man/*.[1-9]; do
	mkdir -p "$pages/man${page##*.}"
	cp "$page" "$pages/man${page##*.}"
done
makewhatis "$pages"

# The exit status tells warnings apart, the output even matters of style.
flaws=$(MANPATH=$pages mandoc -T lint -W style man/*.[1-9] 2>&1) || :
[ -z "$flaws" ] || {
	printf '%s\n' "$flaws"
	exit 1
}

gone=$(grep -o '`[a-z]*/[A-Za-z0-9_./-]*`' test/README.md | tr -d '`' |
	grep -v -e '^build/' -e '/x-view' | while read -r file; do
	[ -e "$file" ] || [ -e "$file.c" ] || [ -e "test/$file" ] ||
	    echo "test/README.md: $file is not there"
done)
[ -z "$gone" ] || {
	printf '%s\n' "$gone"
	exit 1
}
