/* Most input is whole and finds a turn with budget: then it is parsed where it
 * lies in the socket's buffer, and the connection has no memory of it.
 *
 * Input that is left over is kept in c->input->raw, and waits:
 *
 *     CHAT_HOLD_NOT     for more bytes       in no list
 *     CHAT_HOLD_TURN    for the next turn    in core->held
 *     CHAT_HOLD_PACE    for a while          in core->paced, then held
 *     CHAT_HOLD_QUEUE   for its queue        in no list, then held
 *
 * A connection that is held in one of the last three ways is not read from
 * (chat_core_wants()), so TCP slows its client down, and raw does not grow.
 * chat_input_resume_held() serves core->held in each turn, after it has moved
 * there what has paused for long enough; chat_conn_sent() moves an input there
 * when its queue has space again, or the body of its response has gone.  A
 * queue either gets space or ends its connection, so no input is forgotten. */
#include "input.h"

#include <string.h>

#include "conn.h"
#include "request.h"
#include "timers.h"

/* Connections that can have a full share in one turn. */
#define SHARES 16

/* Input that came too fast waits this many ms, and longer if that was not
 * enough.  All wait the same time, so that they are in order of deadline. */
#define PAUSE 50

/* Bytes that each frame and each request counts for besides its own: even a
 * small one has to be looked at. */
#define OVERHEAD 256

/* Has the client sent too much of late, or its address asked too much by HTTP?
 */
static bool
is_too_fast(const struct chat_core *core, const struct chat_conn *c)
{
	const struct chat_address *a = c->member.address;
	const struct chat_limits *l = &core->limits;

	if (!chat_rate_has_token(
		&c->input_rate, l->input_rate, l->input_burst, core->now.mono))
		return true;
	return c->state == CHAT_CONN_HTTP && a != NULL &&
	    !chat_rate_has_token(
		&a->requests, l->http_rate, l->http_burst, core->now.mono);
}

/* Would input that is whole have to wait, and for what?  Several answers may be
 * true; the one that lasts longest comes first, so that input is not looked at
 * again before something has changed. */
static enum chat_hold
would_hold(const struct chat_core *core, const struct chat_conn *c)
{
	if (!chat_conn_has_space(core, c))
		return CHAT_HOLD_QUEUE;
	if (is_too_fast(core, c))
		return CHAT_HOLD_PACE;
	if (!chat_budget_is_left(&core->budget) ||
	    core->budget.spent >= core->share_end)
		return CHAT_HOLD_TURN;
	return CHAT_HOLD_NOT;
}

static bool
takes_input(const struct chat_core *core, const struct chat_conn *c)
{
	return chat_conn_takes(c) && would_hold(core, c) == CHAT_HOLD_NOT;
}

/* A frame or request of n bytes was taken: counts it, whatever it was. */
static void
charge(struct chat_core *core, struct chat_conn *c, size_t n)
{
	chat_budget_spend(&core->budget, n);
	chat_rate_spend(&c->input_rate, n + OVERHEAD, core->limits.input_rate,
	    core->now.mono);
}

/* Gives the connection that is served next a share of the turn, so that others
 * do not wait for long behind a busy sender. */
static void
begin_share(struct chat_core *core)
{
	core->share_end = core->budget.spent + core->budget.size / SHARES;
}

/* Keeps bytes that could not be taken.  They cost budget now, as copying is
 * work, and again when they are taken. */
static void
keep(struct chat_core *core, struct chat_conn *c, const char *p, size_t n)
{
	struct chat_input *in = chat_conn_need_input(core, c);

	chat_budget_spend(&core->budget, n);
	if (in == NULL || chat_buf_append(&in->raw, p, n) < 0)
		chat_conn_die(core, c);
}

/* Says what the input waits for, and moves it to where that is looked for: see
 * the beginning of this file. */
static void
wait_for(struct chat_core *core, struct chat_input *in, enum chat_hold hold)
{
	in->hold = hold;
	switch (hold) {
	case CHAT_HOLD_NOT:
	case CHAT_HOLD_QUEUE:
		chat_link_remove(&in->wait.link);
		break;
	case CHAT_HOLD_TURN:
		chat_link_append(&core->held, &in->wait.link);
		break;
	case CHAT_HOLD_PACE:
		chat_timer_set(&core->paced, &in->wait, core->now.mono + PAUSE);
		break;
	}
}

