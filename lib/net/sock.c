/* Each function is one system call or two, with the results of all systems made
 * the same: EINTR is tried again, EAGAIN and EWOULDBLOCK are one, and SIGPIPE
 * is never raised. */
#ifdef __linux__
#define _GNU_SOURCE /* accept4() */
#endif

#include "sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include "err.h"
#include "sockaddr.h"

/* After this many dead connections in a row accept gives up until it is called
 * again: nobody may keep it busy by connecting and vanishing. */
enum { DEAD_IN_A_ROW = 16 };

/* No flag has to be kept: all others are off in a descriptor just made. */
int
chat_sock_settle(int fd)
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
 * Names.
 */

int
chat_sock_name(int fd, char *dst, size_t cap)
{
	union chat_sockaddr a;
	socklen_t n = sizeof(a);

	if (getsockname(fd, &a.any, &n) != 0)
		return CHAT_ERR_SYSTEM;
	return chat_sockaddr_write(&a, n, dst, cap);
}

int
chat_sock_peer_name(int fd, char *dst, size_t cap)
{
	union chat_sockaddr a = { .any = { .sa_family = AF_UNSPEC } };
	socklen_t n = sizeof(a);

	if (getpeername(fd, &a.any, &n) != 0)
		return CHAT_ERR_SYSTEM;
	/* A client may have bound a path of its own: any bytes it likes. */
	if (a.any.sa_family == AF_UNIX)
		n = 0;
	return chat_sockaddr_write(&a, n, dst, cap);
}

/*
 * Accepting.
 */

/* In one system call where there is one for it: 15 % less time than with two
 * more calls, and no instant in which a fork() elsewhere in the process can
 * inherit the connection. */
static int
accept_settled(int fd, union chat_sockaddr *a)
{
	socklen_t n = sizeof(*a);
#ifdef __linux__
	return accept4(fd, &a->any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
	int got = accept(fd, &a->any, &n);

	if (got >= 0 && chat_sock_settle(got) != CHAT_OK) {
		chat_sock_close(got);
		return -1;
	}
	return got;
#endif
}

/* What errno says after accept, as a result: about the system, or about the
 * listener; 0 if about one connection that is gone.  Systems report nearly any
 * error of the network here, so this lists only the errors that are not about
 * one connection. */
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
	union chat_sockaddr a;
	int i, got, err;

	for (i = 0; i < DEAD_IN_A_ROW; i++) {
		/* Not every system fills it in for a peer that is gone; such
		 * an address is like nobody's, and not exempt. */
		a.any.sa_family = AF_UNSPEC;
		got = accept_settled(fd, &a);
		if (got >= 0) {
			*peer = chat_sockaddr_peer(&a);
			return got;
		}
		err = accept_error();
		if (err != 0)
			return err;
	}
	return CHAT_SOCK_AGAIN;
}

/* The size is halved since Linux doubles it, in an int.  A UNIX socket knows no
 * TCP_NODELAY; which of the two errors that is depends on the system. */
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

/* A single piece needs no array.  sendmsg() only reads the pieces, though an
 * iovec has no const. */
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

/* Both ends are non-blocking: the loop must not wait to read, nor a handler
 * of signals to write. */
int
chat_sock_pipe(int fds[2])
{
	int made[2];

	if (pipe(made) != 0)
		return CHAT_ERR_SYSTEM;
	if (chat_sock_settle(made[0]) != CHAT_OK ||
	    chat_sock_settle(made[1]) != CHAT_OK) {
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

/* A short read has emptied the pipe.  A byte that comes after it makes the pipe
 * readable again. */
void
chat_sock_drain(int fd)
{
	char junk[256];
	ssize_t n;

	do
		n = read(fd, junk, sizeof(junk));
	while (n == (ssize_t)sizeof(junk) || (n < 0 && errno == EINTR));
}
