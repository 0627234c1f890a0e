/* There are two limits, one above the other.  Between them a connection is
 * accepted so that it can be told, in words that a page can show, that the room
 * is full; beyond the second it is closed without a word. */
#include "admit.h"

/* Connections that may wait to be told that the room is full, besides those
 * that may join.  Limits are at most 1,000,000, so sums cannot overflow. */
#define SPARE(n) ((n) / 8 + 16)

/* Clients come back after this, and up to as much again. */
#define RETRY_AFTER 500

static bool
is_over(uint32_t n, uint32_t limit)
{
	return limit != CHAT_OFF && n > limit;
}

bool
chat_admit_is_full(const struct chat_core *core, const struct chat_conn *c)
{
	const struct chat_limits *l = &core->limits;

	if (is_over(core->metrics.connections, l->max_connections))
		return true;
	return c->member.address != NULL &&
	    is_over(
		c->member.address->connections, l->max_connections_per_address);
}

bool
chat_admit_is_overcrowded(
    const struct chat_core *core, const struct chat_address *a)
{
	const struct chat_limits *l = &core->limits;
	uint32_t all = l->max_connections;
	uint32_t each = l->max_connections_per_address;

	/* The core has not counted the new connection yet, its address has:
	 * hence >= here and > there. */
	if (all != CHAT_OFF && core->metrics.connections >= all + SPARE(all))
		return true;
	return a != NULL && each != CHAT_OFF &&
	    a->connections > each + SPARE(each);
}

uint32_t
chat_admit_retry_after(struct chat_core *core)
{
	/* A step of xorshift (Marsaglia, 2003): it has to spread, and need not
	 * be a secret. */
	core->jitter ^= core->jitter << 13;
	core->jitter ^= core->jitter >> 7;
	core->jitter ^= core->jitter << 17;
	return RETRY_AFTER + (uint32_t)(core->jitter % RETRY_AFTER);
}
