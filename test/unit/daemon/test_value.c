/* Tests of the daemon's values: what is one, and how it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/value.h"

static void
units_have_their_suffixes(void **state)
{
	static const struct {
		enum chat_unit unit;
		const char *text;
		uint64_t value;
	} good[] = {
		{ CHAT_COUNT, "0", 0 },
		{ CHAT_COUNT, "10000", 10000 },
		{ CHAT_COUNT, "007", 7 },
		{ CHAT_PER_SECOND, "20", 20 },
		{ CHAT_BYTES, "65536", 65536 },
		{ CHAT_BYTES, "64K", 65536 },
		{ CHAT_BYTES, "4M", 4194304 },
		{ CHAT_BYTES, "1G", 1073741824 },
		{ CHAT_MILLISECONDS, "250", 250 },
		{ CHAT_MILLISECONDS, "250ms", 250 },
		{ CHAT_MILLISECONDS, "30s", 30000 },
		{ CHAT_MILLISECONDS, "5m", 300000 },
		{ CHAT_MILLISECONDS, "2h", 7200000 },
		{ CHAT_MILLISECONDS, "7d", 604800000 },
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(
		    value_parse(&value, good[i].unit, good[i].text), 0);
		assert_int_equal(value, good[i].value);
	}
}

static void
anything_else_is_none(void **state)
{
	static const struct {
		enum chat_unit unit;
		const char *text;
	} bad[] = {
		{ CHAT_COUNT, "" },
		{ CHAT_COUNT, "-1" },
		{ CHAT_COUNT, "+1" },
		{ CHAT_COUNT, " 1" },
		{ CHAT_COUNT, "1 " },
		{ CHAT_COUNT, "1K" },
		{ CHAT_COUNT, "0x10" },
		{ CHAT_COUNT, "1.5" },
		{ CHAT_COUNT, "1,000" },
		{ CHAT_PER_SECOND, "5s" },
		{ CHAT_BYTES, "K" },
		{ CHAT_BYTES, "12Q" },
		{ CHAT_BYTES, "12KB" },
		{ CHAT_BYTES, "12k" },
		{ CHAT_BYTES, "1K1" },
		{ CHAT_MILLISECONDS, "1M" },
		{ CHAT_MILLISECONDS, "s" },
		{ CHAT_MILLISECONDS, "1m30s" },
	};
	uint64_t value = 42;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(
		    value_parse(&value, bad[i].unit, bad[i].text), VALUE_WRONG);
	assert_int_equal(value, 42);
}

static void
values_are_exact_or_none(void **state)
{
	static const struct {
		enum chat_unit unit;
		const char *text;
		uint64_t value;
	} exact[] = {
		{ CHAT_COUNT, "4294967295", UINT32_MAX },
		{ CHAT_COUNT, "4294967296", UINT64_C(1) << 32 },
		{ CHAT_COUNT, "18446744073709551615", UINT64_MAX },
		{ CHAT_COUNT, "00000000000000000000000000000000000007", 7 },
		{ CHAT_BYTES, "4294967295G", UINT64_C(4294967295) << 30 },
		{ CHAT_BYTES, "17179869183G", UINT64_C(17179869183) << 30 },
		{ CHAT_BYTES, "18014398509481983K", UINT64_MAX - 1023 },
		{ CHAT_MILLISECONDS, "50d", UINT64_C(4320000000) },
		{ CHAT_MILLISECONDS, "18446744073709551s",
		    UINT64_C(18446744073709551000) },
	};
	static const struct {
		enum chat_unit unit;
		const char *text;
	} great[] = {
		{ CHAT_COUNT, "18446744073709551616" },
		{ CHAT_COUNT, "18446744073709551617" },
		{ CHAT_COUNT, "28446744073709551616" },
		{ CHAT_COUNT, "184467440737095516150" },
		{ CHAT_COUNT, "340282366920938463463374607431768211457" },
		{ CHAT_BYTES, "17179869184G" },
		{ CHAT_BYTES, "17179869185G" },
		{ CHAT_BYTES, "18014398509481984K" },
		{ CHAT_MILLISECONDS, "18446744073709552s" },
		{ CHAT_MILLISECONDS, "213503982335d" },
	};
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(exact) / sizeof(exact[0]); i++) {
		assert_int_equal(
		    value_parse(&value, exact[i].unit, exact[i].text),
		    VALUE_OK);
		assert_true(value == exact[i].value);
	}
	value = 42;
	for (i = 0; i < sizeof(great) / sizeof(great[0]); i++)
		assert_int_equal(
		    value_parse(&value, great[i].unit, great[i].text),
		    VALUE_TOO_GREAT);
	assert_true(value == 42);
}

static void
values_are_written_short(void **state)
{
	static const struct {
		enum chat_unit unit;
		uint64_t value;
		const char *text;
	} written[] = {
		{ CHAT_COUNT, 10240, "10240" },
		{ CHAT_PER_SECOND, 60000, "60000" },
		{ CHAT_BYTES, 0, "0" },
		{ CHAT_BYTES, 1000, "1000" },
		{ CHAT_BYTES, 65536, "64K" },
		{ CHAT_BYTES, 1048576, "1M" },
		{ CHAT_BYTES, 1073741824, "1G" },
		{ CHAT_MILLISECONDS, 0, "0" },
		{ CHAT_MILLISECONDS, 1500, "1500ms" },
		{ CHAT_MILLISECONDS, 15000, "15s" },
		{ CHAT_MILLISECONDS, 604800000, "7d" },
		{ CHAT_MILLISECONDS, 4294967294, "4294967294ms" },
		{ CHAT_BYTES, UINT64_C(1) << 32, "4G" },
		{ CHAT_BYTES, UINT64_C(1) << 63, "8589934592G" },
		{ CHAT_BYTES, UINT64_MAX, "18446744073709551615" },
		{ CHAT_MILLISECONDS, UINT64_MAX, "18446744073709551615ms" },
	};
	char text[VALUE_SIZE];
	uint64_t value;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		value_write(text, written[i].unit, written[i].value);
		assert_string_equal(text, written[i].text);
		assert_int_equal(value_parse(&value, written[i].unit, text), 0);
		assert_true(value == written[i].value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_have_their_suffixes),
		cmocka_unit_test(anything_else_is_none),
		cmocka_unit_test(values_are_exact_or_none),
		cmocka_unit_test(values_are_written_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