/* As much was taken as may be now: decides what the rest waits for, and frees
 * an input that keeps nothing.  Called each time that input was taken; while it
 * is being taken, nothing frees it. */
static void
settle(struct chat_core *core, struct chat_conn *c)
{
	struct chat_input *in = c->input;
	enum chat_hold hold;

	if (in == NULL)
		return;
	/* It has closed on the way. */
	if (!chat_conn_takes(c)) {
		chat_conn_drop_input(core, c);
		return;
	}
	/* Bytes that are left over although they would not have to wait are not
	 * whole.  The other way round, they may wait and not be whole, if they
	 * were the last that could be taken; that shows when they get their
	 * turn. */
	hold = in->raw.n > 0 ? would_hold(core, c) : CHAT_HOLD_NOT;
	/* Reading has to stop, or to go on.  The owner of the socket asks what
	 * is wanted of it only when the queue is ready, so it is made so. */
	if ((hold == CHAT_HOLD_NOT) != (in->hold == CHAT_HOLD_NOT))
		chat_queue_unblock(&c->member.queue, &core->hub);
	wait_for(core, in, hold);
	if (in->raw.n == 0 && in->message.n == 0 && chat_ws_is_idle(&in->ws))
		chat_conn_drop_input(core, c);
}

/*
 * Frames
 */

static void
pong(
    struct chat_core *core, struct chat_conn *c, const struct chat_ws_event *ev)
{
	struct chat_frame f = {
		.opcode = CHAT_OP_PONG, .fin = true, .length = ev->size
	};
	unsigned char frame[CHAT_WS_MAX_CONTROL];
	size_t n = chat_frame_write(frame, &f);

	memcpy(frame + n, ev->data, ev->size);
	chat_conn_send(
	    core, c, (struct chat_str){ (char *)frame, n + ev->size });
}

/* A message that began under greater limits is held to those of today. */
static void
say(struct chat_core *core, struct chat_conn *c, char *p, size_t n)
{
	if (n > core->limits.max_message)
		chat_conn_close(core, c, chat_err_close_code(CHAT_ERR_WS_SIZE),
		    chat_str(chat_strerror(CHAT_ERR_WS_SIZE)));
	else if (!chat_room_say(&core->room, &c->member, p, n))
		chat_conn_close(core, c, 1008, CHAT_STR("no messages"));
}

/* A text in pieces is put together; one in a single piece is used in place.
 * ws has checked that it is UTF-8 and within max_message. */
static void
take_data(
    struct chat_core *core, struct chat_conn *c, const struct chat_ws_event *ev)
{
	struct chat_input *in;

	if (ev->opcode != CHAT_OP_TEXT) {
		chat_conn_close(core, c, 1003, CHAT_STR("text only"));
		return;
	}
	if (ev->first && ev->last) {
		say(core, c, ev->data, ev->size);
		return;
	}
	in = chat_conn_need_input(core, c);
	if (in == NULL ||
	    chat_buf_append(&in->message, ev->data, ev->size) < 0) {
		chat_conn_close(core, c, 1011, CHAT_STR("out of memory"));
		return;
	}
	if (!ev->last)
		return;
	/* This turn makes a message of all of it, but counts only the last
	 * piece; the others may have come in earlier turns. */
	chat_budget_spend(&core->budget, in->message.n - ev->size);
	say(core, c, in->message.p, in->message.n);
	chat_buf_release(&in->message);
}

static void
take_event(
    struct chat_core *core, struct chat_conn *c, const struct chat_ws_event *ev)
{
	switch (ev->kind) {
	case CHAT_WS_MORE:
	case CHAT_WS_PONG:
		return;
	case CHAT_WS_DATA:
		take_data(core, c, ev);
		return;
	case CHAT_WS_PING:
		pong(core, c, ev);
		return;
	case CHAT_WS_CLOSE:
		chat_conn_close(core, c, ev->code, chat_str(NULL));
		return;
	}
}

