#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct folder {
	char *path;
};

static void
close_quietly(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

/* Opens a file again if a signal has interrupted that. */
static int
open_at(int fd, const char *name, int flags)
{
	int opened;

	do
		opened = openat(fd, name, O_RDONLY | O_CLOEXEC | flags);
	while (opened < 0 && errno == EINTR);
	return opened;
}

static int
open_folder(const char *path)
{
	return open_at(AT_FDCWD, path, O_DIRECTORY);
}

struct folder *
folder_new(const char *path)
{
	struct folder *f;
	int fd = open_folder(path);

	if (fd < 0)
		return NULL;
	close(fd);
	f = calloc(1, sizeof(*f));
	if (f == NULL || (f->path = strdup(path)) == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

void
folder_free(struct folder *f)
{
	if (f == NULL)
		return;
	free(f->path);
	free(f);
}

/* Opens path below the folder fd, and closes fd.  It goes one step at a time,
 * because O_NOFOLLOW checks only the last name of a path.  It does not wait for
 * the other end of a FIFO. */
static int
open_below(int fd, const char *path)
{
	char name[FOLDER_PATH];
	size_t n;
	int flags, below;

	while (fd >= 0 && *path != '\0') {
		n = strcspn(path, "/");
		memcpy(name, path, n);
		name[n] = '\0';
		flags = path[n] == '/' ? O_DIRECTORY : O_NONBLOCK | O_NOCTTY;
		below = open_at(fd, name, O_NOFOLLOW | flags);
		close_quietly(fd);
		fd = below;
		path += n + (path[n] == '/');
	}
	return fd;
}

/* Opens the file at path and looks at it.  Returns its descriptor, or -1 with
 * errno. */
static int
open_file(const struct folder *f, const char *path, struct stat *st)
{
	int fd = open_below(open_folder(f->path), path);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) != 0) {
		close_quietly(fd);
		return -1;
	}
	if (!S_ISREG(st->st_mode)) {
		close(fd);
		errno = EACCES;
		return -1;
	}
	return fd;
}

int
folder_look(const struct folder *f, const char *path, struct stat *st)
{
	int fd = open_file(f, path, st);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static bool
is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool
is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size && is_same_time(a->st_mtim, b->st_mtim) &&
	    is_same_time(a->st_ctim, b->st_ctim);
}

static ssize_t
read_at(int fd, char *p, size_t n, off_t offset)
{
	ssize_t got;
	size_t done = 0;

	while (done < n) {
		got = pread(fd, p + done, n - done, offset + (off_t)done);
		if (got == 0)
			break;
		if (got > 0)
			done += (size_t)got;
		else if (errno != EINTR)
			return -1;
	}
	return (ssize_t)done;
}

/* The file may change while it is read, so its state is checked before and
 * after that. */
long
folder_read(const struct folder *f, const char *path, const struct stat *st,
    uint64_t offset, char *p, size_t n)
{
	struct stat now;
	ssize_t got = -1;
	int fd = open_file(f, path, &now);

	if (fd < 0)
		return -1;
	if (!is_unchanged(&now, st))
		errno = ESTALE;
	else if ((got = read_at(fd, p, n, (off_t)offset)) >= 0 &&
	    (fstat(fd, &now) != 0 || !is_unchanged(&now, st))) {
		errno = ESTALE;
		got = -1;
	}
	close_quietly(fd);
	return (long)got;
}
