#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bytes.h"
#include "code/sha256.h"

struct slot {
	char path[FOLDER_PATH]; /* empty: unused */
	struct stat stat;       /* at the time of reading */
	struct file file;
};

struct folder {
	char *path;
	size_t next; /* the slot that is replaced next */
	struct slot slots[FOLDER_FILES];
};

void
file_tag(char tag[FILE_TAG], struct chat_str bytes)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char digest[CHAT_SHA256_SIZE];
	struct chat_sha256 s;
	size_t i, n = 0;

	chat_sha256_init(&s);
	chat_sha256_feed(&s, bytes.p, bytes.n);
	chat_sha256_finish(&s, digest);
	tag[n++] = '"';
	for (i = 0; i < (FILE_TAG - 3) / 2; i++) {
		tag[n++] = hex[digest[i] >> 4];
		tag[n++] = hex[digest[i] & 15];
	}
	tag[n++] = '"';
	tag[n] = '\0';
}

static void
close_quietly(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

static int
open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
	size_t i;

	if (f == NULL)
		return;
	for (i = 0; i < FOLDER_FILES; i++)
		chat_bytes_free(f->slots[i].file.owner);
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
		below =
		    openat(fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);
		close_quietly(fd);
		fd = below;
		path += n + (path[n] == '/');
	}
	return fd;
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

/* Returns the first size bytes of fd, or fewer if the file has become shorter.
 * NULL with errno. */
static struct chat_bytes *
read_bytes(int fd, size_t size)
{
	struct chat_bytes *b = chat_bytes_new(NULL, size + 1);
	ssize_t got = 1;

	if (b == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	for (b->n = 0; b->n < size && got > 0; b->n += (size_t)got) {
		got = read(fd, b->p + b->n, size - b->n);
		if (got < 0) {
			chat_bytes_free(b);
			return NULL;
		}
	}
	return b;
}

/* Reads the file that is open as fd, and whose status is st, into the slot. */
static const struct file *
fill(struct slot *slot, const char *path, int fd, const struct stat *st)
{
	struct chat_bytes *b = read_bytes(fd, (size_t)st->st_size);

	if (b == NULL)
		return NULL;
	chat_bytes_free(slot->file.owner);
	memcpy(slot->path, path, strlen(path) + 1);
	slot->stat = *st;
	slot->file.owner = b;
	slot->file.bytes = (struct chat_str){ b->p, b->n };
	file_tag(slot->file.tag, slot->file.bytes);
	return &slot->file;
}

/* Returns the slot of path, or the slot that path may take over. */
static struct slot *
find(struct folder *f, const char *path)
{
	size_t i;

	for (i = 0; i < FOLDER_FILES; i++)
		if (strcmp(f->slots[i].path, path) == 0)
			return &f->slots[i];
	f->next = (f->next + 1) % FOLDER_FILES;
	return &f->slots[f->next];
}

static const struct file *
read_open(struct folder *f, const char *path, int fd)
{
	struct slot *slot;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return NULL;
	if (!S_ISREG(st.st_mode)) {
		errno = EACCES;
		return NULL;
	}
	if (st.st_size > FOLDER_FILE) {
		errno = EFBIG;
		return NULL;
	}
	slot = find(f, path);
	if (strcmp(slot->path, path) == 0 && is_unchanged(&slot->stat, &st))
		return &slot->file;
	return fill(slot, path, fd, &st);
}

const struct file *
folder_read(struct folder *f, const char *path)
{
	int fd = open_below(open_folder(f->path), path);
	const struct file *file;

	if (fd < 0)
		return NULL;
	file = read_open(f, path, fd);
	close_quietly(fd);
	return file;
}
