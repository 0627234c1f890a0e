/* What the log says happens here, and nothing else does: this is the same on
 * every node and after every restart, whoever sent the entry. */
#include "room.h"

void
chat_room_record(struct chat_room *room)
{
	struct chat_batch *b = room->open;

	if (room->asked != NULL || b->n == 0)
		return;
	room->asked = b;
	room->open = &room->batches[b == room->batches];
	room->store->type->append(room->store, b, room->now.wall);
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

static struct chat_str
encode(struct chat_room *room, const struct chat_stored *s)
{
	struct chat_json_writer w = chat_tell_open(room);
	struct chat_msg_entry e = {
		.seq = s->seq,
		.time = s->time,
		.from = chat_record_from(s->record),
		.to = chat_record_to(s->record),
		.by = { s->record->by, CHAT_BY },
		.ref = chat_record_ref(s->record),
		.text = chat_record_text(s->record),
	};

	chat_msg_write_message(&w, &e);
	return chat_tell_close(room, &w);
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
		if (m->queue.blocked &&
		    m->queue.bytes > room->limits.max_queue)
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
publish(struct chat_room *room, const struct chat_stored *s)
{
	struct chat_str frame = encode(room, s);
	const struct chat_record *r = s->record;

	chat_past_append(
	    &room->hub.past, s->seq, frame, r->private ? r->user : NULL);
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
	struct chat_ref_key none = { { 0, 0 }, 0 };
	struct chat_ref now = { .seq = s->seq, .time = s->time };

	room->seq = s->seq;
	if (first != NULL) {
		acknowledge(room, r, first, true);
		chat_refs_put(&room->refs, &none, s->seq, s->time);
		return;
	}
	chat_refs_put(&room->refs, &r->key, s->seq, s->time);
	acknowledge(room, r, &now, false);
	publish(room, s);
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

void
chat_room_apply(struct chat_room *room)
{
	struct chat_stored s;

	while (room->store->type->next(room->store, &s)) {
		if (s.recorded)
			apply(room, &s);
		else
			refuse(room, s.record);
		if (s.last && room->asked != NULL)
			finish(room);
	}
	chat_waiters_answer(room);
	room->metrics->degraded = !room->store->type->is_writable(room->store);
	chat_presence_tell(room);
}
