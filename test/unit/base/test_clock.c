/* Tests of the clock: steps count when they last, and time never goes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "random.h"

#define WALL    UINT64_C(1764000000000)
#define DAY     INT64_C(86400000)
#define MINUTES UINT64_C(60000)

static struct chat_clock clock;
static struct chat_time now;

static int
set_up(void **state)
{
	(void)state;
	now = (struct chat_time){ 5000, WALL };
	chat_clock_init(&clock, now, 0);
	return 0;
}

/* Time passes by both clocks. */
static uint64_t
wait(uint64_t ms)
{
	now.mono += ms;
	now.wall += ms;
	return chat_clock_take(&clock, now);
}

/* Time passes, and is then what the wall clock says and something. */
static void
expect_after(uint64_t ms, int64_t more)
{
	uint64_t time = wait(ms);

	assert_int_equal(time, now.wall + (uint64_t)more);
}

static void
time_is_what_the_wall_clock_says(void **state)
{
	uint64_t ms;

	(void)state;
	assert_int_equal(clock.time, WALL);
	for (ms = 0; ms < 100 * DAY; ms += ms / 3 + 1)
		expect_after(ms, 0);
}

/* As by a program that keeps the clock right. */
static void
corrections_count_at_once(void **state)
{
	uint64_t last;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		now.wall += CHAT_CLOCK_STEP;
		expect_after(0, 0);
		last = now.wall;
		now.wall -= CHAT_CLOCK_STEP;
		assert_int_equal(wait(1), last);
		assert_int_equal(wait(CHAT_CLOCK_STEP - 2), last);
		assert_int_equal(wait(1), last);
		assert_int_equal(wait(1), last + 1);
	}
}

static void
steps_that_do_not_last_do_not_count(void **state)
{
	static const int64_t steps[] = { 1001, 8 * DAY, 4000 * DAY, -1001,
		-8 * DAY, -(int64_t)WALL / 2 };
	uint64_t right;
	size_t i;
	int seconds;

	(void)state;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		right = now.wall;
		now.wall += (uint64_t)steps[i];
		for (seconds = 0; seconds < 600; seconds++)
			assert_int_equal(wait(seconds > 0 ? 1000 : 0),
			    right + 1000 * (uint64_t)seconds);
		now.wall -= (uint64_t)steps[i];
		expect_after(0, 0);
		expect_after(10 * MINUTES, 0);
	}
}

static void
steps_ahead_count_after_ten_minutes(void **state)
{
	(void)state;
	now.wall += DAY;
	expect_after(0, -DAY);
	expect_after(10 * MINUTES - 1, -DAY);
	expect_after(1, 0);
	expect_after(5, 0);
	/* What is not seen is not known to last. */
	now.wall += DAY;
	expect_after(60 * MINUTES, -DAY);
	expect_after(10 * MINUTES, 0);
}

/* The ten minutes begin with the last step, and end with a step back. */
static void
each_step_has_to_last(void **state)
{
	(void)state;
	now.wall += DAY;
	(void)wait(0);
	(void)wait(9 * MINUTES);
	now.wall += DAY;
	expect_after(0, -2 * DAY);
	expect_after(9 * MINUTES, -2 * DAY);
	now.wall -= 2 * DAY;
	expect_after(0, 0);
	now.wall += 2 * DAY;
	expect_after(9 * MINUTES, -2 * DAY);
	now.wall += CHAT_CLOCK_STEP;
	expect_after(10 * MINUTES, 0);
}

static void
time_stands_still_after_a_step_back(void **state)
{
	uint64_t last;

	(void)state;
	now.wall -= DAY;
	expect_after(0, DAY);
	last = wait(10 * MINUTES - 1);
	assert_int_equal(last, now.wall + DAY);
	assert_int_equal(wait(1), last);
	assert_int_equal(wait(DAY - 2), last);
	assert_int_equal(wait(1), last);
	assert_int_equal(wait(1), last + 1);
	assert_int_equal(last + 1, now.wall);
}

/* A log that ends later than now. */
static void
time_begins_after_the_log(void **state)
{
	(void)state;
	chat_clock_init(&clock, now, WALL + DAY);
	assert_int_equal(clock.time, WALL + DAY);
	assert_int_equal(wait(DAY), WALL + DAY);
	assert_int_equal(wait(1), WALL + DAY + 1);
	chat_clock_init(&clock, now, WALL - DAY);
	assert_int_equal(clock.time, now.wall);
}

/* Whatever the wall clock does: time never goes back, and it is never further
 * ahead than the wall clock ever was. */
static void
time_never_goes_back(void **state)
{
	struct random r = { 1 };
	uint64_t last = WALL, ahead = 0, step;
	int i;

	(void)state;
	for (i = 0; i < 100000; i++) {
		if (random_below(&r, 20) == 0) {
			step =
			    random_below(&r, 3) * DAY + random_below(&r, 3000);
			now.wall = WALL + now.mono - 5000 + step;
			if (step > ahead)
				ahead = step;
		}
		step = wait(random_below(&r, 2 * MINUTES));
		assert_true(step >= last);
		assert_true(step <= WALL + now.mono - 5000 + ahead);
		last = step;
	}
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(time_is_what_the_wall_clock_says),
		TEST(corrections_count_at_once),
		TEST(steps_that_do_not_last_do_not_count),
		TEST(steps_ahead_count_after_ten_minutes),
		TEST(each_step_has_to_last),
		TEST(time_stands_still_after_a_step_back),
		TEST(time_begins_after_the_log),
		TEST(time_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
