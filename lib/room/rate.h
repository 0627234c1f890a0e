/*
 * rate: at most this many a second, and a burst of that many.
 *
 * A token bucket in one number: the time at which it would be full again
 * (the generic cell rate algorithm, ITU-T I.371).  Each token taken moves that
 * time on by 1/rate s; it may lie at most burst/rate s ahead.  All zero is a
 * full bucket.  Pure.  Called by decide, readers and address, and by core for
 * joins, requests by HTTP and all that comes in.
 *
 * Where tokens are bytes, whoever has one may spend as many as there are bytes
 * in what is to be sent, and owes the rest: so the longest message passes any
 * bucket, however small, and many short ones beside it cannot starve it.
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

/* Of messages, which are counted and weighed. */
struct chat_rates {
	struct chat_rate count, bytes;
};

/* Takes a token at the time now (ms).  Returns 0, or how many ms until there
 * is one, 1 to 1,000; then none was taken.  rate and burst are 1 to 1,000,000;
 * rate CHAT_OFF: no limit; burst CHAT_OFF: what the rate gives in a second.
 * Both may change from call to call. */
uint32_t chat_rate_take(
    struct chat_rate *r, uint32_t rate, uint32_t burst, uint64_t now);

/* Takes n tokens whether they are there or not: missing ones are owed, and
 * there is no token until they have been paid. */
void chat_rate_spend(
    struct chat_rate *r, uint64_t n, uint32_t rate, uint64_t now);

/* Takes nothing.  Returns 0 if a token is there, or how many ms until there is
 * one if none is taken. */
uint32_t chat_rate_pause(
    const struct chat_rate *r, uint32_t rate, uint32_t burst, uint64_t now);

/* Is a token there? */
static inline bool
chat_rate_has_token(
    const struct chat_rate *r, uint32_t rate, uint32_t burst, uint64_t now)
{
	return chat_rate_pause(r, rate, burst, now) == 0;
}

/* From which of two buckets of the same rate has less been taken?  Less than 0:
 * the first; 0: from both as much. */
int chat_rate_compare(
    const struct chat_rate *a, const struct chat_rate *b, uint64_t now);

/* Is the bucket full?  Then all zero would be the same. */
bool chat_rate_is_full(const struct chat_rate *r, uint64_t now);

#endif
