/*
 * peer: where a connection comes from, as the key of per-address limits.
 *
 *     203.0.113.9          ::ffff:203.0.113.9      (IPv4, and mapped IPv4)
 *     2001:db8:1:2:3:4:5:6 2001:db8:1:2::          (IPv6, cut to its /64)
 *     fe80::5:6%2          fe80:0:0:2::5:6         (link-local, interface 2)
 *     64:ff9b::203.0.113.9 ::ffff:203.0.113.9      (translated IPv4)
 *     a UNIX socket        ::                      (always exempt)
 *
 * One subscriber owns a whole /64, so that is what counts as one address.  That
 * of link-local addresses is owned by all neighbours; each counts alone.
 * Made by net/sockaddr, or by a program that has no sockets; core and room
 * compare it.  Not here: the address as a log shows it, see net/sock.h.
 */
#ifndef CHAT_PEER_H
#define CHAT_PEER_H

#include <stdbool.h>

struct chat_peer {
	unsigned char address[16]; /* as IPv6, in network order */
	bool exempt; /* loopback or UNIX: no limit per address applies */
};

#endif
