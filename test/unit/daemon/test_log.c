/* Tests of the daemon's log: what a line looks like, and which have to wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
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
		log_line_at(&p->log, CHAT_LOG_INFO, "yes", NOW);
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
		log_init(&p->log, p->fds[1], CHAT_LOG_INFO);
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

/* A stranger's lines: no two are the same. */
static void
refuse(struct piped *p, int from, int to, time_t now)
{
	char line[128];
	int i;

	for (i = from; i < to; i++) {
		snprintf(line, sizeof(line), "refused a page of origin x%d", i);
		log_line_at(&p->log, CHAT_LOG_WARNING, line, now);
	}
}

static void
a_flood_is_cut_and_counted(void **state)
{
	struct piped *p = *state;
	const char *text;

	refuse(p, 0, LOG_BURST + 950, NOW);
	log_settle(&p->log, NOW + LOG_PERIOD - 1);
	text = logged(p);
	assert_int_equal(count_lines(text), LOG_BURST);
	assert_null(strstr(text, "more"));
	refuse(p, 0, 1, NOW + LOG_PERIOD);
	assert_string_equal(logged(p),
	    "<4>950 more such lines in 10 s, the last one: "
	    "refused a page of origin x969\n");
	log_settle(&p->log, NOW + 2 * LOG_PERIOD);
	assert_string_equal(logged(p), "<4>refused a page of origin x0\n");
	log_settle(&p->log, NOW + 3 * LOG_PERIOD);
	assert_string_equal(logged(p), "");
	/* When it is over, it is as if it had not been. */
	refuse(p, 0, LOG_BURST + 1, NOW + 40 * LOG_PERIOD);
	assert_int_equal(count_lines(logged(p)), LOG_BURST);
}

static void
no_flood_hides_another_line(void **state)
{
	struct piped *p = *state;

	refuse(p, 0, 1000, NOW);
	logged(p);
	log_line_at(&p->log, CHAT_LOG_ERROR,
	    "journal: cannot write: No space left on device", NOW);
	log_line_at(&p->log, CHAT_LOG_WARNING, "out of descriptors", NOW);
	log_line_at(&p->log, CHAT_LOG_ERROR, "refused a page as well", NOW);
	assert_string_equal(logged(p),
	    "<3>journal: cannot write: No space left on device\n"
	    "<4>out of descriptors\n<3>refused a page as well\n");
}

/* A day of it, as fast as can be: lines a minute, and each one counted. */
static void
nobody_can_fill_a_disk(void **state)
{
	struct piped *p = *state;
	unsigned long told = 0, more, all = 0;
	const char *text;
	size_t lines = 0;
	time_t t;

	for (t = NOW; t < NOW + 86400; t++, all += 3) {
		refuse(p, 0, 3, t);
		for (text = logged(p); *text != '\0'; lines++) {
			told +=
			    sscanf(text, "<4>%lu more", &more) == 1 ? more : 1;
			text = strchr(text, '\n') + 1;
		}
	}
	log_end(&p->log, t);
	assert_int_equal(sscanf(logged(p), "<4>%lu more", &more), 1);
	assert_int_equal(told + more, all);
	assert_true(lines <= LOG_BURST + 86400 / LOG_PERIOD);
}

/* More kinds than are told apart: they share what is left of their level. */
static void
many_kinds_are_bounded(void **state)
{
	struct piped *p = *state;
	char line[64];
	int i, j;

	for (i = 0; i < 4 * LOG_KINDS; i++)
		for (j = 0; j < 2 * LOG_BURST; j++) {
			snprintf(line, sizeof(line), "%c%c again", 'a' + i % 26,
			    'a' + i / 26);
			log_line_at(&p->log, CHAT_LOG_WARNING, line, NOW);
			assert_true(count_lines(logged(p)) <= 1);
		}
	log_line_at(&p->log, CHAT_LOG_WARNING, "another", NOW);
	assert_string_equal(logged(p), "");
	log_line_at(&p->log, CHAT_LOG_ERROR, "another", NOW);
	assert_string_equal(logged(p), "<3>another\n");
	log_settle(&p->log, NOW + LOG_PERIOD);
	assert_int_equal(count_lines(logged(p)), LOG_KINDS + 1);
}

static void
digits_make_no_kind(void **state)
{
	struct piped *p = *state;
	char line[64];
	int i;

	for (i = 0; i < 10 * LOG_BURST; i++) {
		snprintf(line, sizeof(line), "journal: %04d.log: damaged", i);
		log_line_at(&p->log, CHAT_LOG_INFO, line, NOW);
	}
	assert_int_equal(count_lines(logged(p)), LOG_BURST);
}

static void
settling_tells_without_another_line(void **state)
{
	struct piped *p = *state;

	assert_int_equal(log_timeout(&p->log, NOW), -1);
	refuse(p, 0, LOG_BURST, NOW);
	assert_int_equal(log_timeout(&p->log, NOW), -1);
	refuse(p, 7, 9, NOW + 1);
	logged(p);
	assert_int_equal(
	    log_timeout(&p->log, NOW + 1), (LOG_PERIOD - 1) * 1000);
	assert_int_equal(log_timeout(&p->log, NOW + LOG_PERIOD), 0);
	log_settle(&p->log, NOW + LOG_PERIOD);
	assert_string_equal(logged(p),
	    "<4>2 more such lines in 9 s, the last one: "
	    "refused a page of origin x8\n");
	assert_int_equal(log_timeout(&p->log, NOW + LOG_PERIOD), -1);
}

