/* Tests of users, against a sorted array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "random.h"
#include "room/users.h"

static void
assert_shown(const struct chat_user *u, const char *name)
{
	assert_non_null(u);
	assert_true(chat_str_is(chat_user_name(u), chat_str(name)));
}

static void
join(struct chat_users *us, struct chat_window *w, const char *name)
{
	struct chat_str s = chat_str(name);
	char folded[CHAT_NAME_MAX];
	uint64_t hash = 0;
	size_t i;

	chat_name_fold(folded, s.p, s.n);
	for (i = 0; i < s.n; i++)
		hash = random_mix(hash ^ (unsigned char)folded[i]);
	assert_int_equal(chat_users_join(us, w, s, hash), CHAT_OK);
	assert_non_null(w->user);
	assert_int_equal(w->user->hash, hash);
}

/* Takes all changes, forgets users that left, and returns how many there were.
 */
static int
drain(struct chat_users *us)
{
	struct chat_user *u;
	int n = 0;

	while ((u = chat_users_next_changed(us)) != NULL) {
		n++;
		if (!u->present)
			chat_users_forget(us, u);
	}
	return n;
}

static void
windows_of_a_name_are_one_user(void **state)
{
	struct failing_alloc heap;
	struct chat_users us;
	struct chat_window w[3] = { { 0 } };

	(void)state;
	failing_alloc_init(&heap, 0);
	chat_users_init(&us, &heap.alloc);
	join(&us, &w[0], "Alice");
	join(&us, &w[1], "alice");
	join(&us, &w[2], "Bob");
	assert_ptr_equal(w[0].user, w[1].user);
	assert_ptr_not_equal(w[0].user, w[2].user);
	assert_int_equal(us.present, 2);
	assert_ptr_equal(chat_users_find(&us, CHAT_STR("aLICE")), w[0].user);
	assert_null(chat_users_find(&us, CHAT_STR("alic")));
	assert_null(chat_users_find(&us, CHAT_STR("alicee")));
	/* All windows are found from the user, the oldest one first. */
	assert_ptr_equal(chat_user_window(w[0].user), &w[0]);
	assert_ptr_equal(chat_window_next(&w[0]), &w[1]);
	assert_null(chat_window_next(&w[1]));
	chat_users_release(&us);
	failing_alloc_check(&heap);
}

static void
oldest_window_spells_the_name(void **state)
{
	struct chat_users us;
	struct chat_window w[3] = { { 0 } };

	(void)state;
	chat_users_init(&us, NULL);
	join(&us, &w[0], "BOB");
	join(&us, &w[1], "Bob");
	join(&us, &w[2], "bob");
	assert_int_equal(drain(&us), 1);
	assert_shown(w[0].user, "BOB");
	chat_users_leave(&us, &w[0], 10);
	assert_null(w[0].user);
	assert_shown(w[1].user, "Bob");
	assert_int_equal(drain(&us), 1);
	/* A younger one makes no difference. */
	chat_users_leave(&us, &w[2], 10);
	assert_shown(w[1].user, "Bob");
	assert_int_equal(drain(&us), 0);
	/* In its grace period the last spelling stays, until another comes. */
	chat_users_leave(&us, &w[1], 10);
	assert_shown(chat_users_find(&us, CHAT_STR("bob")), "Bob");
	assert_int_equal(drain(&us), 0);
	join(&us, &w[0], "bOB");
	assert_shown(w[0].user, "bOB");
	assert_int_equal(drain(&us), 1);
	chat_users_release(&us);
}

/* A reload is no leave. */
static void
grace_period_hides_a_reload(void **state)
{
	struct chat_users us;
	struct chat_window w = { 0 };
	const struct chat_user *u;

	(void)state;
	chat_users_init(&us, NULL);
	assert_int_equal(chat_users_deadline(&us), UINT64_MAX);
	join(&us, &w, "bob");
	u = w.user;
	assert_int_equal(drain(&us), 1);
	chat_users_leave(&us, &w, 1000);
	assert_int_equal(chat_users_deadline(&us), 1000);
	chat_users_expire(&us, 999);
	assert_ptr_equal(chat_users_find(&us, CHAT_STR("bob")), u);
	join(&us, &w, "bob");
	assert_ptr_equal(w.user, u);
	assert_int_equal(chat_users_deadline(&us), UINT64_MAX);
	chat_users_expire(&us, 5000);
	assert_int_equal(us.present, 1);
	assert_int_equal(drain(&us), 0);
	chat_users_release(&us);
}

