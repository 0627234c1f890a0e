#include "segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "err.h"
#include "line.h"

#define DIGITS 16

/*
 * The list
 */

void
chat_segments_init(struct chat_segments *s, const struct chat_alloc *a)
{
	*s = (struct chat_segments){ .alloc = a };
}

void
chat_segments_release(struct chat_segments *s)
{
	chat_alloc_free(s->alloc, s->all);
	chat_segments_init(s, s->alloc);
}

/* Puts one at the end of the array.  Its capacity is not stored: it is doubled
 * when n + 1 is a power of two, so it is always at least n + 1 after this. */
static int
put(struct chat_segments *s, uint64_t first, uint64_t size)
{
	struct chat_segment *all = s->all;

	if ((s->n & (s->n + 1)) == 0 || s->n == 0) {
		all = chat_resize(
		    s->alloc, s->all, 2 * (s->n + 1) * sizeof(*all));
		if (all == NULL)
			return CHAT_ERR_NOMEM;
		s->all = all;
	}
	all[s->n++] = (struct chat_segment){ first, size, 0 };
	s->size += size;
	return CHAT_OK;
}

/* The number in a name; 0: it is not the name of a segment. */
static uint64_t
parse_name(const char *name)
{
	uint64_t first = 0;
	size_t i;

	if (strlen(name) != CHAT_SEGMENT_NAME - 1 ||
	    strcmp(name + DIGITS, ".log") != 0)
		return 0;
	for (i = 0; i < DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		first = first * 10 + (uint64_t)(name[i] - '0');
	}
	return first <= CHAT_JSON_MAX_UINT ? first : 0;
}

static int
compare(const void *a, const void *b)
{
	const struct chat_segment *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int
list(struct chat_segments *s, DIR *dir)
{
	struct dirent *entry;
	struct stat st;
	uint64_t first;

	for (;;) {
		errno = 0;
		if ((entry = readdir(dir)) == NULL)
			return errno != 0 ? CHAT_ERR_SYSTEM : CHAT_OK;
		if ((first = parse_name(entry->d_name)) == 0)
			continue;
		if (fstatat(dirfd(dir), entry->d_name, &st,
			AT_SYMLINK_NOFOLLOW) != 0) {
			if (errno == ENOENT)
				continue;
			return CHAT_ERR_SYSTEM;
		}
		if (put(s, first, (uint64_t)st.st_size) < 0)
			return CHAT_ERR_NOMEM;
	}
}

int
chat_segments_list(struct chat_segments *s, int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	DIR *dir;

	if (fd < 0)
		return CHAT_ERR_SYSTEM;
	if ((dir = fdopendir(fd)) == NULL) {
		chat_disk_close(fd);
		return CHAT_ERR_SYSTEM;
	}
	err = list(s, dir);
	(void)closedir(dir);
	if (s->n > 0)
		qsort(s->all, s->n, sizeof(*s->all), compare);
	return err;
}

struct chat_segment *
chat_segments_last(const struct chat_segments *s)
{
	return &s->all[s->n - 1];
}

int
chat_segments_add(struct chat_segments *s, uint64_t first, uint64_t size)
{
	if (s->n == 0 || chat_segments_last(s)->first != first)
		return put(s, first, size);
	chat_segments_resize(s, size);
	chat_segments_last(s)->entries = 0;
	return CHAT_OK;
}

void
chat_segments_drop_first(struct chat_segments *s)
{
	s->size -= s->all[0].size;
	s->n--;
	memmove(s->all, s->all + 1, s->n * sizeof(*s->all));
}

void
chat_segments_drop_last(struct chat_segments *s)
{
	s->n--;
	s->size -= s->all[s->n].size;
}

void
chat_segments_resize(struct chat_segments *s, uint64_t size)
{
	/* Unsigned numbers wrap, so this is right for a smaller size, too. */
	s->size += size - chat_segments_last(s)->size;
	chat_segments_last(s)->size = size;
}

size_t
chat_segments_find(const struct chat_segments *s, uint64_t seq)
{
	size_t low = 0, high = s->n, mid;

	/* The number is in low or later, and before high; or before all. */
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (s->all[mid].first <= seq)
			low = mid;
		else
			high = mid;
	}
	return low;
}

uint64_t
chat_segments_void(const struct chat_segments *s, size_t i)
{
	return i + 1 < s->n ? s->all[i + 1].first : UINT64_MAX;
}

/*
 * One file
 */

void
chat_segment_name(char name[CHAT_SEGMENT_NAME], uint64_t first)
{
	/* No number has more than 16 digits; the compiler cannot know that. */
	snprintf(name, CHAT_SEGMENT_NAME, "%016llu.log",
	    (unsigned long long)(first % UINT64_C(10000000000000000)));
}

int
chat_segment_open(int folder, uint64_t first, bool write)
{
	char name[CHAT_SEGMENT_NAME];

	chat_segment_name(name, first);
	return chat_disk_open(folder, name, write ? O_RDWR : O_RDONLY);
}

/* Writes the beginning of a segment, and after it zeros, which are cut off
 * again: if they could be written, there is space for more than a beginning. */
static int
begin(int fd, const char *p, size_t n, bool sync)
{
	static const char space[4096];
	size_t at;

	if (chat_disk_write(fd, p, n, 0) < 0)
		return CHAT_ERR_SYSTEM;
	for (at = n; at < n + CHAT_SEGMENT_SPACE; at += sizeof(space))
		if (chat_disk_write(fd, space, sizeof(space), at) < 0)
			return CHAT_ERR_SYSTEM;
	if (ftruncate(fd, (off_t)n) != 0)
		return CHAT_ERR_SYSTEM;
	return sync ? chat_disk_sync(fd) : CHAT_OK;
}

