/*
 * echo: a WebSocket server that sends every message back.
 *
 *     test/echo [-m MAX_MESSAGE] ADDR:PORT
 *
 * The smallest whole program on the parts of the library, for whoever wants
 * these and no chat, and what the conformance tests talk to: a process for
 * each connection, which waits wherever it has to, so that what it does can
 * be read from top to bottom.  MAX_MESSAGE is in bytes, 16 MiB by default.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "err.h"
#include "handshake.h"
#include "net/sock.h"
#include "ws.h"

#define DRAIN 5000 /* ms for the peer to close its side */

static struct chat_ws_config config = { .role = CHAT_WS_SERVER,
	.max_message = 16 << 20 };

/* Waits until fd is ready for events; nobody waits for longer than timeout. */
static void
await(int fd, short events, int timeout)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (poll(&p, 1, timeout) <= 0)
		_exit(1);
}

/* Sends all of the pieces, of which the first has a byte at least. */
static void
put(int fd, struct chat_str *pieces, size_t n)
{
	long sent;

	while (n > 0) {
		await(fd, POLLOUT, -1);
		if ((sent = chat_sock_send(fd, pieces, n)) < 0)
			_exit(1);
		for (; n > 0 && (size_t)sent >= pieces->n; pieces++, n--)
			sent -= (long)pieces->n;
		if (n > 0) {
			pieces->p += sent;
			pieces->n -= (size_t)sent;
		}
	}
}

/* More input at the end of b; the process ends with it. */
static void
get(int fd, struct chat_buf *b, int timeout)
{
	long n;

	await(fd, POLLIN, timeout);
	if (chat_buf_reserve(b, 65536) < 0)
		_exit(1);
	n = chat_sock_receive(fd, b->p + b->n, b->cap - b->n);
	if (n <= 0 && n != CHAT_SOCK_AGAIN)
		_exit(0);
	b->n += n > 0 ? (size_t)n : 0;
}

/* That was all from this side: sees off the other one, so that what was sent
 * is not lost by a reset. */
static void
part(int fd, struct chat_buf *in)
{
	chat_sock_half_close(fd);
	for (;; in->n = 0)
		get(fd, in, DRAIN);
}

static void
put_frame(int fd, enum chat_opcode opcode, const void *p, size_t n)
{
	struct chat_frame f = { .opcode = opcode, .fin = true, .length = n };
	char header[CHAT_FRAME_MAX_HEADER];
	struct chat_str pieces[] = {
		{ header, chat_frame_write((unsigned char *)header, &f) },
		{ p, n },
	};

	put(fd, pieces, 2);
}

static void
put_close(int fd, struct chat_buf *in, int code, struct chat_str reason)
{
	char frame[CHAT_WS_MAX_CONTROL];
	struct chat_str piece = { frame,
		chat_ws_write_close((unsigned char *)frame, code, reason) };

	put(fd, &piece, 1);
	part(fd, in);
}

static void
shake_hands(int fd, struct chat_buf *in)
{
	struct chat_http_head head = { .length = 0 };
	struct chat_http_request request;
	struct chat_handshake handshake;
	char text[512];
	struct chat_str answer = { text, 0 };
	int n;

	while ((n = chat_http_parse(&request, in->p, in->n)) == 0)
		get(fd, in, -1);
	head.status = n < 0 ? chat_err_status(n)
			    : chat_handshake_check(&handshake, &request);
	if (head.status == 101) {
		answer.n =
		    chat_handshake_write(text, sizeof(text), &handshake, NULL);
		put(fd, &answer, 1);
		chat_buf_consume(in, (size_t)n);
		return;
	}
	if (head.status == 426)
		head.fields = CHAT_STR("Upgrade: websocket\r\n"
				       "Connection: Upgrade\r\n"
				       "Sec-WebSocket-Version: 13\r\n");
	answer.n = chat_http_write_head(text, sizeof(text), &head);
	put(fd, &answer, 1);
	part(fd, in);
}

/* A message goes back whole, from where it lies if it came in one piece. */
static void
echo(int fd, const struct chat_ws_event *ev, struct chat_buf *message)
{
	if (ev->first && ev->last) {
		put_frame(fd, ev->opcode, ev->data, ev->size);
		return;
	}
	if (chat_buf_append(message, ev->data, ev->size) < 0)
		_exit(1);
	if (ev->last) {
		put_frame(fd, ev->opcode, message->p, message->n);
		message->n = 0;
	}
}

static void
converse(int fd)
{
	struct chat_buf in = { .alloc = NULL }, message = { .alloc = NULL };
	struct chat_ws_event ev;
	struct chat_ws ws;
	size_t taken;
	int n;

	shake_hands(fd, &in);
	chat_ws_init(&ws, &config);
	for (;; get(fd, &in, -1)) {
		taken = 0;
		while ((n = chat_ws_next(
			    &ws, in.p + taken, in.n - taken, &ev)) > 0) {
			taken += (size_t)n;
			if (ev.kind == CHAT_WS_DATA)
				echo(fd, &ev, &message);
			if (ev.kind == CHAT_WS_PING)
				put_frame(fd, CHAT_OP_PONG, ev.data, ev.size);
			if (ev.kind == CHAT_WS_CLOSE)
				put_close(fd, &in, ev.code,
				    (struct chat_str){ ev.data, ev.size });
		}
		if (n < 0)
			put_close(fd, &in, chat_err_close_code(n),
			    chat_str(chat_strerror(n)));
		chat_buf_consume(&in, taken);
	}
}

int
main(int argc, char *argv[])
{
	char name[CHAT_SOCK_NAME];
	struct chat_peer peer;
	int option, listener, fd;

	while ((option = getopt(argc, argv, "m:")) == 'm')
		config.max_message = strtoull(optarg, NULL, 10);
	if (option != -1 || argc - optind != 1) {
		fprintf(stderr, "usage: echo [-m MAX_MESSAGE] ADDR:PORT\n");
		return 2;
	}
	listener = chat_sock_listen(argv[optind], 511);
	if (listener < 0 || chat_sock_tune(listener, 0) < 0 ||
	    chat_sock_name(listener, name, sizeof(name)) < 0) {
		perror(argv[optind]);
		return 1;
	}
	printf("listening on http://%s/\n", name);
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
	for (;;) {
		await(listener, POLLIN, -1);
		if ((fd = chat_sock_accept(listener, &peer)) < 0)
			continue;
		if (fork() == 0) {
			chat_sock_close(listener);
			chat_sock_close(STDOUT_FILENO);
			converse(fd);
		}
		chat_sock_close(fd);
	}
}
