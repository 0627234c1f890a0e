/*
 * echo: a WebSocket server that sends every message back.
 *
 *     test/echo [-m MAX_MESSAGE] ADDR:PORT
 *
 * The smallest whole program on the parts of the library, http, handshake, ws,
 * frame and sock, for whoever wants these and no chat; and what the
 * conformance tests talk to.  MAX_MESSAGE is in bytes, 16 MiB by default.  It
 * prints "listening on http://ADDR:PORT/" when it is ready.
 *
 *     REQUEST --101--> OPEN --Close or error--> ENDING --sent--> DRAINING
 *        '----------- any other answer ------------^
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "frame.h"
#include "handshake.h"
#include "http.h"
#include "sock.h"
#include "ws.h"

enum {
	MAX_PEERS = 4096,
	READ_SIZE = 65536, /* bytes to receive at a time */
	ENOUGH = 65536,    /* bytes of output that are worth a send */
	DRAIN_SECONDS = 5, /* for the peer to close its side */
	MAX_MESSAGE = 16 << 20,
};

enum phase {
	REQUEST,  /* reads the head of a request */
	OPEN,     /* reads frames */
	ENDING,   /* what is left to send is the last */
	DRAINING, /* has said so, and waits for the peer to do the same */
};

struct peer {
	int fd;
	enum phase phase;
	time_t deadline; /* DRAINING: until when */
	struct chat_ws ws;
	struct chat_buf in;      /* received, not consumed */
	struct chat_buf message; /* pieces of the one under way */
	struct chat_buf out;     /* to be sent: while there is any, nothing is
				  * received, so that it cannot pile up */
	size_t sent;             /* of out */
};

static struct chat_ws_config config = { .role = CHAT_WS_SERVER,
	.max_message = MAX_MESSAGE };
static struct peer *peers[MAX_PEERS];
static struct pollfd fds[MAX_PEERS + 1]; /* that of the listener is the last */
static size_t npeers;

static void
put(struct chat_buf *b, const void *p, size_t n)
{
	if (chat_buf_append(b, p, n) != CHAT_OK)
		abort();
}

static void
put_frame(struct peer *c, enum chat_opcode opcode, const void *p, size_t n)
{
	struct chat_frame f = { .opcode = opcode, .fin = true, .length = n };
	unsigned char header[CHAT_FRAME_MAX_HEADER];

	put(&c->out, header, chat_frame_write(header, &f));
	put(&c->out, p, n);
}

static void
put_close(struct peer *c, int code, struct chat_str reason)
{
	unsigned char frame[CHAT_WS_MAX_CONTROL];

	put(&c->out, frame, chat_ws_write_close(frame, code, reason));
	c->phase = ENDING;
}

/* A message that came as a whole goes back from where it lies. */
static void
put_data(struct peer *c, const struct chat_ws_event *ev)
{
	if (ev->first && ev->last) {
		put_frame(c, ev->opcode, ev->data, ev->size);
		return;
	}
	put(&c->message, ev->data, ev->size);
	if (ev->last) {
		put_frame(c, ev->opcode, c->message.p, c->message.n);
		chat_buf_release(&c->message);
	}
}

static void
answer_event(struct peer *c, const struct chat_ws_event *ev)
{
	switch (ev->kind) {
	case CHAT_WS_DATA:
		put_data(c, ev);
		return;
	case CHAT_WS_PING:
		put_frame(c, CHAT_OP_PONG, ev->data, ev->size);
		return;
	case CHAT_WS_CLOSE:
		put_close(c, ev->code, (struct chat_str){ ev->data, ev->size });
		return;
	case CHAT_WS_PONG:
	case CHAT_WS_MORE:
		return;
	}
}

static void
answer_frames(struct peer *c)
{
	struct chat_ws_event ev;
	size_t taken = 0;
	int n = 0;

	while (c->phase == OPEN && c->out.n < ENOUGH) {
		n = chat_ws_next(&c->ws, c->in.p + taken, c->in.n - taken, &ev);
		if (n <= 0)
			break;
		taken += (size_t)n;
		answer_event(c, &ev);
	}
	if (n < 0)
		put_close(
		    c, chat_err_close_code(n), chat_str(chat_strerror(n)));
	chat_buf_consume(&c->in, taken);
}

