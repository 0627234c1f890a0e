/*
 * The real program with real sockets: what a user, an operator and a service
 * manager notice.  What the room does in detail is tested without them.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "process.h"

#define NONE ((const char *const[]){ NULL })

#define GET(path) \
	"GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void
assert_answer(
    int port, const char *request, const char *begins, const char *contains)
{
	char *answer = client_ask(port, request);

	assert_int_equal(strncmp(answer, begins, strlen(begins)), 0);
	assert_non_null(strstr(answer, contains));
	free(answer);
}

/* The member of a message that is a string. */
static void
copy_member(char *dst, size_t cap, const char *json, const char *key)
{
	char pattern[64];
	const char *at;

	snprintf(pattern, sizeof(pattern), "\"%s\":\"", key);
	at = strstr(json, pattern);
	assert_non_null(at);
	at += strlen(pattern);
	snprintf(dst, cap, "%.*s", (int)strcspn(at, "\""), at);
}

static void
it_serves_the_page_and_its_own_state(void **state)
{
	struct process p;

	(void)state;
	process_start(&p, NONE);
	/* The first, since one that has ended counts until that is read. */
	assert_answer(
	    p.port, GET("/metrics"), "HTTP/1.1 200", "chatd_connections 1\n");
	assert_answer(p.port, GET("/"), "HTTP/1.1 200", "<!doctype html>");
	assert_answer(p.port, GET("/alice"), "HTTP/1.1 200",
	    "Content-Security-Policy: default-src 'none'");
	assert_answer(p.port, GET("/main.js"), "HTTP/1.1 404", "");
	assert_answer(p.port, GET("/../Makefile"), "HTTP/1.1 40", "");
	assert_answer(p.port, GET("/healthz"), "HTTP/1.1 200", "ok");
	assert_answer(p.port, GET("/readyz"), "HTTP/1.1 200", "ok");
	assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void
three_users_talk(void **state)
{
	struct process p;
	struct client a, b, b2, c;

	(void)state;
	process_start(&p, NONE);
	client_join(&a, p.port, "alice", "");
	client_join(&b, p.port, "bob", "");
	client_join(&b2, p.port, "BOB", "");
	client_join(&c, p.port, "carol", "");
	client_expect(&c, "\"names\":[\"alice\",\"bob\",\"carol\"]");
	client_expect(&a, "\"joined\":[\"carol\"");

	client_send(&a, "{\"type\":\"message\",\"ref\":\"1\",\"text\":\"hi\"}");
	client_expect(&a, "\"type\":\"ack\",\"ref\":\"1\",\"seq\":1");
	client_expect(&a, "\"text\":\"hi\"");
	client_expect(&b, "\"text\":\"hi\"");
	client_expect(&b2, "\"text\":\"hi\"");
	client_expect(&c, "\"text\":\"hi\"");

	client_send(
	    &a, "{\"type\":\"message\",\"text\":\"psst\",\"to\":\"Bob\"}");
	client_send(&a, "{\"type\":\"message\",\"text\":\"all\"}");
	client_expect(&a, "psst");
	client_expect(&b, "psst");
	client_expect(&b2, "psst");
	assert_non_null(client_next(&c));
	assert_non_null(strstr(c.text, "\"text\":\"all\""));

	client_free(&a);
	client_free(&b);
	client_free(&b2);
	client_free(&c);
	assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void
stop_with(int signal, int code, const char *reason)
{
	struct process p;
	struct client c;

	process_start(&p, NONE);
	client_join(&c, p.port, "alice", "");
	client_expect(&c, "\"type\":\"users\"");
	assert_int_equal(kill(p.pid, signal), 0);
	client_expect(&c, "\"type\":\"bye\"");
	assert_non_null(strstr(c.text, reason));
	assert_int_equal(client_drain(&c), code);
	client_free(&c);
	assert_int_equal(process_wait(&p), 0);
}

static void
it_says_bye(void **state)
{
	(void)state;
	stop_with(SIGTERM, 1012, "restart");
	stop_with(SIGINT, 1001, "shutdown");
}

/* A client that never answers is not waited for longer than the timeout, and
 * a second signal is not waited for at all. */
static void
it_stops_without_the_clients_help(void **state)
{
	const char *soon[] = { "--drain-timeout", "50", NULL };
	const char *never[] = { "--drain-timeout", "0", NULL };
	struct process p;
	struct client c;

	(void)state;
	process_start(&p, soon);
	client_join(&c, p.port, "alice", "");
	assert_int_equal(process_stop(&p, SIGTERM), 0);
	client_free(&c);

	process_start(&p, never);
	client_join(&c, p.port, "alice", "");
	assert_int_equal(kill(p.pid, SIGTERM), 0);
	client_expect(&c, "\"type\":\"bye\"");
	assert_int_not_equal(process_stop(&p, SIGTERM), 0);
	client_free(&c);
}

static void
say(struct client *c, const char *text)
{
	char json[70000];

	snprintf(
	    json, sizeof(json), "{\"type\":\"message\",\"text\":\"%s\"}", text);
	client_send(c, json);
}

/* One that does not read costs the others nothing: they hear everything, it
 * is cut, and when it comes back it is told the truth. */
static void
a_stuck_reader_is_cut_and_resumes(void **state)
{
	const char *options[] = { "--message-rate", "0", "--live-size", "256K",
		"--past-size", "64M", NULL };
	struct process p;
	struct client stuck, a, b;
	char text[3001], session[128], query[256];
	int i, size = 4096, sends = 600;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[3000] = '\0';
	process_start(&p, options);
	client_join(&stuck, p.port, "stuck", "");
	setsockopt(stuck.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	copy_member(session, sizeof(session), stuck.text, "session");
	client_join(&a, p.port, "alice", "");
	client_join(&b, p.port, "bob", "");
	for (i = 1; i <= sends; i++) {
		say(&a, text);
		client_expect(&a, "\"type\":\"message\"");
		client_expect(&b, "\"type\":\"message\"");
	}
	assert_int_equal(client_drain(&stuck), 1006);
	client_free(&stuck);
	assert_answer(
	    p.port, GET("/metrics"), "HTTP/1.1 200", "chatd_lagged_total 1\n");

	snprintf(query, sizeof(query), "?session=%s&after=0", session);
	client_join(&stuck, p.port, "stuck", query);
	client_expect(&stuck, "\"type\":\"sync\"");
	assert_non_null(strstr(stuck.text, "\"from\":1,\"to\":600"));
	assert_non_null(strstr(stuck.text, "\"resumed\":true,\"gap\":false"));
	for (i = 1; i <= sends; i++) {
		snprintf(query, sizeof(query), "\"seq\":%d,", i);
		assert_non_null(client_next(&stuck));
		assert_non_null(strstr(stuck.text, query));
	}
	client_expect(&stuck, "\"type\":\"users\"");
	client_free(&stuck);
	client_free(&a);
	client_free(&b);
	assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void
a_crash_is_a_new_log(void **state)
{
	struct process p;
	struct client c;
	char session[128], query[256], log[16], other[16];

	(void)state;
	process_start(&p, NONE);
	client_join(&c, p.port, "alice", "");
	copy_member(session, sizeof(session), c.text, "session");
	client_expect(&c, "\"type\":\"sync\"");
	copy_member(log, sizeof(log), c.text, "log");
	assert_int_equal(process_stop(&p, SIGKILL), 128 + SIGKILL);
	assert_int_equal(client_drain(&c), 1006);
	client_free(&c);

	process_start(&p, NONE);
	snprintf(query, sizeof(query), "?session=%s&after=7", session);
	client_join(&c, p.port, "alice", query);
	client_expect(&c, "\"type\":\"sync\"");
	copy_member(other, sizeof(other), c.text, "log");
	assert_string_not_equal(log, other);
	assert_non_null(strstr(c.text, "\"resumed\":false,\"gap\":true"));
	client_free(&c);
	assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void
ends_with(int status, const char *text, const char *const *arguments)
{
	struct process p;

	process_spawn(&p, 0, arguments);
	process_expect(&p, text);
	assert_int_equal(process_wait(&p), status);
}

static void
it_says_what_is_wrong(void **state)
{
	struct process p;
	char address[64];

	(void)state;
	ends_with(2, "chatd: ", (const char *[]){ "--no-such-option", NULL });
	ends_with(2, "chatd: ", (const char *[]){ "-f", "/nowhere", NULL });
	ends_with(0, "ok", (const char *[]){ "-t", NULL });
	ends_with(0, "--max-message", (const char *[]){ "-h", NULL });
	process_start(&p, NONE);
	snprintf(address, sizeof(address), "127.0.0.1:%d", p.port);
	ends_with(
	    1, strerror(EADDRINUSE), (const char *[]){ "-l", address, NULL });
	assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void
it_listens_at_several_places(void **state)
{
	char path[] = "/tmp/chatd-test-XXXXXX", spec[128];
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct process p;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	unlink(path);
	snprintf(spec, sizeof(spec), "unix:%s", path);
	process_start(&p, (const char *[]){ "-l", spec, NULL });
	process_expect(&p, spec);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	assert_answer(p.port, GET("/healthz"), "HTTP/1.1 200", "ok");
	assert_int_equal(process_stop(&p, SIGTERM), 0);
	unlink(path);
}

/* The limit is reached; those inside go on, and as soon as one leaves, one
 * that waits comes in. */
static void
out_of_descriptors_it_waits(void **state)
{
	const char *arguments[] = { "-l", "127.0.0.1:0", NULL };
	struct process p;
	struct client a, late;
	int idle[64], n = sizeof(idle) / sizeof(idle[0]), i;

	(void)state;
	process_spawn(&p, 40, arguments);
	process_expect(&p, "/\n");
	p.port = atoi(strstr(p.said, "127.0.0.1:") + 10);
	client_join(&a, p.port, "alice", "");
	for (i = 0; i < n; i++)
		idle[i] = client_connect(p.port);
	process_expect(&p, "descriptors");
	say(&a, "still here");
	client_expect(&a, "still here");
	/* One comes for each that goes; that is not told each time. */
	for (i = 0; i < 5; i++) {
		close(idle[i]);
		say(&a, "another");
		client_expect(&a, "another");
	}
	assert_int_equal(kill(p.pid, SIGHUP), 0);
	process_expect(&p, "read again");
	assert_null(strstr(strstr(p.said, "new conn") + 1, "new conn"));
	for (; i < n; i++)
		close(idle[i]);
	client_join(&late, p.port, "late", "");
	client_expect(&late, "still here");
	client_free(&late);
	client_free(&a);
	assert_int_equal(process_stop(&p, SIGTERM), 0);
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
a_hangup_reads_the_file_again(void **state)
{
	char path[] = "/tmp/chatd-test-XXXXXX";
	struct process p;
	struct client c;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	write_file(path, "max-text = 3\nlog-level = debug\n");
	process_start(&p, (const char *[]){ "-f", path, NULL });
	client_join(&c, p.port, "alice", "");
	say(&c, "four");
	client_expect(&c, "\"code\":\"too_long\"");
	write_file(path, "max-text = 4\n");
	assert_int_equal(kill(p.pid, SIGHUP), 0);
	process_expect(&p, "configuration");
	say(&c, "four");
	client_expect(&c, "\"text\":\"four\"");
	write_file(path, "max-text = many\n");
	assert_int_equal(kill(p.pid, SIGHUP), 0);
	process_expect(&p, "many");
	say(&c, "goes");
	client_expect(&c, "\"text\":\"goes\"");
	client_free(&c);
	assert_int_equal(process_stop(&p, SIGTERM), 0);
	unlink(path);
}

/* Everybody hears everything, once and in order, however many there are. */
static void
a_crowd_hears_every_message(void **state)
{
	enum { CROWD = 300, SENDS = 10 };
	static struct client crowd[CROWD];
	const char *options[] = { "--message-rate", "0", NULL };
	char name[32], seq[32];
	struct process p;
	int i, k;

	(void)state;
	process_start(&p, options);
	for (i = 0; i < CROWD; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		client_join(&crowd[i], p.port, name, "");
		client_expect(&crowd[i], "\"type\":\"users\"");
	}
	for (k = 0; k < SENDS; k++)
		say(&crowd[k], "hello");
	for (i = 0; i < CROWD; i++)
		for (k = 1; k <= SENDS; k++) {
			client_expect(&crowd[i], "\"type\":\"message\"");
			snprintf(seq, sizeof(seq), "\"seq\":%d,", k);
			assert_non_null(strstr(crowd[i].text, seq));
		}
	for (i = 0; i < CROWD; i++)
		client_free(&crowd[i]);
	assert_int_equal(process_stop(&p, SIGTERM), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_serves_the_page_and_its_own_state),
		cmocka_unit_test(three_users_talk),
		cmocka_unit_test(it_says_bye),
		cmocka_unit_test(it_stops_without_the_clients_help),
		cmocka_unit_test(a_stuck_reader_is_cut_and_resumes),
		cmocka_unit_test(a_crash_is_a_new_log),
		cmocka_unit_test(it_says_what_is_wrong),
		cmocka_unit_test(it_listens_at_several_places),
		cmocka_unit_test(out_of_descriptors_it_waits),
		cmocka_unit_test(a_hangup_reads_the_file_again),
		cmocka_unit_test(a_crowd_hears_every_message),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
