/*
 * rate: at most this many a second, and a burst of that many.
 *
 * A token bucket in one number: the time at which it would be full again
 * (the generic cell rate algorithm, ITU-T I.371).  Each token taken moves that
 * time on by 1/rate s; it may lie at most burst/rate s ahead.  All zero is a
 * full bucket.  Pure.  Called by decide and address, and by core for joins,
 * requests by HTTP and all that comes in.
 *
 *     now            full                  now + burst/rate
 *      |--------------|.........................|
 *        tokens taken        tokens left
 */
#ifndef CHAT_RATE_H
#define CHAT_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct chat_rate {
	uint64_t full; /* microseconds of the monotonic clock */
};

/* Takes a token at the time now (ms).  Returns 0, or how many ms until there
 * is one, 1 to 1,000; then none was taken.  rate and burst are 1 to 1,000,000;
 * rate CHAT_OFF: no limit; burst CHAT_OFF: what the rate gives in a second.
 * Both may change from call to call. */
uint32_t chat_rate_take(
    struct chat_rate *r, uint32_t rate, uint32_t burst, uint64_t now);

/* Takes n tokens whether they are there or not: missing ones are owed, and
 * chat_rate_has_token() is false until they have been paid. */
void chat_rate_spend(
    struct chat_rate *r, uint64_t n, uint32_t rate, uint64_t now);

/* Is a token there?  As chat_rate_take(), but takes nothing. */
bool chat_rate_has_token(
    const struct chat_rate *r, uint32_t rate, uint32_t burst, uint64_t now);

/* Is the bucket full?  Then all zero would be the same. */
bool chat_rate_is_full(const struct chat_rate *r, uint64_t now);

#endif