/* Takes one event out of p; returns as chat_ws_next() does. */
static int
take_frame(struct chat_core *core, struct chat_conn *c, struct chat_ws *ws,
    char *p, size_t n)
{
	struct chat_ws_event ev;
	int used = chat_ws_next(ws, p, n, &ev);

	if (used > 0)
		take_event(core, c, &ev);
	else if (used < 0)
		chat_conn_close(core, c, chat_err_close_code(used),
		    chat_str(chat_strerror(used)));
	return used;
}

/* Takes one request out of p; returns as chat_http_parse() does. */
static int
take_request(
    struct chat_core *core, struct chat_conn *c, const char *p, size_t n)
{
	struct chat_address *a = c->member.address;
	struct chat_http_request r;
	int used = chat_http_parse(&r, p, n);

	if (used != 0 && a != NULL)
		chat_rate_spend(
		    &a->requests, 1, core->limits.http_rate, core->now.mono);
	if (used > 0) {
		core->metrics.requests++;
		chat_request_answer(core, c, &r);
	} else if (used < 0) {
		chat_request_refuse(core, c, chat_err_status(used));
	}
	return used;
}

/* Takes whole frames or requests of the n bytes at p, as long as the connection
 * takes input.  Returns the number of bytes taken. */
static size_t
take(struct chat_core *core, struct chat_conn *c, struct chat_ws *ws, char *p,
    size_t n)
{
	size_t done = 0;
	int used;

	/* The state is asked each time: a request may open the WebSocket, and
	 * its frames may follow without a pause. */
	while (done < n && takes_input(core, c)) {
		used = c->state == CHAT_CONN_HTTP
		    ? take_request(core, c, p + done, n - done)
		    : take_frame(core, c, ws, p + done, n - done);
		if (used <= 0)
			break;
		done += (size_t)used;
		charge(core, c, (size_t)used);
	}
	return done;
}

/* Takes input that lies in the socket's buffer; raw is empty.  If no input is
 * kept at all, a parser on the stack will do; if that ends inside a frame or a
 * message, it moves to the connection. */
static void
take_outside(struct chat_core *core, struct chat_conn *c, char *p, size_t n)
{
	struct chat_ws fresh;
	struct chat_ws *ws = &fresh;
	size_t done;

	if (c->input != NULL)
		ws = &c->input->ws;
	else
		chat_conn_begin_frames(core, &fresh);
	done = take(core, c, ws, p, n);
	/* take_data() may have made an input meanwhile, whose parser is not the
	 * one that was used. */
	if (ws == &fresh && !chat_ws_is_idle(&fresh) &&
	    c->state == CHAT_CONN_OPEN) {
		if (chat_conn_need_input(core, c) == NULL) {
			chat_conn_die(core, c);
			return;
		}
		c->input->ws = fresh;
	}
	if (done < n && chat_conn_takes(c))
		keep(core, c, p + done, n - done);
}

/* Takes input that was kept.  It is parsed in place, in raw, which nothing
 * changes or frees meanwhile. */
static void
take_kept(struct chat_core *core, struct chat_conn *c)
{
	struct chat_input *in = c->input;
	size_t done = take(core, c, &in->ws, in->raw.p, in->raw.n);

	chat_buf_consume(&in->raw, done);
	if (in->raw.n == 0)
		chat_buf_release(&in->raw);
}

void
chat_input_take(struct chat_core *core, struct chat_conn *c, char *p, size_t n)
{
	core->metrics.traffic.bytes_in += n;
	/* Thrown away, but counted: reading it was work.  Whoever goes on to
	 * send as fast as he can after he was told to close does not read that,
	 * and is not waited for. */
	if (!chat_conn_takes(c)) {
		charge(core, c, n);
		if (is_too_fast(core, c))
			chat_conn_die(core, c);
		return;
	}
	/* Bytes are life, even half a frame.  Not in HTTP: a request has to be
	 * whole in time, or a trickle would hold its connection for ever. */
	if (c->state == CHAT_CONN_OPEN)
		chat_timers_set(core, c, CHAT_TIMER_PING);
	begin_share(core);
	/* Bytes that were kept come first, so the new ones go after them. */
	if (c->input != NULL && c->input->raw.n > 0) {
		keep(core, c, p, n);
		if (c->state != CHAT_CONN_DEAD)
			take_kept(core, c);
	} else {
		take_outside(core, c, p, n);
	}
	settle(core, c);
}

