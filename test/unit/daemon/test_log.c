/* Tests of the daemon's log: what a line looks like, and which are dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/log.h"

enum { NOW = 1717267503 }; /* 2024-06-01 18:45:03 UTC */

/* A log that writes into a pipe, and what was read from it. */
struct piped {
	struct log log;
	int fds[2];
	char text[16384];
};

static int
setup(void **state)
{
	struct piped *p = calloc(1, sizeof(*p));

	if (p == NULL || pipe(p->fds) != 0)
		return -1;
	fcntl(p->fds[0], F_SETFL, O_NONBLOCK);
	log_init(&p->log, p->fds[1], CHAT_LOG_INFO);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct piped *p = *state;

	close(p->fds[0]);
	close(p->fds[1]);
	free(p);
	return 0;
}

/* All that was logged since the last call. */
static const char *
logged(struct piped *p)
{
	size_t n = 0;
	ssize_t got;

	while (
	    (got = read(p->fds[0], p->text + n, sizeof(p->text) - 1 - n)) > 0)
		n += (size_t)got;
	p->text[n] = '\0';
	return p->text;
}

static size_t
count_lines(const char *s)
{
	size_t n = 0;

	while ((s = strchr(s, '\n')) != NULL) {
		s++;
		n++;
	}
	return n;
}

static void
priorities_are_those_of_syslog(void **state)
{
	struct piped *p = *state;

	p->log.level = CHAT_LOG_DEBUG;
	log_line_at(&p->log, CHAT_LOG_ERROR, "a", NOW);
	log_line_at(&p->log, CHAT_LOG_WARNING, "b", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "c", NOW);
	log_line_at(&p->log, CHAT_LOG_DEBUG, "d", NOW);
	assert_string_equal(logged(p), "<3>a\n<4>b\n<6>c\n<7>d\n");
}

static void
a_terminal_gets_the_local_time(void **state)
{
	struct piped *p = *state;

	setenv("TZ", "XXX-2", 1); /* two hours east */
	log_init(&p->log, p->fds[1], CHAT_LOG_INFO);
	assert_false(p->log.terminal);
	p->log.terminal = true;
	log_line_at(&p->log, CHAT_LOG_WARNING, "it rains", NOW);
	assert_string_equal(
	    logged(p), "2024-06-01 20:45:03 warning: it rains\n");
}

static void
lines_beyond_the_level_are_passed_over(void **state)
{
	struct piped *p = *state;
	int i;

	p->log.level = CHAT_LOG_WARNING;
	for (i = 0; i < 2 * LOG_BURST; i++)
		log_line_at(&p->log, CHAT_LOG_INFO, "no", NOW);
	log_line_at(&p->log, CHAT_LOG_WARNING, "yes", NOW);
	log_line_at(&p->log, CHAT_LOG_WARNING, "yes", NOW + 1);
	assert_string_equal(logged(p), "<4>yes\n<4>yes\n");
}

static void
what_clients_send_cannot_forge_a_line(void **state)
{
	struct piped *p = *state;

	log_line_at(&p->log, CHAT_LOG_INFO, "a\n<0>b\r\t\x1b[2J\x7f\\", NOW);
	assert_string_equal(
	    logged(p), "<6>a\\x0a<0>b\\x0d\\x09\\x1b[2J\\x7f\\x5c\n");
	/* Valid UTF-8 stays, but not C1, line separators, turned text. */
	log_line_at(&p->log, CHAT_LOG_INFO, "\xc3\xa9 \xe6\xbc\xa2", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "\xc2\x9b", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "\xe2\x80\xa8", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "\xe2\x80\xae", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "\xe2\x81\xa6", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "\xff\x9b\xc3", NOW);
	assert_string_equal(logged(p),
	    "<6>\xc3\xa9 \xe6\xbc\xa2\n<6>\\xc2\\x9b\n<6>\\xe2\\x80\\xa8\n"
	    "<6>\\xe2\\x80\\xae\n<6>\\xe2\\x81\\xa6\n<6>\\xff\\x9b\\xc3\n");
}

