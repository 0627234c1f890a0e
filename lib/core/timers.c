#include "timers.h"

#include "conns.h"

void
chat_timers_init(struct chat_core *core)
{
	int i;

	for (i = 0; i < CHAT_TIMERS; i++)
		chat_link_init(&core->timers[i]);
}

/* In ms; CHAT_OFF: it is never due. */
static uint32_t
duration_of(const struct chat_core *core, enum chat_timer_kind kind)
{
	switch (kind) {
	case CHAT_TIMER_HANDSHAKE:
		return core->limits.handshake_timeout;
	case CHAT_TIMER_PING:
		return core->limits.ping_interval;
	case CHAT_TIMER_PONG:
		return core->limits.pong_timeout;
	case CHAT_TIMER_DRAIN:
		return core->limits.drain_timeout;
	case CHAT_TIMERS:
		break;
	}
	return CHAT_OFF;
}

void
chat_timers_set(
    struct chat_core *core, struct chat_conn *c, enum chat_timer_kind kind)
{
	uint32_t duration = duration_of(core, kind);

	/* Also if it is off, for chat_timers_reset(), which may put it on. */
	c->timer_kind = (unsigned char)kind;
	if (duration == CHAT_OFF)
		chat_link_remove(&c->timer.link);
	else
		chat_timer_set(
		    &core->timers[kind], &c->timer, core->now.mono + duration);
}

/* May the timer stay where it is under the current limits?  One that is due
 * earlier than they say may; one that is due later would be out of order, since
 * all that are set from now on go after it. */
static bool
is_timely(const struct chat_core *core, const struct chat_conn *c)
{
	uint32_t duration =
	    duration_of(core, (enum chat_timer_kind)c->timer_kind);

	if (chat_link_is_alone(&c->timer.link))
		return duration == CHAT_OFF;
	return duration != CHAT_OFF &&
	    c->timer.due <= core->now.mono + duration;
}

void
chat_timers_reset(struct chat_core *core)
{
	struct chat_conn *c;
	uint32_t slot = 0;

	/* Those that move are all due at the same time, so their order among
	 * each other does not matter. */
	while ((c = chat_conns_next(&core->conns, &slot)) != NULL)
		if (c->state != CHAT_CONN_DEAD && !is_timely(core, c))
			chat_timers_set(
			    core, c, (enum chat_timer_kind)c->timer_kind);
}

struct chat_conn *
chat_timers_next(struct chat_core *core)
{
	struct chat_timer *t;
	int i;

	for (i = 0; i < CHAT_TIMERS; i++) {
		t = chat_timer_first(&core->timers[i], core->now.mono);
		if (t != NULL) {
			chat_link_remove(&t->link);
			return CHAT_OBJECT(t, struct chat_conn, timer);
		}
	}
	return NULL;
}

uint64_t
chat_timers_deadline(const struct chat_core *core)
{
	uint64_t due = UINT64_MAX;
	int i;

	for (i = 0; i < CHAT_TIMERS; i++)
		if (chat_timer_due(&core->timers[i]) < due)
			due = chat_timer_due(&core->timers[i]);
	return due;
}
