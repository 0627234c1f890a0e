/* Only whole, good lines count: what a crash has torn was never acknowledged,
 * or was so under a promise that did not hold (`sync`). */
#include "tail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "err.h"

struct tail {
	struct chat_file *f;
	struct chat_line *last; /* the last good line */
	uint64_t end;           /* where it ends, in the last segment */
	uint64_t limit;         /* from this number on all is void */
};

/* Copies the bytes of a segment from an offset on to a file beside it. */
static int
keep_bytes(struct tail *t, int fd, const char *name, uint64_t at)
{
	char block[8192], path[CHAT_SEGMENT_NAME + 32];
	int to, err = CHAT_OK;
	uint64_t done = 0;
	long n;

	snprintf(path, sizeof(path), "%s.cut-%" PRIu64, name, at);
	to = chat_disk_create(t->f->folder, path);
	if (to < 0)
		return to;
	do {
		n = chat_disk_read(fd, block, sizeof(block), at + done);
		if (n > 0)
			err = chat_disk_write(to, block, (size_t)n, done);
		done += n > 0 ? (uint64_t)n : 0;
	} while (n > 0 && err == CHAT_OK);
	/* On the disk before they are cut off from where they were. */
	if (n == 0 && err == CHAT_OK)
		err = chat_disk_sync(to);
	chat_disk_close(to);
	return n < 0 ? CHAT_ERR_SYSTEM : err;
}

/* May the log end with that line, in the segment with that first number? */
static bool
is_end(const struct tail *t, const struct chat_line *line, uint64_t first)
{
	switch (line->kind) {
	case CHAT_LINE_SEGMENT:
		return line->entry.seq + 1 == first;
	case CHAT_LINE_ENTRY:
	case CHAT_LINE_SKIP:
		return line->entry.seq >= first && line->entry.seq < t->limit;
	case CHAT_LINE_SECRET:
	case CHAT_LINE_CLEAN:
		break;
	}
	return false;
}

/* Finds the last good line of the last segment, and how many bad ones follow
 * it: 1; 0: there is none; or an error. */
static int
find_last(struct tail *t, int fd, uint64_t *bad)
{
	const struct chat_segment *s = chat_segments_last(&t->f->segments);
	struct chat_lines l;
	struct chat_str text;
	int found;

	*bad = 0;
	t->end = s->size;
	chat_lines_init(&l, t->f->alloc, fd, s->size, CHAT_LINES_GLANCE);
	while ((found = chat_lines_back(&l, t->end, &text)) > 0 ||
	    found == CHAT_ERR_SPACE) {
		/* The very last line may lack its newline: torn. */
		if (found > 0 && text.p[text.n] == '\n' &&
		    chat_line_parse(t->last, &t->f->crc, (char *)text.p,
			text.n) == CHAT_OK &&
		    is_end(t, t->last, s->first))
			break;
		t->end -= text.n + 1;
		++*bad;
	}
	chat_lines_release(&l);
	return found;
}

/* Cuts off the bytes after the last good line. */
static int
cut(struct tail *t, int fd, uint64_t bad)
{
	struct chat_file *f = t->f;
	struct chat_segment *segment = chat_segments_last(&f->segments);
	char name[CHAT_SEGMENT_NAME];
	uint64_t bytes = segment->size - t->end;

	if (bytes == 0)
		return CHAT_OK;
	chat_segment_name(name, segment->first);
	if (keep_bytes(t, fd, name, t->end) < 0 ||
	    ftruncate(fd, (off_t)t->end) != 0)
		return chat_file_fail(
		    f, CHAT_ERR_SYSTEM, "cannot cut off a damaged end");
	chat_file_log(f, CHAT_LOG_WARNING,
	    "journal: %s: %" PRIu64 " damaged bytes in %" PRIu64
	    " lines after number %" PRIu64
	    " are cut off, and kept as %s.cut-%" PRIu64,
	    name, bytes, bad, t->last->entry.seq, name, t->end);
	chat_segments_resize(&f->segments, t->end);
	return CHAT_OK;
}

/* Sets aside a segment without a good line.  Numbers from its first one on stay
 * void in the segment before: it was begun because they were refused there. */
static int
set_aside(struct tail *t)
{
	struct chat_file *f = t->f;
	char name[CHAT_SEGMENT_NAME], aside[CHAT_SEGMENT_NAME + 8];

	chat_segment_name(name, chat_segments_last(&f->segments)->first);
	snprintf(aside, sizeof(aside), "%s.cut-0", name);
	if (renameat(f->folder, name, f->folder, aside) != 0)
		return chat_file_fail(
		    f, CHAT_ERR_SYSTEM, "cannot set a damaged file aside");
	chat_file_log(f, CHAT_LOG_WARNING,
	    "journal: %s: no good line in %" PRIu64 " bytes, kept as %s", name,
	    chat_segments_last(&f->segments)->size, aside);
	t->limit = chat_segments_last(&f->segments)->first;
	chat_segments_drop_last(&f->segments);
	return CHAT_OK;
}

int
chat_tail_open(struct chat_file *f, struct chat_line *last)
{
	struct tail tail = { .f = f, .last = last, .limit = UINT64_MAX };
	struct tail *t = &tail;
	struct chat_segment *segment;
	uint64_t bad;
	int found = 0;

	while (f->segments.n > 0 && found == 0) {
		segment = chat_segments_last(&f->segments);
		chat_disk_close(f->fd);
		f->fd = chat_segment_open(f->folder, segment->first, true);
		if (f->fd < 0)
			return chat_file_fail(
			    f, CHAT_ERR_SYSTEM, "cannot open the last file");
		found = find_last(t, f->fd, &bad);
		if (found < 0)
			return chat_file_fail(
			    f, found, "cannot read the last file");
		if (found > 0)
			return cut(t, f->fd, bad);
		if (set_aside(t) < 0)
			return CHAT_ERR_SYSTEM;
	}
	return CHAT_OK;
}