static void
a_long_line_ends_in_dots(void **state)
{
	struct piped *p = *state;
	char line[2 * LOG_LINE];
	const char *text;
	size_t size;

	/* Each length, so that every kind of piece meets the end. */
	for (size = LOG_LINE - 40; size < LOG_LINE + 40; size++) {
		memset(line, 'x', size);
		memcpy(line + size, "\xe6\xbc\xa2\n", 5);
		log_line_at(&p->log, CHAT_LOG_INFO, line, (time_t)size);
		text = logged(p);
		assert_true(strlen(text) <= LOG_LINE);
		assert_int_equal(count_lines(text), 1);
		if (size < LOG_LINE - 30)
			assert_string_equal(
			    text + 3 + size, "\xe6\xbc\xa2\\x0a\n");
		if (size > LOG_LINE)
			assert_string_equal(text + strlen(text) - 5, "x...\n");
	}
}

static void
a_flood_is_cut_and_counted(void **state)
{
	struct piped *p = *state;
	const char *text;
	int i;

	for (i = 0; i < LOG_BURST + 7; i++)
		log_line_at(&p->log, CHAT_LOG_INFO, "flood", NOW);
	log_settle(&p->log, NOW);
	text = logged(p);
	assert_int_equal(count_lines(text), LOG_BURST);
	assert_null(strstr(text, "dropped"));
	log_line_at(&p->log, CHAT_LOG_INFO, "after", NOW + 1);
	assert_string_equal(logged(p), "<4>lines dropped: 7\n<6>after\n");
	log_line_at(&p->log, CHAT_LOG_INFO, "again", NOW + 2);
	assert_string_equal(logged(p), "<6>again\n");
}

static void
settling_tells_without_another_line(void **state)
{
	struct piped *p = *state;
	int i;

	for (i = 0; i < LOG_BURST + 1; i++)
		log_line_at(&p->log, CHAT_LOG_INFO, "flood", NOW);
	logged(p);
	log_settle(&p->log, NOW + 1);
	assert_string_equal(logged(p), "<4>lines dropped: 1\n");
}

/* Nobody reads: this test would hang if a line were waited for. */
static void
a_full_pipe_drops_lines(void **state)
{
	struct piped *p = *state;
	char filling[512] = { 0 };

	fcntl(p->fds[1], F_SETFL, O_NONBLOCK);
	while (write(p->fds[1], filling, sizeof(filling)) > 0)
		continue;
	fcntl(p->fds[1], F_SETFL, 0);
	log_line_at(&p->log, CHAT_LOG_INFO, "one", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "two", NOW + 1);
	while (read(p->fds[0], filling, sizeof(filling)) > 0)
		continue;
	log_line_at(&p->log, CHAT_LOG_INFO, "three", NOW + 2);
	assert_string_equal(logged(p), "<4>lines dropped: 2\n<6>three\n");
}

static void
a_broken_pipe_is_no_end(void **state)
{
	struct piped *p = *state;
	struct log closed;

	signal(SIGPIPE, SIG_IGN);
	close(p->fds[0]);
	log_line_at(&p->log, CHAT_LOG_INFO, "one", NOW);
	assert_int_equal(p->log.dropped, 1);
	log_init(&closed, -1, CHAT_LOG_INFO);
	log_line(&closed, CHAT_LOG_INFO, "two");
	assert_int_equal(closed.dropped, 1);
	signal(SIGPIPE, SIG_DFL);
	p->fds[0] = dup(p->fds[1]);
}

static void
lines_are_put_together_as_by_printf(void **state)
{
	struct piped *p = *state;

	log_print(&p->log, CHAT_LOG_ERROR, "%s: %d", "port", 3008);
	assert_string_equal(logged(p), "<3>port: 3008\n");
	log_print(&p->log, CHAT_LOG_DEBUG, "%s", "passed over");
	assert_string_equal(logged(p), "");
}

#define PIPED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PIPED(priorities_are_those_of_syslog),
		PIPED(a_terminal_gets_the_local_time),
		PIPED(lines_beyond_the_level_are_passed_over),
		PIPED(what_clients_send_cannot_forge_a_line),
		PIPED(a_long_line_ends_in_dots),
		PIPED(a_flood_is_cut_and_counted),
		PIPED(settling_tells_without_another_line),
		PIPED(a_full_pipe_drops_lines),
		PIPED(a_broken_pipe_is_no_end),
		PIPED(lines_are_put_together_as_by_printf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
