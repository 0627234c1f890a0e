/* The tree is a treap (Seidel, Aragon, 1989): in order of names from left to
 * right, and with the greater hash above.  It is split and merged on the way
 * down, with no rotations and no pointers to parents. */
#include "users.h"

#include <stddef.h>
#include <string.h>

#include "err.h"

/* The grace period of a user that has no window.  Allocated, since most users
 * are not away, and a struct chat_user is kept small. */
struct chat_grace {
	struct chat_link link;
	struct chat_user *user;
	uint64_t deadline;
};

void
chat_users_init(struct chat_users *us, const struct chat_alloc *a)
{
	*us = (struct chat_users){ .alloc = a };
	chat_link_init(&us->away);
}

void
chat_users_release(struct chat_users *us)
{
	while (us->root != NULL)
		chat_users_forget(us, us->root);
}

static int
compare(struct chat_str name, const struct chat_user *u)
{
	return chat_name_compare(name.p, name.n, u->name, u->size);
}

/* The pointer in the tree that leads to the user of a name, or would. */
static struct chat_user **
seek(struct chat_users *us, struct chat_str name)
{
	struct chat_user **at = &us->root;
	int order;

	while (*at != NULL && (order = compare(name, *at)) != 0)
		at = order < 0 ? &(*at)->left : &(*at)->right;
	return at;
}

/* Parts a tree into the users before name, in *left, and those after it, in
 * *right; none has that name.  Users are hung on either side in the order in
 * which they come from above, so the greater hash stays above. */
static void
split(struct chat_user *t, struct chat_str name, struct chat_user **left,
    struct chat_user **right)
{
	while (t != NULL) {
		if (compare(name, t) > 0) {
			*left = t;
			left = &t->right;
			t = t->right;
		} else {
			*right = t;
			right = &t->left;
			t = t->left;
		}
	}
	*left = *right = NULL;
}

/* Joins two trees at *at.  All names of left come before all of right. */
static void
merge(struct chat_user **at, struct chat_user *left, struct chat_user *right)
{
	while (left != NULL && right != NULL) {
		if (left->hash > right->hash) {
			*at = left;
			at = &left->right;
			left = left->right;
		} else {
			*at = right;
			at = &right->left;
			right = right->left;
		}
	}
	*at = left != NULL ? left : right;
}

/* Goes down past the users with greater hashes.  The tree that it finds below
 * them is parted, and u takes its place. */
static void
insert(struct chat_users *us, struct chat_user *u)
{
	struct chat_user **at = &us->root;

	while (*at != NULL && (*at)->hash > u->hash)
		at = compare(chat_user_name(u), *at) < 0 ? &(*at)->left
							 : &(*at)->right;
	split(*at, chat_user_name(u), &u->left, &u->right);
	*at = u;
}

/* Puts the user among the changes that presence has to tell, once. */
static void
mark_changed(struct chat_users *us, struct chat_user *u)
{
	if (u->changed)
		return;
	u->changed = true;
	u->next_changed = us->changed;
	us->changed = u;
}

static void
set_present(struct chat_users *us, struct chat_user *u, bool present)
{
	if (u->present == present)
		return;
	u->present = present;
	if (present)
		us->present++;
	else
		us->present--;
	mark_changed(us, u);
}

/* The user is shown as its oldest window spells it.  Spellings have one length,
 * so the name changes in place. */
static void
set_spelling(struct chat_users *us, struct chat_user *u)
{
	uint64_t upper = u->has.windows->upper;

	if (chat_name_case(u->name, u->size) == upper)
		return;
	chat_name_fold(u->name, u->name, u->size);
	chat_name_unfold(u->name, u->name, u->size, upper);
	mark_changed(us, u);
}

static struct chat_user *
user_new(struct chat_users *us, struct chat_str name, uint64_t hash)
{
	struct chat_user *u;

	u = chat_alloc_new(
	    us->alloc, offsetof(struct chat_user, name) + name.n);
	if (u == NULL)
		return NULL;
	u->hash = hash;
	u->size = (unsigned char)name.n;
	memcpy(u->name, name.p, name.n);
	insert(us, u);
	return u;
}

struct chat_user *
chat_users_find(const struct chat_users *us, struct chat_str name)
{
	struct chat_user *u = us->root;
	int order;

	while (u != NULL && (order = compare(name, u)) != 0)
		u = order < 0 ? u->left : u->right;
	return u != NULL && u->present ? u : NULL;
}

