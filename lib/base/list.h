/*
 * list: rings of links inside the objects that they connect.
 *
 *     list <-> a.link <-> b.link <-> c.link <-> (list)
 *
 * A list is a link too, the one that is in no object.  A link alone points to
 * itself, so taking it out of its list needs neither a question nor the list,
 * and every operation is O(1).  Called by timer, hub and queue, the tables of
 * users and addresses, and core.  Not here: counting, searching.
 */
#ifndef CHAT_LIST_H
#define CHAT_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct chat_link {
	struct chat_link *prev, *next;
};

/* The object of type that has link as its member. */
#define CHAT_OBJECT(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

static inline void
chat_link_init(struct chat_link *l)
{
	l->prev = l->next = l;
}

static inline bool
chat_link_is_alone(const struct chat_link *l)
{
	return l->next == l;
}

static inline void
chat_link_remove(struct chat_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	chat_link_init(l);
}

/* Takes l out of the list that it is in and puts it at the end of list, which
 * may be the same. */
static inline void
chat_link_append(struct chat_link *list, struct chat_link *l)
{
	chat_link_remove(l);
	l->prev = list->prev;
	l->next = list;
	list->prev->next = l;
	list->prev = l;
}

/* Moves all links of from to the end of list, in their order. */
static inline void
chat_link_splice(struct chat_link *list, struct chat_link *from)
{
	if (chat_link_is_alone(from))
		return;
	from->next->prev = list->prev;
	list->prev->next = from->next;
	from->prev->next = list;
	list->prev = from->prev;
	chat_link_init(from);
}

#endif
