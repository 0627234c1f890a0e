/* There is no index of the entries: lines are counted from the end, which needs
 * no parsing, and then read forward. */
#include "recover.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "disk.h"
#include "err.h"

static uint64_t
count_lines(const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t lines = 0;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

/* What remains to be counted, and how far that has come. */
struct start {
	uint64_t lines, bytes;
	size_t segment;
	uint64_t at;
};

/* Goes back from an offset until enough is counted, or to the beginning. */
static int
count_back(struct chat_file *f, struct start *s, int fd, uint64_t end)
{
	struct chat_buf *b = &f->lines;
	const char *newline;
	uint64_t lines = 0; /* that end in the last block */
	size_t n;

	/* The buffer for lines is free until something is written. */
	b->n = 0;
	if (chat_buf_reserve(b, CHAT_LINES_BLOCK) < 0)
		return CHAT_ERR_NOMEM;
	/* The last block must have a newline: reading begins after it. */
	for (s->at = end;
	     s->at > 0 && (lines == 0 || s->lines > 0 || s->bytes > 0);) {
		n = s->at < CHAT_LINES_BLOCK ? (size_t)s->at : CHAT_LINES_BLOCK;
		s->at -= n;
		if (chat_disk_read(fd, b->p, n, s->at) != (long)n)
			return CHAT_ERR_SYSTEM;
		lines = count_lines(b->p, n);
		s->lines -= lines < s->lines ? lines : s->lines;
		s->bytes -= n < s->bytes ? n : s->bytes;
	}
	/* All of the segment was counted, and its first line begins at 0. */
	if (s->at == 0)
		return CHAT_OK;
	newline = memchr(b->p, '\n', CHAT_LINES_BLOCK);
	s->at += (size_t)(newline + 1 - b->p);
	return CHAT_OK;
}

static int
count_segment(struct chat_file *f, struct start *s)
{
	const struct chat_segment *segment = &f->segments.all[s->segment];
	uint64_t end = segment->size;
	struct chat_lines l;
	int fd = chat_segment_open(f->folder, segment->first, false);
	int err = CHAT_OK;

	if (fd < 0)
		return CHAT_ERR_SYSTEM;
	/* Lines that the next segment makes void do not count. */
	if (s->segment + 1 < f->segments.n) {
		chat_lines_init(&l, f->alloc, fd, end, CHAT_LINES_GLANCE);
		err = chat_segment_seek(&l, &f->crc,
		    chat_segments_void(&f->segments, s->segment), &end);
		chat_lines_release(&l);
	}
	if (err == CHAT_OK)
		err = count_back(f, s, fd, end);
	chat_disk_close(fd);
	return err;
}

/* Where to begin reading.  A segment that cannot be counted is read from its
 * beginning, and will be told as missing then. */
static struct start
find_start(struct chat_file *f, size_t past)
{
	/* A few lines more, since some are not entries.  Twice the bytes, since
	 * a line is longer than its frame by its key and its seal, and private
	 * entries that were withheld have lines, but no frames. */
	struct start s = { .lines = CHAT_REFS + CHAT_REFS / 64,
		.bytes = 2 * (uint64_t)past,
		.segment = f->segments.n };

	do {
		s.segment--;
		if (count_segment(f, &s) < 0)
			s.at = 0;
	} while (s.segment > 0 && s.at == 0 && (s.lines > 0 || s.bytes > 0));
	return s;
}

/* The first number at or after a place; if there is none, the one after the end
 * of the log. */
static uint64_t
first_number(struct chat_file *f, const struct start *s)
{
	struct chat_found_item item;

	if (s->at == 0)
		return f->segments.all[s->segment].first;
	chat_scan_begin(&f->scan, s->segment, s->at, 0);
	do
		chat_scan_next(&f->scan, &item);
	while (item.kind == CHAT_FOUND_DAMAGE);
	if (item.kind != CHAT_FOUND_LINE)
		return f->store.log.seq + 1;
	return chat_line_begin(&item.line);
}

void
chat_recover_begin(struct chat_file *f, size_t past)
{
	struct start s = find_start(f, past);

	/* Twice from the same place: first only to learn with which number it
	 * begins, then, knowing that, to read. */
	chat_scan_init(&f->scan, &f->segments, f->folder, &f->crc);
	f->scan.log = f->store.log.name;
	f->store.log.oldest = f->segments.all[0].first;
	f->store.log.replay_from = first_number(f, &s);
	chat_scan_release(&f->scan);
	chat_scan_init(&f->scan, &f->segments, f->folder, &f->crc);
	f->scan.log = f->store.log.name;
	chat_scan_begin(&f->scan, s.segment, s.at, f->store.log.replay_from);
	f->recovering = true;
}

static void
log_damage(struct chat_file *f, const struct chat_found_item *item)
{
	char name[CHAT_SEGMENT_NAME];

	chat_segment_name(name, f->segments.all[item->segment].first);
	if (item->kind == CHAT_FOUND_FAILURE)
		chat_file_log(f, CHAT_LOG_ERROR,
		    "journal: %s: cannot read at %" PRIu64 ": %s", name,
		    item->at,
		    item->err == CHAT_ERR_SYSTEM ? strerror(errno)
						 : chat_strerror(item->err));
	else
		chat_file_log(f, CHAT_LOG_WARNING,
		    "journal: %s: %" PRIu64 " damaged bytes in %" PRIu64
		    " lines at %" PRIu64,
		    name, item->bytes, item->lines, item->at);
}

static bool
lose(struct chat_file *f, struct chat_stored *out, uint64_t skip, uint64_t seq)
{
	*out = (struct chat_stored){
		.kind = CHAT_STORED_LOST, .skip = skip, .seq = seq
	};
	chat_file_log(f, CHAT_LOG_WARNING,
	    "journal: numbers %" PRIu64 " to %" PRIu64 " are missing", skip,
	    seq);
	return true;
}

/* The scan has come to the end.  If it has not come to the last number, as the
 * rest could not be read, that is told first, by one more answer. */
static bool
end_recovery(struct chat_file *f, struct chat_stored *out)
{
	uint64_t expect = f->scan.expect, last = f->store.log.seq;

	if (expect <= last) {
		f->scan.expect = last + 1;
		return lose(f, out, expect, last);
	}
	chat_scan_release(&f->scan);
	f->recovering = false;
	return false;
}

bool
chat_recover_next(struct chat_file *f, struct chat_stored *out)
{
	struct chat_found_item item;

	for (;;) {
		chat_scan_next(&f->scan, &item);
		switch (item.kind) {
		case CHAT_FOUND_LINE:
			/* append.c needs to know them, to remove old segments.
			 */
			if (item.line.kind != CHAT_LINE_SKIP)
				f->segments.all[item.segment].entries++;
			if (item.line.version == 1)
				f->store.log.keys_from =
				    item.line.entry.seq + 1;
			chat_file_unmask(f, &item.line);
			chat_file_answer(out, &item.line);
			return true;
		case CHAT_FOUND_LOST:
			return lose(f, out, item.skip, item.seq);
		case CHAT_FOUND_DAMAGE:
		case CHAT_FOUND_FAILURE:
			log_damage(f, &item);
			break;
		case CHAT_FOUND_END:
			return end_recovery(f, out);
		}
	}
}
