/* One page serves all readers, since the store is asked for one at a time.  A
 * reader may be gone when its answer comes; it keeps the first place in the
 * line until the end of its page, which belongs to nobody else. */
#include "readers.h"

#include <string.h>

#include "encode.h"
#include "tell.h"

void
chat_readers_add(struct chat_room *room, struct chat_member *m,
    const struct chat_msg *msg, uint64_t before)
{
	struct chat_readers *readers = &room->readers;
	struct chat_reader *r = NULL;

	if (!m->reading && readers->n < CHAT_MAX_READERS)
		r = chat_resize(
		    room->alloc, readers->all, (readers->n + 1) * sizeof(*r));
	if (r == NULL) {
		chat_tell_error(
		    room, m, CHAT_RATE_LIMITED, msg->ref, CHAT_READERS_PAUSE);
		return;
	}
	readers->all = r;
	m->reading = true;
	r += readers->n++;
	*r = (struct chat_reader){ .asker = m->id,
		.before = msg->before,
		.next = before,
		.limit = msg->limit,
		.ref_size = (unsigned char)msg->ref.n };
	if (msg->ref.n > 0)
		memcpy(r->ref, msg->ref.p, msg->ref.n);
}

static void
remove_at(struct chat_room *room, size_t i)
{
	struct chat_readers *readers = &room->readers;

	readers->n--;
	memmove(readers->all + i, readers->all + i + 1,
	    (readers->n - i) * sizeof(*readers->all));
	if (readers->n > 0)
		return;
	/* Nobody reads: a room at rest has no memory for it. */
	chat_alloc_free(room->alloc, readers->all);
	readers->all = NULL;
	chat_page_release(&readers->page, room->alloc);
}

static const struct chat_rate *
rate_of(const struct chat_room *room, const struct chat_member *m)
{
	return m->address != NULL ? &m->address->reading : &room->readers.rate;
}

static void
charge(struct chat_room *room, struct chat_member *m, uint64_t bytes)
{
	uint64_t n = (bytes + 1023) / 1024, now = room->now.mono;

	chat_rate_spend(
	    m->address != NULL ? &m->address->reading : &room->readers.rate, n,
	    CHAT_READERS_RATE, now);
	chat_rate_spend(&m->read, n, CHAT_READERS_RATE, now);
}

/* May the store be asked for the member's page now? */
static bool
may_read(const struct chat_room *room, const struct chat_member *m)
{
	return chat_rate_has_token(rate_of(room, m), CHAT_READERS_RATE,
	    CHAT_READERS_BURST, room->now.mono);
}

/* Has the first had less read of late than the second?  Its address counts, and
 * of the same address its connection. */
static bool
has_had_less(const struct chat_room *room, const struct chat_member *a,
    const struct chat_member *b)
{
	uint64_t now = room->now.mono;
	int order = chat_rate_compare(rate_of(room, a), rate_of(room, b), now);

	if (order == 0)
		order = chat_rate_compare(&a->read, &b->read, now);
	return order < 0;
}

/* Moves the i-th reader to the front of the line. */
static void
bring(struct chat_readers *readers, size_t i)
{
	struct chat_reader r = readers->all[i];

	memmove(readers->all + 1, readers->all, i * sizeof(r));
	readers->all[0] = r;
}

/* Brings the reader that has had least of those that may read to the front:
 * its member.  NULL: nobody may.  Those that are gone are removed. */
static struct chat_member *
first(struct chat_room *room)
{
	struct chat_readers *readers = &room->readers;
	struct chat_member *m, *least = NULL;
	size_t i = 0, at = 0;

	while (i < readers->n) {
		m = chat_room_member(room, readers->all[i].asker);
		if (m == NULL) {
			remove_at(room, i);
			continue;
		}
		if (may_read(room, m) &&
		    (least == NULL || has_had_less(room, m, least))) {
			least = m;
			at = i;
		}
		i++;
	}
	if (least != NULL)
		bring(readers, at);
	return least;
}

