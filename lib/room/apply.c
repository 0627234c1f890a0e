/* Nothing here asks a clock, a client or chance: two nodes that apply the same
 * entries are equal. */
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
	room->deciding = &room->batches[b == room->batches];
	room->store->type->append(room->store, b, room->now);
}

static void
acknowledge(struct chat_room *room, const struct chat_record *r,
    const struct chat_ref *ref, bool duplicate)
{
	struct chat_member *m = chat_room_member(room, r->asker);

	if (m != NULL && r->entry.ref.p != NULL)
		chat_tell_ack(
		    room, m, r->entry.ref, ref->seq, ref->time, duplicate);
}

/* Numbers that have no entries. */
static void
mark(struct chat_room *room, const struct chat_stored *s)
{
	struct chat_past_entry e = { .seq = s->seq, .kind = CHAT_PAST_LOST };

	if (s->kind == CHAT_STORED_SKIPPED)
		e.kind = CHAT_PAST_SKIPPED;
	e.skip = s->skip;
	room->seq = s->seq;
	chat_past_append(&room->hub->past, &e, CHAT_STR(""));
}

/* All that an entry changes, apart from who is told.  Returns its frame, in the
 * scratch; p == NULL: it has none, as a second entry of the same send. */
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
			mark(room, &s);
	}
}

/* Queues the newest entry for each window of a user.  One that cannot keep up
 * with what is private to it is cut; it comes back and resumes.  A window that
 * keeps up is sent everything this turn, however much that is. */
static void
deliver(struct chat_room *room, const struct chat_user *u)
{
	struct chat_window *w;
	struct chat_member *m;

	for (w = chat_user_window(u); w != NULL; w = chat_window_next(w)) {
		m = CHAT_OBJECT(w, struct chat_member, window);
		chat_queue_past(&m->queue, room->hub, room->hub->past.end - 1);
		room->metrics->deliveries++;
		if (m->queue.blocked &&
		    m->queue.bytes > room->limits->max_queue)
			chat_queue_cut(&m->queue, room->hub);
	}
}

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
		room->metrics->messages++;
		room->metrics->messages_private += e->is_private;
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
		room->metrics->deliveries += room->metrics->windows;
		chat_hub_tell(room->hub, frame);
	}
}

/* A second entry with the key of one before it keeps its number and makes no
 * message: a retry may have gone to another node. */
static void
apply(struct chat_room *room, const struct chat_record *r)
{
	const struct chat_entry *e = &r->entry;
	const struct chat_ref *first = chat_refs_find(&room->refs, &e->key);
	struct chat_ref now = { .seq = e->seq, .time = e->time };
	struct chat_str frame;

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

/* The store has answered for the whole batch. */
static void
finish(struct chat_room *room)
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
		mark(room, s);
		return;
	case CHAT_STORED_READ:
		chat_readers_take(room, &s->record.entry);
		return;
	case CHAT_STORED_END:
		chat_readers_end(room, s);
		return;
	}
	if (s->last && room->recording != NULL)
		finish(room);
}

void
chat_room_apply(struct chat_room *room)
{
	struct chat_stored s;

	while (room->store->type->next(room->store, &s))
		take(room, &s);
	chat_waiters_answer(room);
	room->metrics->degraded = !room->store->type->is_writable(room->store);
	chat_presence_tell(room);
}
