#ifdef __linux__
#define _GNU_SOURCE /* accept4() */
#endif

#include "sock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "err.h"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
	struct sockaddr_storage space;
};

/* Connections that may die in the queue before accept comes back later. */
enum { DEAD_IN_A_ROW = 16 };

static int
settle(int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return CHAT_ERR_SYSTEM;
	return CHAT_OK;
}

static bool
would_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK;
}

/*
 * Listening.
 */

/* An IPv6 listener leaves IPv4 to others unless it is to take both. */
static int
prepare(int fd, const struct sockaddr *address, socklen_t n, bool both)
{
	int on = 1, only = !both;

	if (settle(fd) != CHAT_OK)
		return -1;
	if (address->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0)
		return -1;
	if (address->sa_family != AF_UNIX &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return -1;
	return bind(fd, address, n);
}

static int
listen_at(const struct sockaddr *address, socklen_t n, bool both, int backlog)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		return CHAT_ERR_SYSTEM;
	if (prepare(fd, address, n, both) == 0 && listen(fd, backlog) == 0)
		return fd;
	chat_sock_close(fd);
	return CHAT_ERR_SYSTEM;
}

/* Connecting is the only way to learn whether somebody listens.  A regular
 * file refuses connections too, so the kind comes first. */
static bool
is_stale(const struct sockaddr_un *un)
{
	struct stat st;
	bool refused;
	int fd;

	if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return false;
	refused = settle(fd) == CHAT_OK &&
	    connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 &&
	    errno == ECONNREFUSED;
	chat_sock_close(fd);
	return refused;
}

static int
listen_unix(const char *path, int backlog)
{
	union address a = { .un = { .sun_family = AF_UNIX } };
	size_t n = strlen(path);
	int fd;

	if (n == 0 || n >= sizeof(a.un.sun_path))
		return CHAT_ERR_ARGUMENT;
	memcpy(a.un.sun_path, path, n);
	fd = listen_at(&a.any, sizeof(a.un), false, backlog);
	if (fd >= 0 || errno != EADDRINUSE)
		return fd;
	if (!is_stale(&a.un)) {
		errno = EADDRINUSE;
		return CHAT_ERR_SYSTEM;
	}
	if (unlink(path) != 0)
		return CHAT_ERR_SYSTEM;
	return listen_at(&a.any, sizeof(a.un), false, backlog);
}

static int
listen_any(in_port_t port, int backlog)
{
	union address v6 = { .v6 = { .sin6_family = AF_INET6,
				 .sin6_port = htons(port),
				 .sin6_addr = IN6ADDR_ANY_INIT } };
	union address v4 = { .v4 = { .sin_family = AF_INET,
				 .sin_port = htons(port) } };
	int fd = listen_at(&v6.any, sizeof(v6.v6), true, backlog);

	/* No IPv6 in the kernel, or none switched on. */
	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		fd = listen_at(&v4.any, sizeof(v4.v4), false, backlog);
	return fd;
}

static int
lookup_error(int err)
{
	switch (err) {
	case EAI_SYSTEM:
		return CHAT_ERR_SYSTEM;
	case EAI_MEMORY:
		return CHAT_ERR_NOMEM;
	case EAI_AGAIN:
		errno = EAGAIN;
		return CHAT_ERR_SYSTEM;
	}
	return CHAT_ERR_ARGUMENT; /* there is no such host */
}

static int
listen_host(const char *host, const char *port, bool v6, int backlog)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICSERV | (v6 ? AI_NUMERICHOST : 0),
		.ai_family = v6 ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list, *ai;
	int fd = CHAT_ERR_ARGUMENT;
	int saved, err = getaddrinfo(host, port, &hints, &list);

	if (err != 0)
		return lookup_error(err);
	for (ai = list; ai != NULL && fd < 0; ai = ai->ai_next)
		fd = listen_at(ai->ai_addr, ai->ai_addrlen, false, backlog);
	saved = errno;
	freeaddrinfo(list);
	errno = saved;
	return fd;
}

/* Decimal digits up to 65535, or -1. */
static int
parse_port(const char *s)
{
	size_t i;
	int port = 0;

	for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 5; i++)
		port = port * 10 + s[i] - '0';
	return i > 0 && s[i] == '\0' && port <= 65535 ? port : -1;
}