/* One that is gone is to be removed, which may happen at any time. */
uint64_t
chat_readers_deadline(const struct chat_room *room)
{
	const struct chat_readers *readers = &room->readers;
	const struct chat_member *m;
	size_t i;

	if (readers->asked || readers->n == 0)
		return UINT64_MAX;
	for (i = 0; i < readers->n; i++) {
		m = chat_room_member(room, readers->all[i].asker);
		if (m == NULL || may_read(room, m))
			return room->now.mono;
	}
	return room->now.mono + CHAT_READERS_TICK;
}

static void
refuse(struct chat_room *room, struct chat_member *m)
{
	const struct chat_reader *r = &room->readers.all[0];
	struct chat_str ref = { r->ref_size > 0 ? r->ref : NULL, r->ref_size };

	m->reading = false;
	chat_tell_error(room, m, CHAT_STORAGE, ref, 0);
	remove_at(room, 0);
}

void
chat_readers_ask(struct chat_room *room)
{
	struct chat_readers *readers = &room->readers;
	struct chat_member *m;

	if (readers->asked || (m = first(room)) == NULL)
		return;
	if (chat_page_begin(&readers->page, room->alloc,
		chat_room_longest_page(room), chat_room_page_size(room)) < 0) {
		refuse(room, m);
		return;
	}
	readers->asked = true;
	room->store->type->read(room->store, readers->all[0].next,
	    readers->all[0].limit, chat_member_viewer(m).user);
}

/* Puts an entry on the page, if the reader may see it.  What is longer than any
 * message may be now is left out: it may have been said under other limits, and
 * the scratch has no room for it. */
void
chat_readers_take(struct chat_room *room, const struct chat_entry *e)
{
	struct chat_readers *readers = &room->readers;
	struct chat_member *m = chat_room_member(room, readers->all[0].asker);
	struct chat_past_entry place = chat_encode_place(e);
	struct chat_json_writer w = chat_tell_open(room);
	struct chat_viewer viewer;
	struct chat_str text;

	if (m == NULL)
		return;
	viewer = chat_member_viewer(m);
	if (!chat_past_shows(&place, &viewer))
		return;
	chat_msg_write_entry(&w, e);
	text = chat_json_text(&w);
	if (text.p != NULL)
		chat_page_put(&readers->page, text);
}

static void
tell(struct chat_room *room, struct chat_member *m, bool more)
{
	struct chat_readers *readers = &room->readers;
	struct chat_str page = chat_page_text(&readers->page);
	struct chat_json_writer w = chat_tell_open(room);

	chat_msg_open_history(&w, readers->all[0].before, more);
	if (page.n > 0)
		chat_json_write_raw(&w, page);
	chat_msg_close_history(&w);
	m->reading = false;
	chat_tell(room, m, &w);
	remove_at(room, 0);
}

/* A reader that found nothing visible goes to the back of the line, and reads
 * on before seq. */
static void
go_on(struct chat_readers *readers, uint64_t seq)
{
	struct chat_reader r = readers->all[0];

	r.next = seq;
	memmove(readers->all, readers->all + 1,
	    (readers->n - 1) * sizeof(*readers->all));
	readers->all[readers->n - 1] = r;
}

void
chat_readers_end(struct chat_room *room, const struct chat_stored *s)
{
	struct chat_readers *readers = &room->readers;
	struct chat_member *m = chat_room_member(room, readers->all[0].asker);
	bool empty = chat_page_text(&readers->page).n == 0;

	/* A short page may be all that one read of the store has gone through;
	 * only an empty one is not worth telling, unless it is the last. */
	readers->asked = false;
	if (m != NULL)
		charge(room, m, s->cost);
	if (m == NULL)
		remove_at(room, 0);
	else if (empty && s->failed)
		refuse(room, m);
	else if (empty && !s->last)
		go_on(readers, s->seq);
	else
		tell(room, m, !s->last || s->failed || readers->page.full);
}
