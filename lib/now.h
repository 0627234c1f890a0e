/*
 * now: the time, read once a turn by whoever owns the loop and passed down.
 *
 * Two clocks, since neither will do for both: an operator may set the one that
 * people read, and the one that never goes back says nothing about the date.
 * Used by core, room and store.  Not here: reading them, which server does.
 */
#ifndef CHAT_NOW_H
#define CHAT_NOW_H

#include <stdint.h>

struct chat_time {
	uint64_t mono; /* ms that only grow, for deadlines */
	uint64_t wall; /* ms since 1970 UTC, for people */
};

#endif