/* The user waits for its next window.  Without memory for that it leaves. */
static void
begin_grace(struct chat_users *us, struct chat_user *u, uint64_t deadline)
{
	struct chat_grace *g = chat_resize(us->alloc, NULL, sizeof(*g));

	u->has.windows = NULL;
	if (g == NULL) {
		set_present(us, u, false);
		return;
	}
	u->has.grace = g;
	u->away = true;
	g->user = u;
	g->deadline = deadline;
	chat_link_init(&g->link);
	chat_link_append(&us->away, &g->link);
}

static void
end_grace(struct chat_users *us, struct chat_user *u)
{
	if (!u->away)
		return;
	chat_link_remove(&u->has.grace->link);
	chat_alloc_free(us->alloc, u->has.grace);
	u->away = false;
	u->has.windows = NULL;
}

/* The first one to end; NULL: nobody is away. */
static struct chat_grace *
first_grace(const struct chat_users *us)
{
	if (chat_link_is_alone(&us->away))
		return NULL;
	return CHAT_OBJECT(us->away.next, struct chat_grace, link);
}

int
chat_users_join(struct chat_users *us, struct chat_window *w,
    struct chat_str name, uint64_t hash)
{
	struct chat_user *u = *seek(us, name);

	/* One that has left may still be in the tree, as nobody was told: then
	 * it is present again before anybody could miss it. */
	if (u == NULL && (u = user_new(us, name, hash)) == NULL)
		return CHAT_ERR_NOMEM;
	end_grace(us, u);
	w->user = u;
	w->upper = chat_name_case(name.p, name.n);
	if (u->has.windows == NULL) {
		w->next = w->prev = u->has.windows = w;
	} else {
		w->next = u->has.windows;
		w->prev = w->next->prev;
		w->prev->next = w->next->prev = w;
	}
	set_present(us, u, true);
	set_spelling(us, u);
	return CHAT_OK;
}

void
chat_users_leave(
    struct chat_users *us, struct chat_window *w, uint64_t deadline)
{
	struct chat_user *u = w->user;

	if (u == NULL)
		return;
	w->user = NULL;
	/* The only one in its circle: the user's last window. */
	if (w->next == w) {
		begin_grace(us, u, deadline);
		return;
	}
	w->next->prev = w->prev;
	w->prev->next = w->next;
	if (u->has.windows == w)
		u->has.windows = w->next;
	set_spelling(us, u);
}

void
chat_users_expire(struct chat_users *us, uint64_t now)
{
	struct chat_grace *g;
	struct chat_user *u;

	while ((g = first_grace(us)) != NULL && g->deadline <= now) {
		u = g->user;
		end_grace(us, u);
		set_present(us, u, false);
	}
}

/* Goes backwards: the deadlines that are too late are the last ones. */
void
chat_users_cap_grace(struct chat_users *us, uint64_t deadline)
{
	struct chat_link *l;
	struct chat_grace *g;

	for (l = us->away.prev; l != &us->away; l = l->prev) {
		g = CHAT_OBJECT(l, struct chat_grace, link);
		if (g->deadline <= deadline)
			return;
		g->deadline = deadline;
	}
}

uint64_t
chat_users_deadline(const struct chat_users *us)
{
	const struct chat_grace *g = first_grace(us);

	return g != NULL ? g->deadline : UINT64_MAX;
}

struct chat_user *
chat_users_next_changed(struct chat_users *us)
{
	struct chat_user *u = us->changed;

	if (u != NULL) {
		us->changed = u->next_changed;
		u->changed = false;
	}
	return u;
}

void
chat_users_forget(struct chat_users *us, struct chat_user *u)
{
	struct chat_user **at = seek(us, chat_user_name(u));

	merge(at, u->left, u->right);
	end_grace(us, u);
	chat_alloc_free(us->alloc, u);
}

/* Calls fn for the tree of u; false: fn wants no more.  It recurses as deep as
 * the tree is, which is about 3 log2 of its size: 60 for a million users. */
static bool
walk(const struct chat_user *u, struct chat_str after, chat_users_fn *fn,
    void *arg)
{
	for (; u != NULL; u = u->right) {
		/* It is not after that name, nor is anything to its left. */
		if (compare(after, u) >= 0)
			continue;
		if (!walk(u->left, after, fn, arg))
			return false;
		if (u->present && !fn(arg, u))
			return false;
	}
	return true;
}

void
chat_users_walk(const struct chat_users *us, struct chat_str after,
    chat_users_fn *fn, void *arg)
{
	(void)walk(us->root, after, fn, arg);
}
