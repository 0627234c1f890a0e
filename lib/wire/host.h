/*
 * host: names of a machine, as requests have them (RFC 9110, section 7.2).
 *
 * Whoever owns a name can have it point at our address, and then a browser
 * takes us for the server of the pages of that name (DNS rebinding):
 *
 *     Host: evil.example:3008
 *     Origin: http://evil.example:3008          ... the same, so let it in?
 *
 * So a server has to know which names are its own.  Here is which ones nobody
 * on the outside can own, and how names are compared.  Called by gate, and by
 * chatd for its options.  Not here: the names that were given (core/gate.h),
 * taking Host apart (http.h).
 */
#ifndef CHAT_HOST_H
#define CHAT_HOST_H

#include <stdbool.h>

#include "str.h"

/* Is it a host as browsers write it: an IPv6 address in brackets; or letters,
 * digits, '-' and '_', in parts with single dots between them, and maybe one
 * after the last?  Other names reach us as ASCII (RFC 5891). */
bool chat_host_is_name(struct chat_str host);

/* Is it an address, localhost, a name without a dot, or one under .local (RFC
 * 6762)?  What those mean is settled by this machine, or on its own network. */
bool chat_host_is_local(struct chat_str host);

/* The same, but for the case of ASCII letters and a dot at the end.  What is
 * absent or empty is no host. */
bool chat_host_is(struct chat_str a, struct chat_str b);

/* The host of an origin, scheme://host[:port]; absent if it is no such. */
struct chat_str chat_host_of_origin(struct chat_str origin);

#endif
