/* Ends are the hard part.  A Close is followed by a half close and a short
 * drain, since a socket that is closed with unread data answers with a reset,
 * which destroys the frame before the other side has read it.
 *
 * None of the ends frees the input: it may hold the very bytes that are being
 * parsed.  Whoever parses drops it afterwards. */
#include "conn.h"

#include "body.h"
#include "timers.h"

static void
set_state(struct chat_conn *c, enum chat_conn_state state)
{
	c->state = (unsigned char)state;
}

/* Partial input */

void
chat_conn_begin_frames(const struct chat_core *core, struct chat_ws *ws)
{
	/* A message may come in frames of one byte, but not in any number of
	 * empty ones. */
	struct chat_ws_config config = {
		.role = CHAT_WS_SERVER,
		.max_message = core->limits.max_message,
		.max_fragments = core->limits.max_message,
	};

	chat_ws_init(ws, &config);
}

struct chat_input *
chat_conn_need_input(struct chat_core *core, struct chat_conn *c)
{
	struct chat_input *in = c->input;

	if (in != NULL)
		return in;
	if ((in = chat_alloc_new(&core->alloc, sizeof(*in))) == NULL)
		return NULL;
	chat_link_init(&in->wait.link);
	in->conn = c;
	in->raw.alloc = in->message.alloc = &core->alloc;
	chat_conn_begin_frames(core, &in->ws);
	return c->input = in;
}

void
chat_conn_drop_input(struct chat_core *core, struct chat_conn *c)
{
	struct chat_input *in = c->input;

	if (in == NULL)
		return;
	chat_link_remove(&in->wait.link);
	chat_buf_release(&in->raw);
	chat_buf_release(&in->message);
	chat_alloc_free(&core->alloc, in);
	c->input = NULL;
}

void
chat_conn_release(struct chat_core *core, struct chat_conn *c)
{
	chat_room_leave(&core->room, &c->member);
	chat_conn_drop_input(core, c);
	chat_body_drop(core, c);
	chat_queue_release(&c->member.queue, &core->hub);
	chat_link_remove(&c->timer.link);
}

/*
 * Output
 */

/* Answers get half of the queue; the other half is for what comes unasked.  A
 * body has the connection to itself, since the next response has to come after
 * its last piece. */
bool
chat_conn_has_space(const struct chat_core *core, const struct chat_conn *c)
{
	return c->body == NULL &&
	    c->member.queue.bytes <= core->limits.max_queue / 2;
}

void
chat_conn_send(
    struct chat_core *core, struct chat_conn *c, struct chat_str bytes)
{
	chat_budget_spend(&core->budget, bytes.n);
	chat_queue_copy(&c->member.queue, &core->hub, bytes);
}

/* A client that still reads, however slowly, is alive, so its deadline moves
 * on.  Not while the room closes, which must come to an end; nor if it is the
 * time for a ping, which only input postpones. */
static void
show_life(struct chat_core *core, struct chat_conn *c)
{
	if (core->close_code == 0 && c->timer_kind != CHAT_TIMER_PING &&
	    !chat_link_is_alone(&c->timer.link))
		chat_timers_set(core, c, (enum chat_timer_kind)c->timer_kind);
}

/* Puts input that waited for space in the queue into the list of those that
 * wait for a turn, unless it is there: see input.c. */
static void
resume_input(struct chat_core *core, struct chat_conn *c)
{
	struct chat_input *in = c->input;

	if (in == NULL || in->hold != CHAT_HOLD_QUEUE ||
	    !chat_conn_has_space(core, c))
		return;
	in->hold = CHAT_HOLD_TURN;
	chat_link_append(&core->held, &in->wait.link);
}

void
chat_conn_sent(struct chat_core *core, struct chat_conn *c, size_t n)
{
	bool is_empty;

	/* If it is dead, chat_conn_die() has cut it, and nobody lagged. */
	if (c->member.queue.cut && c->state != CHAT_CONN_DEAD) {
		core->metrics.lagged++;
		chat_conn_die(core, c);
		return;
	}
	resume_input(core, c);
	is_empty = chat_queue_is_empty(&c->member.queue, &core->hub);
	if (!is_empty || c->body != NULL) {
		if (n > 0)
			show_life(core, c);
		if (is_empty)
			chat_body_wait(core, c);
		return;
	}
	if (c->state != CHAT_CONN_CLOSING)
		return;
	/* All is sent.  If the other side has ended as well, nothing is left to
	 * wait for. */
	if (c->has_ended)
		chat_conn_die(core, c);
	else
		set_state(c, CHAT_CONN_DRAIN);
}

/*
 * Ends
 */

void
chat_conn_open(struct chat_core *core, struct chat_conn *c)
{
	set_state(c, CHAT_CONN_OPEN);
	chat_timers_set(core, c, CHAT_TIMER_PING);
}

/* Cutting the queue makes it ready, so that the owner of the socket asks what
 * is wanted of it, and closes it. */
void
chat_conn_die(struct chat_core *core, struct chat_conn *c)
{
	chat_room_leave(&core->room, &c->member);
	set_state(c, CHAT_CONN_DEAD);
	chat_body_drop(core, c);
	chat_queue_cut(&c->member.queue, &core->hub);
	chat_link_remove(&c->timer.link);
}

/* The queue is unblocked even though its socket may take nothing yet: the owner
 * of the socket asks what is wanted of it only when the queue is ready, and has
 * to stop reading. */
void
chat_conn_finish(struct chat_core *core, struct chat_conn *c)
{
	chat_room_leave(&core->room, &c->member);
	set_state(c, CHAT_CONN_CLOSING);
	if (c->body == NULL)
		chat_queue_end(&c->member.queue, &core->hub);
	chat_queue_unblock(&c->member.queue, &core->hub);
	chat_timers_set(core, c, CHAT_TIMER_DRAIN);
}

void
chat_conn_part(struct chat_core *core, struct chat_conn *c)
{
	if (chat_queue_is_empty(&c->member.queue, &core->hub) &&
	    c->body == NULL)
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

	chat_conn_send(core, c, (struct chat_str){ (char *)frame, n });
	chat_conn_finish(core, c);
}
