#include "conn.h"

#include <string.h>

#include "core.h"

/* Connections that can have a full share in one turn. */
#define SHARES 16

void
chat_conn_init(struct chat_conn *c, uint64_t id)
{
	memset(c, 0, sizeof(*c));
	chat_member_init(&c->member, id);
	chat_link_init(&c->timer.link);
	c->tag = -1;
	c->state = CHAT_CONN_HTTP;
}

static void
set_state(struct chat_conn *c, enum chat_conn_state state)
{
	c->state = (unsigned char)state;
}

/*
 * Input
 */

static void
ws_config(const struct chat_core *core, struct chat_ws *ws)
{
	struct chat_ws_config config = {
		.role = CHAT_WS_SERVER,
		.max_message = core->room.limits.max_message,
		.max_fragments = core->room.limits.max_message,
	};

	chat_ws_init(ws, &config);
}

/* The input of a connection that has something partial; NULL: no memory. */
static struct chat_input *
need_input(struct chat_core *core, struct chat_conn *c)
{
	struct chat_input *in = c->input;

	if (in != NULL)
		return in;
	if ((in = chat_alloc_new(&core->alloc, sizeof(*in))) == NULL)
		return NULL;
	chat_link_init(&in->link);
	in->conn = c;
	in->raw.alloc = in->message.alloc = &core->alloc;
	ws_config(core, &in->ws);
	return c->input = in;
}

static void
drop_input(struct chat_core *core, struct chat_conn *c)
{
	struct chat_input *in = c->input;

	if (in == NULL)
		return;
	chat_link_remove(&in->link);
	chat_buf_release(&in->raw);
	chat_buf_release(&in->message);
	chat_alloc_free(&core->alloc, in);
	c->input = NULL;
}

void
chat_conn_release(struct chat_core *core, struct chat_conn *c)
{
	chat_room_leave(&core->room, &c->member);
	drop_input(core, c);
	chat_queue_release(&c->member.queue, &core->room.hub);
	chat_link_remove(&c->timer.link);
}

/* Is there space in its queue for more answers? */
static bool
has_space(const struct chat_core *core, const struct chat_conn *c)
{
	return c->member.queue.bytes <= core->room.limits.max_queue / 2;
}

/* Does it take more input now?  A queue full of answers stops it until they
 * are sent, a full turn or the end of its share of this one until the next. */
static bool
takes_input(const struct chat_core *core, const struct chat_conn *c)
{
	return (c->state == CHAT_CONN_HTTP || c->state == CHAT_CONN_OPEN) &&
	    has_space(core, c) && chat_room_has_room(&core->room) &&
	    core->room.taken < core->share;
}

/* Many have a share in each turn, so that nobody waits for long behind who
 * sends much. */
static void
begin_share(struct chat_core *core)
{
	core->share = core->room.taken + chat_room_turn(&core->room) / SHARES;
}

/* Keeps what could not be taken. */
static void
keep(struct chat_core *core, struct chat_conn *c, const char *p, size_t n)
{
	struct chat_input *in = need_input(core, c);

	core->room.taken += n;
	if (in == NULL || chat_buf_append(&in->raw, p, n) < 0)
		chat_conn_die(core, c);
}

/* The socket's owner is to ask what is wanted now, even if it waits for the
 * socket to take more. */
static void
look_again(struct chat_core *core, struct chat_conn *c)
{
	c->member.queue.blocked = false;
	chat_queue_wake(&c->member.queue, &core->room.hub);
}

/* Decides whether what is left over waits for more bytes, for a turn, or for
 * the queue to empty; the last of which chat_conn_sent() finds out. */
static void
settle(struct chat_core *core, struct chat_conn *c, bool blocked)
{
	struct chat_input *in = c->input;

	if (in == NULL)
		return;
	if (c->state != CHAT_CONN_HTTP && c->state != CHAT_CONN_OPEN) {
		drop_input(core, c);
		return;
	}
	if (in->is_held != blocked)
		look_again(core, c);
	in->is_held = blocked;
	if (blocked && has_space(core, c))
		chat_link_append(&core->held, &in->link);
	if (in->raw.n == 0 && in->message.n == 0 && chat_ws_is_idle(&in->ws))
		drop_input(core, c);
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
	chat_tell_bytes(&core->room, &c->member,
	    (struct chat_str){ (char *)frame, n + ev->size });
}

