/* A page never spans two segments.  One that ends with its segment says so by
 * its end, and the room asks on.  While a page is read, segments may begin and
 * go: so a segment is known by its first number, and its file stays open. */
#include "read.h"

#include "disk.h"
#include "err.h"

/* What functions here give besides 1, 0 and errors: in the next turn. */
#define LATER 2

void
chat_read_ask(
    struct chat_store *s, uint64_t before, uint32_t limit, uint64_t user)
{
	struct chat_file *f = (struct chat_file *)s;

	f->page = (struct chat_file_page){ .state = CHAT_PAGE_ASKED,
		.place = { .before = before },
		.user = user,
		.limit = limit,
		.budget = CHAT_FILE_READ,
		.fd = -1 };
}

void
chat_read_stop(struct chat_file *f)
{
	chat_lines_release(&f->page.lines);
	chat_disk_close(f->page.fd);
	f->page.fd = -1;
	f->page.state = CHAT_PAGE_NONE;
}

void
chat_read_turn(struct chat_file *f)
{
	f->page.loads = f->page.lines.loads;
}

bool
chat_read_is_due(const struct chat_file *f)
{
	return f->page.state != CHAT_PAGE_NONE;
}

static bool
has_waited(const struct chat_file_page *page)
{
	return page->lines.loads > page->loads;
}

/*
 * The place
 */

static struct chat_file_place *
remembered(struct chat_file *f, uint64_t before)
{
	return &f->places[before % CHAT_FILE_PLACES];
}

/* Takes up the place where an earlier page ended before the same number. */
static bool
recall(struct chat_file *f, const struct chat_segment *segment)
{
	const struct chat_file_place *known =
	    remembered(f, f->page.place.before);

	if (known->before != f->page.place.before ||
	    known->first != segment->first || known->at > segment->size)
		return false;
	f->page.place = *known;
	return true;
}

/* Opens the segment of the last entry that comes before the page's number. */
static int
begin(struct chat_file *f)
{
	struct chat_file_page *page = &f->page;
	const struct chat_segments *all = &f->segments;
	const struct chat_segment *segment;
	uint64_t end;
	size_t i;

	/* Clients may ask for any number. */
	if (page->place.before > f->store.log.seq + 1)
		page->place.before = f->store.log.seq + 1;
	i = chat_segments_find(all, page->place.before - 1);
	segment = &all->all[i];
	page->place.first = segment->first;
	page->fd = chat_segment_open(f->folder, segment->first, false);
	if (page->fd < 0)
		return page->fd;
	chat_lines_init(
	    &page->lines, f->alloc, page->fd, segment->size, CHAT_LINES_GLANCE);
	page->state = CHAT_PAGE_READ;
	if (recall(f, segment))
		return CHAT_OK;
	/* Lines beyond the beginning of the next segment are void. */
	end = chat_segments_void(all, i);
	if (end > f->store.log.seq + 1)
		end = f->store.log.seq + 1;
	chat_seek_begin(&page->seek, &page->lines,
	    page->place.before < end ? page->place.before : end, segment->first,
	    end);
	page->state = CHAT_PAGE_SOUGHT;
	return CHAT_OK;
}

/* The end of a segment that does not grow is the end of a stretch. */
static bool
is_end(const struct chat_file *f)
{
	const struct chat_file_place *place = &f->page.place;

	return place->at == f->page.lines.end &&
	    place->first != chat_segments_last(&f->segments)->first;
}

/* Finds the place after the last entry that comes before the page's number. */
static int
find(struct chat_file *f)
{
	struct chat_file_page *page = &f->page;
	int found;

	if (page->state == CHAT_PAGE_ASKED && (found = begin(f)) < 0)
		return found;
	while (page->state == CHAT_PAGE_SOUGHT) {
		if (has_waited(page))
			return LATER;
		found = chat_seek_step(
		    &page->seek, &page->lines, &f->crc, &page->place.at);
		if (found < 0)
			return found;
		if (found == 0)
			continue;
		page->state = CHAT_PAGE_READ;
		if (is_end(f))
			page->place.top = page->place.at;
	}
	return CHAT_OK;
}

/*
 * The lines
 */

/* The stretch that was gone through from its end begins at the place. */
static void
end_stretch(struct chat_file *f)
{
	struct chat_file_page *page = &f->page;
	const struct chat_stretch stretch = { .first = page->place.first,
		.end = page->place.top,
		.at = page->place.at,
		.seq = page->place.before,
		.users = page->place.users };

	if (page->place.top > page->place.at)
		chat_stretches_put(&f->stretches, &stretch);
	page->place.top = page->place.at;
	page->place.users = 0;
}

/* Passes a stretch, if the place is at the end of one that shows nothing to
 * whoever asks. */
