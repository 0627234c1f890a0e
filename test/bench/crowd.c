#include "crowd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER = 1 << 18 };

/* A rest is put before what is received next, so one buffer does for all. */
static char buffer[2 * BUFFER];

void
crowd_fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

void
crowd_fail_system(const char *what)
{
	perror(what);
	exit(1);
}

/*
 * Connections
 */

static void
parse_unix(struct crowd *c, const char *path)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&c->address;

	un->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(un->sun_path))
		crowd_fail("path too long");
	strcpy(un->sun_path, path);
	c->address_size = sizeof(*un);
}

static void
parse_inet(struct crowd *c, const char *spec)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&c->address;
	const char *colon = strchr(spec, ':');
	char host[INET_ADDRSTRLEN];

	if (colon == NULL || (size_t)(colon - spec) >= sizeof(host))
		crowd_fail("ADDR:PORT or unix:PATH");
	memcpy(host, spec, (size_t)(colon - spec));
	host[colon - spec] = '\0';
	in->sin_family = AF_INET;
	in->sin_port = htons((uint16_t)atoi(colon + 1));
	if (inet_pton(AF_INET, host, &in->sin_addr) != 1)
		crowd_fail("no IPv4 address");
	c->address_size = sizeof(*in);
}

void
crowd_init(struct crowd *c, const char *spec, size_t cap, bool bare,
    crowd_text_fn *on_text, void *arg)
{
	memset(c, 0, sizeof(*c));
	if (strncmp(spec, "unix:", 5) == 0)
		parse_unix(c, spec + 5);
	else
		parse_inet(c, spec);
	c->bare = bare;
	c->cap = cap;
	c->on_text = on_text;
	c->arg = arg;
	c->clients = calloc(cap, sizeof(*c->clients));
	if (c->clients == NULL)
		crowd_fail_system("calloc");
	if ((c->epoll = epoll_create1(0)) < 0)
		crowd_fail_system("epoll_create1");
}

void
crowd_release(struct crowd *c)
{
	struct linger reset = { 1, 0 };
	size_t i;

	for (i = 0; i < c->n; i++) {
		setsockopt(c->clients[i].fd, SOL_SOCKET, SO_LINGER, &reset,
		    sizeof(reset));
		close(c->clients[i].fd);
		free(c->clients[i].rest);
	}
	free(c->clients);
	close(c->epoll);
}

/* Over loopback a connection is there at once, so this may wait for it. */
int
crowd_connect(const struct crowd *c)
{
	int fd = socket(c->address.ss_family, SOCK_STREAM, 0), on = 1;

	if (fd < 0)
		crowd_fail_system("socket");
	if (connect(
		fd, (const struct sockaddr *)&c->address, c->address_size) != 0)
		crowd_fail_system("connect");
	if (c->address.ss_family == AF_INET)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
send_all(int fd, const char *p, size_t n)
{
	struct pollfd writable = { .fd = fd, .events = POLLOUT };
	ssize_t sent;

	while (n > 0) {
		sent = send(fd, p, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EAGAIN)
			sent = poll(&writable, 1, -1) == 1 ? 0 : -1;
		if (sent < 0)
			crowd_fail_system("send");
		p += sent;
		n -= (size_t)sent;
	}
}

size_t
crowd_open(struct crowd *c, const char *path)
{
	struct crowd_client *client = &c->clients[c->n];
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = c->n };
	char request[512];
	int n;

	if (c->n == c->cap)
		crowd_fail("too many clients");
	client->fd = crowd_connect(c);
	if (epoll_ctl(c->epoll, EPOLL_CTL_ADD, client->fd, &e) != 0)
		crowd_fail_system("epoll_ctl");
	n = snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\n"
	    "Host: localhost\r\n"
	    "Upgrade: websocket\r\n"
	    "Connection: Upgrade\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Protocol: chat.v1\r\n\r\n",
	    path);
	if (n < 0 || (size_t)n >= sizeof(request))
		crowd_fail("path too long");
	send_all(client->fd, request, (size_t)n);
	return c->n++;
}

/*
 * What comes in
 */

static void
set_joined(struct crowd *c, struct crowd_client *client)
{
	client->state = CROWD_JOINED;
	c->joined++;
}

