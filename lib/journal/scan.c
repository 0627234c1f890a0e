/* advance() reads ahead until there is something to tell; chat_scan_next()
 * tells it, one item at a time.  In between, these say what is left to be told:
 *
 *     damage.bytes > 0    bytes that came before the line, or before the end of
 *                         the segment
 *     has_line            a line, in s->line: nothing is read before it is told
 *     is_over             nothing is left to be read in the segment
 *     expect              the number after the last one that was told, whether
 *                         as a line or as missing; 0: any is right
 *
 * Damage is collected over any number of lines, and never over the end of a
 * segment: it is told before the next one begins. */
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

/* Adds a line to the damage that will be told. */
static void
add_damage(struct chat_scan *s, uint64_t at, size_t n, bool newline)
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
	/* The head must say what the name of the file says. */
	case CHAT_LINE_SEGMENT:
		return line->version <= CHAT_LINE_VERSION &&
		    line->entry.seq + 1 == s->all->all[s->segment].first &&
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
	/* A number that was told before, or told as missing, is damage: each
	 * comes once, and in order. */
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

static void
next_segment(struct chat_scan *s)
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
		/* A line; or a piece without a newline, which is the torn end
		 * of the segment, or more than any line has: damage. */
		if (text.n > 0 || found > 0) {
			if (found <= 0 || !take(s, text))
				add_damage(s, s->at, text.n, found > 0);
			s->at += text.n + (found > 0);
		}
		if (found == 0) {
			s->is_over = true;
			return CHAT_OK;
		}
		if (found == CHAT_ERR_SPACE)
			found = CHAT_OK;
	}
	/* The segment cannot be opened, or read any further. */
	if (found < 0)
		s->is_over = true;
	return found < 0 ? found : CHAT_OK;
}

/* All numbers from s->expect to before this one are missing, if it is greater.
 * 0: nobody can tell yet; at the end of the last segment, only the caller knows
 * where the log ends. */
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
		/* Once, as the segment is over then; damage that came before
		 * it is told by the next call. */
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
		next_segment(s);
	}
}
