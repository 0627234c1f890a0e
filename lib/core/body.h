/*
 * body: the content of a response that comes from a source, piece by piece.
 *
 *     source --read--> piece --> queue --> socket
 *        ^                                   |
 *        '--- the next, once all is sent <---'
 *
 * So a connection has one piece in memory, however long the body is, and the
 * source is read as fast as the socket takes it.  Until the last piece is
 * queued, the connection takes no input, because the next response has to come
 * after it, and a connection that is to end sends the rest first.
 *
 * Called by request, which begins bodies, by turn, which reads their next
 * pieces, and by conn.  Not here: heads, and what happens if a source fails.
 * The head has promised a length, so the connection has to be closed then.
 */
#ifndef CHAT_CORE_BODY_H
#define CHAT_CORE_BODY_H

#include "state.h"

/* Bytes of a piece at most; half of a queue if that is less. */
#define CHAT_BODY_PIECE 65536

/* Makes the source, which it takes over in any case, the body of the next
 * response.  Returns false when out of memory. */
bool chat_body_open(
    struct chat_core *core, struct chat_conn *c, struct chat_source *source);

/* Reads the next piece.  Returns false if the source or memory fails. */
bool chat_body_read(struct chat_core *core, struct chat_conn *c);

/* Queues the piece that was read.  With the last one, the connection's body is
 * freed. */
void chat_body_send(struct chat_core *core, struct chat_conn *c);

/* Everything that was queued has been sent, so the next piece is due. */
void chat_body_wait(struct chat_core *core, struct chat_conn *c);

/* Returns the connection whose next piece has been due for longest, and takes
 * it off the list; NULL if there is none. */
struct chat_conn *chat_body_next(struct chat_core *core);

/* Frees the body of the connection, if it has one. */
void chat_body_drop(struct chat_core *core, struct chat_conn *c);

#endif