static void
answer_request(struct peer *c)
{
	struct chat_http_head head = { .length = 0 };
	struct chat_http_request request;
	struct chat_handshake handshake;
	char text[512];
	size_t size;
	int n;

	n = chat_http_parse(&request, c->in.p, c->in.n);
	if (n == 0)
		return;
	head.status = n < 0 ? chat_err_status(n)
			    : chat_handshake_check(&handshake, &request);
	if (head.status == 426)
		head.fields = CHAT_STR("Upgrade: websocket\r\n"
				       "Connection: Upgrade\r\n"
				       "Sec-WebSocket-Version: 13\r\n");
	if (head.status == 101) {
		size =
		    chat_handshake_write(text, sizeof(text), &handshake, NULL);
		chat_buf_consume(&c->in, (size_t)n);
		c->phase = OPEN;
	} else {
		size = chat_http_write_head(text, sizeof(text), &head);
		c->phase = ENDING;
	}
	put(&c->out, text, size);
}

/* Answers what has been received, up to ENOUGH.  Whether there is anything to
 * send now. */
static bool
answer(struct peer *c)
{
	if (c->phase == REQUEST)
		answer_request(c);
	else if (c->phase == OPEN)
		answer_frames(c);
	else
		c->in.n = 0;
	return c->out.n > 0;
}

static bool
receive(struct peer *c)
{
	long n;

	if (chat_buf_reserve(&c->in, READ_SIZE) != CHAT_OK)
		abort();
	n = chat_sock_receive(c->fd, c->in.p + c->in.n, READ_SIZE);
	if (n > 0)
		c->in.n += (size_t)n;
	return n > 0 || n == CHAT_SOCK_AGAIN;
}

/* Sends what the kernel takes; after the last byte, says that it was that. */
static bool
flush(struct peer *c)
{
	struct chat_str rest = { c->out.p + c->sent, c->out.n - c->sent };
	long n;

	n = chat_sock_send(c->fd, &rest, 1);
	if (n < 0)
		return false;
	c->sent += (size_t)n;
	if (c->sent < c->out.n)
		return true;
	chat_buf_release(&c->out);
	c->sent = 0;
	if (c->phase != ENDING)
		return true;
	c->phase = DRAINING;
	c->deadline = time(NULL) + DRAIN_SECONDS;
	return chat_sock_half_close(c->fd) == CHAT_OK;
}

/* One turn of a peer whose descriptor is ready.  False: it is over. */
static bool
turn(struct peer *c)
{
	if (c->out.n == 0 && !receive(c))
		return false;
	do {
		if (c->out.n > 0 && !flush(c))
			return false;
	} while (c->out.n == 0 && answer(c));
	if (c->in.n == 0)
		chat_buf_release(&c->in);
	return true;
}

static bool
has_drained(const struct peer *c)
{
	return c->phase == DRAINING && time(NULL) > c->deadline;
}

static void
add_peers(int listener)
{
	struct chat_peer from;
	struct peer *c;
	int fd;

	while (npeers < MAX_PEERS &&
	    (fd = chat_sock_accept(listener, &from)) >= 0) {
		if ((c = calloc(1, sizeof(*c))) == NULL)
			abort();
		c->fd = fd;
		chat_ws_init(&c->ws, &config);
		peers[npeers++] = c;
	}
}

static void
remove_peer(size_t i)
{
	struct peer *c = peers[i];

	chat_sock_close(c->fd);
	chat_buf_release(&c->in);
	chat_buf_release(&c->message);
	chat_buf_release(&c->out);
	free(c);
	peers[i] = peers[--npeers];
}

/* Peers go backwards: the one that takes the place of a removed one has had
 * its turn. */
static void
serve(int listener)
{
	size_t i, n;

	for (;;) {
		n = npeers;
		for (i = 0; i < n; i++) {
			fds[i].fd = peers[i]->fd;
			fds[i].events = peers[i]->out.n > 0 ? POLLOUT : POLLIN;
		}
		fds[n].fd = n < MAX_PEERS ? listener : -1;
		fds[n].events = POLLIN;
		if (poll(fds, n + 1, 1000) < 0)
			return;
		for (i = n; i-- > 0;)
			if ((fds[i].revents != 0 && !turn(peers[i])) ||
			    has_drained(peers[i]))
				remove_peer(i);
		if (fds[n].revents != 0)
			add_peers(listener);
	}
}

int
main(int argc, char *argv[])
{
	char name[CHAT_SOCK_NAME];
	int option, listener;

	while ((option = getopt(argc, argv, "m:")) == 'm')
		config.max_message = strtoull(optarg, NULL, 10);
	if (option != -1 || argc - optind != 1) {
		fprintf(stderr, "usage: echo [-m MAX_MESSAGE] ADDR:PORT\n");
		return 2;
	}
	listener = chat_sock_listen(argv[optind], 511);
	if (listener < 0 || chat_sock_tune(listener, 0) != CHAT_OK ||
	    chat_sock_name(listener, name, sizeof(name)) < 0) {
		perror(argv[optind]);
		return 1;
	}
	printf("listening on http://%s/\n", name);
	fflush(stdout);
	serve(listener);
	perror("poll");
	return 1;
}
