/*
 * sockaddr: the address of a socket, of any kind that we know.
 *
 *     union chat_sockaddr ---> "203.0.113.9:51044"     for logs and people
 *                        '---> struct chat_peer        for limits per address
 *
 * Called by sock; sock_listen fills one in.  Nobody else sees the system's
 * form.  Not here: the other direction, from text to a listener
 * (sock_listen.c).
 */
#ifndef CHAT_SOCKADDR_H
#define CHAT_SOCKADDR_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "peer.h"

/* Large enough for every kind; which one it is, any.sa_family says. */
union chat_sockaddr {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un un;
	struct sockaddr_storage space;
};

/* Writes the address, whose system's form is n bytes long, as chat_sock_name()
 * does, and a NUL.  Returns the length, CHAT_ERR_SPACE, or CHAT_ERR_ARGUMENT
 * for a kind of address that is not ours. */
int chat_sockaddr_write(
    const union chat_sockaddr *a, socklen_t n, char *dst, size_t cap);

/* The address as the key of the limits; see peer.h. */
struct chat_peer chat_sockaddr_peer(const union chat_sockaddr *a);

#endif
