/* Lines are parsed where they lie, which overwrites them.  So the buffer has
 * bytes as they are in the file only from l->from to l->to, and giving out a
 * line takes it out of that: reading forward moves from up, reading backward
 * moves to down, and l->at <= l->from <= l->to at any time.  If a line is asked
 * for again, it is no longer in there, and load() reads it anew.
 *
 * A line may be longer than what was read of it.  Then it is read again, with
 * twice as much each time. */
#include "lines.h"

#include <string.h>

#include "disk.h"
#include "err.h"
#include "line.h"

void
chat_lines_init(struct chat_lines *l, const struct chat_alloc *a, int fd,
    uint64_t end, size_t block)
{
	*l = (struct chat_lines){
		.buf.alloc = a, .fd = fd, .end = end, .block = block
	};
}

void
chat_lines_release(struct chat_lines *l)
{
	chat_buf_release(&l->buf);
}

/* Makes sure that the buffer has the bytes between two offsets as they are in
 * the file.  What was given out before may have been overwritten (a parser
 * takes out escapes in place), so only from..to of the buffer can be believed.
 */
static int
load(struct chat_lines *l, uint64_t from, uint64_t to)
{
	long n;

	if (from >= l->from && to <= l->to)
		return CHAT_OK;
	/* Nothing is there until all has gone well. */
	l->buf.n = 0;
	l->from = l->to = 0;
	if (chat_buf_reserve(&l->buf, (size_t)(to - from)) < 0)
		return CHAT_ERR_NOMEM;
	n = chat_disk_read(l->fd, l->buf.p, (size_t)(to - from), from);
	l->loads++;
	if (n < 0)
		return CHAT_ERR_SYSTEM;
	l->loaded += (uint64_t)n;
	/* Somebody has cut the file: there is nothing more to read. */
	if ((uint64_t)n < to - from)
		l->end = from + (uint64_t)n;
	l->at = l->from = from;
	l->to = from + (uint64_t)n;
	return CHAT_OK;
}

/* Where the byte at an offset of the file is in the buffer. */
static char *
place(const struct chat_lines *l, uint64_t at)
{
	return l->buf.p + (at - l->at);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How much more is worth reading when n bytes were not enough. */
static uint64_t
more(const struct chat_lines *l, uint64_t n)
{
	return 2 * n > l->block ? 2 * n : l->block;
}

int
chat_lines_get(struct chat_lines *l, uint64_t at, struct chat_str *line)
{
	uint64_t to = least(at + l->block, l->end);
	size_t n = 0;
	char *p, *newline;
	int err;

	/* The buffer may have enough already. */
	if (at >= l->from && at < l->to)
		to = l->to;
	for (;; to = least(at + more(l, to - at), l->end)) {
		*line = (struct chat_str){ NULL, 0 };
		if (at < l->end && (err = load(l, at, to)) < 0)
			return err;
		/* load() may have found the file shorter, even than what was
		 * looked at before. */
		to = least(to, l->end);
		if (to <= at || to - at < n)
			return 0;
		/* The first n bytes have no newline. */
		p = place(l, at);
		newline = memchr(p + n, '\n', (size_t)(to - at) - n);
		n = (size_t)(to - at);
		if (newline != NULL || n > CHAT_LINE_MAX || to == l->end)
			break;
	}
	if (newline != NULL)
		n = (size_t)(newline - p);
	*line = (struct chat_str){ p, n < CHAT_LINE_MAX ? n : CHAT_LINE_MAX };
	/* The line belongs to the caller now. */
	l->from = at + line->n + (newline != NULL);
	if (n > CHAT_LINE_MAX)
		return CHAT_ERR_SPACE;
	return newline != NULL;
}

/* The place after the last newline of n bytes; p if there is none. */
static char *
after_last(char *p, size_t n)
{
	while (n > 0 && p[n - 1] != '\n')
		n--;
	return p + n;
}

int
chat_lines_back(struct chat_lines *l, uint64_t end, struct chat_str *line)
{
	uint64_t from = end > l->block ? end - l->block : 0;
	char *p, *start;
	size_t n;
	int err;

	if (end == 0 || end > l->end)
		return 0;
	if (end > l->from && end <= l->to)
		from = l->from;
	for (;; from = end > more(l, n) ? end - more(l, n) : 0) {
		if ((err = load(l, from, end)) < 0)
			return err;
		if (end > l->end)
			return 0;
		p = place(l, from);
		n = (size_t)(end - from);
		start = after_last(p, n - 1);
		if (start > p || from == 0 || n > CHAT_LINE_MAX)
			break;
	}
	/* Without the newline, which is given out with the line. */
	n = (size_t)(p + n - 1 - start);
	*line = (struct chat_str){ start, n };
	l->to = end - n - 1;
	return n > CHAT_LINE_MAX ? CHAT_ERR_SPACE : 1;
}

bool
chat_lines_has(const struct chat_lines *l, uint64_t end)
{
	char *p;
	size_t n;

	if (end <= l->from || end > l->to)
		return false;
	p = place(l, l->from);
	n = (size_t)(end - l->from);
	return l->from == 0 || after_last(p, n - 1) > p;
}

int
chat_lines_next(struct chat_lines *l, uint64_t at, uint64_t *next)
{
	struct chat_str line;
	int err = 1;

	/* A line begins after a newline, which may be the byte before. */
	if (at > 0) {
		while (
		    (err = chat_lines_get(l, at - 1, &line)) == CHAT_ERR_SPACE)
			at += line.n;
		at += line.n;
	}
	*next = err == 0 ? l->end : at;
	return err < 0 ? err : CHAT_OK;
}
