/*
 * folder: the regular files below one folder, kept in memory.
 *
 * A file is looked at for every request and read again when it has changed,
 * so that who edits a page sees it at once.  Nothing outside of the folder is
 * ever opened: symbolic links are not followed, at no step of a path, and the
 * caller sees to it that no name begins with a dot.  The folder itself is
 * looked up each time; it may be a link, and be replaced as a whole.
 *
 *     files   [ a.js | index.html | ... ]   FOLDER_FILES of them; when one
 *                      ^                    more is asked for, the one that
 *                     next                  came first makes room
 *
 * Called by files.  Not here: URLs, HTTP.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "chatcore.h"

enum {
	FOLDER_FILES = 64,     /* kept in memory */
	FOLDER_FILE = 4 << 20, /* bytes of the greatest file */
	FOLDER_PATH = 256,     /* bytes of the longest path, and its NUL */
	FILE_TAG = 35,         /* bytes of a tag, and its NUL */
};

/* A file as it is served. */
struct file {
	struct chat_str bytes;
	struct chat_bytes *owner; /* NULL: the bytes are static */
	bool is_gzip;       /* they have to be unpacked; not in a folder */
	char tag[FILE_TAG]; /* strong entity tag of the bytes, quoted */
};

/* Writes the tag of bytes. */
void file_tag(char tag[FILE_TAG], struct chat_str bytes);

struct folder;

/* NULL with errno when it cannot be opened, or for want of memory. */
struct folder *folder_new(const char *path);
void folder_free(struct folder *f);

/* The file at path, "a/b.js", shorter than FOLDER_PATH.  Valid until the next
 * call.  NULL with errno: ENOENT and such; ELOOP for a link; EACCES for what
 * is no regular file; EFBIG; EMFILE, ENFILE, ENOMEM. */
const struct file *folder_read(struct folder *f, const char *path);

#endif
