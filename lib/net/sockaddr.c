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

static struct chat_peer
peer_v4(const void *address)
{
	struct chat_peer peer = { { [10] = 0xff, [11] = 0xff }, false };

	memcpy(peer.address + 12, address, 4);
	return peer;
}

/* In place of the zeros that all link-local addresses have in the middle stands
 * the interface, since the same address may be somebody else at another one. */
static struct chat_peer
peer_link_local(const struct sockaddr_in6 *v6)
{
	struct chat_peer peer = { { 0 }, false };
	uint32_t interface = htonl(v6->sin6_scope_id);

	memcpy(peer.address, &v6->sin6_addr, 16);
	memcpy(peer.address + 4, &interface, 4);
	return peer;
}

/* The first 64 bits are those of a subscriber; but all neighbours on a link
 * share them (RFC 4291, section 2.5.6), and so does all of IPv4 by way of a
 * translator (RFC 6052, section 2.1). */
static struct chat_peer
peer_v6(const struct sockaddr_in6 *v6)
{
	static const unsigned char translated[12] = { 0, 0x64, 0xff, 0x9b };
	const struct in6_addr *address = &v6->sin6_addr;
	struct chat_peer peer = { { 0 }, IN6_IS_ADDR_LOOPBACK(address) };

	if (IN6_IS_ADDR_LINKLOCAL(address))
		return peer_link_local(v6);
	if (memcmp(address, translated, sizeof(translated)) == 0)
		return peer_v4(address->s6_addr + 12);
	memcpy(peer.address, address, 8);
	return peer;
}

/* As the picture in peer.h.  IPv4 is written as mapped IPv6, so that a client
 * is the same whichever listener it comes to.  All of 127.0.0.0/8 is loopback,
 * but not where it is said to come through a translator. */
struct chat_peer
chat_sockaddr_peer(const union chat_sockaddr *a)
{
	const unsigned char *v4 = NULL;
	struct chat_peer peer = { { 0 }, a->any.sa_family == AF_UNIX };

	if (a->any.sa_family == AF_INET)
		v4 = (const unsigned char *)&a->v4.sin_addr;
	else if (a->any.sa_family != AF_INET6)
		return peer; /* the address of nobody: all zero */
	else if (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		v4 = a->v6.sin6_addr.s6_addr + 12;
	if (v4 == NULL)
		return peer_v6(&a->v6);
	peer = peer_v4(v4);
	peer.exempt = v4[0] == 127;
	return peer;
}
