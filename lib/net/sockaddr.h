/*
 * sockaddr: the address of a socket, of any kind that we know.
 *
 * Here the system's form becomes text, for logs and for people, and the key of
 * the limits per address.  The way in, from text to a listener, is in
 * sock_listen.c.  Called by sock and sock_listen, and nobody else sees one.
 */
#ifndef CHAT_SOCKADDR_H
#define CHAT_SOCKADDR_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "peer.h"

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
