/*
 * conns: the connections of a core, each found by its id.
 *
 *     blocks:  [ conn conn ... conn ][ conn conn ... conn ] ...
 *     slot:      0    1         63     64   65        127
 *     id:      generation << 32 | slot
 *     free:    conn <-> conn <-> (free)      those that are none just now
 *
 * A connection stays where it is, so pointers to it are good until it is
 * removed.  Its id stands in the connection itself; removing counts up the
 * generation, so that an old id names nothing.  Blocks are kept for those who
 * come next, so memory is that of the most connections there were at once.
 *
 * Called by core.  Not here: what a connection does.
 */
#ifndef CHAT_CONNS_H
#define CHAT_CONNS_H

#include <stdint.h>

#include "alloc.h"
#include "conn.h"
#include "base/list.h"

struct chat_conns {
	const struct chat_alloc *alloc;
	struct chat_conn **blocks;
	uint32_t nblocks;
	struct chat_link free; /* of their timers' links; last used, first */
};

void chat_conns_init(struct chat_conns *cs, const struct chat_alloc *a);
/* All connections are to have been removed. */
void chat_conns_release(struct chat_conns *cs);

/* A new connection, initialised, whose id is never 0.  NULL: no memory. */
struct chat_conn *chat_conns_add(struct chat_conns *cs);

/* The connection, which is to have been released, is none any more. */
void chat_conns_remove(struct chat_conns *cs, struct chat_conn *c);

/* NULL: it is gone. */
struct chat_conn *chat_conns_find(const struct chat_conns *cs, uint64_t id);

/* The next connection in order of slots, at *slot or after it, which moves on
 * behind it; NULL: no more.  Begin with 0.  It may be removed. */
struct chat_conn *chat_conns_next(const struct chat_conns *cs, uint32_t *slot);

#endif
