/*
 * disk: the few things that a journal asks of a file system.
 *
 * Files are named in a folder that is held open, so that moving it does no
 * harm.  Errors are CHAT_ERR_SYSTEM with errno; interrupted calls are made
 * again.  Called by all of the journal.  Not here: what is in a file.
 */
#ifndef CHAT_DISK_H
#define CHAT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens a folder, which is made if there is none, with mode 0700.  Its
 * descriptor, or an error.  CHAT_ERR_ARGUMENT: others can write to it, and what
 * is in it may be theirs; errno is EPERM. */
int chat_disk_open_folder(const char *path);
/* The same to read only, of one that must be there; it does not matter whose it
 * is. */
int chat_disk_find_folder(const char *path);

/* Opens a file, with the flags of open(2), or makes one of mode 0600.  Only a
 * regular file: no symbolic link is followed, and nothing waits. */
int chat_disk_open(int folder, const char *name, int flags);

/* Makes a folder of mode 0700 in it; one that is there is as good. */
int chat_disk_make_folder(int folder, const char *name);

/* Is the file of that name the one that is open as fd?  CHAT_OK, or
 * CHAT_ERR_SYSTEM: with errno ENOENT there is none of that name, with EEXIST
 * it is another one. */
int chat_disk_is(int folder, const char *name, int fd);

/* Holds the file of that name for this process, until the descriptor that is
 * returned is closed, or somebody removes the file.  CHAT_ERR_LIMIT: another
 * process does, *holder. */
int chat_disk_lock(int folder, const char *name, long *holder);

/* Makes an empty file of mode 0600, in place of what had its name: its
 * descriptor, to write and to read. */
int chat_disk_create(int folder, const char *name);

/* Reads up to n bytes at an offset: their number, fewer at the end of the
 * file alone. */
long chat_disk_read(int fd, void *p, size_t n, uint64_t at);

/* Writes all of n bytes at an offset.  After an error some may be there. */
int chat_disk_write(int fd, const void *p, size_t n, uint64_t at);

/* Reads a whole file of up to cap bytes.  Their number; a file that is longer
 * is CHAT_ERR_SPACE. */
long chat_disk_load(int folder, const char *name, char *p, size_t cap);

/* Puts a file of n bytes, of mode 0600, in the place of what had its name, all
 * or nothing; on the disk when it returns. */
int chat_disk_replace(int folder, const char *name, const char *p, size_t n);

/* Waits until the bytes of a file, or the names in a folder, are on the
 * disk. */
int chat_disk_sync(int fd);
int chat_disk_sync_folder(int folder);

/* Waits until the name of a folder itself is on the disk. */
int chat_disk_sync_parent(int folder);

/* Tells a file from all copies of it, even from one that is put in its place:
 * its inode, & CHAT_JSON_MAX_UINT, and when it was changed last, in us since
 * 1970, a time that nobody can set. */
int chat_disk_identity(int fd, uint64_t *inode, uint64_t *changed);

/* Closes; errno stays. */
void chat_disk_close(int fd);

#endif
