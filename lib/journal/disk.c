/* Offsets are given with each call (pread, pwrite): no file here has a position
 * to keep track of. */
#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "json.h"

int
chat_disk_find_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? CHAT_ERR_SYSTEM : fd;
}

/* The owner of a folder can write to it, whatever its mode says; root can do so
 * anyway. */
static bool
is_ours_alone(const struct stat *st)
{
	return (st->st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
	    (st->st_uid == geteuid() || st->st_uid == 0 || geteuid() == 0);
}

int
chat_disk_open_folder(const char *path)
{
	struct stat st;
	int fd, err = CHAT_ERR_SYSTEM;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return CHAT_ERR_SYSTEM;
	if ((fd = chat_disk_find_folder(path)) < 0)
		return fd;
	if (fstat(fd, &st) == 0) {
		if (is_ours_alone(&st))
			return fd;
		errno = EPERM;
		err = CHAT_ERR_ARGUMENT;
	}
	chat_disk_close(fd);
	return err;
}

int
chat_disk_open(int folder, const char *name, int flags)
{
	struct stat st;
	int fd = openat(
	    folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return CHAT_ERR_SYSTEM;
	if (fstat(fd, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return fd;
		errno = EINVAL;
	}
	chat_disk_close(fd);
	return CHAT_ERR_SYSTEM;
}

int
chat_disk_make_folder(int folder, const char *name)
{
	struct stat st;

	if (mkdirat(folder, name, 0700) == 0)
		return CHAT_OK;
	if (errno != EEXIST || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return CHAT_ERR_SYSTEM;
	if (S_ISDIR(st.st_mode))
		return CHAT_OK;
	errno = ENOTDIR;
	return CHAT_ERR_SYSTEM;
}

int
chat_disk_is(int folder, const char *name, int fd)
{
	struct stat named, open;

	if (fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
	    fstat(fd, &open) != 0)
		return CHAT_ERR_SYSTEM;
	if (named.st_dev == open.st_dev && named.st_ino == open.st_ino)
		return CHAT_OK;
	errno = EEXIST;
	return CHAT_ERR_SYSTEM;
}

/* Locks the file that has the name now.  The system gives such a lock up when
 * the process ends, however that happens; but also when any descriptor of the
 * file is closed, so nothing else here opens it. */
static int
lock_once(int folder, const char *name, long *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = chat_disk_open(folder, name, O_RDWR | O_CREAT);
	int err = CHAT_ERR_SYSTEM;

	if (fd < 0)
		return fd;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return fd;
	if (errno == EACCES || errno == EAGAIN) {
		/* The holder may be gone by now; then 0 has to do. */
		*holder = 0;
		if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
			*holder = (long)lock.l_pid;
		err = CHAT_ERR_LIMIT;
	}
	chat_disk_close(fd);
	return err;
}

/* Somebody may remove the file between its opening and its locking, and make
 * another; then the lock is worth nothing, and it is tried again. */
int
chat_disk_lock(int folder, const char *name, long *holder)
{
	int fd;

	while ((fd = lock_once(folder, name, holder)) >= 0) {
		if (chat_disk_is(folder, name, fd) == CHAT_OK)
			return fd;
		chat_disk_close(fd);
		if (errno != ENOENT && errno != EEXIST)
			return CHAT_ERR_SYSTEM;
	}
	return fd;
}

int
chat_disk_create(int folder, const char *name)
{
	return chat_disk_open(folder, name, O_RDWR | O_CREAT | O_TRUNC);
}

long
chat_disk_read(int fd, void *p, size_t n, uint64_t at)
{
	size_t done = 0;
	ssize_t got;

	while (done < n) {
		got = pread(fd, (char *)p + done, n - done, (off_t)(at + done));
		if (got == 0)
			break;
		if (got > 0)
			done += (size_t)got;
		else if (errno != EINTR)
			return CHAT_ERR_SYSTEM;
	}
	return (long)done;
}

int
chat_disk_write(int fd, const void *p, size_t n, uint64_t at)
{
	size_t done = 0;
	ssize_t put;

	while (done < n) {
		put = pwrite(
		    fd, (const char *)p + done, n - done, (off_t)(at + done));
		/* It does not happen to files, but would be an endless loop. */
		if (put == 0)
			errno = ENOSPC;
		if (put > 0)
			done += (size_t)put;
		else if (put == 0 || errno != EINTR)
			return CHAT_ERR_SYSTEM;
	}
	return CHAT_OK;
}

long
chat_disk_load(int folder, const char *name, char *p, size_t cap)
{
	int fd = chat_disk_open(folder, name, O_RDONLY);
	char more;
	long n;

	if (fd < 0)
		return fd;
	n = chat_disk_read(fd, p, cap, 0);
	if (n == (long)cap && chat_disk_read(fd, &more, 1, cap) != 0)
		n = CHAT_ERR_SPACE;
	chat_disk_close(fd);
	return n;
}

int
chat_disk_replace(int folder, const char *name, const char *p, size_t n)
{
	char new[64];
	int fd, err;

	snprintf(new, sizeof(new), "%s.new", name);
	if ((fd = chat_disk_create(folder, new)) < 0)
		return fd;
	err = chat_disk_write(fd, p, n, 0);
	/* Before the file gets its name: a loss of power must not leave an
	 * empty one in the place of the old one. */
	if (err == CHAT_OK && fsync(fd) != 0)
		err = CHAT_ERR_SYSTEM;
	chat_disk_close(fd);
	if (err == CHAT_OK && renameat(folder, new, folder, name) != 0)
		err = CHAT_ERR_SYSTEM;
	return err == CHAT_OK ? chat_disk_sync_folder(folder) : err;
}

int
chat_disk_sync(int fd)
{
	int result;

	do
		result = fdatasync(fd);
	while (result != 0 && errno == EINTR);
	return result != 0 ? CHAT_ERR_SYSTEM : CHAT_OK;
}

/* Some file systems cannot sync a directory, and do not need to. */
int
chat_disk_sync_folder(int folder)
{
	if (fsync(folder) == 0 || errno == EINVAL)
		return CHAT_OK;
	return CHAT_ERR_SYSTEM;
}

/* A parent that cannot be read cannot be synced; one that is read-only, as
 * where a disk is mounted, need not be. */
int
chat_disk_sync_parent(int folder)
{
	int fd = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return errno == EACCES ? CHAT_OK : CHAT_ERR_SYSTEM;
	err = chat_disk_sync_folder(fd);
	if (err < 0 && errno == EROFS)
		err = CHAT_OK;
	chat_disk_close(fd);
	return err;
}

int
chat_disk_identity(int fd, uint64_t *inode, uint64_t *changed)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return CHAT_ERR_SYSTEM;
	/* Both are written as JSON.  The time in us stays exact until 2255. */
	*inode = (uint64_t)st.st_ino & CHAT_JSON_MAX_UINT;
	*changed = (uint64_t)st.st_ctim.tv_sec * 1000000 +
	    (uint64_t)st.st_ctim.tv_nsec / 1000;
	return CHAT_OK;
}

void
chat_disk_close(int fd)
{
	int error = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = error;
}