static void
deadline_comes_and_the_user_is_gone(void **state)
{
	struct failing_alloc heap;
	struct chat_users us;
	struct chat_window w[2] = { { 0 } };
	struct chat_user *u;

	(void)state;
	failing_alloc_init(&heap, 0);
	chat_users_init(&us, &heap.alloc);
	join(&us, &w[0], "bob");
	join(&us, &w[1], "carol");
	drain(&us);
	chat_users_leave(&us, &w[0], 1000);
	chat_users_leave(&us, &w[1], 1500);
	assert_int_equal(us.present, 2);
	chat_users_expire(&us, 1000);
	assert_int_equal(us.present, 1);
	assert_null(chat_users_find(&us, CHAT_STR("bob")));
	assert_non_null(chat_users_find(&us, CHAT_STR("carol")));
	assert_int_equal(chat_users_deadline(&us), 1500);
	u = chat_users_next_changed(&us);
	assert_shown(u, "bob");
	assert_false(u->present);
	chat_users_forget(&us, u);
	assert_null(chat_users_next_changed(&us));
	chat_users_release(&us);
	failing_alloc_check(&heap);
}

/* A user that left and came back before that was told has only come. */
static void
back_before_the_leave_was_told(void **state)
{
	struct chat_users us;
	struct chat_window w = { 0 };
	struct chat_user *u;

	(void)state;
	chat_users_init(&us, NULL);
	join(&us, &w, "bob");
	drain(&us);
	chat_users_leave(&us, &w, 10);
	chat_users_expire(&us, 10);
	assert_int_equal(us.present, 0);
	join(&us, &w, "BOB");
	assert_int_equal(us.present, 1);
	u = chat_users_next_changed(&us);
	assert_true(u->present);
	assert_shown(u, "BOB");
	assert_null(chat_users_next_changed(&us));
	chat_users_release(&us);
}

static void
leaving_twice_is_nothing(void **state)
{
	struct chat_users us;
	struct chat_window w = { 0 };

	(void)state;
	chat_users_init(&us, NULL);
	chat_users_leave(&us, &w, 10);
	join(&us, &w, "bob");
	chat_users_leave(&us, &w, 10);
	chat_users_leave(&us, &w, 20);
	assert_int_equal(chat_users_deadline(&us), 10);
	chat_users_release(&us);
}

static void
no_memory_changes_nothing(void **state)
{
	struct failing_alloc heap;
	struct chat_users us;
	struct chat_window w[2] = { { 0 } };

	(void)state;
	failing_alloc_init(&heap, 2);
	chat_users_init(&us, &heap.alloc);
	join(&us, &w[0], "bob");
	drain(&us);
	assert_int_equal(
	    chat_users_join(&us, &w[1], CHAT_STR("carol"), 1), CHAT_ERR_NOMEM);
	assert_null(w[1].user);
	assert_int_equal(us.present, 1);
	assert_int_equal(drain(&us), 0);
	assert_null(chat_users_find(&us, CHAT_STR("carol")));
	/* Another window of a user that is present needs none. */
	heap.fail = heap.calls + 1;
	join(&us, &w[1], "Bob");
	chat_users_release(&us);
	failing_alloc_check(&heap);
}

static void
without_memory_there_is_no_grace(void **state)
{
	struct failing_alloc heap;
	struct chat_users us;
	struct chat_window w = { 0 };
	struct chat_user *u;

	(void)state;
	failing_alloc_init(&heap, 2);
	chat_users_init(&us, &heap.alloc);
	join(&us, &w, "bob");
	drain(&us);
	chat_users_leave(&us, &w, 1000);
	assert_int_equal(us.present, 0);
	assert_null(chat_users_find(&us, CHAT_STR("bob")));
	assert_int_equal(chat_users_deadline(&us), UINT64_MAX);
	u = chat_users_next_changed(&us);
	assert_shown(u, "bob");
	assert_false(u->present);
	assert_null(chat_user_window(u));
	chat_users_forget(&us, u);
	join(&us, &w, "bob");
	assert_int_equal(us.present, 1);
	chat_users_release(&us);
	failing_alloc_check(&heap);
}

static size_t
depth(const struct chat_user *u)
{
	size_t left, right;

	if (u == NULL)
		return 0;
	left = depth(u->left);
	right = depth(u->right);
	return 1 + (left > right ? left : right);
}

