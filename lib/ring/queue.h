/*
 * queue: what one connection is still to be sent.
 *
 * A position in the live ring, which everybody shares, and chunks of its own
 * that wait for their place in it.  Each chunk has the live offset at which it
 * was queued, its anchor, and goes out exactly there: one connection sees one
 * order.
 *
 *     live ring:  ....====================================
 *                     ^cursor      ^anchor     ^anchor   ^head
 *     chunks:                      [ack]       [private]
 *     sent:           ======== ack =========== private ===
 *
 * A chunk is bytes of its own, bytes shared with others, static bytes, a frame
 * of the past ring, or a replay: two ordinals of the past ring, between which
 * the entries that this viewer may see go out, run by run, with nothing queued
 * for each.
 *
 * A slow reader is a cursor that lags; when a ring has overrun it, it is cut.
 *
 * Called by room and core, which queue something, and by core, which flushes.
 * Not here: sockets, users, and what a frame says.
 */
#ifndef CHAT_QUEUE_H
#define CHAT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "bytes.h"
#include "hub.h"
#include "str.h"

struct chat_chunk; /* in queue.c */

struct chat_queue {
	struct chat_link link;   /* in one of the hub's lists, or alone */
	uint64_t cursor;         /* in the live ring, if live */
	struct chat_chunk *last; /* a circle: last->next is the first */
	uint32_t bytes;          /* waiting, and what the chunks cost */
	bool live;               /* is sent the live ring, from cursor on */
	bool blocked;            /* the socket takes no more */
	bool ending;             /* nothing is sent after the last chunk */
	bool cut;                /* lost: overrun, or no memory for a chunk */
};

/* An empty queue that is not live. */
void chat_queue_init(struct chat_queue *q);
void chat_queue_release(struct chat_queue *q, struct chat_hub *h);

/* From here on the queue is sent what is live. */
void chat_queue_go_live(struct chat_queue *q, struct chat_hub *h);

/* Each of these queues a chunk: bytes that are copied; shared ones, which may
 * still be a promise and get one more owner here; static ones, which are never
 * freed; the past entry of an ordinal; the past entries from ordinal first to
 * before end that viewer, which is copied, may see.  With no memory for it, the
 * queue is cut: what comes after the hole must not be sent.  A queue that is
 * cut or ending takes none. */
void chat_queue_copy(
    struct chat_queue *q, struct chat_hub *h, struct chat_str bytes);
void chat_queue_share(
    struct chat_queue *q, struct chat_hub *h, struct chat_bytes *bytes);
void chat_queue_static(
    struct chat_queue *q, struct chat_hub *h, struct chat_str bytes);
void chat_queue_past(
    struct chat_queue *q, struct chat_hub *h, uint64_t ordinal);
void chat_queue_replay(struct chat_queue *q, struct chat_hub *h, uint64_t first,
    uint64_t end, const struct chat_viewer *viewer);

/* What has been queued and told so far is all that will be sent: no frame is
 * torn. */
void chat_queue_end(struct chat_queue *q, struct chat_hub *h);

/* Puts the queue among the ready ones, unless it is blocked. */
void chat_queue_wake(struct chat_queue *q, struct chat_hub *h);

/* The queue has been served: puts it in the list where it belongs now.
 * fell_short: its socket took less than it was offered. */
void chat_queue_requeue(
    struct chat_queue *q, struct chat_hub *h, bool fell_short);

/* Its socket takes bytes again. */
void chat_queue_unblock(struct chat_queue *q, struct chat_hub *h);

/* Nothing it holds will be sent: it only waits to be closed. */
void chat_queue_cut(struct chat_queue *q, struct chat_hub *h);

/* What to send next, in at most cap pieces of at most most bytes together;
 * the number of pieces.  A queue found overrun is cut. */
size_t chat_queue_output(struct chat_queue *q, struct chat_hub *h,
    struct chat_str *pieces, size_t cap, size_t most);

/* The first n bytes of that were sent. */
void chat_queue_sent(struct chat_queue *q, struct chat_hub *h, size_t n);

/* Has everything been sent? */
bool chat_queue_is_empty(const struct chat_queue *q, const struct chat_hub *h);

/* Has it lost what it has to send next?  A ring has overrun it, or a promise
 * was not kept.  What comes after that is not looked at. */
bool chat_queue_is_overrun(
    const struct chat_queue *q, const struct chat_hub *h);

/* Cuts the blocked queues of the hub that a ring has overrun.  Looks them over
 * only each time a quarter of a ring is new, so that it costs nothing per
 * message. */
void chat_queue_sweep(struct chat_hub *h);

#endif
