/*
 * admit: how many connections there may be, and when to come back.
 *
 * Called by core (a new connection) and request (a join).  Not here: how often
 * an address may join (room/address.h).
 */
#ifndef CHAT_CORE_ADMIT_H
#define CHAT_CORE_ADMIT_H

#include "state.h"

/* Are there more connections than one of the limits allows?  Then it may not
 * join. */
bool chat_admit_is_full(
    const struct chat_core *core, const struct chat_conn *c);

/* Are there so many that not even one more can be told so? */
bool chat_admit_is_overcrowded(
    const struct chat_core *core, const struct chat_address *a);

/* Milliseconds after which a client may come back, spread so that not all
 * come in the same moment. */
uint32_t chat_admit_retry_after(struct chat_core *core);

#endif
