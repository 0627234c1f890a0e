/*
 * clock: the time that people are told, out of the two clocks of a machine.
 *
 *     wall clock      1 2 3 9 9 5 6 7 ...          a step, and back again
 *     monotonic       1 2 3 4 4 5 6 7 ...
 *     this one        1 2 3 4 4 5 6 7 ...
 *
 * Somebody may set the wall clock, and later set it right again.  So a step
 * counts only when it has lasted for ten minutes; until then, time goes on as
 * the monotonic clock does.  A step back that counts makes time stand still
 * until the wall clock has caught up.  So time never goes back, and it is wrong
 * by a step only if the wall clock was for so long, or when it begins: what the
 * wall clock says then has to be believed.
 *
 * Called by room, for the times of entries and the ages of sessions.  Not here:
 * the time of the last entry of a log, after which time begins (store.h).
 */
#ifndef CHAT_CLOCK_H
#define CHAT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "now.h"

/* How long a step has to last, in ms of the monotonic clock. */
#define CHAT_CLOCK_PATIENCE 600000

/* What is no step but a correction, in ms; it counts at once. */
#define CHAT_CLOCK_STEP 1000

struct chat_clock {
	uint64_t offset; /* wall - mono that counts, modulo 2^64 */
	uint64_t other;  /* the one that the wall clock has now */
	bool is_other;   /* it is not the one that counts */
	uint64_t since;  /* when it was seen first, mono */
	uint64_t time;   /* ms since 1970 UTC, the last one */
};

/* Begins with the time of the wall clock, but no earlier than least. */
void chat_clock_init(
    struct chat_clock *c, struct chat_time now, uint64_t least);

/* The time, now that the clocks say so. */
uint64_t chat_clock_take(struct chat_clock *c, struct chat_time now);

#endif
