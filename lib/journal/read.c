/* A page never spans two segments.  One that ends with its segment says so by
 * its end, and the room asks on.  All of a page is read in one turn, with no
 * append in between, so the list of segments does not change under it. */
#include "read.h"

#include "disk.h"
#include "err.h"

void
chat_read_ask(struct chat_store *s, uint64_t before, uint32_t limit)
{
	struct chat_file *f = (struct chat_file *)s;

	f->page.asked = true;
	f->page.begun = false;
	f->page.before = before;
	f->page.limit = limit;
	f->page.budget = CHAT_FILE_READ;
}

void
chat_read_stop(struct chat_file *f)
{
	chat_lines_release(&f->page.lines);
	chat_disk_close(f->page.fd);
	f->page.fd = -1;
	f->page.asked = false;
}

/* Finds the place after the last entry that comes before the page's number. */
static int
begin(struct chat_file *f)
{
	struct chat_file_page *page = &f->page;
	const struct chat_segments *all = &f->segments;
	uint64_t end;

	page->begun = true;
	/* Clients may ask for any number. */
	if (page->before > f->store.log.seq + 1)
		page->before = f->store.log.seq + 1;
	/* Lines beyond the beginning of the next segment are void. */
	page->segment = chat_segments_find(all, page->before - 1);
	end = chat_segments_void(all, page->segment);
	if (page->before < end)
		end = page->before;
	page->fd =
	    chat_segment_open(f->folder, all->all[page->segment].first, false);
	if (page->fd < 0)
		return page->fd;
	chat_lines_init(&page->lines, f->alloc, page->fd,
	    all->all[page->segment].size, CHAT_LINES_GLANCE);
	return chat_segment_seek(&page->lines, &f->crc, end, &page->at);
}

/* Ends a page.  If the rest of the segment cannot be read, the next page begins
 * before it. */
static void
end(struct chat_file *f, struct chat_stored *out, bool all, bool failed)
{
	const struct chat_segment *segment = &f->segments.all[f->page.segment];

	*out = (struct chat_stored){
		.kind = CHAT_STORED_END, .seq = f->page.before, .failed = failed
	};
	if ((all || failed) && segment->first < out->seq)
		out->seq = segment->first;
	out->last = out->seq <= f->store.log.oldest;
	chat_read_stop(f);
}

/* The line before the place, which moves there: 1; 0: there is none; or an
 * error.  A line whose number does not fall is damage, and passed: otherwise a
 * reader might never come to an end. */
static int
step(struct chat_file *f, struct chat_line *line)
{
	struct chat_file_page *page = &f->page;
	struct chat_str text;
	int found;

	while ((found = chat_lines_back(&page->lines, page->at, &text)) > 0 ||
	    found == CHAT_ERR_SPACE) {
		/* Damage costs budget as well. */
		page->at -= text.n + 1;
		page->budget -=
		    text.n < page->budget ? text.n + 1 : page->budget;
		if (found > 0 &&
		    chat_line_parse(line, &f->crc, (char *)text.p, text.n) ==
			CHAT_OK &&
		    line->kind != CHAT_LINE_SEGMENT &&
		    line->entry.seq < page->before)
			return 1;
	}
	return found;
}

/* The next entry of the page to *line: 1; 0: there are no more, and *all says
 * whether that is because the segment has no more; or an error. */
static int
next(struct chat_file *f, struct chat_line *line, bool *all)
{
	struct chat_file_page *page = &f->page;
	int found = page->begun ? CHAT_OK : begin(f);

	*all = false;
	if (found < 0)
		return found;
	while (page->limit > 0 && page->budget > 0) {
		if ((found = step(f, line)) <= 0) {
			*all = found == 0;
			return found;
		}
		/* It is gone through now, whether it is told or not. */
		page->before = chat_line_begin(line);
		if (line->kind == CHAT_LINE_SKIP || line->entry.is_withheld)
			continue;
		page->limit--;
		return 1;
	}
	return 0;
}

bool
chat_read_next(struct chat_file *f, struct chat_stored *out)
{
	struct chat_line line;
	bool all = false;
	int found = 0;

	if (!f->page.asked)
		return false;
	if (f->page.before > f->store.log.oldest)
		found = next(f, &line, &all);
	if (found <= 0) {
		end(f, out, all, found < 0);
		return true;
	}
	chat_file_answer(out, &line);
	out->kind = CHAT_STORED_READ;
	return true;
}