int
chat_segment_create(
    int folder, uint64_t first, const char *p, size_t n, bool sync)
{
	char name[CHAT_SEGMENT_NAME];
	int fd = chat_disk_create(folder, "new"), error;

	if (fd < 0)
		return fd;
	chat_segment_name(name, first);
	/* It gets its name when all of it is there, so no crash leaves half of
	 * one.  A rename that fails may have happened all the same, as over a
	 * network. */
	if (begin(fd, p, n, sync) == CHAT_OK &&
	    (renameat(folder, "new", folder, name) == 0 ||
		chat_disk_is(folder, name, fd) == CHAT_OK))
		return fd;
	error = errno;
	(void)unlinkat(folder, "new", 0);
	errno = error;
	chat_disk_close(fd);
	return CHAT_ERR_SYSTEM;
}

/* Finds the next line at or after *at, before end, that is whole and has a
 * number: 1, with the number, and *at moves after the line; 0: there is none;
 * or an error. */
static int
next_number(struct chat_lines *l, const struct chat_crc32 *crc, uint64_t *at,
    uint64_t end, uint64_t *seq)
{
	struct chat_line line;
	struct chat_str s;
	int found;

	while (*at < end) {
		found = chat_lines_get(l, *at, &s);
		if (found == 0 || (found < 0 && found != CHAT_ERR_SPACE))
			return found;
		/* A piece that is too long for a line is passed like one. */
		*at += s.n + (found > 0);
		if (found < 0 ||
		    chat_line_parse(&line, crc, (char *)s.p, s.n) < 0)
			continue;
		*seq = line.entry.seq;
		return 1;
	}
	return 0;
}

void
chat_seek_begin(struct chat_seek *k, const struct chat_lines *l, uint64_t seq,
    uint64_t from, uint64_t to)
{
	*k = (struct chat_seek){
		.seq = seq, .high = l->end, .from = from, .to = to
	};
}

/* How many bytes after low the number should be, if the lines are all alike;
 * UINT64_MAX: there is no telling. */
static uint64_t
distance(const struct chat_seek *k)
{
	uint64_t span = k->high - k->low, numbers = k->to - k->from;

	if (k->seq < k->from || k->seq > k->to || numbers == 0 ||
	    numbers > UINT32_MAX || span > INT32_MAX)
		return UINT64_MAX;
	return span * (k->seq - k->from) / numbers;
}

/* Where to look next: half a glance before the place where the number should
 * be, so that the lines after it are likely to be in the same glance. */
static uint64_t
aim(const struct chat_seek *k)
{
	uint64_t n = distance(k);

	if (k->halves || n == UINT64_MAX)
		return k->low + (k->high - k->low) / 2;
	return k->low +
	    (n > CHAT_LINES_GLANCE / 2 ? n - CHAT_LINES_GLANCE / 2 : 0);
}

static bool
is_line_by_line(const struct chat_seek *k)
{
	return k->is_near || k->high - k->low <= CHAT_LINES_GLANCE;
}

/* Makes what is left smaller; if that was not by half, the next time will be.
 */
static int
narrow(struct chat_seek *k, struct chat_lines *l, const struct chat_crc32 *crc)
{
	uint64_t span = k->high - k->low, mid = aim(k), number, start;
	int found;

	if ((found = chat_lines_next(l, mid, &start)) < 0)
		return found;
	found = next_number(l, crc, &start, k->high, &number);
	if (found < 0)
		return found;
	/* If there is no number between mid and high, whatever is sought begins
	 * at high or later, or before mid. */
	if (found > 0 && number < k->seq) {
		k->low = start;
		k->from = number + 1;
		/* The line may be the one that high is in. */
		if (k->high < start)
			k->high = start;
		k->is_near = distance(k) <= CHAT_LINES_GLANCE / 2;
	} else {
		k->high = mid;
		if (found > 0)
			k->to = number;
	}
	k->halves = k->high - k->low > span / 2;
	return 0;
}

/* From low on line by line, also beyond high: *at is where the line begins,
 * start where the next one does.  A number that should be near, but is not
 * among the lines that have been read with the one before low, shows that there
 * is no telling. */
static int
go_through(struct chat_seek *k, struct chat_lines *l,
    const struct chat_crc32 *crc, uint64_t *at)
{
	uint64_t number, start = k->low, end = l->end;
	int found;

	if (k->high - k->low > CHAT_LINES_GLANCE)
		end = k->low + CHAT_LINES_GLANCE / 4 * 3;
	for (;;) {
		*at = start;
		found = next_number(l, crc, &start, end, &number);
		if (found < 0)
			return found;
		if (found == 0 && end < l->end)
			break;
		if (found == 0)
			*at = l->end;
		if (found == 0 || number >= k->seq)
			return 1;
		k->low = start;
		k->from = number + 1;
	}
	/* The last line may be the one that high is in. */
	if (k->high < k->low)
		k->high = k->low;
	k->is_near = false;
	k->to = 0;
	return 0;
}

int
chat_seek_step(struct chat_seek *k, struct chat_lines *l,
    const struct chat_crc32 *crc, uint64_t *at)
{
	return is_line_by_line(k) ? go_through(k, l, crc, at)
				  : narrow(k, l, crc);
}

int
chat_segment_seek(struct chat_lines *l, const struct chat_crc32 *crc,
    uint64_t seq, uint64_t *at)
{
	struct chat_seek k;
	int found;

	chat_seek_begin(&k, l, seq, 0, 0);
	do
		found = chat_seek_step(&k, l, crc, at);
	while (found == 0);
	return found < 0 ? found : CHAT_OK;
}
