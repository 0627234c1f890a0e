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

/* What goes out is never copied: a chunk says where its bytes are.  `done` is
 * how far its sending has come, so that a send may end anywhere. */
struct chat_chunk {
	struct chat_chunk *next;
	uint64_t anchor;
	enum kind kind;
	uint32_t done; /* bytes sent; of a replay, of its current entry */
	uint32_t size; /* of the bytes; of a promise and a replay 0 */
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

/* A place in what a queue has to send.  Output walks a place ahead to collect
 * pieces, and forgets it: only part of them may be taken.  When the socket has
 * taken n bytes, the same walk is made again over just those, and then its end
 * becomes the queue's own place.
 *
 *     begin --> settle --> piece --> advance --> settle --> ... --> commit
 *               past what is through             n bytes on        (sent only)
 */
struct place {
	uint64_t cursor;
	struct chat_chunk *chunk; /* the next one, NULL: only live bytes */
	uint64_t first;           /* of a replay: the ordinal in turn */
	size_t done;
};

void
chat_queue_init(struct chat_queue *q)
{
	memset(q, 0, sizeof(*q));
	chat_link_init(&q->link);
}

/* Takes the first chunk off. */
static void
drop(struct chat_queue *q, struct chat_hub *h)
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
		drop(q, h);
	chat_link_remove(&q->link);
}

void
chat_queue_go_live(struct chat_queue *q, struct chat_hub *h)
{
	q->live = true;
	q->cursor = h->live.head;
	chat_queue_wake(q, h);
}

/* A chunk at the end, with room for extra bytes; NULL: the queue is cut.  Its
 * anchor is the head of the live ring now: what is told later comes after
 * it. */
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

static void
resize(struct chat_queue *q, struct chat_chunk *c, size_t size)
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
	resize(q, c, bytes.n);
}

void
chat_queue_share(
    struct chat_queue *q, struct chat_hub *h, struct chat_bytes *bytes)
{
	struct chat_chunk *c = add(q, h, SHARED, 0);

	if (c == NULL)
		return;
	c->u.shared = chat_bytes_share(bytes);
	resize(q, c, bytes->n);
}

void
chat_queue_static(
    struct chat_queue *q, struct chat_hub *h, struct chat_str bytes)
{
	struct chat_chunk *c = add(q, h, STATIC, 0);

	if (c == NULL)
		return;
	c->u.static_p = bytes.p;
	resize(q, c, bytes.n);
}

void
chat_queue_past(struct chat_queue *q, struct chat_hub *h, uint64_t ordinal)
{
	const struct chat_past_entry *e = chat_past_entry(&h->past, ordinal);
	struct chat_chunk *c = add(q, h, PAST, 0);

	if (c == NULL)
		return;
	c->u.at = e->at;
	resize(q, c, e->size);
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

/* What is live at this moment is still sent, what comes later is not.  The end
 * is the anchor of the last chunk; if live bytes come after that, they need an
 * empty chunk as their end mark. */
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

static size_t
chunk_size(const struct chat_chunk *c)
{
	return c->kind == SHARED ? c->u.shared->n : c->size;
}

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

/* Is the chunk next, or do live bytes come before it?  One that is not live
 * has no live bytes. */
static bool
is_due(const struct chat_queue *q, const struct place *at)
{
	return at->chunk != NULL &&
	    (!q->live || at->cursor >= at->chunk->anchor);
}

/* Passes entries that its viewer may not see, and returns whether any are left.
 * In the middle of an entry (done > 0) there is nothing to decide, and what the
 * ring has lost is left to is_overrun(). */
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

/* A promise that was not kept, since there was no memory for it. */
static bool
is_broken(const struct chat_chunk *c)
{
	return c->kind == SHARED && c->u.shared->p == NULL;
}

/* Moves past chunks that have been sent whole, to where there are bytes, or to
 * something that is lost. */
static void
settle(const struct chat_queue *q, const struct chat_hub *h, struct place *at)
{
	while (is_due(q, at)) {
		if (at->chunk->kind == REPLAY) {
			if (settle_replay(h, at))
				return;
		} else if (at->done < chunk_size(at->chunk) ||
		    is_broken(at->chunk)) {
			return;
		}
		next_chunk(q, at);
	}
}

/* How far in the live ring the queue has to send. */
static uint64_t
live_end(const struct chat_queue *q, const struct chat_hub *h)
{
	if (!q->ending)
		return h->live.head;
	return q->last != NULL ? q->last->anchor : q->cursor;
}

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
	if (is_broken(c))
		return true;
	if (c->kind == PAST)
		return c->u.at < chat_ring_tail(&h->past.ring);
	return c->kind == REPLAY && at->first < h->past.first;
}

/* The bytes of a replay up to the next entry that is not shown, or to
 * somewhat more than most. */
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

/* Moves on by n bytes, all of one piece. */
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

/* Makes a place the queue's own, and drops the chunks before it. */
static void
commit(struct chat_queue *q, struct chat_hub *h, const struct place *at)
{
	q->cursor = at->cursor;
	while (q->last != NULL && q->last->next != at->chunk)
		drop(q, h);
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

	/* A replay that shows nothing sends nothing, so sent() will not drop
	 * it; it must not keep the queue from being empty. */
	settle(q, h, &at);
	commit(q, h, &at);
	while (!q->cut && n < cap && most > 0) {
		if (is_overrun(q, h, &at)) {
			/* The pieces before it could still be sent, but the
			 * client would miss what follows, and not know. */
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

bool
chat_queue_is_overrun(const struct chat_queue *q, const struct chat_hub *h)
{
	struct place at = begin(q);

	return is_overrun(q, h, &at);
}

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
		next = l->next;
		q = CHAT_OBJECT(l, struct chat_queue, link);
		if (chat_queue_is_overrun(q, h))
			chat_queue_cut(q, h);
	}
}