static bool
pass(struct chat_file *f)
{
	struct chat_file_page *page = &f->page;
	const struct chat_stretch *known;

	if (page->place.top != page->place.at)
		return false;
	known = chat_stretches_find(
	    &f->stretches, page->place.first, page->place.at);
	if (known == NULL || known->seq > page->place.before ||
	    (known->users & chat_stretch_user(page->user)) != 0)
		return false;
	page->place.top = page->place.at = known->at;
	page->place.before = known->seq;
	page->budget -=
	    CHAT_FILE_PASS < page->budget ? CHAT_FILE_PASS : page->budget;
	return true;
}

/* The line before the place, which moves there: 1; 0: there is none; or an
 * error.  *fits: it is one, and its number is lower than the one after it, as
 * it has to be: otherwise a reader might never come to an end. */
static int
step(struct chat_file *f, struct chat_line *line, bool *fits)
{
	struct chat_file_page *page = &f->page;
	struct chat_str text;
	int found = chat_lines_back(&page->lines, page->place.at, &text);

	*fits = false;
	if (found <= 0 && found != CHAT_ERR_SPACE)
		return found;
	/* Damage costs budget as well. */
	page->place.at -= text.n + 1;
	page->budget -= text.n < page->budget ? text.n + 1 : page->budget;
	*fits = found > 0 &&
	    chat_line_parse(line, &f->crc, (char *)text.p, text.n) == CHAT_OK &&
	    (line->kind == CHAT_LINE_ENTRY || line->kind == CHAT_LINE_SKIP) &&
	    line->entry.seq < page->place.before;
	/* Who the users of a withheld one are makes no difference. */
	if (*fits && !line->entry.is_withheld)
		chat_file_unmask(f, line);
	return 1;
}

static bool
shows(const struct chat_line *line, uint64_t user)
{
	const struct chat_entry *e = &line->entry;

	return line->kind != CHAT_LINE_SKIP && !e->is_withheld &&
	    (!e->is_private || e->user[0] == user || e->user[1] == user);
}

/* Goes back over one line, which ends at the place.  1: *line is shown; 0: it
 * is not. */
static int
take(struct chat_file *f, struct chat_line *line, bool *all)
{
	struct chat_file_page *page = &f->page;
	uint64_t end = page->place.at;
	bool fits;
	int found = step(f, line, &fits);

	*all = found == 0;
	if (found <= 0) {
		if (found == 0)
			end_stretch(f);
		return found;
	}
	/* It is gone through now, whether it is told or not. */
	if (fits)
		page->place.before = chat_line_begin(line);
	if (fits && line->kind != CHAT_LINE_SKIP)
		page->place.users |= chat_stretch_users(&line->entry);
	if (chat_stretch_crosses(page->place.at, end))
		end_stretch(f);
	return fits && shows(line, page->user);
}

/* The next entry of the page to *line: 1; 0: there are no more, and *all says
 * whether that is because the segment has no more; LATER; or an error. */
static int
next(struct chat_file *f, struct chat_line *line, bool *all)
{
	struct chat_file_page *page = &f->page;
	int found = find(f);

	*all = false;
	if (found != CHAT_OK)
		return found;
	while (page->limit > 0 && page->budget > 0) {
		if (pass(f))
			continue;
		if (has_waited(page) &&
		    !chat_lines_has(&page->lines, page->place.at) &&
		    page->place.at > 0) {
			/* It is a longer way than a glance. */
			page->lines.block = CHAT_LINES_STEP;
			return LATER;
		}
		found = take(f, line, all);
		if (found < 0 || *all)
			return found;
		if (found > 0) {
			page->limit--;
			return 1;
		}
	}
	return 0;
}

/* Ends a page.  If the rest of the segment cannot be read, the next page begins
 * before it. */
static void
end(struct chat_file *f, struct chat_stored *out, bool all, bool failed)
{
	const struct chat_file_place *place = &f->page.place;

	*out = (struct chat_stored){ .kind = CHAT_STORED_END,
		.seq = place->before,
		.failed = failed,
		.cost = f->page.lines.loaded };
	if ((all || failed) && place->first < out->seq)
		out->seq = place->first;
	else if (f->page.state == CHAT_PAGE_READ && !all && !failed)
		*remembered(f, place->before) = *place;
	out->last = out->seq <= f->store.log.oldest;
	chat_read_stop(f);
}

bool
chat_read_next(struct chat_file *f, struct chat_stored *out)
{
	struct chat_line line;
	bool all = false;
	int found = 0;

	if (f->page.state == CHAT_PAGE_NONE)
		return false;
	if (f->page.place.before > f->store.log.oldest)
		found = next(f, &line, &all);
	if (found == LATER)
		return false;
	if (found <= 0) {
		end(f, out, all, found < 0);
		return true;
	}
	chat_file_answer(out, &line);
	out->kind = CHAT_STORED_READ;
	return true;
}
