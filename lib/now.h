/*
 * now: the time, read once a turn by whoever owns the loop and passed down.
 */
#ifndef CHAT_NOW_H
#define CHAT_NOW_H

#include <stdint.h>

struct chat_time {
	uint64_t mono; /* ms that only grow, for deadlines */
	uint64_t wall; /* ms since 1970 UTC, for people */
};

#endif
