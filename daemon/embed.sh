#!/bin/sh
#
# embed: makes C of files, for the table that daemon/files.h declares.
#
#	embed.sh FILE ... >web.c
#
# The same files make the same text, in whatever order they come.  Left out
# are directories, hidden files and what editors leave behind.

set -eu
LC_ALL=C
export LC_ALL

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

echo '/* Made by daemon/embed.sh. */'
echo '#include "files.h"'

# An array cannot be empty, so each has a byte more than its file.
i=0
for file in $files; do
	i=$((i + 1))
	printf '\nstatic const unsigned char file_%d[] = {\n' $i
	od -An -v -tu1 "$file" | sed -n -e 's/[0-9][0-9]*/&,/gp'
	printf '0 };\n'
done

printf '\nconst struct web_file web_files[] = {\n'
i=0
for file in $files; do
	i=$((i + 1))
	printf '\t{ "%s", file_%d, sizeof(file_%d) - 1 },\n' \
	    "${file##*/}" $i $i
done
printf '\t{ NULL, NULL, 0 },\n};\n'