/* The order in which names come does not make the tree deep. */
static void
tree_is_not_deep(void **state)
{
	enum { MANY = 10000 };
	static struct chat_window w[MANY];
	struct chat_users us;
	char name[20];
	size_t i;

	(void)state;
	chat_users_init(&us, NULL);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "user%08zu", i);
		join(&us, &w[i], name);
	}
	assert_in_range(depth(us.root), 14, 50);
	chat_users_release(&us);
}

/*
 * The model: all names there are, in order, and what is known of each.
 */

enum { NAMES = 40, WINDOWS = 60, WINDOWS_EACH = 6 };

struct model_user {
	const char *name;          /* folded */
	int windows[WINDOWS_EACH]; /* oldest first */
	int n;
	bool present, changed;
	uint64_t deadline; /* while here without windows */
	char shown[CHAT_NAME_MAX + 1];
};

struct model {
	struct model_user users[NAMES];
	struct chat_users us;
	struct chat_window windows[WINDOWS];
	char spelling[WINDOWS][CHAT_NAME_MAX + 1]; /* "": free */
	struct random random;
	uint64_t now;
	bool one_hash; /* all users have the same, so the heap has no order */
};

/* In order of their bytes as unsigned numbers. */
static const char *const names[NAMES] = { "!", "! !", "0", "00", "1", "a",
	"a b", "a-", "a_", "aa", "aaa", "aaaa", "ab", "abc", "abd", "ac", "b",
	"b b", "bob", "bobb", "bobby", "bz", "c", "carol", "x", "y", "yy",
	"yyy", "z", "za", "z\xc3\xa4", "{", "~", "\xc3\xa4", "\xc3\xa4z",
	"\xc3\xa5", "\xe4\xb8\xad", "\xe4\xb8\xad!", "\xf0\x9f\x98\x80",
	"\xf0\x9f\x98\x81" };

/* The name with some letters made upper case. */
static void
spell(struct model *m, char *dst, const char *name)
{
	size_t i;

	strcpy(dst, name);
	for (i = 0; dst[i] != '\0'; i++)
		if (dst[i] >= 'a' && dst[i] <= 'z' &&
		    random_below(&m->random, 3) == 0)
			dst[i] = (char)(dst[i] - 'a' + 'A');
}

/* What a model user becomes when its windows have changed. */
static void
update(struct model *m, struct model_user *u, bool here)
{
	if (u->present != here)
		u->changed = true;
	u->present = here;
	if (u->n == 0)
		return;
	if (strcmp(u->shown, m->spelling[u->windows[0]]) != 0)
		u->changed = true;
	strcpy(u->shown, m->spelling[u->windows[0]]);
}

static void
model_join(struct model *m)
{
	int i = (int)random_below(&m->random, NAMES);
	int w = (int)random_below(&m->random, WINDOWS);
	struct model_user *u = &m->users[i];

	if (m->spelling[w][0] != '\0' || u->n == WINDOWS_EACH)
		return;
	spell(m, m->spelling[w], u->name);
	assert_int_equal(
	    chat_users_join(&m->us, &m->windows[w], chat_str(m->spelling[w]),
		m->one_hash ? 7 : random_mix((uint64_t)i)),
	    CHAT_OK);
	u->windows[u->n++] = w;
	update(m, u, true);
}

static void
model_leave(struct model *m)
{
	int w = (int)random_below(&m->random, WINDOWS), i, j;
	struct model_user *u;

	if (m->spelling[w][0] == '\0')
		return;
	for (u = m->users;; u++) {
		for (i = 0; i < u->n && u->windows[i] != w; i++)
			;
		if (i < u->n)
			break;
	}
	for (j = i + 1; j < u->n; j++)
		u->windows[j - 1] = u->windows[j];
	u->n--;
	u->deadline = m->now + 50;
	update(m, u, true);
	m->spelling[w][0] = '\0';
	chat_users_leave(&m->us, &m->windows[w], u->deadline);
}

static void
model_expire(struct model *m)
{
	struct model_user *u;

	m->now += random_below(&m->random, 30);
	for (u = m->users; u < m->users + NAMES; u++)
		if (u->n == 0 && u->present && u->deadline <= m->now)
			update(m, u, false);
	chat_users_expire(&m->us, m->now);
}