/* Takes "[HOST]:PORT" or "HOST:PORT" apart: copies HOST to host, returns PORT,
 * or NULL when it is neither. */
static const char *
split(const char *spec, char *host, size_t cap)
{
	bool bracket = *spec == '[';
	const char *begin = spec + bracket;
	size_t n = strcspn(begin, bracket ? "]" : ":");
	const char *end = begin + n;

	if (n == 0 || n >= cap || *end == '\0')
		return NULL;
	if (bracket && *begin == '*')
		return NULL; /* glibc would take it for any address */
	memcpy(host, begin, n);
	host[n] = '\0';
	end += bracket;
	return *end == ':' ? end + 1 : NULL;
}

int
chat_sock_listen(const char *spec, int backlog)
{
	char host[256];
	const char *text;
	int port;

	if (strncmp(spec, "unix:", 5) == 0)
		return listen_unix(spec + 5, backlog);
	text = split(spec, host, sizeof(host));
	port = text == NULL ? -1 : parse_port(text);
	if (port < 0)
		return CHAT_ERR_ARGUMENT;
	if (strncmp(spec, "*:", 2) == 0)
		return listen_any((in_port_t)port, backlog);
	return listen_host(host, text, *spec == '[', backlog);
}

/*
 * Names.
 */

static int
fits(int n, size_t cap)
{
	return n >= 0 && (size_t)n < cap ? n : CHAT_ERR_SPACE;
}

static int
write_v4(const void *address, in_port_t port, char *dst, size_t cap)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, address, text, sizeof(text));
	return fits(snprintf(dst, cap, "%s:%u", text, ntohs(port)), cap);
}

static int
write_v6(const struct sockaddr_in6 *v6, char *dst, size_t cap)
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		return write_v4(
		    v6->sin6_addr.s6_addr + 12, v6->sin6_port, dst, cap);
	inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	return fits(
	    snprintf(dst, cap, "[%s]:%u", text, ntohs(v6->sin6_port)), cap);
}

/* The path of a UNIX address ends by a NUL or, when it fills its space, by n;
 * an address that is not bound has none. */
static int
write_name(const union address *a, socklen_t n, char *dst, size_t cap)
{
	socklen_t head = offsetof(struct sockaddr_un, sun_path);
	int path = n > head ? (int)(n - head) : 0;

	switch (a->any.sa_family) {
	case AF_INET:
		return write_v4(&a->v4.sin_addr, a->v4.sin_port, dst, cap);
	case AF_INET6:
		return write_v6(&a->v6, dst, cap);
	case AF_UNIX:
		return fits(
		    snprintf(dst, cap, "unix:%.*s", path, a->un.sun_path), cap);
	}
	return CHAT_ERR_ARGUMENT;
}

int
chat_sock_name(int fd, char *dst, size_t cap)
{
	union address a;
	socklen_t n = sizeof(a);

	if (getsockname(fd, &a.any, &n) != 0)
		return CHAT_ERR_SYSTEM;
	return write_name(&a, n, dst, cap);
}

int
chat_sock_peer_name(int fd, char *dst, size_t cap)
{
	union address a;
	socklen_t n = sizeof(a);

	if (getpeername(fd, &a.any, &n) != 0)
		return CHAT_ERR_SYSTEM;
	/* A client may have bound a path of its own: any bytes it likes. */
	if (a.any.sa_family == AF_UNIX)
		n = 0;
	return write_name(&a, n, dst, cap);
}

/*
 * Accepting.
 */

static struct chat_peer
peer_of(const union address *a)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const unsigned char loopback[16] = { [15] = 1 };
	struct chat_peer peer = { { 0 }, a->any.sa_family == AF_UNIX };

	if (a->any.sa_family == AF_INET) {
		memcpy(peer.address, mapped, 12);
		memcpy(peer.address + 12, &a->v4.sin_addr, 4);
	} else if (a->any.sa_family == AF_INET6) {
		memcpy(peer.address, &a->v6.sin6_addr, 16);
	} else {
		return peer;
	}
	if (memcmp(peer.address, mapped, 12) == 0) {
		peer.exempt = peer.address[12] == 127;
	} else {
		peer.exempt = memcmp(peer.address, loopback, 16) == 0;
		memset(peer.address + 8, 0, 8);
	}
	return peer;
}

/* In one system call where there is one for it: 15 % less time than with two
 * more calls, and no instant in which a fork() elsewhere in the process can
 * inherit the connection. */
