/* One turn of the loop, without waiting: read, decide, record, apply, flush.
 * This order is why nothing is told that is not recorded.
 *
 * Errors of one socket end that connection and nothing else, so no function
 * here returns one. */
#include <time.h>

#include "core/core.h"
#include "server.h"
#include "sock.h"

/* A bounded number, so that the connections have their turn; the rest keep
 * waiting and are reported again.  Events may have been collected before a
 * drain took the listeners away. */
static void
accept_all(struct chat_server *s, size_t listener)
{
	struct chat_peer peer;
	int i, fd;

	for (i = 0; i < CHAT_SERVER_ACCEPT; i++) {
		if (listener >= s->nlisteners)
			return;
		fd = chat_sock_accept(s->listeners[listener], &peer);
		if (fd == CHAT_ERR_LIMIT)
			chat_server_pause(s, true);
		if (fd < 0)
			return;
		(void)chat_server_open(s, fd, &peer); /* or it is closed */
	}
}

static void
receive(struct chat_server *s, uint64_t id, int fd)
{
	long n = chat_sock_receive(fd, s->buffer, sizeof(s->buffer));

	if (n > 0)
		chat_core_receive(s->core, id, s->buffer, (size_t)n);
	else if (n == CHAT_SOCK_END)
		chat_core_end(s->core, id);
	else if (n != CHAT_SOCK_AGAIN)
		chat_server_close(s, id);
}

/* Listeners have small keys, and ids of connections have a generation above 32
 * bits.  A connection may have ended earlier in this turn: no descriptor. */
static void
take_event(struct chat_server *s, const struct chat_ready_event *ev)
{
	int fd;

	if (ev->key < s->nlisteners) {
		accept_all(s, (size_t)ev->key);
		return;
	}
	if ((fd = chat_core_tag(s->core, ev->key)) < 0)
		return;
	if ((ev->events & CHAT_WRITE) != 0)
		chat_core_writable(s->core, ev->key);
	if ((ev->events & CHAT_READ) != 0)
		receive(s, ev->key, fd);
}

/* Takes what the ready set has reported; false: the turn is full. */
static bool
take_events(struct chat_server *s)
{
	while (s->next_event < s->nevents) {
		if (!chat_core_takes_more(s->core))
			return false;
		take_event(s, &s->events[s->next_event++]);
	}
	return true;
}

/* Takes in what is there, until the turn is full or everybody has had a turn.
 * Events that the last turn left come first.  The set goes round, so if as many
 * calls are made as it takes to report all connections, each is reported once.
 *
 * Two events in one call usually mean that more are coming, and what gets into
 * this turn as well costs no sends of its own: so the set is asked again.
 * After a single event it is not, and that one is answered immediately. */
static void
take_in(struct chat_server *s, const struct pollfd *fds, size_t n)
{
	size_t all = chat_core_metrics(s->core)->connections;
	size_t rounds = all / CHAT_SERVER_EVENTS + 1 + CHAT_SERVER_LOOKS;

	while (take_events(s) && rounds > 0) {
		s->next_event = 0;
		s->nevents = chat_ready_collect(
		    s->ready, fds, n, s->events, CHAT_SERVER_EVENTS);
		rounds--;
		if (s->nevents < CHAT_SERVER_EVENTS &&
		    rounds > CHAT_SERVER_LOOKS)
			rounds = CHAT_SERVER_LOOKS;
		if (s->nevents < 2)
			rounds = 0;
	}
}

/* Does what the core wants of a socket.  Its interest is asked for anew each
 * time, not remembered; the set tells the system only about changes. */
static void
serve(struct chat_server *s, uint64_t id, int fd)
{
	unsigned wants = chat_core_wants(s->core, id);
	unsigned events = 0;

	if ((wants & CHAT_WANTS_HALF_CLOSE) != 0 &&
	    chat_sock_half_close(fd) < 0)
		wants |= CHAT_WANTS_CLOSE;
	if ((wants & CHAT_WANTS_READ) != 0)
		events |= CHAT_READ;
	if ((wants & CHAT_WANTS_WRITE) != 0)
		events |= CHAT_WRITE;
	if ((wants & CHAT_WANTS_CLOSE) != 0 ||
	    chat_ready_watch(s->ready, fd, events, id) < 0)
		chat_server_close(s, id);
}

static void
flush(struct chat_server *s)
{
	struct chat_str pieces[CHAT_SOCK_PIECES];
	uint64_t id;
	size_t n;
	long sent;
	int fd;

	while ((id = chat_core_next(s->core)) != 0) {
		if ((fd = chat_core_tag(s->core, id)) < 0)
			continue;
		n = chat_core_output(s->core, id, pieces, CHAT_SOCK_PIECES);
		/* Nothing to send: it wants something else. */
		sent = n > 0 ? chat_sock_send(fd, pieces, n) : 0;
		if (sent < 0) {
			chat_server_close(s, id);
			continue;
		}
		chat_core_sent(s->core, id, (size_t)sent);
		serve(s, id, fd);
	}
}

static uint64_t
microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void
chat_server_turn(struct chat_server *s, const struct pollfd *fds, size_t n)
{
	uint64_t start = microseconds();
	struct chat_time now = chat_server_now();

	if (s->paused_until != 0 && s->paused_until <= now.mono)
		chat_server_pause(s, false);
	chat_core_begin(s->core, now);
	take_in(s, fds, n);
	chat_core_record(s->core);
	chat_core_apply(s->core);
	flush(s);
	chat_core_count_turn(s->core, microseconds() - start);
}