static void
check_change(struct model *m, struct chat_user *real)
{
	struct model_user *u = m->users;

	while (chat_name_compare(
		   u->name, strlen(u->name), real->name, real->size) != 0)
		assert_true(++u < m->users + NAMES);
	assert_true(u->changed);
	assert_int_equal(u->present, real->present);
	assert_shown(real, u->shown);
	u->changed = false;
}

/* Takes a few changes; when there are no more, there have to be none. */
static void
model_take(struct model *m)
{
	size_t n = random_below(&m->random, 10), i;
	struct chat_user *real;

	for (; n > 0; n--) {
		if ((real = chat_users_next_changed(&m->us)) == NULL) {
			for (i = 0; i < NAMES; i++)
				assert_false(m->users[i].changed);
			return;
		}
		check_change(m, real);
		if (!real->present)
			chat_users_forget(&m->us, real);
	}
}

struct cursor {
	const struct model *m;
	int i;       /* model users up to this one have been passed */
	size_t most; /* users to be called with */
};

static bool
expect_next(void *arg, const struct chat_user *real)
{
	struct cursor *c = arg;

	assert_true(c->most > 0);
	while (!c->m->users[c->i].present)
		assert_true(++c->i < NAMES);
	assert_shown(real, c->m->users[c->i++].shown);
	return --c->most > 0;
}

/* Walks from a name, maybe in another spelling and maybe not here, or from the
 * beginning, for that many users. */
static void
check_walk(struct model *m)
{
	int i = (int)random_below(&m->random, NAMES + 1) - 1;
	struct cursor c = { m, i + 1, 1 + random_below(&m->random, 50) };
	char after[CHAT_NAME_MAX + 1] = "";

	if (i >= 0)
		spell(m, after, m->users[i].name);
	chat_users_walk(&m->us, chat_str(after), expect_next, &c);
	if (c.most > 0)
		for (; c.i < NAMES; c.i++)
			assert_false(m->users[c.i].present);
}

static void
check(struct model *m)
{
	uint64_t deadline = UINT64_MAX;
	uint32_t here = 0;
	struct model_user *u;
	char name[CHAT_NAME_MAX + 1];

	for (u = m->users; u < m->users + NAMES; u++) {
		here += u->present;
		if (u->n == 0 && u->present && u->deadline < deadline)
			deadline = u->deadline;
	}
	assert_int_equal(m->us.present, here);
	assert_int_equal(chat_users_deadline(&m->us), deadline);
	u = &m->users[random_below(&m->random, NAMES)];
	spell(m, name, u->name);
	if (u->present)
		assert_shown(chat_users_find(&m->us, chat_str(name)), u->shown);
	else
		assert_null(chat_users_find(&m->us, chat_str(name)));
	check_walk(m);
}

static void
walk_randomly(bool one_hash, uint64_t seed)
{
	static struct model m;
	struct failing_alloc heap;
	int i;

	memset(&m, 0, sizeof(m));
	m.random.state = seed;
	m.one_hash = one_hash;
	for (i = 0; i < NAMES; i++)
		m.users[i].name = names[i];
	failing_alloc_init(&heap, 0);
	chat_users_init(&m.us, &heap.alloc);
	for (i = 0; i < 20000; i++) {
		switch (random_below(&m.random, 8)) {
		case 0:
		case 1:
		case 2:
			model_join(&m);
			break;
		case 3:
		case 4:
		case 5:
			model_leave(&m);
			break;
		case 6:
			model_expire(&m);
			break;
		case 7:
			model_take(&m);
			break;
		}
		check(&m);
	}
	chat_users_release(&m.us);
	failing_alloc_check(&heap);
}

static void
any_walk_is_as_in_a_sorted_array(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed < 4; seed++)
		walk_randomly(false, seed);
}

static void
equal_hashes_are_only_slower(void **state)
{
	(void)state;
	walk_randomly(true, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_of_a_name_are_one_user),
		cmocka_unit_test(oldest_window_spells_the_name),
		cmocka_unit_test(grace_period_hides_a_reload),
		cmocka_unit_test(deadline_comes_and_the_user_is_gone),
		cmocka_unit_test(back_before_the_leave_was_told),
		cmocka_unit_test(leaving_twice_is_nothing),
		cmocka_unit_test(no_memory_changes_nothing),
		cmocka_unit_test(without_memory_there_is_no_grace),
		cmocka_unit_test(tree_is_not_deep),
		cmocka_unit_test(any_walk_is_as_in_a_sorted_array),
		cmocka_unit_test(equal_hashes_are_only_slower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
