/* Tests of limits: the table, the defaults, what does not go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "limit.h"

static uint32_t
get(const struct chat_limits *l, const struct chat_limit_info *row)
{
	uint32_t value;

	memcpy(&value, (const char *)l + row->offset, sizeof(value));
	return value;
}

static void
set(struct chat_limits *l, const struct chat_limit_info *row, uint32_t value)
{
	memcpy((char *)l + row->offset, &value, sizeof(value));
}

/* A member without a row could neither be set nor get its default. */
static void
every_member_has_one_row(void **state)
{
	const struct chat_limit_info *row = chat_limits_table;
	size_t offset;

	(void)state;
	for (offset = 0; offset < sizeof(struct chat_limits); row++) {
		assert_non_null(row->name);
		assert_int_equal(row->offset, offset);
		assert_non_null(row->text);
		assert_true(row->min >= 1 && row->min <= row->standard);
		assert_true(row->standard <= row->max);
		assert_true(row->max < CHAT_OFF);
		offset += sizeof(uint32_t);
	}
	assert_null(row->name);
}

static void
names_are_those_of_the_members(void **state)
{
	static const struct {
		const char *name;
		size_t offset;
	} some[] = {
		{ "max-connections",
		    offsetof(struct chat_limits, max_connections) },
		{ "max-connections-per-address",
		    offsetof(struct chat_limits, max_connections_per_address) },
		{ "max-message", offsetof(struct chat_limits, max_message) },
		{ "max-text", offsetof(struct chat_limits, max_text) },
		{ "max-queue", offsetof(struct chat_limits, max_queue) },
		{ "message-rate", offsetof(struct chat_limits, message_rate) },
		{ "message-burst",
		    offsetof(struct chat_limits, message_burst) },
		{ "text-rate", offsetof(struct chat_limits, text_rate) },
		{ "text-burst", offsetof(struct chat_limits, text_burst) },
		{ "request-rate", offsetof(struct chat_limits, request_rate) },
		{ "request-burst",
		    offsetof(struct chat_limits, request_burst) },
		{ "input-rate", offsetof(struct chat_limits, input_rate) },
		{ "input-burst", offsetof(struct chat_limits, input_burst) },
		{ "message-rate-per-address",
		    offsetof(struct chat_limits, message_rate_per_address) },
		{ "message-burst-per-address",
		    offsetof(struct chat_limits, message_burst_per_address) },
		{ "text-rate-per-address",
		    offsetof(struct chat_limits, text_rate_per_address) },
		{ "text-burst-per-address",
		    offsetof(struct chat_limits, text_burst_per_address) },
		{ "join-rate", offsetof(struct chat_limits, join_rate) },
		{ "join-burst", offsetof(struct chat_limits, join_burst) },
		{ "http-rate", offsetof(struct chat_limits, http_rate) },
		{ "http-burst", offsetof(struct chat_limits, http_burst) },
		{ "history", offsetof(struct chat_limits, history) },
		{ "past-size", offsetof(struct chat_limits, past_size) },
		{ "live-size", offsetof(struct chat_limits, live_size) },
		{ "session-lifetime",
		    offsetof(struct chat_limits, session_lifetime) },
		{ "grace", offsetof(struct chat_limits, grace) },
		{ "ping-interval",
		    offsetof(struct chat_limits, ping_interval) },
		{ "pong-timeout", offsetof(struct chat_limits, pong_timeout) },
		{ "handshake-timeout",
		    offsetof(struct chat_limits, handshake_timeout) },
		{ "drain-timeout",
		    offsetof(struct chat_limits, drain_timeout) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		assert_string_equal(chat_limits_table[i].name, some[i].name);
		assert_int_equal(chat_limits_table[i].offset, some[i].offset);
	}
}

static void
zero_is_the_default(void **state)
{
	const struct chat_limit_info *row;
	struct chat_limits l = { 0 };

	(void)state;
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	for (row = chat_limits_table; row->name != NULL; row++)
		assert_int_equal(get(&l, row), row->standard);
	assert_int_equal(l.max_connections, 10000);
	assert_int_equal(l.max_message, 65536);
	assert_int_equal(l.past_size, 4194304);
	assert_int_equal(l.session_lifetime, 604800000);
}

/* The core asks whether its limits are complete by completing them again. */
static void
completing_twice_changes_nothing(void **state)
{
	struct chat_limits l = { .max_message = CHAT_OFF,
		.live_size = 300000,
		.grace = CHAT_OFF },
			   before;

	(void)state;
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	before = l;
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_memory_equal(&l, &before, sizeof(l));
}

static void
bounds_are_inclusive(void **state)
{
	const struct chat_limit_info *row;
	const char *wrong;
	struct chat_limits l;

	(void)state;
	for (row = chat_limits_table; row->name != NULL; row++) {
		wrong = NULL;
		l = (struct chat_limits){ 0 };
		set(&l, row, row->max + 1);
		if (row->max + 1 != CHAT_OFF) {
			assert_int_equal(chat_limits_complete(&l, &wrong),
			    CHAT_ERR_ARGUMENT);
			assert_string_equal(wrong, row->name);
		}
		l = (struct chat_limits){ 0 };
		set(&l, row, row->min - 1);
		if (row->min - 1 != 0) {
			assert_int_equal(chat_limits_complete(&l, &wrong),
			    CHAT_ERR_ARGUMENT);
			assert_string_equal(wrong, row->name);
		}
		/* The rest may be off, so that nothing is in the way. */
		l = (struct chat_limits){ .max_message = CHAT_OFF,
			.past_size = CHAT_OFF,
			.live_size = CHAT_OFF,
			.max_queue = CHAT_OFF };
		set(&l, row, row->min);
		assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
		assert_int_equal(get(&l, row), row->min);
		l = (struct chat_limits){ .max_message = CHAT_OFF,
			.past_size = CHAT_OFF,
			.live_size = CHAT_OFF,
			.max_queue = CHAT_OFF };
		set(&l, row, row->max);
		assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
		assert_int_equal(get(&l, row), row->max);
	}
}

static void
rings_become_powers_of_two(void **state)
{
	static const uint32_t sizes[][2] = { { 524287, 524288 },
		{ 524288, 524288 }, { 524289, 1048576 },
		{ (1u << 29) + 1, 1u << 30 }, { 1u << 30, 1u << 30 } };
	struct chat_limits l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		l = (struct chat_limits){ .past_size = sizes[i][0],
			.live_size = sizes[i][0] };
		assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
		assert_int_equal(l.past_size, sizes[i][1]);
		assert_int_equal(l.live_size, sizes[i][1]);
	}
}

