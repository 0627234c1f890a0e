/* What a queue is to send is never laid out as one run of bytes.  It is walked:
 * a struct place stands somewhere in it, settle() moves the place to the next
 * byte there is, piece() says which bytes lie there in one run, advance() goes
 * past some of them.
 *
 * Output takes that walk twice.  chat_queue_output() walks a copy of the
 * queue's own place, to offer pieces; chat_queue_sent() walks again, as far as
 * the socket went, and makes the place where it arrives the queue's own.  The
 * second walk finds the same pieces, because between the two nothing is queued
 * and no ring grows; so nothing has to be noted of an offer, and a socket may
 * take any number of its bytes. */
#include "queue.h"

#include <string.h>

#include "err.h"

enum kind {
	OWN,    /* bytes[] */
	SHARED, /* shared->p */
	STATIC, /* static_p */
	PAST,   /* one entry of the past ring */
	REPLAY, /* a range of them */
};

/* Anchors never fall along the list, and none is below the cursor of a live
 * queue, unless the chunk was queued before the queue went live: such a chunk
 * is due before any live byte. */
struct chat_chunk {
	struct chat_chunk *next;
	uint64_t anchor;
	enum kind kind;
	uint32_t done; /* bytes sent; of a replay, of its current entry */
	uint32_t size; /* as counted in queue->bytes, which this never
			* leaves: 0 for a promise and a replay */
	union {
		struct chat_bytes *shared;
		const char *static_p;
		uint64_t at; /* in the past ring */
		struct {
			uint64_t first, end; /* ordinals */
			struct chat_viewer viewer;
		} replay;
	} u;
	char bytes[];
};

/* A place in what a queue is to send; sending moves it on.  It is settled if
 * the byte to be sent next, if there is one, lies there: either live bytes come
 * next, or the chunk is due and has bytes left. */
struct place {
	uint64_t cursor;
	struct chat_chunk *chunk; /* the next one, NULL: only live bytes */
	uint64_t first;           /* of a replay: the next ordinal */
	size_t done;              /* as in the chunk */
};

void
chat_queue_init(struct chat_queue *q)
{
	memset(q, 0, sizeof(*q));
	chat_link_init(&q->link);
}

static void
drop_first(struct chat_queue *q, struct chat_hub *h)
{
	struct chat_chunk *c = q->last->next;

	if (c == q->last)
		q->last = NULL;
	else
		q->last->next = c->next;
	q->bytes -= c->size + (uint32_t)sizeof(*c);
	if (c->kind == SHARED)
		chat_bytes_free(c->u.shared);
	chat_alloc_free(h->alloc, c);
}

void
chat_queue_release(struct chat_queue *q, struct chat_hub *h)
{
	while (q->last != NULL)
		drop_first(q, h);
	chat_link_remove(&q->link);
}

void
chat_queue_go_live(struct chat_queue *q, struct chat_hub *h)
{
	q->live = true;
	q->cursor = h->live.head;
	chat_queue_wake(q, h);
}

/* Adds a chunk at the end, with room for extra bytes in it.  NULL: the queue is
 * cut or ending, or is cut now, as there was no memory. */
static struct chat_chunk *
add(struct chat_queue *q, struct chat_hub *h, enum kind kind, size_t extra)
{
	struct chat_chunk *c;

	if (q->cut || q->ending)
		return NULL;
	c = chat_resize(h->alloc, NULL, sizeof(*c) + extra);
	if (c == NULL) {
		chat_queue_cut(q, h);
		return NULL;
	}
	memset(c, 0, sizeof(*c));
	c->kind = kind;
	/* The head only grows, which keeps the anchors in order. */
	c->anchor = h->live.head;
	if (q->last == NULL) {
		c->next = c;
	} else {
		c->next = q->last->next;
		q->last->next = c;
	}
	q->last = c;
	q->bytes += (uint32_t)sizeof(*c);
	chat_queue_wake(q, h);
	return c;
}

/* Counts the bytes of a new chunk.  drop_first() takes off the same number, so
 * the size must not change after this, not even when a promise is kept. */
static void
count_bytes(struct chat_queue *q, struct chat_chunk *c, size_t size)
{
	c->size = (uint32_t)size;
	q->bytes += c->size;
}

