#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"

static const int all[] = { CHAT_OK, CHAT_ERR_NOMEM, CHAT_ERR_SYSTEM,
	CHAT_ERR_ARGUMENT, CHAT_ERR_LIMIT, CHAT_ERR_SPACE, CHAT_ERR_BASE64,
	CHAT_ERR_UTF8, CHAT_ERR_NAME, CHAT_ERR_TOKEN, CHAT_ERR_JSON,
	CHAT_ERR_LINE, CHAT_ERR_HTTP_SYNTAX, CHAT_ERR_HTTP_TARGET,
	CHAT_ERR_HTTP_FIELDS, CHAT_ERR_HTTP_VERSION, CHAT_ERR_WS_PROTOCOL,
	CHAT_ERR_WS_DATA, CHAT_ERR_WS_UTF8, CHAT_ERR_WS_SIZE };

enum { COUNT = sizeof(all) / sizeof(all[0]) };

/* Each error has words of its own, fit for the end of a line. */
static void
test_texts(void **state)
{
	const char *text;
	size_t i, j;

	(void)state;
	for (i = 0; i < COUNT; i++) {
		text = chat_strerror(all[i]);
		assert_true(strlen(text) > 0);
		assert_null(strpbrk(text, ".\n"));
		assert_string_not_equal(text, chat_strerror(12345));
		for (j = 0; j < i; j++)
			assert_string_not_equal(text, chat_strerror(all[j]));
	}
}

/* Numbers that are not errors, inside and outside of the range of those that
 * are. */
static void
test_unknown(void **state)
{
	static const int none[] = { 1, 12345, INT32_MAX, -6, -99, INT32_MIN };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_string_equal(chat_strerror(none[i]), "unknown error");
		assert_int_equal(chat_err_status(none[i]), 500);
		assert_int_equal(chat_err_close_code(none[i]), 1011);
	}
}

/* RFC 9110, section 15, and RFC 6585, section 5. */
static void
test_status(void **state)
{
	(void)state;
	assert_int_equal(chat_err_status(CHAT_ERR_HTTP_SYNTAX), 400);
	assert_int_equal(chat_err_status(CHAT_ERR_HTTP_TARGET), 414);
	assert_int_equal(chat_err_status(CHAT_ERR_HTTP_FIELDS), 431);
	assert_int_equal(chat_err_status(CHAT_ERR_HTTP_VERSION), 505);
	assert_int_equal(chat_err_status(CHAT_ERR_NOMEM), 503);
	assert_int_equal(chat_err_status(CHAT_ERR_LIMIT), 503);
	assert_int_equal(chat_err_status(CHAT_ERR_SYSTEM), 500);
}

/* RFC 6455, section 7.4.1; 1013 is of IANA's registry, 4500 our own. */
static void
test_close_code(void **state)
{
	(void)state;
	assert_int_equal(chat_err_close_code(CHAT_ERR_WS_PROTOCOL), 1002);
	assert_int_equal(chat_err_close_code(CHAT_ERR_WS_DATA), 1003);
	assert_int_equal(chat_err_close_code(CHAT_ERR_WS_UTF8), 1007);
	assert_int_equal(chat_err_close_code(CHAT_ERR_WS_SIZE), 1009);
	assert_int_equal(chat_err_close_code(CHAT_ERR_NOMEM), 1011);
	assert_int_equal(chat_err_close_code(CHAT_ERR_SYSTEM), 1011);
	assert_int_equal(chat_err_close_code(CHAT_ERR_LIMIT), 1013);
	assert_int_equal(chat_err_close_code(CHAT_ERR_NAME), 4500);
}

/* Whatever the error, what goes out is a status of failure, and a code that
 * an endpoint may send: not 1000, which is not a failure, nor one of those that
 * only stand for the absence of a code. */
static void
test_on_the_wire(void **state)
{
	int status, code;
	size_t i;

	(void)state;
	for (i = 1; i < COUNT; i++) {
		status = chat_err_status(all[i]);
		code = chat_err_close_code(all[i]);
		assert_in_range(status, 400, 599);
		assert_true((code > 1000 && code < 1015) ||
		    (code >= 4000 && code < 5000));
		assert_true(code < 1004 || code > 1006);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_close_code),
		cmocka_unit_test(test_on_the_wire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
