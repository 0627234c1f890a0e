/* Tests of rate: how many in a burst, how many a second, and how long to wait.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limit.h"
#include "random.h"
#include "room/rate.h"

/* Long after the beginning of the clock. */
#define NOW UINT64_C(1000000)

static void
burst_at_once_then_none(void **state)
{
	struct chat_rate r = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_int_equal(chat_rate_take(&r, 5, 20, NOW), 0);
	assert_int_equal(chat_rate_take(&r, 5, 20, NOW), 200);
	assert_int_equal(chat_rate_take(&r, 5, 20, NOW), 200);
}

/* The clock may begin at 0. */
static void
burst_is_there_from_the_start(void **state)
{
	struct chat_rate r = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		assert_int_equal(chat_rate_take(&r, 5, 20, 0), 0);
	assert_int_equal(chat_rate_take(&r, 5, 20, 0), 200);
}

static void
tokens_come_back_one_by_one(void **state)
{
	struct chat_rate r = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		chat_rate_take(&r, 5, 20, NOW);
	assert_int_equal(chat_rate_take(&r, 5, 20, NOW + 199), 1);
	assert_int_equal(chat_rate_take(&r, 5, 20, NOW + 200), 0);
	assert_int_equal(chat_rate_take(&r, 5, 20, NOW + 200), 200);
	/* Four seconds fill all of it, a year no more than that. */
	for (i = 0; i < 20; i++)
		assert_int_equal(
		    chat_rate_take(&r, 5, 20, NOW + 31536000000), 0);
	assert_int_equal(chat_rate_take(&r, 5, 20, NOW + 31536000000), 200);
}

/* Whatever was taken before: not earlier than said, and not later. */
static void
wait_is_exact(void **state)
{
	struct random random = { 1 };
	struct chat_rate r, early, late;
	uint32_t rate, burst, wait;
	uint64_t now;
	int i, j;

	(void)state;
	for (i = 0; i < 500; i++) {
		rate = 1 + (uint32_t)random_below(&random, i % 2 ? 20 : 100000);
		burst = 1 + (uint32_t)random_below(&random, 50);
		now = NOW;
		r.full = 0;
		for (j = 0; j < 200; j++) {
			now += random_below(&random, 2000 / rate + 2);
			wait = chat_rate_take(&r, rate, burst, now);
			if (wait == 0)
				continue;
			early = late = r;
			assert_int_equal(
			    chat_rate_take(&early, rate, burst, now + wait - 1),
			    1);
			assert_int_equal(
			    chat_rate_take(&late, rate, burst, now + wait), 0);
		}
	}
}

/* Over any time, no more are taken than the burst and those that the rate gives
 * meanwhile. */
static void
rate_holds_over_time(void **state)
{
	static const uint32_t rates[] = { 1, 3, 5, 7, 50, 999, 1000, 30000,
		1000000 };
	struct random random = { 1 };
	struct chat_rate r;
	uint64_t ms, taken, allowed;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		r.full = 0;
		taken = 0;
		for (ms = 0; ms < 3000; ms += random_below(&random, 3)) {
			while (chat_rate_take(&r, rates[i], 10, NOW + ms) == 0)
				taken++;
			allowed = 10 + rates[i] * ms / 1000;
			/* Steps are whole microseconds, cut. */
			assert_true(taken <= allowed + allowed / 25);
		}
		/* With such a burst, more than 10 ms of pause lose some. */
		if (rates[i] <= 1000)
			assert_true(taken >= rates[i] * 29 / 10);
	}
}

static void
off_is_no_limit(void **state)
{
	struct chat_rate r = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		assert_int_equal(chat_rate_take(&r, CHAT_OFF, 1, NOW), 0);
	assert_true(chat_rate_is_full(&r, NOW));
}

/* Without a bound of its own, the burst is as many as a second gives. */
static void
burst_off_is_a_second(void **state)
{
	struct chat_rate r = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 7; i++)
		assert_int_equal(chat_rate_take(&r, 7, CHAT_OFF, NOW), 0);
	assert_int_not_equal(chat_rate_take(&r, 7, CHAT_OFF, NOW), 0);
}

static void
greatest_limits_do_not_overflow(void **state)
{
	struct chat_rate r = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		assert_int_equal(chat_rate_take(&r, 1, 1000000, NOW), 0);
	assert_int_equal(chat_rate_take(&r, 1, 1000000, NOW), 1000);
	r.full = 0;
	for (i = 0; i < 1000000; i++)
		chat_rate_take(&r, 1000000, 1000000, NOW);
	assert_int_equal(chat_rate_take(&r, 1000000, 1000000, NOW), 1);
}

