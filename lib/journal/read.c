/* Pages of a journal, newest line first, one bounded read at a time. */
#include "disk.h"
#include "file.h"

void
chat_store_ask(struct chat_store_file *f, uint64_t before, uint32_t limit)
{
	f->page.asked = true;
	f->page.begun = false;
	f->page.before = before;
	f->page.limit = limit;
	f->page.budget = CHAT_STORE_READ;
}

void
chat_store_stop_reading(struct chat_store_file *f)
{
	chat_lines_release(&f->page.lines);
	chat_disk_close(f->page.fd);
	f->page.fd = -1;
	f->page.asked = false;
}

/* Finds the place behind the last entry that is before the page's number. */
static int
begin(struct chat_store_file *f)
{
	struct chat_store_page *page = &f->page;
	const struct chat_segments *all = &f->segments;
	uint64_t end;

	page->begun = true;
	if (page->before > f->store.log.seq + 1)
		page->before = f->store.log.seq + 1;
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

/* The end of a page.  A segment of which the rest cannot be read is passed. */
static void
end(struct chat_store_file *f, struct chat_stored *out, bool all, bool failed)
{
	const struct chat_segment *segment = &f->segments.all[f->page.segment];

	*out = (struct chat_stored){
		.kind = CHAT_STORED_END, .seq = f->page.before, .failed = failed
	};
	if ((all || failed) && segment->first < out->seq)
		out->seq = segment->first;
	out->last = out->seq <= f->store.log.first;
	chat_store_stop_reading(f);
}

/* The line before the place, which moves there: 1, 0: there is none, or an
 * error.  Numbers only fall, or nobody would come to an end. */
static int
step(struct chat_store_file *f, struct chat_line *line)
{
	struct chat_store_page *page = &f->page;
	struct chat_str text;
	int found;

	while ((found = chat_lines_back(&page->lines, page->at, &text)) > 0 ||
	    found == CHAT_ERR_SPACE) {
		page->at -= text.n + 1;
		page->budget -=
		    text.n < page->budget ? text.n + 1 : page->budget;
		if (found > 0 &&
		    chat_line_parse(line, &f->crc, (char *)text.p, text.n) ==
			CHAT_OK &&
		    line->kind != CHAT_LINE_SEGMENT && line->seq < page->before)
			return 1;
	}
	return found;
}

void
chat_store_read(struct chat_store_file *f, struct chat_stored *out)
{
	struct chat_store_page *page = &f->page;
	struct chat_line line;
	int found = 1;

	if (page->before <= f->store.log.first) {
		end(f, out, false, false);
		return;
	}
	if (!page->begun)
		found = begin(f);
	for (found = found < 0 ? found : 1; found > 0;) {
		if (page->limit == 0 || page->budget == 0) {
			end(f, out, false, false);
			return;
		}
		if ((found = step(f, &line)) <= 0)
			break;
		page->before =
		    line.kind == CHAT_LINE_SKIP ? line.skip : line.seq;
		if (line.kind == CHAT_LINE_SKIP || line.text.p == NULL)
			continue;
		page->limit--;
		chat_store_answer(f, out, &line);
		if (out->kind == CHAT_STORED) {
			out->kind = CHAT_STORED_READ;
			return;
		}
		found = CHAT_ERR_NOMEM;
	}
	end(f, out, found == 0, found < 0);
}