static void
a_ring_holds_four_messages(void **state)
{
	struct chat_limits l = { .max_message = 300000, .live_size = 1048576 };
	const char *wrong = NULL;

	(void)state;
	assert_int_equal(chat_limits_complete(&l, &wrong), CHAT_ERR_ARGUMENT);
	assert_string_equal(wrong, "live-size");
	l = (struct chat_limits){ .max_message = 300000,
		.live_size = CHAT_OFF,
		.past_size = 1048576 };
	assert_int_equal(chat_limits_complete(&l, &wrong), CHAT_ERR_ARGUMENT);
	assert_string_equal(wrong, "past-size");
	/* Frames are longer than what they hold. */
	l = (struct chat_limits){ .max_message = 65536, .live_size = 262144 };
	assert_int_equal(chat_limits_complete(&l, &wrong), CHAT_ERR_ARGUMENT);
	assert_string_equal(wrong, "live-size");
	l = (struct chat_limits){ .max_message = 64000, .live_size = 262144 };
	assert_int_equal(chat_limits_complete(&l, &wrong), CHAT_OK);
}

static void
a_queue_holds_one_message(void **state)
{
	struct chat_limits l = { .max_queue = 65536, .max_message = 65536 };
	const char *wrong = NULL;

	(void)state;
	assert_int_equal(chat_limits_complete(&l, &wrong), CHAT_ERR_ARGUMENT);
	assert_string_equal(wrong, "max-queue");
	l = (struct chat_limits){ .max_queue = 65536, .max_message = 60000 };
	assert_int_equal(chat_limits_complete(&l, &wrong), CHAT_OK);
}

