/*
 * input: bytes that come in on a connection, their end, and its deadlines.
 *
 *     bytes --> request --> request.c           while it is in HTTP
 *           --> frame --> text --> room          once it is open
 *               '-> ping, close
 *
 *     taken where they lie, as far as they are whole and the turn has budget;
 *     the rest is kept in c->input, and held if it waits for a turn, or for
 *     space in the queue
 *
 * One connection spends at most a share of a turn.  Called by core and turn.
 * Not here: the meaning of a request (request) or of a message (room/decide.h).
 */
#ifndef CHAT_CORE_INPUT_H
#define CHAT_CORE_INPUT_H

#include "state.h"

/* Bytes came in; p is scratch. */
void chat_input_take(
    struct chat_core *core, struct chat_conn *c, char *p, size_t n);

/* Goes on with input that is held, until the turn is full. */
void chat_input_resume_held(struct chat_core *core);

/* The other side has ended. */
void chat_input_end(struct chat_core *core, struct chat_conn *c);

/* Its timer is due: nothing came in time. */
void chat_input_expire(struct chat_core *core, struct chat_conn *c);

#endif
