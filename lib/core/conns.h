/*
 * conns: the connections of a core, each found by its id.
 *
 *     blocks:  [ conn conn ... conn ][ conn conn ... conn ] ...
 *     slot:      0    1         63     64   65        127
 *     id:      generation << 32 | slot
 *     free:    conn <-> conn <-> (free)      slots that are not in use
 *
 * A connection stays where it is, so pointers to it are good until it is
 * removed.  Its id stands in the connection itself; removing counts up the
 * generation, so that an old id names nothing.  Blocks are kept for connections
 * to come, so memory is that of the most connections there were at a time.
 *
 * Called by core, turn, timers and drain.  Not here: what a connection does
 * (conn.h).
 */
#ifndef CHAT_CONNS_H
#define CHAT_CONNS_H

#include <stdint.h>

#include "state.h"

void chat_conns_init(struct chat_conns *cs, const struct chat_alloc *a);
/* All connections must have been removed. */
void chat_conns_release(struct chat_conns *cs);

/* A new connection that waits for a request, whose id is never 0.  NULL: no
 * memory. */
struct chat_conn *chat_conns_add(struct chat_conns *cs);

/* The connection, which must have been released, gives up its slot and id. */
void chat_conns_remove(struct chat_conns *cs, struct chat_conn *c);

/* The connection with that id; NULL: it is gone. */
struct chat_conn *chat_conns_find(const struct chat_conns *cs, uint64_t id);

/* The next connection in order of slots, at *slot or after it; *slot becomes
 * the one after that.  NULL: no more.  Begin with 0.  The connection may be
 * removed before the next call. */
struct chat_conn *chat_conns_next(const struct chat_conns *cs, uint32_t *slot);

#endif
