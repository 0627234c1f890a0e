#include "scan.h"

#include <string.h>

#include "disk.h"
#include "err.h"

void
chat_scan_init(struct chat_scan *s, const struct chat_segments *all, int folder,
    const struct chat_crc32 *crc)
{
	*s = (struct chat_scan){
		.crc = crc, .all = all, .folder = folder, .fd = -1
	};
	chat_lines_init(&s->lines, all->alloc, -1, 0, CHAT_LINES_BLOCK);
}

void
chat_scan_begin(
    struct chat_scan *s, size_t segment, uint64_t at, uint64_t expect)
{
	s->segment = segment;
	s->at = at;
	s->expect = expect;
}

void
chat_scan_release(struct chat_scan *s)
{
	chat_disk_close(s->fd);
	s->fd = -1;
	chat_lines_release(&s->lines);
}

static int
open_segment(struct chat_scan *s)
{
	const struct chat_segment *segment = &s->all->all[s->segment];

	if (s->fd >= 0)
		return CHAT_OK;
	s->fd = chat_segment_open(s->folder, segment->first, false);
	if (s->fd < 0)
		return s->fd;
	s->lines.fd = s->fd;
	s->lines.end = segment->size;
	s->lines.from = s->lines.to = 0;
	return CHAT_OK;
}

/* Adds bytes to the damage that will be told. */
static void
damage(struct chat_scan *s, uint64_t at, size_t n, bool newline)
{
	if (s->damage.bytes == 0) {
		s->damage = (struct chat_found_item){ .at = at };
		s->damage.segment = s->segment;
	}
	s->damage.bytes += n + newline;
	s->damage.lines++;
	s->damage.torn = !newline;
}

/* May this line stand here?  Then s->has_line says whether it is to be told.
 * Lines of numbers that the next segment has again are void: they were refused,
 * and could not be cut off. */
static bool
take(struct chat_scan *s, struct chat_str text)
{
	struct chat_line *line = &s->line;

	if (chat_line_parse(line, s->crc, (char *)text.p, text.n) < 0)
		return false;
	switch (line->kind) {
	case CHAT_LINE_SEGMENT:
		return line->entry.seq + 1 == s->all->all[s->segment].first &&
		    (s->log == NULL ||
			memcmp(line->log, s->log, sizeof(line->log)) == 0);
	case CHAT_LINE_SECRET:
	case CHAT_LINE_CLEAN:
		return false;
	case CHAT_LINE_ENTRY:
	case CHAT_LINE_SKIP:
		break;
	}
	if (chat_line_begin(line) >= chat_segments_void(s->all, s->segment)) {
		s->void_lines++;
		return true;
	}
	s->has_line = chat_line_begin(line) >= s->expect;
	return s->has_line;
}

/* Is the damage at the end of a segment part of what was refused?  It is if all
 * numbers before the next segment are there. */
static bool
is_void(const struct chat_scan *s)
{
	return s->is_over && s->damage.segment + 1 < s->all->n &&
	    s->expect == s->all->all[s->damage.segment + 1].first;
}

/* Goes on to the next segment, which says where numbers go on. */
static void
leave(struct chat_scan *s)
{
	chat_disk_close(s->fd);
	s->fd = -1;
	s->at = 0;
	s->segment++;
	s->is_over = false;
}

/* Reads until there is something to tell, or the segment is over. */
static int
advance(struct chat_scan *s)
{
	struct chat_str text;
	int found = open_segment(s);

	while (found >= 0 && !s->has_line) {
		found = chat_lines_get(&s->lines, s->at, &text);
		if (found < 0 && found != CHAT_ERR_SPACE)
			break;
		if (text.n > 0 || found > 0) {
			if (found <= 0 || !take(s, text))
				damage(s, s->at, text.n, found > 0);
			s->at += text.n + (found > 0);
		}
		if (found == 0) {
			s->is_over = true;
			return CHAT_OK;
		}
		if (found == CHAT_ERR_SPACE)
			found = CHAT_OK;
	}
	if (found < 0)
		s->is_over = true;
	return found < 0 ? found : CHAT_OK;
}

/* Up to which number, and not itself, all should have been there by now; 0:
 * that does not matter. */
static uint64_t
expected_end(const struct chat_scan *s)
{
	if (s->has_line)
		return chat_line_begin(&s->line);
	if (s->is_over && s->segment + 1 < s->all->n)
		return s->all->all[s->segment + 1].first;
	return 0;
}

/* Three things may be waiting, and are told in the order in which they lie in
 * the file: damage, then the numbers that are missing for it, then the line
 * after that.  A line that was read stays in s->line until its turn comes. */
void
chat_scan_next(struct chat_scan *s, struct chat_found_item *item)
{
	uint64_t end;
	int err = CHAT_OK;

	*item = (struct chat_found_item){ .kind = CHAT_FOUND_END };
	while (s->segment < s->all->n) {
		if (!s->has_line && !s->is_over)
			err = advance(s);
		item->segment = s->segment;
		if (err < 0) {
			item->kind = CHAT_FOUND_FAILURE;
			item->at = s->at;
			item->err = err;
			return;
		}
		if (s->damage.bytes > 0 && is_void(s)) {
			s->void_lines += s->damage.lines;
			s->damage.bytes = 0;
		}
		if (s->damage.bytes > 0) {
			*item = s->damage;
			item->kind = CHAT_FOUND_DAMAGE;
			s->damage.bytes = 0;
			return;
		}
		end = expected_end(s);
		if (s->expect != 0 && end > s->expect) {
			item->kind = CHAT_FOUND_LOST;
			item->skip = s->expect;
			item->seq = end - 1;
			s->expect = end;
			return;
		}
		if (s->has_line) {
			item->kind = CHAT_FOUND_LINE;
			item->line = s->line;
			s->has_line = false;
			s->expect = s->line.entry.seq + 1;
			return;
		}
		leave(s);
	}
}
