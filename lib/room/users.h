/*
 * users: who is in the room.
 *
 * A user is a name in any spelling; a member is one window, that is one
 * connection that has joined.  Several windows of one name are one user.
 *
 *     users.root: a treap in order of the folded name
 *            "bob" ---- windows: member <-> member   (a circle, oldest first)
 *           /     \
 *       "alice"  "carol" ---- grace: since its last window has closed
 *
 *     users.changed: user -> user       came or went since the last presence
 *     users.away:    grace <-> grace    the first one to end, first
 *
 * The priority of a user in the treap is a keyed hash of the name, so that no
 * choice of names makes the tree deep.  The same hash is the user's identity in
 * the past ring, where it outlives the user.
 *
 * A user is present from its first join to the end of its grace period, and
 * stays in the tree until everybody has been told that it left.  Called by
 * room.  Not here: what is sent to whom.
 */
#ifndef CHAT_USERS_H
#define CHAT_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alloc.h"
#include "base/list.h"
#include "wire/name.h"
#include "str.h"

struct chat_user;

/* The part of a connection that belongs to a user. */
struct chat_window {
	struct chat_user *user; /* NULL: has not joined */
	struct chat_window *next, *prev;
	uint64_t upper; /* the spelling, see chat_name_case() */
};

struct chat_grace; /* in users.c */

struct chat_user {
	struct chat_user *left, *right;
	struct chat_user *next_changed;
	union {
		struct chat_window *windows; /* the oldest one; or NULL */
		struct chat_grace *grace;    /* if away */
	} has;
	uint64_t hash;
	bool present;       /* has windows, or is away */
	bool away;          /* in its grace period */
	bool changed;       /* is in the list of changes */
	unsigned char size; /* of the name */
	char name[];        /* as it is shown: as its oldest window says */
};

struct chat_users {
	const struct chat_alloc *alloc;
	struct chat_user *root;
	struct chat_user *changed; /* newest first */
	struct chat_link away;
	uint32_t present; /* users that are */
};

/* Called with each user that is present, in order of the folded name, until it
 * returns false. */
typedef bool chat_users_fn(void *arg, const struct chat_user *u);

void chat_users_init(struct chat_users *us, const struct chat_alloc *a);
/* Frees the users; the windows are their owners'. */
void chat_users_release(struct chat_users *us);

/* The user of a name in any spelling, if it is present; NULL: nobody. */
struct chat_user *chat_users_find(
    const struct chat_users *us, struct chat_str name);

/* A window of a user with that valid name opens.  hash is the keyed hash of
 * the folded name.  CHAT_OK or CHAT_ERR_NOMEM. */
int chat_users_join(struct chat_users *us, struct chat_window *w,
    struct chat_str name, uint64_t hash);

/* The window closes.  If it was the user's last, the user leaves at deadline,
 * which must not be before that of an earlier call, unless another window joins
 * before; it leaves immediately if there is no memory to wait.  Does nothing
 * with a window that has not joined. */
void chat_users_leave(
    struct chat_users *us, struct chat_window *w, uint64_t deadline);

/* Users whose deadline has come leave. */
void chat_users_expire(struct chat_users *us, uint64_t now);

/* Users who are away now leave at deadline, or earlier if they were to. */
void chat_users_cap_grace(struct chat_users *us, uint64_t deadline);

/* The next deadline, UINT64_MAX: none. */
uint64_t chat_users_deadline(const struct chat_users *us);

/* Takes one user from the list of changes; NULL: none is left.  If the user is
 * not present, the caller has to chat_users_forget() it. */
struct chat_user *chat_users_next_changed(struct chat_users *us);
void chat_users_forget(struct chat_users *us, struct chat_user *u);

/* Calls fn with the users whose names come after that one; with all of them if
 * after.n is 0. */
void chat_users_walk(const struct chat_users *us, struct chat_str after,
    chat_users_fn *fn, void *arg);

/* The user's oldest window, and the next younger one; NULL: there is none. */
static inline struct chat_window *
chat_user_window(const struct chat_user *u)
{
	return u->away ? NULL : u->has.windows;
}

static inline struct chat_window *
chat_window_next(const struct chat_window *w)
{
	return w->next == w->user->has.windows ? NULL : w->next;
}

/* The name as it is shown, until the user changes. */
static inline struct chat_str
chat_user_name(const struct chat_user *u)
{
	return (struct chat_str){ u->name, u->size };
}

#endif
