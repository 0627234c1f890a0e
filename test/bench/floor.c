/*
 * floor: the least that a server has to do, to compare others with.
 *
 *     floor SIZE
 *
 * It accepts, reads once, and answers with a 101 that is always the same.
 * Whatever else comes in makes it send one frame, of SIZE bytes and always the
 * same, to all connections: a bare loop of send().  It looks at nothing that
 * it reads.  It prints "listening on http://ADDR:PORT/" when it is ready.
 */
#define _GNU_SOURCE /* accept4() */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MAX_FDS = 20000,
	EVENTS = 256,
	SEND_BUFFER = 65536, /* as the server's: CHAT_SERVER_SEND_BUFFER */
};

static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\n"
			     "Upgrade: websocket\r\n"
			     "Connection: Upgrade\r\n"
			     "Sec-WebSocket-Accept: "
			     "AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";

static const char prefix[] = "{\"type\":\"message\",\"seq\":1,\"text\":\"";
static const char suffix[] = "\"}";

static char frame[4 + 65535];
static size_t frame_size;

static int listener, epoll;
static int open_fds[MAX_FDS]; /* all connections, in order of accepting */
static size_t nopen;
static bool greeted[MAX_FDS]; /* by descriptor */

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

/* A text frame of size bytes, header and all. */
static void
fill_frame(size_t size)
{
	size_t head = size < 128 ? 2 : 4, n = size - head;

	if (size < 64 || size > sizeof(frame)) {
		fprintf(stderr, "floor: size: 64 to %zu\n", sizeof(frame));
		exit(1);
	}
	frame[0] = (char)0x81;
	frame[1] = (char)(head == 2 ? n : 126);
	if (head == 4) {
		frame[2] = (char)(n >> 8);
		frame[3] = (char)n;
	}
	memset(frame + head, 'x', n);
	memcpy(frame + head, prefix, sizeof(prefix) - 1);
	memcpy(frame + size - (sizeof(suffix) - 1), suffix, sizeof(suffix) - 1);
	frame_size = size;
}

static void
watch(int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		fail("epoll_ctl");
}

static void
start_listening(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int on = 1, size = SEND_BUFFER;

	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&a, n) != 0 ||
	    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) !=
		0 ||
	    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) !=
		0 ||
	    listen(listener, 1024) != 0 ||
	    getsockname(listener, (struct sockaddr *)&a, &n) != 0)
		fail("listen");
	watch(listener);
	printf("listening on http://127.0.0.1:%d/\n", ntohs(a.sin_port));
	fflush(stdout);
}

static void
accept_all(void)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		if (fd >= MAX_FDS) {
			close(fd);
			continue;
		}
		watch(fd);
		greeted[fd] = false;
		open_fds[nopen++] = fd;
	}
}

static void
forget(int fd)
{
	size_t i = 0;

	close(fd);
	while (open_fds[i] != fd)
		i++;
	open_fds[i] = open_fds[--nopen];
}

static void
tell_all(void)
{
	size_t i;

	for (i = 0; i < nopen; i++)
		if (send(open_fds[i], frame, frame_size, MSG_NOSIGNAL) !=
		    (ssize_t)frame_size)
			fail("send");
}

static void
receive(int fd)
{
	static char buffer[32768];
	ssize_t n = recv(fd, buffer, sizeof(buffer), 0);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			forget(fd);
		return;
	}
	if (greeted[fd]) {
		tell_all();
		return;
	}
	greeted[fd] = true;
	if (send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) !=
	    (ssize_t)(sizeof(answer) - 1))
		fail("send");
}

int
main(int argc, char *argv[])
{
	struct epoll_event events[EVENTS];
	int i, n;

	fill_frame(argc > 1 ? (size_t)atol(argv[1]) : 160);
	if ((epoll = epoll_create1(0)) < 0)
		fail("epoll_create1");
	start_listening();
	for (;;) {
		n = epoll_wait(epoll, events, EVENTS, -1);
		for (i = 0; i < n; i++)
			if (events[i].data.fd == listener)
				accept_all();
			else
				receive(events[i].data.fd);
	}
}
