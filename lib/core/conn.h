/*
 * conn: one connection, what happens to it as a whole; state.h has its picture.
 *
 *     chat_conn_send()    one more piece of output
 *     chat_conn_sent()    ... has gone: what that leads to
 *     chat_conn_close()   a Close frame is the last, then as finish
 *     chat_conn_finish()  what is queued is the last
 *     chat_conn_die()     nothing more is sent or taken
 *
 * The only place where its state changes.  Called by input and request, which
 * know why, and by turn and core.  Not here: what comes in (input).
 */
#ifndef CHAT_CONN_H
#define CHAT_CONN_H

#include "state.h"

/* Lets go of everything that it has; then it must be removed. */
void chat_conn_release(struct chat_core *core, struct chat_conn *c);

/* Queues bytes, which are copied. */
void chat_conn_send(
    struct chat_core *core, struct chat_conn *c, struct chat_str bytes);

/* n bytes of its output are gone; 0: it was looked at, no more.  Its queue has
 * been put where it belongs. */
void chat_conn_sent(struct chat_core *core, struct chat_conn *c, size_t n);

/* The handshake is done: frames come from now on. */
void chat_conn_open(struct chat_core *core, struct chat_conn *c);

/* The last frame is sent: Close with that code. */
void chat_conn_close(struct chat_core *core, struct chat_conn *c, int code,
    struct chat_str reason);

/* What is queued, and the rest of a body, is the last: what follows is the
 * end. */
void chat_conn_finish(struct chat_core *core, struct chat_conn *c);

/* Ends one in HTTP.  If nothing is on its way to it, it is closed immediately:
 * browsers keep connections that they do not use, and do not look whether they
 * have ended, so its end would not come. */
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
void chat_conn_drop_input(struct chat_core *core, struct chat_conn *c);

/* The state of a parser of frames, at the beginning. */
void chat_conn_begin_frames(const struct chat_core *core, struct chat_ws *ws);

#endif
