/*
 * timers: the one deadline that a connection has at a time.
 *
 * All timers of a kind have one duration, so each kind is a list in order of
 * expiry, and everything is O(1).  Called by all of core.  Not here: what
 * happens when a timer is due (input).
 */
#ifndef CHAT_CORE_TIMERS_H
#define CHAT_CORE_TIMERS_H

#include "state.h"

void chat_timers_init(struct chat_core *core);

/* Sets the connection's timer, in place of the one it had; none if the kind is
 * off. */
void chat_timers_set(
    struct chat_core *core, struct chat_conn *c, enum chat_timer_kind kind);

/* The limits have changed: moves timers that are not where these would have put
 * them, so that the lists stay in order. */
void chat_timers_reset(struct chat_core *core);

/* Takes a timer that is due off its list and returns its connection; NULL: none
 * is due. */
struct chat_conn *chat_timers_next(struct chat_core *core);

/* When the first one is due, mono; UINT64_MAX: none is set. */
uint64_t chat_timers_deadline(const struct chat_core *core);

#endif