static void
the_end_tells_what_waits(void **state)
{
	struct piped *p = *state;

	refuse(p, 0, LOG_BURST + 2, NOW);
	logged(p);
	log_end(&p->log, NOW);
	assert_string_equal(logged(p),
	    "<4>2 more such lines in 0 s, the last one: "
	    "refused a page of origin x21\n");
}

static void
a_clock_that_is_set_back_hides_nothing(void **state)
{
	struct piped *p = *state;

	refuse(p, 0, LOG_BURST + 2, NOW);
	logged(p);
	log_line_at(&p->log, CHAT_LOG_WARNING, "a", NOW - 86400);
	log_line_at(&p->log, CHAT_LOG_ERROR, "b", NOW - 2 * 86400);
	assert_string_equal(logged(p), "<4>a\n<3>b\n");
	assert_int_equal(
	    log_timeout(&p->log, NOW - 2 * 86400), LOG_PERIOD * 1000);
	log_settle(&p->log, NOW - 2 * 86400 + LOG_PERIOD);
	assert_string_equal(logged(p),
	    "<4>2 more such lines in 10 s, the last one: "
	    "refused a page of origin x21\n");
}

static void
what_is_kept_ends_in_dots(void **state)
{
	struct piped *p = *state;
	char line[LOG_SAMPLE + 2] = "a b ", expected[LOG_SAMPLE + 8];
	size_t size;
	int i;

	memset(line + 4, 'x', LOG_SAMPLE - 3);
	for (size = LOG_SAMPLE - 6; size < LOG_SAMPLE + 1; size++) {
		line[size] = '\0';
		log_init(&p->log, p->fds[1], CHAT_LOG_INFO);
		for (i = 0; i <= LOG_BURST; i++)
			log_line_at(&p->log, CHAT_LOG_INFO, line, NOW);
		logged(p);
		log_end(&p->log, NOW);
		snprintf(expected, sizeof(expected), "<6>%.*s%s\n",
		    LOG_SAMPLE - 4, line, size > LOG_SAMPLE - 4 ? "..." : "");
		assert_string_equal(logged(p), expected);
		line[size] = 'x';
	}
}

static void
fill(struct piped *p)
{
	char filling[512] = { 0 };

	fcntl(p->fds[1], F_SETFL, O_NONBLOCK);
	while (write(p->fds[1], filling, sizeof(filling)) > 0)
		continue;
	fcntl(p->fds[1], F_SETFL, 0);
}

static void
empty(struct piped *p)
{
	char filling[512];

	while (read(p->fds[0], filling, sizeof(filling)) > 0)
		continue;
}

/* Nobody reads: this test would hang if a line were waited for. */
static void
a_full_pipe_delays_lines(void **state)
{
	struct piped *p = *state;

	fill(p);
	log_line_at(&p->log, CHAT_LOG_INFO, "one", NOW);
	log_line_at(&p->log, CHAT_LOG_INFO, "two", NOW + 1);
	log_line_at(&p->log, CHAT_LOG_INFO, "two", NOW + 2);
	assert_int_equal(log_timeout(&p->log, NOW + 2), LOG_PERIOD * 1000);
	log_settle(&p->log, NOW + 3);
	empty(p);
	log_line_at(&p->log, CHAT_LOG_INFO, "three", NOW + 4);
	assert_string_equal(logged(p),
	    "<6>one\n<6>2 more such lines in 3 s, the last one: two\n"
	    "<6>three\n");
	fill(p);
	log_line_at(&p->log, CHAT_LOG_INFO, "four", NOW + 5);
	empty(p);
	log_settle(&p->log, NOW + 5);
	assert_string_equal(logged(p), "");
	log_settle(&p->log, NOW + 5 + LOG_PERIOD);
	assert_string_equal(logged(p), "<6>four\n");
}

static void
a_broken_pipe_is_no_end(void **state)
{
	struct piped *p = *state;
	struct log closed;

	signal(SIGPIPE, SIG_IGN);
	close(p->fds[0]);
	log_line_at(&p->log, CHAT_LOG_INFO, "one", NOW);
	assert_int_equal(log_timeout(&p->log, NOW), LOG_PERIOD * 1000);
	log_end(&p->log, NOW);
	log_init(&closed, -1, CHAT_LOG_INFO);
	log_line_at(&closed, CHAT_LOG_INFO, "two", NOW);
	assert_int_equal(log_timeout(&closed, NOW), LOG_PERIOD * 1000);
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
		PIPED(no_flood_hides_another_line),
		PIPED(nobody_can_fill_a_disk),
		PIPED(many_kinds_are_bounded),
		PIPED(digits_make_no_kind),
		PIPED(settling_tells_without_another_line),
		PIPED(the_end_tells_what_waits),
		PIPED(a_clock_that_is_set_back_hides_nothing),
		PIPED(what_is_kept_ends_in_dots),
		PIPED(a_full_pipe_delays_lines),
		PIPED(a_broken_pipe_is_no_end),
		PIPED(lines_are_put_together_as_by_printf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
