/* Connections by id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/conns.h"
#include "failing_alloc.h"

enum { MANY = 300 }; /* some blocks, the last of them not full */

static struct chat_conn *
add(struct chat_conns *cs)
{
	struct chat_conn *c = chat_conns_add(cs);

	assert_non_null(c);
	return c;
}

static void
remove_all(struct chat_conns *cs)
{
	struct chat_conn *c;
	uint32_t slot = 0;

	while ((c = chat_conns_next(cs, &slot)) != NULL)
		chat_conns_remove(cs, c);
}

static void
each_is_found_by_its_id_where_it_was(void **state)
{
	struct chat_conn *conns[MANY];
	struct chat_conns cs;
	int i;

	(void)state;
	chat_conns_init(&cs, NULL);
	for (i = 0; i < MANY; i++)
		conns[i] = add(&cs);
	for (i = 0; i < MANY; i++) {
		assert_int_not_equal(conns[i]->member.id, 0);
		assert_ptr_equal(
		    chat_conns_find(&cs, conns[i]->member.id), conns[i]);
	}
	chat_conns_release(&cs);
}

/* Slots are small numbers, so that they can be an index of the owner's. */
static void
slots_are_given_in_order_and_again(void **state)
{
	struct chat_conn *conns[MANY];
	struct chat_conns cs;
	int i;

	(void)state;
	chat_conns_init(&cs, NULL);
	for (i = 0; i < MANY; i++) {
		conns[i] = add(&cs);
		assert_int_equal((uint32_t)conns[i]->member.id, i);
	}
	chat_conns_remove(&cs, conns[7]);
	chat_conns_remove(&cs, conns[200]);
	assert_int_equal((uint32_t)add(&cs)->member.id, 200);
	assert_int_equal((uint32_t)add(&cs)->member.id, 7);
	assert_int_equal((uint32_t)add(&cs)->member.id, MANY);
	chat_conns_release(&cs);
}

static void
an_old_id_names_nothing(void **state)
{
	struct chat_conns cs;
	struct chat_conn *c;
	uint64_t first, second;

	(void)state;
	chat_conns_init(&cs, NULL);
	c = add(&cs);
	first = c->member.id;
	chat_conns_remove(&cs, c);
	assert_null(chat_conns_find(&cs, first));
	assert_null(chat_conns_find(&cs, c->member.id));
	second = add(&cs)->member.id;
	assert_int_equal((uint32_t)second, (uint32_t)first);
	assert_int_not_equal(second, first);
	assert_null(chat_conns_find(&cs, first));
	assert_non_null(chat_conns_find(&cs, second));
	chat_conns_release(&cs);
}

static void
an_id_that_never_was_names_nothing(void **state)
{
	struct chat_conns cs;
	uint64_t id;

	(void)state;
	chat_conns_init(&cs, NULL);
	assert_null(chat_conns_find(&cs, 0));
	assert_null(chat_conns_find(&cs, UINT64_MAX));
	id = add(&cs)->member.id;
	assert_null(chat_conns_find(&cs, 0));
	assert_null(chat_conns_find(&cs, id + 1));
	assert_null(chat_conns_find(&cs, id + MANY));
	assert_null(chat_conns_find(&cs, UINT64_MAX));
	chat_conns_release(&cs);
}

static void
ids_begin_anew_without_a_zero(void **state)
{
	struct chat_conns cs;
	struct chat_conn *c;

	(void)state;
	chat_conns_init(&cs, NULL);
	c = add(&cs);
	c->member.id |= UINT64_C(0xffffffff) << 32;
	chat_conns_remove(&cs, c);
	c = add(&cs);
	assert_int_equal(c->member.id, UINT64_C(1) << 32);
	assert_ptr_equal(chat_conns_find(&cs, c->member.id), c);
	chat_conns_release(&cs);
}

static void
those_that_are_there_come_in_order(void **state)
{
	struct chat_conn *conns[MANY];
	struct chat_conns cs;
	uint32_t slot = 0;
	int i;

	(void)state;
	chat_conns_init(&cs, NULL);
	assert_null(chat_conns_next(&cs, &slot));
	for (i = 0; i < MANY; i++)
		conns[i] = add(&cs);
	for (i = 0; i < MANY; i += 3)
		chat_conns_remove(&cs, conns[i]);
	for (i = 0; i < MANY; i++)
		if (i % 3 != 0)
			assert_ptr_equal(chat_conns_next(&cs, &slot), conns[i]);
	assert_null(chat_conns_next(&cs, &slot));
	remove_all(&cs);
	slot = 0;
	assert_null(chat_conns_next(&cs, &slot));
	chat_conns_release(&cs);
}

/* The next connection in a slot finds nothing of the last one. */
static void
a_new_one_is_as_if_never_used(void **state)
{
	struct failing_alloc failing;
	struct chat_conns cs;
	struct chat_conn *c;

	(void)state;
	failing_alloc_init(&failing, 0);
	chat_conns_init(&cs, &failing.alloc);
	c = add(&cs);
	assert_int_equal(c->state, CHAT_CONN_HTTP);
	c->member.joined = 17;
	c->has_ended = true;
	chat_conns_remove(&cs, c);
	assert_ptr_equal(add(&cs), c);
	assert_int_equal(c->member.joined, 0);
	assert_false(c->has_ended);
	chat_conns_release(&cs);
	failing_alloc_check(&failing);
}

static void
without_memory_the_others_stay(void **state)
{
	struct failing_alloc failing = { 0 };
	struct chat_conns cs;
	struct chat_conn *c;
	size_t n;
	int i, got;

	(void)state;
	for (n = 1; failing.failed || n == 1; n++) {
		failing_alloc_init(&failing, n);
		chat_conns_init(&cs, &failing.alloc);
		for (i = got = 0; i < MANY; i++)
			if ((c = chat_conns_add(&cs)) != NULL) {
				assert_int_equal((uint32_t)c->member.id, got);
				got++;
			}
		assert_int_equal(got, MANY - failing.failed);
		remove_all(&cs);
		chat_conns_release(&cs);
		failing_alloc_check(&failing);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_found_by_its_id_where_it_was),
		cmocka_unit_test(slots_are_given_in_order_and_again),
		cmocka_unit_test(an_old_id_names_nothing),
		cmocka_unit_test(an_id_that_never_was_names_nothing),
		cmocka_unit_test(ids_begin_anew_without_a_zero),
		cmocka_unit_test(those_that_are_there_come_in_order),
		cmocka_unit_test(a_new_one_is_as_if_never_used),
		cmocka_unit_test(without_memory_the_others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
