/*
 * admit: how many connections there may be, and when a client may come back.
 *
 * Called by core (a new connection) and request (a join).  Not here: how often
 * an address may join (room/address.h).
 */
#ifndef CHAT_CORE_ADMIT_H
#define CHAT_CORE_ADMIT_H

#include "state.h"

/* Are there more connections, this one included, than a limit allows?  Then it
 * may not join, and is told so. */
bool chat_admit_is_full(
    const struct chat_core *core, const struct chat_conn *c);

/* Are there too many for a new one, from an address that has counted it, even
 * to be told so?  NULL: an exempt peer. */
bool chat_admit_is_overcrowded(
    const struct chat_core *core, const struct chat_address *a);

/* Milliseconds after which a client may come back, spread so that not all come
 * back at the same time. */
uint32_t chat_admit_retry_after(struct chat_core *core);

#endif
