/*
 * folder: the regular files below one folder, which may change at any time.
 *
 *     folder_look()   path  -->  struct stat: which file it is, and which
 *                                state of it
 *     folder_read()   path, struct stat  -->  bytes of that state, or none
 *
 * Nothing is kept in memory, and no file stays open between two calls, so
 * clients cannot use up either; the system caches the files that are often
 * read.  Nothing outside the folder is ever opened: symbolic links are not
 * followed at any step of a path, and the caller makes sure that no name begins
 * with a dot.  The folder itself is looked up each time; it may be a link, and
 * may be replaced as a whole.
 *
 * Called by files.  Not here: URLs, HTTP.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	FOLDER_PATH = 256, /* bytes of the longest path with its NUL */
};

struct folder;

/* Returns NULL with errno if it cannot be opened or memory is short. */
struct folder *folder_new(const char *path);
void folder_free(struct folder *f);

/* Looks at the file at path, such as "a/b.js", which is shorter than
 * FOLDER_PATH.  Returns 0, or -1 with errno: ENOENT and the like; ELOOP for a
 * link; EACCES for anything but a regular file; other errors if it cannot be
 * opened now. */
int folder_look(const struct folder *f, const char *path, struct stat *st);

/* Reads n bytes at offset, or fewer at the end of the file that st describes.
 * Returns their number, or -1 with errno, which is ESTALE if the file has been
 * changed or replaced. */
long folder_read(const struct folder *f, const char *path,
    const struct stat *st, uint64_t offset, char *p, size_t n);

#endif