static void
full_again_is_forgotten(void **state)
{
	struct chat_rate r = { 0 };

	(void)state;
	assert_true(chat_rate_is_full(&r, 0));
	chat_rate_take(&r, 5, 20, NOW);
	assert_false(chat_rate_is_full(&r, NOW));
	chat_rate_take(&r, 5, 20, NOW);
	assert_false(chat_rate_is_full(&r, NOW + 399));
	assert_true(chat_rate_is_full(&r, NOW + 400));
}

/* A refusal costs nothing. */
static void
refused_takes_nothing(void **state)
{
	struct chat_rate r = { 0 }, before;
	int i;

	(void)state;
	for (i = 0; i < 20; i++)
		chat_rate_take(&r, 5, 20, NOW);
	before = r;
	for (i = 0; i < 1000; i++)
		assert_int_not_equal(chat_rate_take(&r, 5, 20, NOW), 0);
	assert_int_equal(r.full, before.full);
}

/* A client that has used up a burst that took days to fill does not wait for
 * days when the limits are others. */
static void
new_limits_hold_at_once(void **state)
{
	struct chat_rate r = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		chat_rate_take(&r, 1, 100000, NOW);
	assert_int_equal(chat_rate_take(&r, 10, 5, NOW), 100);
	assert_int_equal(chat_rate_take(&r, 10, 5, NOW + 100), 0);
}

/* Debts are paid off before there is a token again. */
static void
debts_are_paid_first(void **state)
{
	struct chat_rate r = { 0 };

	(void)state;
	assert_true(chat_rate_has_token(&r, 1000, 500, NOW));
	chat_rate_spend(&r, 499, 1000, NOW);
	assert_true(chat_rate_has_token(&r, 1000, 500, NOW));
	chat_rate_spend(&r, 1501, 1000, NOW);
	assert_false(chat_rate_has_token(&r, 1000, 500, NOW + 1500));
	assert_true(chat_rate_has_token(&r, 1000, 500, NOW + 1501));
	assert_false(chat_rate_is_full(&r, NOW + 1999));
	assert_true(chat_rate_is_full(&r, NOW + 2000));
	/* Off, nothing is owed. */
	chat_rate_spend(&r, 1000000, CHAT_OFF, NOW + 2000);
	assert_true(chat_rate_is_full(&r, NOW + 2000));
	assert_true(chat_rate_has_token(&r, CHAT_OFF, 1, NOW));
	/* The pause is exact, however long. */
	r = (struct chat_rate){ 0 };
	chat_rate_spend(&r, 2500, 1000, NOW);
	assert_int_equal(chat_rate_pause(&r, 1000, 500, NOW), 2001);
	assert_int_equal(chat_rate_pause(&r, 1000, 500, NOW + 1000), 1001);
	assert_int_equal(chat_rate_pause(&r, 1000, 500, NOW + 2000), 1);
	assert_int_equal(chat_rate_pause(&r, 1000, 500, NOW + 2001), 0);
	assert_int_equal(chat_rate_pause(&r, CHAT_OFF, 500, NOW), 0);
	chat_rate_spend(&r, UINT64_C(1) << 34, 1, NOW);
	assert_int_equal(chat_rate_pause(&r, 1, 1, NOW), UINT32_MAX);
	/* A great rate is kept to, too. */
	r = (struct chat_rate){ 0 };
	chat_rate_spend(&r, UINT64_C(3) << 30, 1u << 30, NOW);
	assert_false(chat_rate_has_token(&r, 1u << 30, 1024, NOW + 2999));
	assert_true(chat_rate_has_token(&r, 1u << 30, 1024, NOW + 3001));
}

/* What has come back since no longer counts. */
static void
takings_are_compared(void **state)
{
	struct chat_rate a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(chat_rate_compare(&a, &b, NOW), 0);
	chat_rate_spend(&a, 1, 1000, NOW);
	assert_true(chat_rate_compare(&a, &b, NOW) > 0);
	assert_true(chat_rate_compare(&b, &a, NOW) < 0);
	assert_int_equal(chat_rate_compare(&a, &b, NOW + 1), 0);
	chat_rate_spend(&b, 2, 1000, NOW);
	assert_true(chat_rate_compare(&a, &b, NOW) < 0);
	assert_int_equal(chat_rate_compare(&a, &b, NOW + 2), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takings_are_compared),
		cmocka_unit_test(debts_are_paid_first),
		cmocka_unit_test(burst_at_once_then_none),
		cmocka_unit_test(burst_is_there_from_the_start),
		cmocka_unit_test(tokens_come_back_one_by_one),
		cmocka_unit_test(wait_is_exact),
		cmocka_unit_test(rate_holds_over_time),
		cmocka_unit_test(off_is_no_limit),
		cmocka_unit_test(burst_off_is_a_second),
		cmocka_unit_test(greatest_limits_do_not_overflow),
		cmocka_unit_test(full_again_is_forgotten),
		cmocka_unit_test(refused_takes_nothing),
		cmocka_unit_test(new_limits_hold_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
