/* Differences of the two clocks are computed modulo 2^64, so that it does not
 * matter which of them is ahead. */
#include "clock.h"

void
chat_clock_init(struct chat_clock *c, struct chat_time now, uint64_t least)
{
	*c = (struct chat_clock){ .offset = now.wall - now.mono };
	c->time = now.wall > least ? now.wall : least;
}

/* Is it the same but for a correction? */
static bool
is_near(uint64_t a, uint64_t b)
{
	return a - b + CHAT_CLOCK_STEP <= 2 * CHAT_CLOCK_STEP;
}

/* Does this difference count? */
static bool
counts(struct chat_clock *c, uint64_t offset, uint64_t mono)
{
	if (is_near(offset, c->offset))
		return true;
	if (!c->is_other || !is_near(offset, c->other)) {
		c->is_other = true;
		c->other = offset;
		c->since = mono;
	}
	return mono - c->since >= CHAT_CLOCK_PATIENCE;
}

uint64_t
chat_clock_take(struct chat_clock *c, struct chat_time now)
{
	uint64_t offset = now.wall - now.mono;

	if (counts(c, offset, now.mono)) {
		c->offset = offset;
		c->is_other = false;
	}
	if (now.mono + c->offset > c->time)
		c->time = now.mono + c->offset;
	return c->time;
}