void
chat_queue_copy(struct chat_queue *q, struct chat_hub *h, struct chat_str bytes)
{
	struct chat_chunk *c = add(q, h, OWN, bytes.n);

	if (c == NULL)
		return;
	memcpy(c->bytes, bytes.p, bytes.n);
	count_bytes(q, c, bytes.n);
}

void
chat_queue_share(
    struct chat_queue *q, struct chat_hub *h, struct chat_bytes *bytes)
{
	struct chat_chunk *c = add(q, h, SHARED, 0);

	if (c == NULL)
		return;
	c->u.shared = chat_bytes_share(bytes);
	count_bytes(q, c, bytes->n);
}

void
chat_queue_static(
    struct chat_queue *q, struct chat_hub *h, struct chat_str bytes)
{
	struct chat_chunk *c = add(q, h, STATIC, 0);

	if (c == NULL)
		return;
	c->u.static_p = bytes.p;
	count_bytes(q, c, bytes.n);
}

void
chat_queue_past(struct chat_queue *q, struct chat_hub *h, uint64_t ordinal)
{
	const struct chat_past_entry *e = chat_past_entry(&h->past, ordinal);
	struct chat_chunk *c = add(q, h, PAST, 0);

	if (c == NULL)
		return;
	/* The offset, not the ordinal: when the chunk is due, the entry may be
	 * forgotten, and only an offset can still be compared with a tail. */
	c->u.at = e->at;
	count_bytes(q, c, e->size);
}

void
chat_queue_replay(struct chat_queue *q, struct chat_hub *h, uint64_t first,
    uint64_t end, const struct chat_viewer *viewer)
{
	struct chat_chunk *c = add(q, h, REPLAY, 0);

	if (c == NULL)
		return;
	c->u.replay.first = first;
	c->u.replay.end = end;
	c->u.replay.viewer = *viewer;
}

/* Live bytes after the last chunk need an empty chunk as their end mark: the
 * end is where the last chunk is anchored. */
void
chat_queue_end(struct chat_queue *q, struct chat_hub *h)
{
	uint64_t end = q->last != NULL ? q->last->anchor : q->cursor;

	if (q->live && end < h->live.head)
		(void)add(q, h, STATIC, 0);
	q->ending = true;
	chat_queue_wake(q, h);
}

void
chat_queue_wake(struct chat_queue *q, struct chat_hub *h)
{
	if (!q->blocked)
		chat_link_append(&h->ready, &q->link);
}

void
chat_queue_unblock(struct chat_queue *q, struct chat_hub *h)
{
	q->blocked = false;
	chat_queue_wake(q, h);
}

void
chat_queue_requeue(struct chat_queue *q, struct chat_hub *h, bool fell_short)
{
	/* A cut queue has nothing to wait for: its connection is to die. */
	q->blocked = fell_short && !q->cut;
	if (q->blocked)
		chat_link_append(&h->blocked, &q->link);
	else if (!chat_queue_is_empty(q, h))
		chat_link_append(&h->ready, &q->link);
	else if (q->live && !q->ending)
		chat_link_append(&h->idle, &q->link);
	else
		chat_link_remove(&q->link);
}

void
chat_queue_cut(struct chat_queue *q, struct chat_hub *h)
{
	q->cut = true;
	q->blocked = false;
	chat_queue_wake(q, h);
}

/* The bytes that a chunk has now, which a promise did not have when it was
 * queued.  Not of a replay. */
static size_t
chunk_size(const struct chat_chunk *c)
{
	return c->kind == SHARED ? c->u.shared->n : c->size;
}

/* The queue's own place; first means something only if the chunk is a replay,
 * and nothing reads it otherwise. */
static struct place
begin(const struct chat_queue *q)
{
	struct place at = { .cursor = q->cursor };

	if (q->last != NULL) {
		at.chunk = q->last->next;
		at.done = at.chunk->done;
		at.first = at.chunk->u.replay.first;
	}
	return at;
}

static void
next_chunk(const struct chat_queue *q, struct place *at)
{
	at->chunk = at->chunk == q->last ? NULL : at->chunk->next;
	if (at->chunk != NULL && at->chunk->kind == REPLAY)
		at->first = at->chunk->u.replay.first;
	at->done = 0;
}

/* Does the chunk come next, and no live byte before it?  The cursor may be
 * beyond the anchor: see struct chat_chunk. */
static bool
is_due(const struct chat_queue *q, const struct place *at)
{
	return at->chunk != NULL &&
	    (!q->live || at->cursor >= at->chunk->anchor);
}

