/*
 * ring: the last size bytes of an endless stream.
 *
 *     absolute offsets:   0 ........ tail ------------------ head
 *                         forgotten   held, at most size bytes
 *
 *     in memory:          [ ..newest)(oldest.. ]   offset mod size
 *
 * Offsets only grow, so a reader keeps one number, and learns by comparing it
 * with the tail whether the ring still holds what it has not read.  Called by
 * hub and past, which append, and by queue and history, which read.  Not here:
 * what the bytes mean, where a reader is.
 */
#ifndef CHAT_RING_H
#define CHAT_RING_H

#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "str.h"

struct chat_ring {
	char *p;
	size_t size;   /* a power of two */
	uint64_t head; /* where the next byte goes */
};

/* CHAT_OK or CHAT_ERR_NOMEM.  The memory is not touched before it is used. */
int chat_ring_init(
    struct chat_ring *r, const struct chat_alloc *a, size_t size);
void chat_ring_release(struct chat_ring *r, const struct chat_alloc *a);

/* Puts n <= size bytes at the head, over the oldest ones. */
void chat_ring_append(struct chat_ring *r, struct chat_str bytes);

/* The oldest offset held. */
static inline uint64_t
chat_ring_tail(const struct chat_ring *r)
{
	return r->head > r->size ? r->head - r->size : 0;
}

/* The bytes from an offset that is held up to another, to <= head; where they
 * wrap around, only up to there: ask again for the rest. */
struct chat_str chat_ring_read(
    const struct chat_ring *r, uint64_t from, uint64_t to);

#endif