static int
accept_settled(int fd, union address *a)
{
	socklen_t n = sizeof(*a);
#ifdef __linux__
	return accept4(fd, &a->any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
	int got = accept(fd, &a->any, &n);

	if (got >= 0 && settle(got) != CHAT_OK) {
		chat_sock_close(got);
		return -1;
	}
	return got;
#endif
}

/* What accept says of the listener or the system, as a result; 0 when it is
 * about one connection that is no more.  Systems pass on nearly any error of
 * the network here, so the list is that of the others. */
static int
accept_error(void)
{
	if (would_wait())
		return CHAT_SOCK_AGAIN;
	switch (errno) {
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return CHAT_ERR_LIMIT;
	case EBADF:
	case EFAULT:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP:
	case EACCES:
	case EPERM:
		return CHAT_ERR_SYSTEM;
	}
	return 0;
}

int
chat_sock_accept(int fd, struct chat_peer *peer)
{
	union address a;
	int i, got, err;

	for (i = 0; i < DEAD_IN_A_ROW; i++) {
		a.any.sa_family = AF_UNSPEC;
		got = accept_settled(fd, &a);
		if (got >= 0) {
			*peer = peer_of(&a);
			return got;
		}
		err = accept_error();
		if (err != 0)
			return err;
	}
	return CHAT_SOCK_AGAIN;
}

int
chat_sock_tune(int fd, size_t send_buffer)
{
	int on = 1;
	int size =
	    send_buffer > INT32_MAX / 2 ? INT32_MAX / 2 : (int)send_buffer;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 &&
	    errno != EOPNOTSUPP && errno != ENOPROTOOPT)
		return CHAT_ERR_SYSTEM;
	if (size > 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) != 0)
		return CHAT_ERR_SYSTEM;
	return CHAT_OK;
}

/*
 * Sending and receiving.
 */

static ssize_t
send_some(int fd, const struct chat_str *pieces, size_t n)
{
	struct iovec v[CHAT_SOCK_PIECES];
	struct msghdr m = { .msg_iov = v };
	size_t i;

	if (n == 1)
		return send(fd, pieces[0].p, pieces[0].n, MSG_NOSIGNAL);
	for (i = 0; i < n && i < CHAT_SOCK_PIECES; i++, m.msg_iovlen++)
		v[i] = (struct iovec){ (void *)pieces[i].p, pieces[i].n };
	return sendmsg(fd, &m, MSG_NOSIGNAL);
}

long
chat_sock_send(int fd, const struct chat_str *pieces, size_t n)
{
	ssize_t sent;

	do
		sent = send_some(fd, pieces, n);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	return would_wait() ? 0 : CHAT_ERR_SYSTEM;
}

long
chat_sock_receive(int fd, void *dst, size_t cap)
{
	ssize_t got;

	do
		got = recv(fd, dst, cap, 0);
	while (got < 0 && errno == EINTR);
	if (got > 0)
		return got;
	if (got == 0)
		return CHAT_SOCK_END;
	if (would_wait())
		return CHAT_SOCK_AGAIN;
	return CHAT_ERR_SYSTEM;
}

int
chat_sock_half_close(int fd)
{
	return shutdown(fd, SHUT_WR) == 0 ? CHAT_OK : CHAT_ERR_SYSTEM;
}

void
chat_sock_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

/*
 * The pipe that wakes a loop.
 */

int
chat_sock_pipe(int fds[2])
{
	int made[2];

	if (pipe(made) != 0)
		return CHAT_ERR_SYSTEM;
	if (settle(made[0]) != CHAT_OK || settle(made[1]) != CHAT_OK) {
		chat_sock_close(made[0]);
		chat_sock_close(made[1]);
		return CHAT_ERR_SYSTEM;
	}
	fds[0] = made[0];
	fds[1] = made[1];
	return CHAT_OK;
}

void
chat_sock_wake(int fd)
{
	int saved = errno;
	ssize_t n = write(fd, "", 1);

	(void)n; /* a pipe that is full is readable already */
	errno = saved;
}

void
chat_sock_drain(int fd)
{
	char junk[256];
	ssize_t n;

	do
		n = read(fd, junk, sizeof(junk));
	while (n == (ssize_t)sizeof(junk) || (n < 0 && errno == EINTR));
}