/* A text in pieces is put together; one in a single piece is used in place. */
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
		chat_room_take(&core->room, &c->member, ev->data, ev->size);
		return;
	}
	in = need_input(core, c);
	if (in == NULL ||
	    chat_buf_append(&in->message, ev->data, ev->size) < 0) {
		chat_conn_close(core, c, 1011, CHAT_STR("out of memory"));
		return;
	}
	if (!ev->last)
		return;
	/* Other turns took the other pieces; this one makes them a message. */
	core->room.taken += in->message.n - ev->size;
	chat_room_take(&core->room, &c->member, in->message.p, in->message.n);
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
	struct chat_http_request r;
	int used = chat_http_parse(&r, p, n);

	if (used > 0) {
		core->metrics.requests++;
		chat_request_answer(core, c, &r);
	} else if (used < 0) {
		chat_request_refuse(core, c, chat_err_status(used));
	}
	return used;
}

/* Takes as much of p as there is, and as may be now; how many bytes. */
static size_t
take(struct chat_core *core, struct chat_conn *c, struct chat_ws *ws, char *p,
    size_t n)
{
	size_t done = 0;
	int used;

	while (done < n && takes_input(core, c)) {
		used = c->state == CHAT_CONN_HTTP
		    ? take_request(core, c, p + done, n - done)
		    : take_frame(core, c, ws, p + done, n - done);
		if (used <= 0)
			break;
		done += (size_t)used;
		core->room.taken += (size_t)used;
	}
	return done;
}

/* Input that lies elsewhere: no state, or only that of the frames, is kept. */
static void
take_outside(struct chat_core *core, struct chat_conn *c, char *p, size_t n)
{
	struct chat_ws fresh;
	struct chat_ws *ws = &fresh;
	size_t done;

	if (c->input != NULL)
		ws = &c->input->ws;
	else
		ws_config(core, &fresh);
	done = take(core, c, ws, p, n);
	if (ws == &fresh && !chat_ws_is_idle(&fresh) &&
	    c->state == CHAT_CONN_OPEN) {
		if (need_input(core, c) == NULL) {
			chat_conn_die(core, c);
			return;
		}
		c->input->ws = fresh;
	}
	if (done < n &&
	    (c->state == CHAT_CONN_HTTP || c->state == CHAT_CONN_OPEN))
		keep(core, c, p + done, n - done);
}

/* Input that was kept. */
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
chat_conn_receive(
    struct chat_core *core, struct chat_conn *c, char *p, size_t n)
{
	core->metrics.bytes_in += n;
	if (c->state != CHAT_CONN_HTTP && c->state != CHAT_CONN_OPEN) {
		core->room.taken += n;
		return;
	}
	if (c->state == CHAT_CONN_OPEN)
		chat_core_set_timer(core, c, CHAT_TIMER_PING);
	begin_share(core);
	if (c->input != NULL && c->input->raw.n > 0) {
		keep(core, c, p, n);
		if (c->state != CHAT_CONN_DEAD)
			take_kept(core, c);
	} else {
		take_outside(core, c, p, n);
	}
	settle(core, c,
	    c->input != NULL && c->input->raw.n > 0 && !takes_input(core, c));
}

/* All has been taken that will come; the other side may still read what it
 * asked for. */
static void
end_input(struct chat_core *core, struct chat_conn *c)
{
	if (c->state == CHAT_CONN_HTTP || c->state == CHAT_CONN_OPEN)
		chat_conn_finish(core, c);
	drop_input(core, c);
}

void
chat_conn_resume(struct chat_core *core, struct chat_conn *c)
{
	chat_link_remove(&c->input->link);
	begin_share(core);
	take_kept(core, c);
	settle(core, c, c->input->raw.n > 0 && !takes_input(core, c));
	if (c->has_ended && !chat_conn_is_held(c))
		end_input(core, c);
}

