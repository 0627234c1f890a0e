/* Nothing here asks a clock, a client or chance: two nodes that apply the same
 * entries are equal.
 *
 * The frame of an entry is written into the scratch, and stays there only until
 * something else is: so the sender's ack goes out before the frame is made. */
#include "apply.h"

#include "encode.h"
#include "presence.h"
#include "readers.h"
#include "tell.h"
#include "waiters.h"

void
chat_room_record(struct chat_room *room)
{
	struct chat_batch *b = room->deciding;

	chat_readers_ask(room);
	if (room->recording != NULL || b->n == 0)
		return;
	room->recording = b;
	/* The other one of the two, which was emptied by finish_batch(). */
	room->deciding = &room->batches[b == room->batches];
	room->store->type->append(room->store, b, room->now);
}

/* Without a ref the sender has not asked for an ack.  It may also be gone, or
 * never have been here: an asker of 0 is nobody's id. */
static void
acknowledge(struct chat_room *room, const struct chat_record *r,
    const struct chat_ref *ref, bool duplicate)
{
	struct chat_member *m = chat_room_member(room, r->asker);

	if (m != NULL && r->entry.ref.p != NULL)
		chat_tell_ack(
		    room, m, r->entry.ref, ref->seq, ref->time, duplicate);
}

/* Remembers numbers that have no entry, so that a client that resumes before
 * them is told of a gap. */
static void
remember_hole(struct chat_room *room, const struct chat_stored *s)
{
	struct chat_past_entry e = { .seq = s->seq, .kind = CHAT_PAST_LOST };

	if (s->kind == CHAT_STORED_SKIPPED)
		e.kind = CHAT_PAST_SKIPPED;
	e.skip = s->skip;
	room->seq = s->seq;
	chat_past_append(&room->hub->past, &e, CHAT_STR(""));
}

/* All that an entry changes, besides what is told of it.  Returns its frame, in
 * the scratch; p == NULL: it is a duplicate, and there is nothing to tell.
 *
 * A duplicate takes a place in refs like any other entry, though without a key:
 * refs covers the last CHAT_REFS entries of the log, duplicates included. */
static struct chat_str
remember(struct chat_room *room, const struct chat_entry *e)
{
	const struct chat_ref_key none = { { 0, 0 }, 0 };
	struct chat_past_entry place = chat_encode_place(e);
	bool again = chat_refs_find(&room->refs, &e->key) != NULL;
	struct chat_str frame;

	room->seq = e->seq;
	chat_refs_put(&room->refs, again ? &none : &e->key, e->seq, e->time);
	if (again)
		return (struct chat_str){ NULL, 0 };
	frame = chat_encode_frame(room, e);
	/* It may have been said when longer messages were allowed. */
	if (frame.n > room->hub->past.ring.size)
		frame.n = 0;
	if (frame.n == 0 && place.kind != CHAT_PAST_WITHHELD) {
		place.kind = CHAT_PAST_LOST;
		place.skip = e->seq;
		place.messages = 0;
	}
	chat_past_append(&room->hub->past, &place, frame);
	return frame;
}

void
chat_apply_recover(struct chat_room *room)
{
	struct chat_stored s;

	while (room->store->type->next(room->store, &s)) {
		if (s.kind == CHAT_STORED)
			(void)remember(room, &s.record.entry);
		else
			remember_hole(room, &s);
	}
}

/* Queues the newest entry for each window of a user.  A window whose socket
 * takes nothing while private entries pile up is cut; it comes back and
 * resumes.  A window that keeps up is sent everything this turn, so its queue
 * may be as long as it likes until then. */
static void
deliver(struct chat_room *room, const struct chat_user *u)
{
	struct chat_window *w;
	struct chat_member *m;

	for (w = chat_user_window(u); w != NULL; w = chat_window_next(w)) {
		m = CHAT_OBJECT(w, struct chat_member, window);
		chat_queue_past(&m->queue, room->hub, room->hub->past.end - 1);
		if (m->queue.blocked &&
		    m->queue.bytes > room->limits->max_queue)
			chat_queue_cut(&m->queue, room->hub);
	}
}

/* Both users are looked up by name, not by the connection that asked: either
 * may have left since, or have other windows. */
static void
deliver_private(struct chat_room *room, const struct chat_entry *e)
{
	const struct chat_user *from, *to;

	from = chat_users_find(&room->users, e->from);
	to = chat_users_find(&room->users, e->to);
	if (from != NULL)
		deliver(room, from);
	if (to != NULL && to != from)
		deliver(room, to);
}

static void
count(struct chat_room *room, const struct chat_entry *e)
{
	switch (e->kind) {
	case CHAT_ENTRY_MESSAGE:
		room->metrics->traffic.messages++;
		room->metrics->traffic.messages_private += e->is_private;
		break;
	}
}

static void
publish(
    struct chat_room *room, const struct chat_entry *e, struct chat_str frame)
{
	count(room, e);
	if (e->is_private) {
		deliver_private(room, e);
	} else {
		room->metrics->traffic.deliveries += room->metrics->windows;
		chat_hub_tell(room->hub, frame);
	}
}

/* A second entry with the key of an earlier one keeps its number and makes no
 * message.  decide lets none into the log, but a retry may have gone to another
 * node. */
static void
apply(struct chat_room *room, const struct chat_record *r)
{
	const struct chat_entry *e = &r->entry;
	const struct chat_ref *first = chat_refs_find(&room->refs, &e->key);
	struct chat_ref now = { .seq = e->seq, .time = e->time };
	struct chat_str frame;

	/* Before remember(), which may make refs forget the first one, and
	 * whose frame would not survive an ack in the scratch. */
	acknowledge(room, r, first != NULL ? first : &now, first != NULL);
	frame = remember(room, e);
	if (frame.p != NULL)
		publish(room, e, frame);
}

static void
refuse(struct chat_room *room, const struct chat_record *r)
{
	struct chat_member *m = chat_room_member(room, r->asker);

	if (m != NULL)
		chat_tell_error(room, m, CHAT_STORAGE, r->entry.ref, 0);
}

/* The store has answered for all of the batch, and nothing points into it. */
static void
finish_batch(struct chat_room *room)
{
	chat_batch_clear(room->recording);
	room->recording = NULL;
}

static void
take(struct chat_room *room, const struct chat_stored *s)
{
	switch (s->kind) {
	case CHAT_STORED:
		apply(room, &s->record);
		break;
	case CHAT_STORED_NOT:
		refuse(room, &s->record);
		break;
	case CHAT_STORED_LOST:
	case CHAT_STORED_SKIPPED:
		remember_hole(room, s);
		return;
	case CHAT_STORED_READ:
		chat_readers_take(room, &s->record.entry);
		return;
	case CHAT_STORED_END:
		chat_readers_end(room, s);
		return;
	}
	if (s->last && room->recording != NULL)
		finish_batch(room);
}

void
chat_room_apply(struct chat_room *room)
{
	struct chat_stored s;

	while (room->store->type->next(room->store, &s))
		take(room, &s);
	/* Now that the batch is answered for, no send of it is pending. */
	chat_waiters_answer(room);
	room->metrics->degraded = !room->store->type->is_writable(room->store);
	/* Last, since a joining client that was promised `users` counts on all
	 * of the turn being in it. */
	chat_presence_tell(room);
}