/* Takes the answer to the request; how many bytes, 0: more are needed. */
static size_t
take_head(struct crowd *c, struct crowd_client *client, const char *p, size_t n)
{
	size_t i;

	for (i = 4; i <= n; i++)
		if (memcmp(p + i - 4, "\r\n\r\n", 4) == 0)
			break;
	if (i > n)
		return 0;
	if (memcmp(p, "HTTP/1.1 101 ", 13) != 0)
		crowd_fail("not a 101");
	client->state = CROWD_TOLD;
	if (c->bare)
		set_joined(c, client);
	return i;
}

static uint64_t
number(const char *p, size_t bytes)
{
	uint64_t u = 0;

	while (bytes-- > 0)
		u = u << 8 | (unsigned char)*p++;
	return u;
}

/* Takes a frame. */
static size_t
take_frame(struct crowd *c, size_t i, const char *p, size_t n)
{
	static const char users[] = "{\"type\":\"users\"";
	size_t head = 2, size;

	if (n < 2)
		return 0;
	size = (unsigned char)p[1];
	if (size >= 126)
		head = size == 126 ? 4 : 10;
	if (n < head)
		return 0;
	if (head > 2)
		size = (size_t)number(p + 2, head - 2);
	if (n - head < size)
		return 0;
	if ((unsigned char)p[0] != 0x81)
		crowd_fail("not a text");
	p += head;
	if (c->clients[i].state == CROWD_TOLD && size >= sizeof(users) - 1 &&
	    memcmp(p, users, sizeof(users) - 1) == 0)
		set_joined(c, &c->clients[i]);
	c->on_text(c, i, p, size);
	return head + size;
}

static void
keep(struct crowd_client *client, const char *p, size_t n)
{
	if (n > BUFFER)
		crowd_fail("a frame too long");
	if (n > 0 && (client->rest = realloc(client->rest, n)) == NULL)
		crowd_fail_system("realloc");
	if (n > 0)
		memcpy(client->rest, p, n);
	client->nrest = n;
}

static void
receive(struct crowd *c, size_t i)
{
	struct crowd_client *client = &c->clients[i];
	size_t n = client->nrest, done = 0, used;
	ssize_t got;

	if (n > 0)
		memcpy(buffer, client->rest, n);
	got = recv(client->fd, buffer + n, BUFFER, 0);
	if (got < 0 && errno == EAGAIN)
		return;
	if (got <= 0)
		crowd_fail("a connection has ended");
	n += (size_t)got;
	do {
		used = client->state == CROWD_ASKED
		    ? take_head(c, client, buffer + done, n - done)
		    : take_frame(c, i, buffer + done, n - done);
		done += used;
	} while (used > 0);
	keep(client, buffer + done, n - done);
}

void
crowd_ignore(struct crowd *c, size_t client)
{
	struct epoll_event unused = { 0 };

	if (epoll_ctl(
		c->epoll, EPOLL_CTL_DEL, c->clients[client].fd, &unused) != 0)
		crowd_fail_system("epoll_ctl");
}

void
crowd_turn(struct crowd *c, int timeout)
{
	struct epoll_event events[EVENTS];
	int i, n = epoll_wait(c->epoll, events, EVENTS, timeout);

	for (i = 0; i < n; i++)
		receive(c, (size_t)events[i].data.u64);
}

/*
 * What goes out
 */

size_t
crowd_write(char *dst, const char *text, size_t n)
{
	static const char mask[4] = { 0x37, 0x5a, 0x21, 0x6d };
	size_t head = n < 126 ? 2 : 4, i;

	dst[0] = (char)0x81;
	dst[1] = (char)(0x80 | (n < 126 ? n : 126));
	if (n >= 126) {
		dst[2] = (char)(n >> 8);
		dst[3] = (char)n;
	}
	memcpy(dst + head, mask, sizeof(mask));
	dst += head + sizeof(mask);
	for (i = 0; i < n; i++)
		dst[i] = (char)(text[i] ^ mask[i % 4]);
	return head + sizeof(mask) + n;
}

void
crowd_send(struct crowd *c, size_t client, const char *p, size_t n)
{
	send_all(c->clients[client].fd, p, n);
}

void
crowd_get(const struct crowd *c, const char *path, char *dst, size_t cap)
{
	int fd = crowd_connect(c);
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	char request[256];
	size_t n = 0;
	ssize_t got = 1;

	snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
	    path);
	send_all(fd, request, strlen(request));
	while (got > 0 && n < cap - 1 && poll(&readable, 1, 5000) == 1) {
		got = recv(fd, dst + n, cap - 1 - n, 0);
		n += got > 0 ? (size_t)got : 0;
	}
	dst[n] = '\0';
	close(fd);
	if (got != 0)
		crowd_fail("no answer");
}