/* Passes entries that the viewer may not see; false: none is left.  It stops
 * inside an entry, part of which was sent, and at one that the past ring has
 * forgotten: is_overrun() has to find that one, as nobody can tell any more
 * whether the viewer would have seen it. */
static bool
settle_replay(const struct chat_hub *h, struct place *at)
{
	const struct chat_viewer *viewer = &at->chunk->u.replay.viewer;

	while (at->first < at->chunk->u.replay.end && at->done == 0 &&
	    at->first >= h->past.first &&
	    !chat_past_shows(chat_past_entry(&h->past, at->first), viewer))
		at->first++;
	return at->first < at->chunk->u.replay.end;
}

/* A promise that was not kept when out of memory.  Promises are kept at the end
 * of the turn that makes them, before any queue is flushed, so one without
 * bytes will never have any. */
static bool
is_broken_promise(const struct chat_chunk *c)
{
	return c->kind == SHARED && c->u.shared->p == NULL;
}

/* Settles the place: moves it past chunks that have no bytes left.  A broken
 * promise has none either, but is not passed: what follows the hole must not be
 * sent, and is_overrun() sees to that. */
static void
settle(const struct chat_queue *q, const struct chat_hub *h, struct place *at)
{
	while (is_due(q, at)) {
		if (at->chunk->kind == REPLAY) {
			if (settle_replay(h, at))
				return;
		} else if (at->done < chunk_size(at->chunk) ||
		    is_broken_promise(at->chunk)) {
			return;
		}
		next_chunk(q, at);
	}
}

/* Up to where in the live ring the queue is to send.  An ending queue without
 * chunks has sent its end mark, or had nothing more to send when it ended. */
static uint64_t
live_end(const struct chat_queue *q, const struct chat_hub *h)
{
	if (!q->ending)
		return h->live.head;
	return q->last != NULL ? q->last->anchor : q->cursor;
}

/* Is anything lost that was to be sent at this place?  Live bytes count even if
 * a chunk is due before them, since they follow it.  A cursor below the tail is
 * no loss by itself: a queue that is ending may have all of its live bytes
 * sent, and only chunks left. */
static bool
is_overrun(const struct chat_queue *q, const struct chat_hub *h,
    const struct place *at)
{
	const struct chat_chunk *c = at->chunk;

	if (q->live && at->cursor < live_end(q, h) &&
	    at->cursor < chat_ring_tail(&h->live))
		return true;
	if (!is_due(q, at))
		return false;
	if (is_broken_promise(c))
		return true;
	if (c->kind == PAST)
		return c->u.at < chat_ring_tail(&h->past.ring);
	return c->kind == REPLAY && at->first < h->past.first;
}

/* The bytes of a replay up to the next entry that is not shown.  Frames of
 * entries lie one after the other in the past ring, so all that are shown in a
 * row are one run.  It goes on until it has most bytes and ends with the entry
 * that has them, so that looking costs no more than sending. */
static struct chat_str
replay_run(const struct chat_hub *h, const struct place *at, size_t most)
{
	const struct chat_viewer *viewer = &at->chunk->u.replay.viewer;
	const struct chat_past_entry *e = chat_past_entry(&h->past, at->first);
	uint64_t from = e->at + at->done, to = e->at + e->size;
	uint64_t o;

	for (o = at->first + 1; o < at->chunk->u.replay.end; o++) {
		e = chat_past_entry(&h->past, o);
		if (to - from >= most || !chat_past_shows(e, viewer))
			break;
		to = e->at + e->size;
	}
	return chat_ring_read(&h->past.ring, from, to);
}

/* The bytes at a place that is settled and not overrun, as far as they are in
 * one piece; n == 0 at the end. */
static struct chat_str
piece(const struct chat_queue *q, const struct chat_hub *h,
    const struct place *at, size_t most)
{
	const struct chat_chunk *c = at->chunk;

	if (!is_due(q, at)) {
		if (!q->live)
			return (struct chat_str){ NULL, 0 };
		/* If they wrap around in the ring, this is the first part, and
		 * the next piece is the other. */
		return chat_ring_read(&h->live, at->cursor,
		    c != NULL ? c->anchor : live_end(q, h));
	}
	switch (c->kind) {
	case OWN:
		return (
		    struct chat_str){ c->bytes + at->done, c->size - at->done };
	case SHARED:
		return (struct chat_str){ c->u.shared->p + at->done,
			c->u.shared->n - at->done };
	case STATIC:
		return (struct chat_str){ c->u.static_p + at->done,
			c->size - at->done };
	case PAST:
		return chat_ring_read(
		    &h->past.ring, c->u.at + at->done, c->u.at + c->size);
	case REPLAY:
		break;
	}
	return replay_run(h, at, most);
}

