/*
 * core: the whole room without a socket; chatcore.h is its manual.
 *
 *     core      birth, configuration, connections come and go
 *     turn      begin, record, apply, next, output, sent, wants
 *       drain   saying goodbye to everybody
 *       input   bytes that come, and deadlines
 *         request  requests by HTTP
 *           gate   which hosts are ours, which pages may join
 *           conn   what happens to one connection
 *             timers admit conns state   used by all these
 *
 * This header has what only net needs, which has the sockets.
 */
#ifndef CHAT_CORE_H
#define CHAT_CORE_H

#include "chatcore.h"
#include "state.h"

/* Are the strings of a configuration as chatcore.h says?  CHAT_OK, or
 * CHAT_ERR_ARGUMENT. */
int chat_core_check_strings(const struct chat_config *config);

/* A number that the server keeps here, so that it needs no table of its own:
 * the descriptor.  -1: it was not set, or the connection is gone. */
int chat_core_tag(const struct chat_core *core, uint64_t id);
void chat_core_set_tag(struct chat_core *core, uint64_t id, int tag);

/* The tag of the next connection in order of slots, at *slot or after it;
 * *slot becomes the one after that.  false: no more.  Begin with 0. */
bool chat_core_next_tag(const struct chat_core *core, uint32_t *slot, int *tag);

#endif
