/*
 * sock: non-blocking stream sockets, as few options as a chat server needs.
 *
 * Listening, accepting, sending and receiving over TCP and UNIX sockets, and
 * the pipe that wakes a loop.  Addresses go in and out as text, so that no
 * other module knows a sockaddr.  Every descriptor made here is non-blocking
 * and closed on exec.  Only chat_sock_listen() may wait, for the name service.
 * None of these functions raises SIGPIPE.
 *
 * Called by server, and by chatd for the pipe that its signals wake.  Not here:
 * when a descriptor is ready (ready.h), what the bytes mean (core).  Files:
 * sock_listen.c has chat_sock_listen(), sock.c all others.
 */
#ifndef CHAT_SOCK_H
#define CHAT_SOCK_H

#include <stddef.h>

#include "peer.h"
#include "str.h"

/* Results that are neither success nor an enum chat_err. */
enum chat_sock_result {
	CHAT_SOCK_END = 0,      /* receive: the peer has ended its side */
	CHAT_SOCK_AGAIN = -100, /* nothing there: ask when it is ready */
};

enum {
	CHAT_SOCK_NAME = 128,  /* space for the longest name, with its NUL */
	CHAT_SOCK_PIECES = 16, /* pieces that one send takes */
};

/*
 * Listens at spec, one of
 *
 *     127.0.0.1:3008  0.0.0.0:0   IPv4; port 0: the system chooses
 *     [::1]:3008      [::]:3008   IPv6 alone
 *     *:3008                      any address of both, or of IPv4 where
 *                                 there is no IPv6
 *     localhost:3008              the first address of a name that works;
 *                                 may wait for the name service
 *     unix:/run/chatd.sock        a UNIX socket
 *
 * A UNIX socket that nobody listens on any more is replaced.  One in use is
 * CHAT_ERR_SYSTEM, EADDRINUSE; so is any other kind of file, which is never
 * removed.  Closing leaves the file in place.  Two programs that replace the
 * same stale socket in the same instant may both believe that they have it.
 *
 * backlog: connections that wait for accept; the system may cap it.
 *
 * Returns the descriptor; CHAT_ERR_ARGUMENT: spec is none of these, or its
 * name is unknown; CHAT_ERR_NOMEM; CHAT_ERR_SYSTEM with errno.
 */
int chat_sock_listen(const char *spec, int backlog);

/*
 * Writes the address that fd is bound to, with the real port, as it stands in
 * the authority of a URL (RFC 3986, section 3.2) or in a spec, and a NUL:
 * "127.0.0.1:3008", "[::1]:3008", "unix:/run/chatd.sock".
 *
 * Returns its length; CHAT_ERR_SPACE (never if cap >= CHAT_SOCK_NAME),
 * CHAT_ERR_SYSTEM.
 */
int chat_sock_name(int fd, char *dst, size_t cap);

/* The same for the other end: "203.0.113.9:51044", "[2001:db8::7]:4711", or
 * "unix:".  For logs; CHAT_ERR_SYSTEM, ENOTCONN, once it has gone. */
int chat_sock_peer_name(int fd, char *dst, size_t cap);

/*
 * Takes the next connection that waits at the listener fd.  Those that died
 * in the queue are passed over.
 *
 * Returns its descriptor (>= 0) and fills in *peer; CHAT_SOCK_AGAIN: none is
 * waiting; CHAT_ERR_LIMIT: no descriptor or memory for it, it keeps waiting
 * and the listener stays readable, so stop watching it for a while;
 * CHAT_ERR_SYSTEM: the listener is of no use.
 */
int chat_sock_accept(int fd, struct chat_peer *peer);

/*
 * Sends immediately instead of gathering (TCP_NODELAY), and asks for a kernel
 * send buffer of send_buffer bytes; 0 leaves the system's.  Connections inherit
 * both from a TCP listener, which saves two system calls for each; those of a
 * UNIX listener do not inherit the buffer.
 *
 * Returns CHAT_OK or CHAT_ERR_SYSTEM.  UNIX sockets gather nothing anyway, so
 * for them TCP_NODELAY is not an error.
 */
int chat_sock_tune(int fd, size_t send_buffer);

/*
 * Hands n pieces (at least one byte together) to the kernel in one system
 * call; of more than CHAT_SOCK_PIECES it takes the first ones.
 *
 * Returns the bytes taken, which may end inside a piece; 0: it would have to
 * wait; CHAT_ERR_SYSTEM: the connection is over (EPIPE, ECONNRESET, ...).
 */
long chat_sock_send(int fd, const struct chat_str *pieces, size_t n);

/*
 * Receives at most cap (> 0) bytes into dst.
 *
 * Returns how many (> 0); CHAT_SOCK_END: the peer will send no more;
 * CHAT_SOCK_AGAIN: none are there; CHAT_ERR_SYSTEM: the connection is over
 * (ECONNRESET, ETIMEDOUT, ...).
 */
long chat_sock_receive(int fd, void *dst, size_t cap);

/* Tells the peer that nothing more will be sent, and goes on receiving.
 * CHAT_OK, or CHAT_ERR_SYSTEM: the connection is over. */
int chat_sock_half_close(int fd);

/* Closes fd, and leaves errno alone.  Does nothing if fd is negative. */
void chat_sock_close(int fd);

/* Makes fd non-blocking and closed on exec.  CHAT_OK or CHAT_ERR_SYSTEM. */
int chat_sock_settle(int fd);

/*
 * Makes the pipe that wakes a loop: the loop watches fds[0] for reading,
 * signal handlers and other threads hold fds[1].  Both are to be closed.
 * CHAT_OK, or CHAT_ERR_SYSTEM and fds as it was.
 */
int chat_sock_pipe(int fds[2]);

/* Makes the other end of the pipe readable until it is drained, however often
 * it is called.  Safe in a signal handler; errno is untouched. */
void chat_sock_wake(int fd);

/* Empties the pipe.  Call it before looking at what caused the wake-ups: a
 * later one makes the pipe readable for the next turn. */
void chat_sock_drain(int fd);

#endif
