/*
 * faults: a disk that fails, and a process that dies, when it is told to.
 *
 *     LD_PRELOAD=faults.so FAULTS_FOLDER=FOLDER FAULTS_DIR=DIR chatd ...
 *
 *     DIR/orders   lines "FROM TO ACTION ERRNO CALLS", read at every call
 *         log      what was called, and what became of it
 *         kept/    files that were removed or replaced, by their inode
 *
 * Calls that change something inside of FOLDER, an absolute path, are counted
 * from 1.  For the numbers FROM to TO, if it is one of CALLS, ACTION is
 *
 *     before   to die instead of it         fail    to return ERRNO
 *     after    to die after it              short   to write half, and say so
 *     half     to write half of it, and die
 *
 * CALLS is a list with commas of open, write, sync, rename, truncate, unlink,
 * mkdir, each maybe of one name alone, as in rename:new; * is all, FOLDER's own
 * name is a dot, and the folder that it is in is two.  To die is SIGKILL.  The
 * log has a line for each call before it is made, "N call NAME TO", and one
 * after it has succeeded, "N done INODE SIZE": from it and from kept/ can be
 * told what a loss of power would have left.
 *
 * For tests, on Linux with glibc.  One thread.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH   4096
#define ORDERS 1024

enum action { NONE, BEFORE, AFTER, HALF, FAIL, SHORT };

static const char *const actions[] = { "", "before", "after", "half", "fail",
	"short" };

struct fault {
	enum action action;
	int error;
	bool counted;
};

static long count;

/* What is below does not come by here again. */
static long
raw_open(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static int
result_of(long result)
{
	return (int)result;
}

static void
die(void)
{
	(void)kill(getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* The path of a file in FAULTS_DIR. */
static void
own_path(char path[PATH], const char *name)
{
	const char *dir = getenv("FAULTS_DIR");

	snprintf(path, PATH, "%s/%s", dir != NULL ? dir : "/nowhere", name);
}

static void
note(const char *line)
{
	char path[PATH];
	long fd;

	own_path(path, "log");
	fd = raw_open(path, O_WRONLY | O_CREAT | O_APPEND);
	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, line, strlen(line));
	(void)close((int)fd);
}

/* Is it the folder that has this one in it? */
static bool
is_parent(const char *path, const char *folder)
{
	size_t n = strlen(path);

	return strncmp(path, folder, n) == 0 &&
	    strrchr(folder, '/') == folder + n;
}

/* The name inside of the folder, "" for itself, ".." for the one that it is in;
 * NULL: it is elsewhere. */
static const char *
inside(char path[PATH], int fd, const char *name)
{
	const char *folder = getenv("FAULTS_FOLDER");
	char link[64];
	ssize_t n = 0;
	size_t size = folder != NULL ? strlen(folder) : 0;

	if (size == 0)
		return NULL;
	if (fd != AT_FDCWD && (name == NULL || name[0] != '/')) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if ((n = readlink(link, path, PATH - 1)) < 0)
			return NULL;
	}
	path[n] = '\0';
	if (name != NULL)
		snprintf(path + n, (size_t)(PATH - n), "%s%s", n > 0 ? "/" : "",
		    name);
	if (is_parent(path, folder))
		return "..";
	if (strncmp(path, folder, size) != 0)
		return NULL;
	return path[size] == '/' ? path + size + 1
				 : (path[size] == '\0' ? path + size : NULL);
}

static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; list != NULL; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, word, n) == 0 &&
		    (list[n] == ',' || list[n] == '\0'))
			return true;
	}
	return false;
}

/* What is ordered for this call. */
static struct fault
order(const char *call, const char *name)
{
	char path[PATH], text[ORDERS], what[16], calls[128], exact[PATH + 16];
	char *line, *rest = text;
	struct fault f = { NONE, 0, true };
	long fd, n, from, to;
	int i;

	snprintf(exact, sizeof(exact), "%s:%s", call, name);
	own_path(path, "orders");
	if ((fd = raw_open(path, O_RDONLY)) < 0)
		return f;
	n = syscall(SYS_read, fd, text, sizeof(text) - 1);
	(void)close((int)fd);
	text[n > 0 ? n : 0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (sscanf(line, "%ld %ld %15s %d %127s", &from, &to, what,
			&f.error, calls) != 5 ||
		    count < from || count > to ||
		    (strcmp(calls, "*") != 0 && !has_word(calls, call) &&
			!has_word(calls, exact)))
			continue;
		for (i = BEFORE; i <= SHORT; i++)
			if (strcmp(actions[i], what) == 0)
				f.action = (enum action)i;
		break;
	}
	return f;
}

/* Before a call. */
static struct fault
begin(const char *call, int fd, const char *name, const char *to)
{
	char path[PATH], line[2 * PATH];
	const char *found = inside(path, fd, name);
	struct fault f = { NONE, 0, false };

	if (found == NULL)
		return f;
	if (*found == '\0')
		found = ".";
	count++;
	snprintf(line, sizeof(line), "%ld %s %s %s\n", count, call, found, to);
	note(line);
	f = order(call, found);
	if (f.action == BEFORE)
		die();
	return f;
}