static void
a_default_gives_way_to_what_is_given(void **state)
{
	struct chat_limits l = { .live_size = 65536 };

	(void)state;
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.live_size, 65536);
	assert_true(l.max_message < 16384 && l.max_message > 15000);
	l = (struct chat_limits){ .max_message = 4000000 };
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.max_message, 4000000);
	assert_true(l.live_size >= 16000000 && l.past_size >= 16000000);
	assert_true(l.max_queue > 4000000);
}

static void
a_ring_that_is_off_is_the_smallest(void **state)
{
	struct chat_limits l = { .past_size = CHAT_OFF, .live_size = CHAT_OFF };

	(void)state;
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.past_size, 524288);
	assert_int_equal(l.live_size, 524288);
	l = (struct chat_limits){ .max_message = 128, .live_size = CHAT_OFF };
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.live_size, 16384);
}

/* A message without a bound of its own is bounded by what it has to fit. */
static void
a_message_without_limit_fits_the_rest(void **state)
{
	struct chat_limits l = { .max_message = CHAT_OFF };

	(void)state;
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_true(l.max_message > 200000 && l.max_message < 262144);
	l = (struct chat_limits){ .max_message = CHAT_OFF,
		.past_size = CHAT_OFF,
		.live_size = CHAT_OFF,
		.max_queue = CHAT_OFF };
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.max_message, 16777216);
	assert_int_equal(l.live_size, 134217728);
}

static void
off_stays_off(void **state)
{
	const struct chat_limit_info *row;
	struct chat_limits l;

	(void)state;
	for (row = chat_limits_table; row->name != NULL; row++) {
		l = (struct chat_limits){ 0 };
		set(&l, row, CHAT_OFF);
		assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
		if (strstr(row->name, "-size") == NULL &&
		    strcmp(row->name, "max-message") != 0)
			assert_int_equal(get(&l, row), CHAT_OFF);
	}
}

/* A limit on bytes would be one on messages; unless it is asked for. */
static void
no_limit_on_messages_is_none_on_their_bytes(void **state)
{
	struct chat_limits l = { .message_rate = CHAT_OFF };

	(void)state;
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.input_rate, CHAT_OFF);
	assert_int_equal(l.text_rate, CHAT_OFF);
	assert_int_equal(l.text_rate_per_address, 16384);
	l = (struct chat_limits){ .message_rate_per_address = CHAT_OFF };
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.text_rate, 4096);
	assert_int_equal(l.text_rate_per_address, CHAT_OFF);
	l = (struct chat_limits){ .message_rate = CHAT_OFF,
		.text_rate = 1024,
		.message_rate_per_address = CHAT_OFF,
		.text_rate_per_address = 2048 };
	assert_int_equal(chat_limits_complete(&l, NULL), CHAT_OK);
	assert_int_equal(l.text_rate, 1024);
	assert_int_equal(l.text_rate_per_address, 2048);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_has_one_row),
		cmocka_unit_test(names_are_those_of_the_members),
		cmocka_unit_test(zero_is_the_default),
		cmocka_unit_test(completing_twice_changes_nothing),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(rings_become_powers_of_two),
		cmocka_unit_test(a_ring_holds_four_messages),
		cmocka_unit_test(a_queue_holds_one_message),
		cmocka_unit_test(a_default_gives_way_to_what_is_given),
		cmocka_unit_test(a_ring_that_is_off_is_the_smallest),
		cmocka_unit_test(a_message_without_limit_fits_the_rest),
		cmocka_unit_test(off_stays_off),
		cmocka_unit_test(no_limit_on_messages_is_none_on_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
