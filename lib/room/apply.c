/* What the log says happens here, and nothing else does: this is the same on
 * every node and after every restart, whoever sent the entry. */
#include "err.h"
#include "frame.h"
#include "room.h"

void
chat_room_record(struct chat_room *room)
{
	struct chat_batch *b = room->open;

	chat_readers_ask(room);
	if (room->asked != NULL || b->n == 0)
		return;
	room->asked = b;
	room->open = &room->batches[b == room->batches];
	room->store->type->append(room->store, b, room->now);
}

static void
acknowledge(struct chat_room *room, const struct chat_record *r,
    const struct chat_ref *ref, bool duplicate)
{
	struct chat_member *m = chat_room_member(room, r->asker);

	if (m != NULL && r->has_ref)
		chat_tell_ack(room, m, chat_record_ref(r), ref->seq, ref->time,
		    duplicate);
}

void
chat_apply_write(struct chat_json_writer *w, const struct chat_stored *s)
{
	struct chat_msg_entry e = {
		.seq = s->seq,
		.time = s->time,
		.from = chat_record_from(s->record),
		.to = chat_record_to(s->record),
		.by = { s->record->by, CHAT_BY },
		.ref = chat_record_ref(s->record),
		.text = chat_record_text(s->record),
	};

	chat_msg_write_message(w, &e);
}

/* The frame in the scratch; empty when there is no memory for it, which may
 * be if what was said under other limits is recovered. */
static struct chat_str
encode(struct chat_room *room, const struct chat_stored *s)
{
	struct chat_json_writer w = chat_tell_open(room);

	if (s->record->withheld)
		return CHAT_STR("");
	chat_apply_write(&w, s);
	if (w.n > w.cap) {
		if (chat_room_reserve(room, w.n + CHAT_FRAME_MAX_HEADER) < 0)
			return CHAT_STR("");
		w = chat_tell_open(room);
		chat_apply_write(&w, s);
	}
	return chat_tell_close(room, &w);
}

struct chat_past_entry
chat_apply_entry(const struct chat_stored *s)
{
	const struct chat_record *r = s->record;
	struct chat_past_entry e = { .seq = s->seq };

	if (r->private) {
		e.kind = r->withheld ? CHAT_PAST_WITHHELD : CHAT_PAST_PRIVATE;
		e.user[0] = r->user[0];
		e.user[1] = r->user[1];
	}
	return e;
}

/* Numbers without entries. */
static void
mark(struct chat_room *room, const struct chat_stored *s)
{
	struct chat_past_entry e = { .seq = s->seq, .kind = CHAT_PAST_LOST };

	if (s->kind == CHAT_STORED_SKIPPED)
		e.kind = CHAT_PAST_SKIPPED;
	e.skip = s->skip;
	room->seq = s->seq;
	chat_past_append(&room->hub.past, &e, CHAT_STR(""));
}

/* All that an entry changes, besides what is told of it.  The frame, in the
 * scratch; p == NULL: it makes none. */
static struct chat_str
remember(struct chat_room *room, const struct chat_stored *s)
{
	const struct chat_ref_key none = { { 0, 0 }, 0 },
				  *key = &s->record->key;
	struct chat_past_entry e = chat_apply_entry(s);
	bool again = chat_refs_find(&room->refs, key) != NULL;
	struct chat_str frame;

	room->seq = s->seq;
	chat_refs_put(&room->refs, again ? &none : key, s->seq, s->time);
	if (again)
		return (struct chat_str){ NULL, 0 };
	frame = encode(room, s);
	if (frame.n > room->hub.past.ring.size)
		frame.n = 0;
	if (frame.n == 0 && e.kind != CHAT_PAST_WITHHELD) {
		e.kind = CHAT_PAST_LOST;
		e.skip = s->seq;
	}
	chat_past_append(&room->hub.past, &e, frame);
	return frame;
}

void
chat_apply_recover(struct chat_room *room)
{
	struct chat_stored s;

	while (room->store->type->next(room->store, &s)) {
		if (s.kind == CHAT_STORED)
			(void)remember(room, &s);
		else
			mark(room, &s);
	}
}

/* Queues the newest entry for each window of a user.  One that cannot keep up
 * with what is private to it is cut; it comes back and resumes.  Who can has
 * all of it sent in this turn, however much that is. */
static void
deliver(struct chat_room *room, const struct chat_user *u)
{
	struct chat_window *w;
	struct chat_member *m;

	for (w = chat_user_window(u); w != NULL; w = chat_window_next(w)) {
		m = CHAT_OBJECT(w, struct chat_member, window);
		chat_queue_past(&m->queue, &room->hub, room->hub.past.end - 1);
		room->metrics->deliveries++;
		if (m->queue.blocked && m->queue.bytes > room->limits.max_queue)
			chat_queue_cut(&m->queue, &room->hub);
	}
}

static void
deliver_private(struct chat_room *room, const struct chat_record *r)
{
	const struct chat_user *from, *to;

	from = chat_users_find(&room->users, chat_record_from(r));
	to = chat_users_find(&room->users, chat_record_to(r));
	if (from != NULL)
		deliver(room, from);
	if (to != NULL && to != from)
		deliver(room, to);
}

static void
publish(
    struct chat_room *room, const struct chat_stored *s, struct chat_str frame)
{
	const struct chat_record *r = s->record;

	room->metrics->messages++;
	if (r->private) {
		room->metrics->messages_private++;
		deliver_private(room, r);
	} else {
		room->metrics->deliveries += room->metrics->windows;
		chat_hub_tell(&room->hub, frame);
	}
}

/* A second entry with the key of one before it keeps its number and makes no
 * message: a retry may have gone to another node. */
static void
apply(struct chat_room *room, const struct chat_stored *s)
{
	const struct chat_record *r = s->record;
	const struct chat_ref *first = chat_refs_find(&room->refs, &r->key);
	struct chat_ref now = { .seq = s->seq, .time = s->time };
	struct chat_str frame;

	acknowledge(room, r, first != NULL ? first : &now, first != NULL);
	frame = remember(room, s);
	if (frame.p != NULL)
		publish(room, s, frame);
}

static void
refuse(struct chat_room *room, const struct chat_record *r)
{
	struct chat_member *m = chat_room_member(room, r->asker);

	if (m != NULL)
		chat_tell_error(room, m, CHAT_STORAGE, chat_record_ref(r), 0);
}

/* The store has answered for all of the batch. */
static void
finish(struct chat_room *room)
{
	chat_batch_clear(room->asked);
	room->asked = NULL;
}

static void
take(struct chat_room *room, const struct chat_stored *s)
{
	switch (s->kind) {
	case CHAT_STORED:
		apply(room, s);
		break;
	case CHAT_STORED_NOT:
		refuse(room, s->record);
		break;
	case CHAT_STORED_LOST:
	case CHAT_STORED_SKIPPED:
		mark(room, s);
		return;
	case CHAT_STORED_READ:
		chat_readers_take(room, s);
		return;
	case CHAT_STORED_END:
		chat_readers_end(room, s);
		return;
	}
	if (s->last && room->asked != NULL)
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
