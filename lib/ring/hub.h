/*
 * hub: what all connections share: both rings, and who waits for what.
 *
 *     live    everything public in the order it happened      ring.h
 *     past    recent entries of the log, private ones too     past.h
 *
 *     idle     has been sent everything       live grows: all become ready
 *     ready    has something to send          flushed in order, once a turn
 *     blocked  its socket takes no more       ready again when writable
 *
 * A queue that is not being served is in one of the three lists, by the link
 * that it begins with; so telling something to everybody costs an append and a
 * splice, however many they are.  Owned by core; the room appends, queues move
 * between the lists.  Not here: what one connection is still to be sent
 * (queue.h).
 */
#ifndef CHAT_HUB_H
#define CHAT_HUB_H

#include "alloc.h"
#include "base/list.h"
#include "past.h"
#include "ring.h"
#include "str.h"

struct chat_hub {
	const struct chat_alloc *alloc;
	struct chat_ring live;
	struct chat_past past;
	struct chat_link idle, ready, blocked;
	uint64_t swept_live, swept_past; /* heads, at the last sweep */
};

/* CHAT_OK or CHAT_ERR_NOMEM.  Sizes are powers of two; for horizon see
 * past.h. */
int chat_hub_init(struct chat_hub *h, const struct chat_alloc *a,
    size_t live_size, size_t past_size, uint64_t horizon);
/* All zero is released, too. */
void chat_hub_release(struct chat_hub *h);

/* Appends a frame to the live ring, from which all live queues are sent it. */
void chat_hub_tell(struct chat_hub *h, struct chat_str frame);

/* Bytes that a turn may add to the rings, so that no client that keeps up is
 * overrun: a quarter of the smaller one. */
size_t chat_hub_turn_size(const struct chat_hub *h);

#endif
