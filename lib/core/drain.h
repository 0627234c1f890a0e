/*
 * drain: the room closes: everybody is told and parts in peace.
 *
 * It is asked for at any time and begun by the next turn, which knows the time
 * and can set a deadline.  Called by turn; chatcore.h has the functions for
 * programs.  Not here: refusing joins meanwhile (request).
 */
#ifndef CHAT_CORE_DRAIN_H
#define CHAT_CORE_DRAIN_H

#include "state.h"

/* A turn begins: says goodbye, if that was asked for. */
void chat_drain_begin(struct chat_core *core);

#endif