/* Moves on by n bytes, all of one piece, to a place that may not be settled.
 * Only a piece of a replay spans several entries; all of them are shown, as
 * otherwise the piece would have ended before. */
static void
advance(const struct chat_queue *q, const struct chat_hub *h, struct place *at,
    size_t n)
{
	size_t rest;

	if (!is_due(q, at)) {
		at->cursor += n;
		return;
	}
	if (at->chunk->kind != REPLAY) {
		at->done += n;
		return;
	}
	while (n > 0) {
		rest = chat_past_entry(&h->past, at->first)->size - at->done;
		if (n < rest) {
			at->done += n;
			return;
		}
		n -= rest;
		at->first++;
		at->done = 0;
	}
}

/* Makes a place the queue's own.  The chunks before it are through; if it has
 * none, all of them are. */
static void
commit(struct chat_queue *q, struct chat_hub *h, const struct place *at)
{
	q->cursor = at->cursor;
	while (q->last != NULL && q->last->next != at->chunk)
		drop_first(q, h);
	if (q->last == NULL)
		return;
	q->last->next->done = (uint32_t)at->done;
	if (q->last->next->kind == REPLAY)
		q->last->next->u.replay.first = at->first;
}

size_t
chat_queue_output(struct chat_queue *q, struct chat_hub *h,
    struct chat_str *pieces, size_t cap, size_t most)
{
	struct place at = begin(q);
	size_t n = 0;

	/* Chunks without bytes go now: an end mark, a replay that shows
	 * nothing.  Nothing of them is ever sent, so chat_queue_sent() would
	 * never drop them, and the queue would never be empty. */
	settle(q, h, &at);
	commit(q, h, &at);
	while (!q->cut && n < cap && most > 0) {
		if (is_overrun(q, h, &at)) {
			/* What comes before the hole could still be sent, but
			 * the client would only have to ask for it again. */
			chat_queue_cut(q, h);
			return 0;
		}
		pieces[n] = piece(q, h, &at, most);
		if (pieces[n].n == 0)
			break;
		if (pieces[n].n > most)
			pieces[n].n = most;
		most -= pieces[n].n;
		advance(q, h, &at, pieces[n].n);
		settle(q, h, &at);
		n++;
	}
	return n;
}

void
chat_queue_sent(struct chat_queue *q, struct chat_hub *h, size_t n)
{
	struct place at = begin(q);
	struct chat_str s;

	/* Nothing has been overrun since the pieces were offered, and n is at
	 * most what they had, so no piece is empty and this ends. */
	while (n > 0) {
		settle(q, h, &at);
		s = piece(q, h, &at, n);
		if (s.n > n)
			s.n = n;
		advance(q, h, &at, s.n);
		n -= s.n;
	}
	settle(q, h, &at);
	commit(q, h, &at);
}

bool
chat_queue_is_empty(const struct chat_queue *q, const struct chat_hub *h)
{
	return q->last == NULL && (!q->live || q->cursor == live_end(q, h));
}

/* The place of a blocked queue is settled, since its last flush left something
 * to send there. */
bool
chat_queue_is_overrun(const struct chat_queue *q, const struct chat_hub *h)
{
	struct place at = begin(q);

	return is_overrun(q, h, &at);
}

/* Idle queues have nothing to lose, and ready ones are looked at when they are
 * flushed; only a blocked one might never be looked at again. */
void
chat_queue_sweep(struct chat_hub *h)
{
	struct chat_link *l, *next;
	struct chat_queue *q;

	if (h->live.head - h->swept_live < h->live.size / 4 &&
	    h->past.ring.head - h->swept_past < h->past.ring.size / 4)
		return;
	h->swept_live = h->live.head;
	h->swept_past = h->past.ring.head;
	for (l = h->blocked.next; l != &h->blocked; l = next) {
		/* Cutting moves it to another list. */
		next = l->next;
		q = CHAT_OBJECT(l, struct chat_queue, link);
		if (chat_queue_is_overrun(q, h))
			chat_queue_cut(q, h);
	}
}