/* After a call that has returned result, on a file: its descriptor, or -1 and
 * its name. */
static long
end(struct fault f, long result, int fd, const char *name)
{
	struct stat st = { .st_ino = 0 };
	char line[128];
	int error = errno;

	if (!f.counted)
		return result;
	if (result >= 0) {
		if (name != NULL ? fstatat(fd, name, &st, 0) != 0
				 : fstat(fd, &st) != 0)
			st.st_size = 0;
		snprintf(line, sizeof(line), "%ld done %llu %lld\n", count,
		    (unsigned long long)st.st_ino, (long long)st.st_size);
		note(line);
	}
	if (f.action == AFTER || f.action == HALF)
		die();
	errno = error;
	return result;
}

static long
fail(struct fault f)
{
	errno = f.error;
	return -1;
}

/* A name is about to go. */
static void
keep(struct fault f, int fd, const char *name)
{
	char path[PATH], kept[64];
	struct stat st;

	if (!f.counted || fstatat(fd, name, &st, 0) != 0)
		return;
	snprintf(
	    kept, sizeof(kept), "kept/%llu", (unsigned long long)st.st_ino);
	own_path(path, kept);
	(void)syscall(SYS_linkat, fd, name, AT_FDCWD, path, 0);
}

/*
 * The calls
 */

static int
open_file(int fd, const char *name, int flags, mode_t mode)
{
	struct fault f = { NONE, 0, false };
	long result;

	if ((flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != O_RDONLY)
		f = begin("open", fd, name, "-");
	result = f.action == FAIL ? fail(f)
				  : syscall(SYS_openat, fd, name, flags, mode);
	return result_of(end(f, result, (int)result, NULL));
}

static mode_t
mode_of(int flags, va_list ap)
{
	return (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
}

int
open(const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return open_file(AT_FDCWD, name, flags, mode);
}

int
openat(int fd, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);
	return open_file(fd, name, flags, mode);
}

static size_t
part(struct fault f, size_t n)
{
	return (f.action == HALF || f.action == SHORT) && n > 1 ? n / 2 : n;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	struct fault f = begin("write", fd, NULL, "-");
	long result =
	    f.action == FAIL ? fail(f) : syscall(SYS_write, fd, p, part(f, n));

	return end(f, result, fd, NULL);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	struct fault f = begin("write", fd, NULL, "-");
	long result = f.action == FAIL
	    ? fail(f)
	    : syscall(SYS_pwrite64, fd, p, part(f, n), at);

	return end(f, result, fd, NULL);
}

int
fsync(int fd)
{
	struct fault f = begin("sync", fd, NULL, "-");
	long result = f.action == FAIL ? fail(f) : syscall(SYS_fsync, fd);

	return result_of(end(f, result, fd, NULL));
}

int
fdatasync(int fd)
{
	struct fault f = begin("sync", fd, NULL, "-");
	long result = f.action == FAIL ? fail(f) : syscall(SYS_fdatasync, fd);

	return result_of(end(f, result, fd, NULL));
}

int
ftruncate(int fd, off_t size)
{
	struct fault f = begin("truncate", fd, NULL, "-");
	long result =
	    f.action == FAIL ? fail(f) : syscall(SYS_ftruncate, fd, size);

	return result_of(end(f, result, fd, NULL));
}

int
renameat(int from, const char *name, int to, const char *new)
{
	struct fault f = begin("rename", from, name, new);
	long result;

	keep(f, to, new);
	result = f.action == FAIL
	    ? fail(f)
	    : syscall(SYS_renameat2, from, name, to, new, 0);
	return result_of(end(f, result, to, new));
}

int
mkdirat(int at, const char *name, mode_t mode)
{
	struct fault f = begin("mkdir", at, name, "-");
	long result =
	    f.action == FAIL ? fail(f) : syscall(SYS_mkdirat, at, name, mode);

	return result_of(end(f, result, at, name));
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}

int
rename(const char *name, const char *new)
{
	return renameat(AT_FDCWD, name, AT_FDCWD, new);
}

int
unlinkat(int fd, const char *name, int flags)
{
	struct fault f = begin("unlink", fd, name, "-");
	long result;

	keep(f, fd, name);
	result =
	    f.action == FAIL ? fail(f) : syscall(SYS_unlinkat, fd, name, flags);
	return result_of(end(f, result, fd, "."));
}

/*
 * The same, as they are called with large files.
 */

int open64(const char *, int, ...) __attribute__((alias("open")));
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));
ssize_t pwrite64(int, const void *, size_t, off64_t)
    __attribute__((alias("pwrite")));
int ftruncate64(int, off64_t) __attribute__((alias("ftruncate")));