/*
 * The end
 */

void
chat_conn_die(struct chat_core *core, struct chat_conn *c)
{
	chat_room_leave(&core->room, &c->member);
	set_state(c, CHAT_CONN_DEAD);
	chat_queue_cut(&c->member.queue, &core->room.hub);
	chat_link_remove(&c->timer.link);
}

void
chat_conn_finish(struct chat_core *core, struct chat_conn *c)
{
	chat_room_leave(&core->room, &c->member);
	set_state(c, CHAT_CONN_CLOSING);
	chat_queue_end(&c->member.queue, &core->room.hub);
	look_again(core, c);
	chat_core_set_timer(core, c, CHAT_TIMER_DRAIN);
}

void
chat_conn_part(struct chat_core *core, struct chat_conn *c)
{
	if (chat_queue_is_empty(&c->member.queue, &core->room.hub))
		chat_conn_die(core, c);
	else
		chat_conn_finish(core, c);
}

void
chat_conn_close(struct chat_core *core, struct chat_conn *c, int code,
    struct chat_str reason)
{
	unsigned char frame[CHAT_WS_MAX_CONTROL];
	size_t n = chat_ws_write_close(frame, code, reason);

	chat_tell_bytes(
	    &core->room, &c->member, (struct chat_str){ (char *)frame, n });
	chat_conn_finish(core, c);
}

void
chat_conn_end(struct chat_core *core, struct chat_conn *c)
{
	c->has_ended = true;
	switch ((enum chat_conn_state)c->state) {
	case CHAT_CONN_HTTP:
	case CHAT_CONN_OPEN:
		if (!chat_conn_is_held(c))
			end_input(core, c);
		return;
	case CHAT_CONN_DRAIN:
		chat_conn_die(core, c);
		return;
	case CHAT_CONN_CLOSING:
	case CHAT_CONN_DEAD:
	case CHAT_CONN_FREE:
		return;
	}
}

/* Who takes what it is sent, however slowly, is alive; but when the room
 * closes it is not waited for. */
static void
show_life(struct chat_core *core, struct chat_conn *c)
{
	if (core->close_code == 0 && c->timer_kind != CHAT_TIMER_PING &&
	    !chat_link_is_alone(&c->timer.link))
		chat_core_set_timer(
		    core, c, (enum chat_timer_kind)c->timer_kind);
}

void
chat_conn_sent(struct chat_core *core, struct chat_conn *c, size_t n)
{
	if (chat_conn_is_held(c) && has_space(core, c) &&
	    chat_link_is_alone(&c->input->link))
		chat_link_append(&core->held, &c->input->link);
	if (!chat_queue_is_empty(&c->member.queue, &core->room.hub)) {
		if (n > 0)
			show_life(core, c);
		return;
	}
	if (c->state != CHAT_CONN_CLOSING)
		return;
	if (c->has_ended) {
		chat_conn_die(core, c);
	} else {
		set_state(c, CHAT_CONN_DRAIN);
		c->half_close = true;
	}
}

static void
ping(struct chat_core *core, struct chat_conn *c)
{
	static const char frame[] = "\x89"; /* FIN, ping; and a 0 as length */

	chat_queue_static(
	    &c->member.queue, &core->room.hub, (struct chat_str){ frame, 2 });
	chat_core_set_timer(core, c, CHAT_TIMER_PONG);
}

void
chat_conn_expire(struct chat_core *core, struct chat_conn *c)
{
	switch ((enum chat_timer_kind)c->timer_kind) {
	case CHAT_TIMER_HANDSHAKE:
		if (c->input != NULL)
			chat_request_refuse(core, c, 408);
		else
			chat_conn_finish(core, c);
		drop_input(core, c);
		return;
	case CHAT_TIMER_PING:
		ping(core, c);
		return;
	case CHAT_TIMER_PONG:
		chat_conn_close(core, c, 4001, CHAT_STR("no pong"));
		drop_input(core, c);
		return;
	case CHAT_TIMER_DRAIN:
		chat_conn_die(core, c);
		return;
	case CHAT_TIMERS:
		return;
	}
}
