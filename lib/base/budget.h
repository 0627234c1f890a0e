/*
 * budget: how much a turn may take in.
 *
 *     0 .......... spent ................ size
 *
 * Bytes that come are counted, and bytes that are answered.  The former bound
 * what the rings have to hold; both bound how long a turn is.  Everything that
 * makes work for a turn spends, and whatever takes in more asks first; the last
 * one to ask may overspend.  Owned by core; spent by core and room.
 */
#ifndef CHAT_BUDGET_H
#define CHAT_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct chat_budget {
	size_t size; /* of a turn, bytes */
	size_t spent;
};

static inline void
chat_budget_spend(struct chat_budget *b, size_t n)
{
	b->spent += n;
}

static inline bool
chat_budget_is_left(const struct chat_budget *b)
{
	return b->spent < b->size;
}

#endif
