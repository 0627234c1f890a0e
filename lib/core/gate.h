/*
 * gate: from where the room may be reached: the names that it answers to, and
 * the pages that may join.
 *
 *     Host: chat.example.com     hosts:    the local ones (wire/host.h), those
 *                                          given, those of the origins below
 *     Origin: https://...        origins:  that of Host, those given
 *
 * Both are needed: a page of a name that is not ours has that name in both
 * fields.  "*" in either list lets all of them in; where all pages may join,
 * every host may be asked.  Called by core, which has the lists, and by
 * request.  Not here: what is answered to the others (request).
 */
#ifndef CHAT_GATE_H
#define CHAT_GATE_H

#include <stdbool.h>

#include "alloc.h"
#include "chatcore.h"

/* All zero: none were given. */
struct chat_gate {
	char **hosts, **origins; /* each ends by NULL; may be NULL */
};

/* Are both lists of a configuration as chatcore.h says? */
bool chat_gate_is_sound(const struct chat_config *config);

/* Copies both lists.  CHAT_OK, or CHAT_ERR_NOMEM and nothing has changed. */
int chat_gate_set(struct chat_gate *gate, const struct chat_alloc *a,
    const struct chat_config *config);
void chat_gate_release(struct chat_gate *gate, const struct chat_alloc *a);

/* Is the room that of host, the field Host or what stands for it? */
bool chat_gate_knows(const struct chat_gate *gate, struct chat_str host);

/* May a page of that origin join, at that host?  Absent: it is no page. */
bool chat_gate_lets_in(
    const struct chat_gate *gate, struct chat_str origin, struct chat_str host);

#endif
