/*
 * conn: what happens to one connection as a whole; state.h has its picture.
 *
 *     chat_conn_send()    one more piece of output
 *     chat_conn_sent()    ... has gone: what follows from that
 *     chat_conn_close()   sends a Close frame as the last thing, then finishes
 *     chat_conn_finish()  sends what is queued, then ends
 *     chat_conn_die()     ends: nothing more is sent or taken
 *
 * Its state changes here and nowhere else.  Called by input, request and drain,
 * which know why, and by turn and core.  Not here: what comes in (input).
 */
#ifndef CHAT_CONN_H
#define CHAT_CONN_H

#include "state.h"

/* Lets go of everything that it has; then it must be removed. */
void chat_conn_release(struct chat_core *core, struct chat_conn *c);

/* Queues bytes, which are copied. */
void chat_conn_send(
    struct chat_core *core, struct chat_conn *c, struct chat_str bytes);

/* Its socket has taken n bytes of its output, maybe 0, and its queue has been
 * put where it belongs: goes on to what can happen now. */
void chat_conn_sent(struct chat_core *core, struct chat_conn *c, size_t n);

/* The handshake is done: frames come from now on. */
void chat_conn_open(struct chat_core *core, struct chat_conn *c);

/* Queues the last frame, a Close with that code, and finishes. */
void chat_conn_close(struct chat_core *core, struct chat_conn *c, int code,
    struct chat_str reason);

/* Everything is queued but the rest of a body: the member leaves, nothing more
 * is taken, and when all has been sent the connection ends. */
void chat_conn_finish(struct chat_core *core, struct chat_conn *c);

/* Ends one that is in HTTP.  If nothing is on its way to the client, it is
 * closed immediately: browsers keep connections that they do not use and do not
 * look whether the other side has ended them, so their end would not come. */
void chat_conn_part(struct chat_core *core, struct chat_conn *c);

/* Nothing more will be sent or taken. */
void chat_conn_die(struct chat_core *core, struct chat_conn *c);

/* Is there space in its queue for more answers?  Not while it is sent a body,
 * which they have to come after. */
bool chat_conn_has_space(
    const struct chat_core *core, const struct chat_conn *c);

/* Its input, made if it has none; NULL: no memory. */
struct chat_input *chat_conn_need_input(
    struct chat_core *core, struct chat_conn *c);
/* Frees its input, if it has one. */
void chat_conn_drop_input(struct chat_core *core, struct chat_conn *c);

/* Sets up the parser of frames of a connection that has just opened. */
void chat_conn_begin_frames(const struct chat_core *core, struct chat_ws *ws);

#endif
