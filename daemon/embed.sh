#!/bin/sh
#
# embed: turns files into C, for the table that daemon/files.h declares.
#
#	embed.sh FILE ... >web.c
#
# All files but index.html are put below a number that is computed from all of
# them, and index.html is changed to refer to them there; they find each other
# by relative names.  A file that changes therefore gets a new address, and
# browsers may keep the old one for ever.  If there is a gzip, a compressed form
# is added to each file.
#
# Comment lines, empty lines and indentation are removed from modules and style
# sheets, because they are for those who read the source.  If a string spans
# several lines, none of its lines may therefore be empty or begin with a blank
# or two slashes.
#
# The same files give the same text, whatever their order.  Directories, hidden
# files and the leftovers of editors are skipped.

set -eu
LC_ALL=C
export LC_ALL
unset GZIP # it may hold options

wanted()
{
	for file; do
		case ${file##*/} in
		.* | *~ | \#* | *.bak | *.orig | *.rej | *.sw[a-z]) continue ;;
		*[!A-Za-z0-9._-]*)
			echo "embed.sh: not a name for a URL: $file" >&2
			return 1
			;;
		esac
		[ ! -f "$file" ] || printf '%s\n' "$file"
	done
}

# This takes two steps, because a pipeline has only its last status.
files=$(wanted "$@")
files=$(printf '%s\n' "$files" | sort)

bare()
{
	case $1 in
	*.js) sed -e 's/^ *//' -e '/^\/\//d' -e '/^$/d' "$1" ;;
	*.css)
		sed -e 's/^ *//' -e '/^\/\*.*\*\/$/d' -e '/^\/\*/,/\*\/$/d' \
		    -e '/^$/d' "$1"
		;;
	*) cat "$1" ;;
	esac
}

version=$(
	for file in $files; do
		echo "${file##*/}"
		bare "$file" | cksum
	done | cksum
)
version=${version%% *}

# Prints a file in the form in which it is served.
content()
{
	case ${1##*/} in
	index.html)
		bare "$1" |
			sed -e "s,\( href=\"/\)\([a-z]\),\1$version/\2,g" \
			    -e "s,\( src=\"/\)\([a-z]\),\1$version/\2,g"
		;;
	*) bare "$1" ;;
	esac
}

is_smaller()
{
	command -v gzip >/dev/null &&
		[ $(content "$1" | gzip -9 -n | wc -c) -lt \
		    $(content "$1" | wc -c) ]
}

# array NAME: prints its input as an array.  An extra byte at the end keeps it
# from being empty.
array()
{
	printf '\nstatic const unsigned char %s[] = {\n' "$1"
	od -An -v -tu1 | sed -n -e 's/[0-9][0-9]*/&,/gp'
	printf '0 };\n'
}

echo '/* Made by daemon/embed.sh. */'
echo '#include "files.h"'

table=
i=0
for file in $files; do
	i=$((i + 1))
	name=${file##*/}
	[ "$name" = index.html ] || name=$version/$name
	content "$file" | array "file_$i"
	packed='NULL, 0'
	if is_smaller "$file"; then
		content "$file" | gzip -9 -n | array "gzip_$i"
		packed="gzip_$i, sizeof(gzip_$i) - 1"
	fi
	table="$table	{ \"$name\",
	    file_$i, sizeof(file_$i) - 1,
	    $packed },
"
done

printf '\nconst struct web_file web_files[] = {\n%s' "$table"
printf '\t{ NULL, NULL, 0, NULL, 0 },\n};\n'
