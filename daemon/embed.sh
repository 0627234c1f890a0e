#!/bin/sh
#
# embed: makes C of files, for the table that daemon/files.h declares.
#
#	embed.sh FILE ... >web.c
#
# All but index.html are put below a number that is made of all of them, and
# index.html is made to look for them there; they find each other by relative
# names.  So whatever changes has a new address, and may be kept for ever under
# the old one.  Where there is a gzip, a file comes compressed, too.
#
# What is for readers of the source stays there: in modules and style sheets,
# lines that are comments, empty lines and indentation.  So of a string over
# several lines none may begin with a blank or with two slashes, or be empty.
#
# The same files make the same text, in whatever order they come.  Left out
# are directories, hidden files and what editors leave behind.

set -eu
LC_ALL=C
export LC_ALL
unset GZIP # options that somebody likes

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

# In two steps: of a pipeline, only the last status counts.
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

# A file as it is served.
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

# array NAME: what comes in.  No array is empty: each has a byte more.
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
