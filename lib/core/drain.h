/*
 * drain: the room closes: everybody is told and parts in peace.
 *
 * Asked for at any time, done at the beginning of the next turn, which knows
 * the time and so when what begins has to be over.  chatcore.h has the
 * functions for programs.
 */
#ifndef CHAT_CORE_DRAIN_H
#define CHAT_CORE_DRAIN_H

#include "state.h"

/* A turn begins: says goodbye, if that was asked for. */
void chat_drain_begin(struct chat_core *core);

#endif
