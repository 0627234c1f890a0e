/* A page comes from the ring or from the store, never from both: the edge
 * between them moves while the store is read.  A page from the ring is made of
 * the frames in it, without their headers; nothing is encoded again. */
#include "history.h"

#include "frame.h"
#include "readers.h"
#include "tell.h"

/* The entries of a page: those that the viewer may see, of the ordinals from
 * first to before end. */
struct page {
	uint64_t first, end;
	bool more; /* there is an older one that viewer may see */
};

/* Is it on a page?  An entry that was said under greater limits is not, if no
 * client has to accept as much now. */
static bool
is_shown(const struct chat_room *room, const struct chat_past_entry *e,
    const struct chat_viewer *viewer)
{
	return chat_past_shows(e, viewer) &&
	    e->size <= chat_room_longest_page(room);
}

/* Goes back from the newest entry until the page is full.  Entries are counted
 * with the size of their frames, which are longer than their JSON, and a byte
 * for the comma.  The first one is taken at any size that is_shown() lets pass:
 * a page must not be empty when there is something to show. */
static struct page
find_page(const struct chat_room *room, const struct chat_viewer *viewer,
    const struct chat_msg *msg, size_t space)
{
	const struct chat_past *past = &room->hub->past;
	const struct chat_past_entry *e;
	struct page page;
	uint32_t n = 0;
	uint64_t o;

	page.end = page.first = chat_past_find(past, msg->before);
	page.more = false;
	for (o = page.end; o > past->first; o--) {
		e = chat_past_entry(past, o - 1);
		if (!is_shown(room, e, viewer))
			continue;
		if (n == msg->limit || (n > 0 && e->size >= space)) {
			page.more = true;
			break;
		}
		/* 0 after an entry that alone was too long: none follows. */
		space -= e->size < space ? e->size + (size_t)1 : space;
		page.first = o - 1;
		n++;
	}
	return page;
}

/* Writes the frame of an entry without its header.  It may wrap around in the
 * ring, the header as well: so that is put together byte by byte to be parsed,
 * and the JSON is written in up to two pieces. */
static void
write_entry(const struct chat_room *room, struct chat_json_writer *w,
    const struct chat_past_entry *e)
{
	const struct chat_ring *ring = &room->hub->past.ring;
	struct chat_frame f;
	unsigned char head[CHAT_FRAME_MAX_HEADER];
	uint64_t at = e->at, end = e->at + e->size;
	struct chat_str s;
	size_t i;

	for (i = 0; i < sizeof(head) && at + i < end; i++)
		head[i] = (unsigned char)*chat_ring_read(ring, at + i, end).p;
	at += (uint64_t)chat_frame_parse(&f, head, i);
	s = chat_ring_read(ring, at, end);
	chat_json_write_raw(w, s);
	if (at + s.n < end) {
		/* The second piece is the same value: no comma. */
		w->comma = false;
		chat_json_write_raw(w, chat_ring_read(ring, at + s.n, end));
	}
}

static void
tell(struct chat_room *room, struct chat_member *m, uint64_t before,
    const struct page *page, const struct chat_viewer *viewer)
{
	struct chat_json_writer w = chat_tell_open(room);
	const struct chat_past_entry *e;
	uint64_t o;

	chat_msg_open_history(&w, before, page->more);
	for (o = page->first; o < page->end; o++) {
		e = chat_past_entry(&room->hub->past, o);
		if (is_shown(room, e, viewer))
			write_entry(room, &w, e);
	}
	chat_msg_close_history(&w);
	chat_tell(room, m, &w);
}

void
chat_history_tell(
    struct chat_room *room, struct chat_member *m, const struct chat_msg *msg)
{
	struct chat_viewer viewer = chat_member_viewer(m);
	uint64_t horizon = room->hub->past.horizon;
	struct page page =
	    find_page(room, &viewer, msg, chat_room_page_size(room));

	/* Has the store anything older than the ring, and was it asked for?  A
	 * page of the ring that is not empty says that there may be more; if
	 * there is not, the next page is an empty one that says so. */
	if (horizon <= room->store->log.oldest ||
	    msg->before <= room->store->log.oldest)
		tell(room, m, msg->before, &page, &viewer);
	else if (page.first < page.end) {
		page.more = true;
		tell(room, m, msg->before, &page, &viewer);
	} else
		chat_readers_add(room, m, msg,
		    msg->before < horizon ? msg->before : horizon);
}