/* The other side has ended, and all that came before its end was taken.  It may
 * still read the answers. */
static void
end_input(struct chat_core *core, struct chat_conn *c)
{
	if (chat_conn_takes(c))
		chat_conn_finish(core, c);
	chat_conn_drop_input(core, c);
}

/* An input in the list: goes on with it, and ends the connection if its end,
 * which came while it was held, is next. */
static void
resume(struct chat_core *core, struct chat_conn *c)
{
	chat_link_remove(&c->input->wait.link);
	begin_share(core);
	take_kept(core, c);
	settle(core, c);
	if (c->has_ended && !chat_conn_is_held(c))
		end_input(core, c);
}

/* Inputs whose pause is over wait for a turn like others. */
static void
end_pauses(struct chat_core *core)
{
	struct chat_timer *t;

	while ((t = chat_timer_first(&core->paced, core->now.mono)) != NULL)
		wait_for(core, CHAT_OBJECT(t, struct chat_input, wait),
		    CHAT_HOLD_TURN);
}

/* Each input in the list gets one share.  Those that are held again get back
 * into core->held, and those that were not served are put before them, to be
 * the first ones in the next turn. */
void
chat_input_resume_held(struct chat_core *core)
{
	struct chat_link held;

	end_pauses(core);
	/* The list is moved, or an input held again would be served again. */
	chat_link_init(&held);
	chat_link_splice(&held, &core->held);
	while (!chat_link_is_alone(&held) && chat_budget_is_left(&core->budget))
		resume(core,
		    CHAT_OBJECT(held.next, struct chat_input, wait.link)->conn);
	chat_link_splice(&held, &core->held);
	chat_link_splice(&core->held, &held);
}

/*
 * The end
 */

void
chat_input_end(struct chat_core *core, struct chat_conn *c)
{
	c->has_ended = true;
	switch ((enum chat_conn_state)c->state) {
	case CHAT_CONN_HTTP:
	case CHAT_CONN_OPEN:
		/* Held input came before the end, and is taken before it, by
		 * resume(). */
		if (!chat_conn_is_held(c))
			end_input(core, c);
		return;
	case CHAT_CONN_DRAIN:
		chat_conn_die(core, c);
		return;
	/* chat_conn_sent() asks for it when the rest is sent. */
	case CHAT_CONN_CLOSING:
	case CHAT_CONN_DEAD:
	case CHAT_CONN_FREE:
		return;
	}
}

static void
ping(struct chat_core *core, struct chat_conn *c)
{
	static const char frame[] = "\x89"; /* FIN, ping; and a 0 as length */

	chat_queue_static(
	    &c->member.queue, &core->hub, (struct chat_str){ frame, 2 });
	chat_timers_set(core, c, CHAT_TIMER_PONG);
}

void
chat_input_expire(struct chat_core *core, struct chat_conn *c)
{
	switch ((enum chat_timer_kind)c->timer_kind) {
	case CHAT_TIMER_HANDSHAKE:
		/* Nobody reads the body; half a request gets an answer; a
		 * connection that is kept alive and not used just ends. */
		if (c->body != NULL)
			chat_conn_die(core, c);
		else if (c->input != NULL)
			chat_request_refuse(core, c, 408);
		else
			chat_conn_finish(core, c);
		chat_conn_drop_input(core, c);
		return;
	case CHAT_TIMER_PING:
		ping(core, c);
		return;
	case CHAT_TIMER_PONG:
		chat_conn_close(core, c, 4001, CHAT_STR("no pong"));
		chat_conn_drop_input(core, c);
		return;
	case CHAT_TIMER_DRAIN:
		chat_conn_die(core, c);
		return;
	case CHAT_TIMERS:
		return;
	}
}
