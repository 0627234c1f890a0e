#include "rate.h"

#include "limit.h"

uint32_t
chat_rate_take(struct chat_rate *r, uint32_t rate, uint32_t burst, uint64_t now)
{
	uint64_t usec = now * 1000, step, most;

	if (rate == CHAT_OFF)
		return 0;
	if (burst == CHAT_OFF)
		burst = rate;
	/* From 1 us to 1 s, so a burst is at most 10^12 us. */
	step = 1000000 / rate;
	most = usec + step * burst;
	/* It was full at some time in the past: it has been full since. */
	if (r->full < usec)
		r->full = usec;
	/* It was emptied further than these limits allow; others were in force.
	 * This way nobody waits for longer than one token takes. */
	if (r->full > most)
		r->full = most;
	/* Rounded up: coming back after that many ms must succeed. */
	if (r->full + step > most)
		return (uint32_t)((r->full + step - most + 999) / 1000);
	r->full += step;
	return 0;
}

void
chat_rate_spend(struct chat_rate *r, uint64_t n, uint32_t rate, uint64_t now)
{
	uint64_t usec = now * 1000;

	if (rate == CHAT_OFF)
		return;
	if (r->full < usec)
		r->full = usec;
	/* n is what one read gives, so the product is far from 2^64. */
	r->full += n * 1000000 / rate;
}

uint32_t
chat_rate_pause(
    const struct chat_rate *r, uint32_t rate, uint32_t burst, uint64_t now)
{
	uint64_t most, ms;

	if (rate == CHAT_OFF)
		return 0;
	most = (uint64_t)(burst == CHAT_OFF ? rate : burst) * 1000000 / rate;
	most += now * 1000;
	if (r->full < most)
		return 0;
	ms = (r->full - most) / 1000 + 1;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

int
chat_rate_compare(
    const struct chat_rate *a, const struct chat_rate *b, uint64_t now)
{
	uint64_t usec = now * 1000;
	uint64_t x = a->full > usec ? a->full : usec;
	uint64_t y = b->full > usec ? b->full : usec;

	return (x > y) - (x < y);
}

bool
chat_rate_is_full(const struct chat_rate *r, uint64_t now)
{
	return r->full <= now * 1000;
}
