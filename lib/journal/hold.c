/* A lock is only worth as much as the name under which others look for it; so
 * it is compared with what has that name before each write. */
#include "hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "err.h"

#define NAME "lock"
#define NEW  "lock.new"
#define HELD "/held"

/* Is there a regular file of the name? */
static bool
is_file(const struct chat_file *f, const char *name)
{
	struct stat st;

	return fstatat(f->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

/* Holds the file in the folder, which is made if it is not there. */
static int
hold(struct chat_file *f, long *holder)
{
	int err = chat_disk_make_folder(f->folder, NAME);

	return err < 0 ? err : chat_disk_lock(f->folder, NAME HELD, holder);
}

int
chat_hold_take(struct chat_file *f, bool *is_old, long *holder)
{
	*is_old = is_file(f, NAME);
	/* If there is nothing, somebody may have been killed who was about to
	 * replace a file by this. */
	if (!*is_old)
		(void)renameat(f->folder, NEW, f->folder, NAME);
	f->lock =
	    *is_old ? chat_disk_lock(f->folder, NAME, holder) : hold(f, holder);
	return f->lock < 0 ? f->lock : CHAT_OK;
}

int
chat_hold_renew(struct chat_file *f)
{
	long holder;
	int fd, err = chat_disk_make_folder(f->folder, NEW);

	if (err < 0)
		return err;
	if ((fd = chat_disk_lock(f->folder, NEW HELD, &holder)) < 0)
		return CHAT_ERR_SYSTEM;
	/* The old one stays locked.  A server of version 1 may have opened it
	 * already, and would not notice that it has lost its name. */
	f->old_lock = f->lock;
	f->lock = fd;
	if (unlinkat(f->folder, NAME, 0) != 0)
		return CHAT_ERR_SYSTEM;
	/* Another one that starts may have done this, see chat_hold_take(). */
	if (renameat(f->folder, NEW, f->folder, NAME) != 0 &&
	    chat_disk_is(f->folder, NAME HELD, fd) < 0)
		return CHAT_ERR_SYSTEM;
	return chat_disk_sync_folder(f->folder);
}

int
chat_hold_check(struct chat_file *f)
{
	long holder;
	int fd;

	if (chat_disk_is(f->folder, NAME HELD, f->lock) == CHAT_OK)
		return CHAT_OK;
	if (errno == EEXIST || errno == ENOTDIR)
		errno = EBUSY;
	if (errno != ENOENT)
		return CHAT_ERR_SYSTEM;
	fd = hold(f, &holder);
	if (fd == CHAT_ERR_LIMIT)
		errno = EBUSY;
	if (fd < 0)
		return CHAT_ERR_SYSTEM;
	chat_disk_close(f->lock);
	f->lock = fd;
	chat_file_log(
	    f, CHAT_LOG_WARNING, "journal: lock was removed, and is back");
	return CHAT_OK;
}
