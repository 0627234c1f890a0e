/* Members of the union are read by sa_family, which all of them begin with. */
#include "sockaddr.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

/* What snprintf() returned, as a length or an error. */
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

/* A mapped address is an IPv4 client of a listener for both, and is shown as
 * what it is.  A zone is left out: only the machine itself knows its
 * interfaces. */
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
int
chat_sockaddr_write(
    const union chat_sockaddr *a, socklen_t n, char *dst, size_t cap)
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

/* As the picture in peer.h.  IPv4 is written as mapped IPv6, so that a client
 * is the same whichever listener it comes to.  All of 127.0.0.0/8 is
 * loopback. */
struct chat_peer
chat_sockaddr_peer(const union chat_sockaddr *a)
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
		return peer; /* the address of nobody: all zero */
	}
	if (memcmp(peer.address, mapped, 12) == 0) {
		peer.exempt = peer.address[12] == 127;
	} else {
		peer.exempt = memcmp(peer.address, loopback, 16) == 0;
		memset(peer.address + 8, 0, 8);
	}
	return peer;
}
