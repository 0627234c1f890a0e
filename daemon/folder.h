/*
 * folder: the regular files below one folder, kept in memory.
 *
 * Every request checks whether the file has changed, and reads it again if so,
 * so that an edit shows at the next reload.  Nothing outside the folder is ever
 * opened: symbolic links are not followed at any step of a path, and the caller
 * makes sure that no name begins with a dot.  The folder itself is looked up
 * each time; it may be a link, and may be replaced as a whole.
 *
 *     files   [ a.js | index.html | ... ]   FOLDER_FILES of them; when there
 *                      ^                    is one more, it replaces the one
 *                     next                  that came first
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
	FOLDER_FILE = 4 << 20, /* bytes of the largest file */
	FOLDER_PATH = 256,     /* bytes of the longest path with its NUL */
	FILE_TAG = 35,         /* bytes of a tag with its NUL */
};

/* A file in the form in which it is served. */
struct file {
	struct chat_str bytes;
	struct chat_bytes *owner; /* NULL: the bytes are static */
	bool is_gzip;       /* the bytes are compressed; never in a folder */
	char tag[FILE_TAG]; /* strong entity tag of the bytes, quoted */
};

/* Writes the tag of bytes. */
void file_tag(char tag[FILE_TAG], struct chat_str bytes);

struct folder;

/* Returns NULL with errno if it cannot be opened or memory is short. */
struct folder *folder_new(const char *path);
void folder_free(struct folder *f);

/* Returns the file at path, such as "a/b.js", which is shorter than
 * FOLDER_PATH.  The file is valid until the next call.  NULL with errno: ENOENT
 * and the like; ELOOP for a link; EACCES for anything but a regular file;
 * EFBIG; EMFILE, ENFILE, ENOMEM. */
const struct file *folder_read(struct folder *f, const char *path);

#endif
