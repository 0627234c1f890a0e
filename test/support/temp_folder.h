/*
 * folder: a temporary folder with files in it, and what they hold.  It is made
 * in TMPDIR, or /tmp.
 *
 * Whatever fails ends the program: no test can go on then.  For tests alone,
 * and for fuzzers: nothing here needs cmocka.
 */
#ifndef CHAT_FOLDER_H
#define CHAT_FOLDER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[80];
	int fd;
};

struct folder_file {
	char *p; /* with a NUL after it */
	size_t n;
};

static inline void
folder_must(bool what, const char *why)
{
	if (what)
		return;
	fprintf(stderr, "folder: %s: %s\n", why, strerror(errno));
	abort();
}

static inline struct folder
folder_make(void)
{
	const char *parent = getenv("TMPDIR");
	struct folder f;
	int n;

	n = snprintf(f.path, sizeof(f.path), "%s/chatd-test-XXXXXX",
	    parent != NULL ? parent : "/tmp");
	folder_must(n > 0 && (size_t)n < sizeof(f.path), "TMPDIR");
	folder_must(mkdtemp(f.path) != NULL, "mkdtemp");
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY);
	folder_must(f.fd >= 0, "open");
	return f;
}

/* Calls on_name for each file and returns their number. */
static inline size_t
folder_each(const struct folder *f,
    void (*on_name)(const struct folder *f, const char *name, void *user),
    void *user)
{
	DIR *dir = opendir(f->path);
	struct dirent *e;
	size_t n = 0;

	folder_must(dir != NULL, "opendir");
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		if (on_name != NULL)
			on_name(f, e->d_name, user);
	}
	closedir(dir);
	return n;
}

static inline size_t
folder_count(const struct folder *f)
{
	return folder_each(f, NULL, NULL);
}

/* A folder inside, as the one of a journal's lock is; to be closed. */
static inline struct folder
folder_inside(const struct folder *f, const char *name)
{
	struct folder in;
	int n = snprintf(in.path, sizeof(in.path), "%s/%s", f->path, name);

	folder_must(n > 0 && (size_t)n < sizeof(in.path), name);
	in.fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	return in;
}

static inline void
folder_drop(const struct folder *f, const char *name, void *user)
{
	struct folder in = folder_inside(f, name);

	(void)user;
	if (in.fd >= 0) {
		folder_each(&in, folder_drop, NULL);
		close(in.fd);
	}
	folder_must(
	    unlinkat(f->fd, name, in.fd >= 0 ? AT_REMOVEDIR : 0) == 0, name);
}

/* Removes all files in it. */
static inline void
folder_empty(const struct folder *f)
{
	folder_each(f, folder_drop, NULL);
}

static inline void
folder_remove(struct folder *f)
{
	folder_empty(f);
	close(f->fd);
	folder_must(rmdir(f->path) == 0, "rmdir");
}

static inline bool
folder_has(const struct folder *f, const char *name)
{
	return faccessat(f->fd, name, F_OK, 0) == 0;
}

static inline void
folder_write(const struct folder *f, const char *name, const void *p, size_t n)
{
	int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	folder_must(fd >= 0, name);
	folder_must(n == 0 || write(fd, p, n) == (ssize_t)n, name);
	close(fd);
}

/* All of a file, to be freed. */
static inline struct folder_file
folder_read(const struct folder *f, const char *name)
{
	struct folder_file file;
	struct stat st;
	int fd = openat(f->fd, name, O_RDONLY);

	folder_must(fd >= 0 && fstat(fd, &st) == 0, name);
	file.n = (size_t)st.st_size;
	folder_must((file.p = malloc(file.n + 1)) != NULL, "malloc");
	folder_must(read(fd, file.p, file.n) == (ssize_t)file.n, name);
	file.p[file.n] = '\0';
	close(fd);
	return file;
}

static inline void
folder_copy_file(const struct folder *f, const char *name, void *user)
{
	struct folder in = folder_inside(f, name), to;
	const struct folder *copy = user;
	struct folder_file file;

	if (in.fd >= 0) {
		folder_must(mkdirat(copy->fd, name, 0700) == 0, name);
		to = folder_inside(copy, name);
		folder_each(&in, folder_copy_file, &to);
		close(in.fd);
		close(to.fd);
		return;
	}
	file = folder_read(f, name);
	folder_write(copy, name, file.p, file.n);
	free(file.p);
}

/* Makes one folder what another is, as far as names and bytes go. */
static inline void
folder_copy(const struct folder *from, struct folder *to)
{
	folder_empty(to);
	folder_each(from, folder_copy_file, to);
}

#endif
