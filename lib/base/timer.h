/*
 * timer: deadlines of one kind, in order.
 *
 *     timers <-> due 100 <-> due 103 <-> due 250 <-> (timers)
 *
 * All deadlines of a list lie the same duration ahead when they are set, so
 * that the list is in order by itself and everything is O(1).  When the
 * duration becomes shorter, those that lie further ahead have to be set anew.
 * Called by core's timers, with a list for each kind.  Not here: the clock, and
 * what happens when one is due.
 */
#ifndef CHAT_TIMER_H
#define CHAT_TIMER_H

#include <stddef.h>
#include <stdint.h>

#include "list.h"

struct chat_timer {
	struct chat_link link;
	uint64_t due; /* ms of the monotonic clock */
};

/* Sets a timer, which may be set already in this or another list. */
static inline void
chat_timer_set(struct chat_link *timers, struct chat_timer *t, uint64_t due)
{
	t->due = due;
	chat_link_append(timers, &t->link);
}

/* The first one that is due; NULL: none.  Stays until set or removed. */
static inline struct chat_timer *
chat_timer_first(const struct chat_link *timers, uint64_t now)
{
	struct chat_timer *t;

	if (chat_link_is_alone(timers))
		return NULL;
	t = CHAT_OBJECT(timers->next, struct chat_timer, link);
	return t->due <= now ? t : NULL;
}

/* When the first one is due; UINT64_MAX: there is none. */
static inline uint64_t
chat_timer_due(const struct chat_link *timers)
{
	if (chat_link_is_alone(timers))
		return UINT64_MAX;
	return CHAT_OBJECT(timers->next, struct chat_timer, link)->due;
}

#endif
