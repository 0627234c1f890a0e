/* A turn, in the order of chatcore.h.  Record comes before apply, and apply
 * before next: so nothing is told that is not recorded. */
#include "body.h"
#include "conn.h"
#include "conns.h"
#include "drain.h"
#include "input.h"
#include "timers.h"

/* Bytes that one connection is sent in a turn: this many, or half of the live
 * ring if that is more.  A turn takes in a quarter of it and one message, which
 * is up to another quarter; so a client that takes all that it is offered is
 * sent as much as came in, and keeps up. */
#define MIN_OUTPUT (256 * 1024)

static struct chat_conn *
find(const struct chat_core *core, uint64_t id)
{
	return chat_conns_find(&core->conns, id);
}

/* Full turns in a row after which deadlines count all the same: by then each
 * connection has been served. */
#define FULL_TURNS 64

/* Deadlines come after input: what waited in a socket while the process stood
 * still is a sign of life, and came in time.  A full turn has left some unread,
 * so nobody is judged in it.  A timer that is due may lead to another one, but
 * that is due later than now, as no duration is 0: this comes to an end. */
static void
expire(struct chat_core *core)
{
	struct chat_conn *c;

	if (!chat_core_takes_more(core) && core->full_turns++ < FULL_TURNS)
		return;
	core->full_turns = 0;
	chat_room_expire(&core->room);
	while ((c = chat_timers_next(core)) != NULL)
		chat_input_expire(core, c);
}

void
chat_core_begin(struct chat_core *core, struct chat_time now)
{
	/* The time and the budget first: all that follows uses them. */
	core->now = now;
	core->budget.spent = 0;
	chat_room_begin(&core->room, now);
	chat_addresses_expire(&core->addresses, now.mono);
	chat_drain_begin(core);
	if (core->held_first)
		chat_input_resume_held(core);
}

bool
chat_core_takes_more(const struct chat_core *core)
{
	return chat_budget_is_left(&core->budget);
}

/* Sends the next piece of a response.  If it cannot be read, the client gets
 * less than the head has promised, and the end of the connection tells it
 * so. */
static void
read_body(struct chat_core *core, struct chat_conn *c)
{
	bool is_there = chat_body_read(core, c);

	if (is_there)
		chat_body_send(core, c);
	else
		chat_body_drop(core, c);
	if (!is_there || (c->body == NULL && c->state == CHAT_CONN_CLOSING))
		chat_conn_finish(core, c);
}

/* Bodies get what input has left of the budget, so that downloads delay nobody,
 * but at least one piece, so that input does not starve them. */
static void
read_bodies(struct chat_core *core)
{
	struct chat_conn *c;

	do {
		if ((c = chat_body_next(core)) == NULL)
			return;
		read_body(core, c);
	} while (chat_budget_is_left(&core->budget));
}

/* Held and new input go first alternately, so that neither can starve the other
 * by filling each turn. */
void
chat_core_record(struct chat_core *core)
{
	if (!core->held_first)
		chat_input_resume_held(core);
	core->held_first = !core->held_first;
	expire(core);
	read_bodies(core);
	chat_room_record(&core->room);
}

void
chat_core_apply(struct chat_core *core)
{
	chat_room_apply(&core->room);
	chat_queue_sweep(&core->hub);
	/* A queue that becomes ready while others are flushed waits for the
	 * next turn: so each is flushed at most once, and the turn ends. */
	chat_link_splice(&core->flushing, &core->hub.ready);
}

uint64_t
chat_core_next(struct chat_core *core)
{
	struct chat_conn *c;

	if (chat_link_is_alone(&core->flushing))
		return 0;
	c = CHAT_OBJECT(
	    core->flushing.next, struct chat_conn, member.queue.link);
	/* chat_core_sent() will put it where it belongs. */
	chat_link_remove(&c->member.queue.link);
	return c->member.id;
}

size_t
chat_core_output(
    struct chat_core *core, uint64_t id, struct chat_str *pieces, size_t cap)
{
	struct chat_conn *c = find(core, id);
	size_t most = core->hub.live.size / 2, n, i;

	/* Remembered for chat_core_sent(), which learns only what was taken. */
	core->offered = 0;
	if (c == NULL)
		return 0;
	n = chat_queue_output(&c->member.queue, &core->hub, pieces, cap,
	    most > MIN_OUTPUT ? most : MIN_OUTPUT);
	for (i = 0; i < n; i++)
		core->offered += pieces[i].n;
	return n;
}

void
chat_core_sent(struct chat_core *core, uint64_t id, size_t n)
{
	struct chat_conn *c = find(core, id);

	if (c == NULL)
		return;
	if (n > 0) {
		chat_queue_sent(&c->member.queue, &core->hub, n);
		core->metrics.traffic.sends++;
		core->metrics.traffic.bytes_out += n;
	}
	chat_queue_requeue(&c->member.queue, &core->hub, n < core->offered);
	chat_conn_sent(core, c, n);
}

unsigned
chat_core_wants(const struct chat_core *core, uint64_t id)
{
	const struct chat_conn *c = find(core, id);
	unsigned write;

	if (c == NULL)
		return 0;
	write = c->member.queue.blocked ? CHAT_WANTS_WRITE : 0;
	switch ((enum chat_conn_state)c->state) {
	case CHAT_CONN_HTTP:
	case CHAT_CONN_OPEN:
		return chat_conn_is_held(c) ? write : write | CHAT_WANTS_READ;
	case CHAT_CONN_CLOSING:
		return write;
	/* Reads to throw away, until the other side ends. */
	case CHAT_CONN_DRAIN:
		return write | CHAT_WANTS_READ | CHAT_WANTS_HALF_CLOSE;
	case CHAT_CONN_DEAD:
	case CHAT_CONN_FREE:
		break;
	}
	return CHAT_WANTS_CLOSE;
}

int
chat_core_timeout(const struct chat_core *core, struct chat_time now)
{
	uint64_t due = chat_room_deadline(&core->room);
	uint64_t timer = chat_timers_deadline(core);
	uint64_t pause = chat_timer_due(&core->paced);

	/* Work that is left over does not wait.  Blocked queues and input that
	 * waits for one do: for chat_core_writable(). */
	if (core->parting || !chat_link_is_alone(&core->held) ||
	    !chat_link_is_alone(&core->flushing) ||
	    !chat_link_is_alone(&core->bodies) ||
	    !chat_link_is_alone(&core->hub.ready))
		return 0;
	if (timer < due)
		due = timer;
	if (pause < due)
		due = pause;
	if (due == UINT64_MAX)
		return -1;
	if (due <= now.mono)
		return 0;
	return due - now.mono > INT32_MAX ? INT32_MAX : (int)(due - now.mono);
}

void
chat_core_count_turn(struct chat_core *core, uint64_t usec)
{
	chat_metrics_count_turn(&core->metrics.traffic, usec);
}
