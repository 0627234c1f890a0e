/* Tests of the program as it is: started, signalled, asked by HTTP.  The path
 * of chatd is in the environment, CHATD; without it, it is ./chatd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGUMENTS = 16 };

/* A chatd under way. */
struct child {
	pid_t pid;
	FILE *out, *err;
	int port;
};

static char program[4096];
static char folder[] = "/tmp/chatd-test-XXXXXX";

/* In the child: becomes chatd, with its standard streams as given; of those
 * that are negative, it has none. */
static void
become(char *const argv[], int out, int err)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		close(fd);
	fd = 3;
	if (out >= 0)
		fd = dup2(out, 1);
	if (err >= 0)
		fd = dup2(err, 2);
	if (fd >= 0)
		execv(program, argv);
	_exit(127);
}

/* Starts chatd with the arguments of a line, separated by single spaces. */
static struct child
start(const char *line)
{
	char copy[1024], name[] = "chatd", *argv[ARGUMENTS + 1] = { name };
	struct child c = { 0 };
	int out[2], err[2], n = 1;
	char *p;

	snprintf(copy, sizeof(copy), "%s", line);
	for (p = strtok(copy, " "); p != NULL; p = strtok(NULL, " ")) {
		assert_true(n < ARGUMENTS);
		argv[n++] = p;
	}
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0)
		become(argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	c.out = fdopen(out[0], "r");
	c.err = fdopen(err[0], "r");
	return c;
}

/* The next line of f, without its newline; empty at the end. */
static const char *
line_of(FILE *f)
{
	static char line[1024];

	if (fgets(line, sizeof(line), f) == NULL)
		return "";
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* Starts chatd at a port of its own, with more arguments. */
static struct child
serve(const char *arguments)
{
	char line[512];
	struct child c;

	snprintf(line, sizeof(line), "-l 127.0.0.1:0 %s", arguments);
	c = start(line);
	assert_int_equal(sscanf(line_of(c.out),
			     "listening on http://127.0.0.1:%d/", &c.port),
	    1);
	return c;
}

/* Waits for its end: the exit status, or the signal as a negative number. */
static int
wait_for(struct child *c)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	fclose(c->out);
	fclose(c->err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
assert_ends(const char *arguments, int status, const char *out, const char *err)
{
	struct child c = start(arguments);

	assert_string_equal(line_of(c.err), err);
	assert_string_equal(line_of(c.out), out);
	assert_int_equal(wait_for(&c), status);
}

static int
connect_to(const struct child *c)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)c->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static void
send_text(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Sends a request and reads the answer to its end. */
static const char *
ask(const struct child *c, const char *request)
{
	static char answer[65536];
	int fd = connect_to(c);
	size_t n = 0;
	ssize_t got;

	send_text(fd, request);
	while ((got = read(fd, answer + n, sizeof(answer) - 1 - n)) > 0)
		n += (size_t)got;
	answer[n] = '\0';
	close(fd);
	return answer;
}

#define GET(path) \
	"GET " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

static void
assert_begins(const char *s, const char *with)
{
	if (strncmp(s, with, strlen(with)) != 0)
		fail_msg("'%.200s' does not begin with '%s'", s, with);
}

static void
assert_has(const char *s, const char *part)
{
	if (strstr(s, part) == NULL)
		fail_msg("'%.500s' has no '%s'", s, part);
}

static void
it_says_what_it_is_asked_for(void **state)
{
	struct child c = start("--help");

	(void)state;
	assert_begins(line_of(c.out), "usage: chatd ");
	while (*line_of(c.out) != '\0' || !feof(c.out))
		continue;
	assert_int_equal(wait_for(&c), 0);
	c = start("-V");
	assert_begins(line_of(c.out), "chatd ");
	assert_int_equal(wait_for(&c), 0);
}

static void
wrong_settings_end_with_2(void **state)
{
	FILE *f = fopen("bad.conf", "w");

	(void)state;
	assert_non_null(f);
	fputs("\nmax-message = 12Q\n", f);
	fclose(f);
	assert_ends("--lisen", 2, "",
	    "chatd: unknown option '--lisen', did you mean '--listen'?");
	assert_ends("-f bad.conf", 2, "",
	    "chatd: bad.conf:2: max-message: '12Q' is not a size");
	assert_ends("-t -f bad.conf", 2, "",
	    "chatd: bad.conf:2: max-message: '12Q' is not a size");
	assert_ends("--web none", 2, "",
	    "chatd: web: cannot open none: No such file or directory");
	assert_ends("-t --max-text 5", 0, "configuration ok", "");
}

static void
a_port_that_is_taken_ends_with_1(void **state)
{
	struct child c = serve(""), second;
	char line[64], wrong[128];

	(void)state;
	snprintf(line, sizeof(line), "-l 127.0.0.1:%d", c.port);
	snprintf(wrong, sizeof(wrong),
	    "chatd: cannot listen on 127.0.0.1:%d: Address ", c.port);
	second = start(line);
	assert_begins(line_of(second.err), wrong);
	assert_string_equal(line_of(second.out), "");
	assert_int_equal(wait_for(&second), 1);
	kill(c.pid, SIGTERM);
	assert_int_equal(wait_for(&c), 0);
}

static void
it_listens_everywhere(void **state)
{
	struct child c = serve("-l unix:./socket -l 127.0.0.1:0");

	(void)state;
	assert_string_equal(line_of(c.out), "listening on unix:./socket");
	assert_begins(line_of(c.out), "listening on http://127.0.0.1:");
	kill(c.pid, SIGINT);
	assert_int_equal(wait_for(&c), 0);
}

static void
the_page_is_inside(void **state)
{
	struct child c = serve("");
	const char *answer = ask(&c, GET("/"));
	char again[512], tag[64];

	(void)state;
	assert_begins(answer, "HTTP/1.1 200 OK\r\n");
	assert_has(answer, "Content-Type: text/html; charset=utf-8\r\n");
	assert_has(answer, "Content-Security-Policy: default-src 'none'; ");
	assert_has(answer, "</html>");
	assert_int_equal(
	    sscanf(strstr(answer, "ETag: "), "ETag: %63s", tag), 1);
	snprintf(again, sizeof(again),
	    "GET /alice HTTP/1.1\r\nHost: a\r\nIf-None-Match: %s\r\n"
	    "Connection: close\r\n\r\n",
	    tag);
	answer = ask(&c, again);
	assert_begins(answer, "HTTP/1.1 304 Not Modified\r\n");
	assert_string_equal(answer + strlen(answer) - 4, "\r\n\r\n");
	answer =
	    ask(&c, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
	assert_begins(answer, "HTTP/1.1 200 OK\r\n");
	assert_string_equal(answer + strlen(answer) - 4, "\r\n\r\n");
	assert_begins(ask(&c, GET("/index.html")), "HTTP/1.1 200 OK\r\n");
	assert_begins(ask(&c, GET("/../index.html")), "HTTP/1.1 404 ");
	assert_begins(ask(&c, GET("/healthz")), "HTTP/1.1 200 OK\r\n");
	assert_begins(
	    ask(&c, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
	    "HTTP/1.1 405 ");
	kill(c.pid, SIGTERM);
	assert_int_equal(wait_for(&c), 0);
}

static void
a_folder_is_served_instead(void **state)
{
	struct child c;
	FILE *f;

	(void)state;
	assert_int_equal(mkdir("web", 0777), 0);
	f = fopen("web/a.txt", "w");
	assert_non_null(f);
	fputs("from the folder", f);
	fclose(f);
	c = serve("--web web");
	assert_has(ask(&c, GET("/a.txt")), "\r\n\r\nfrom the folder");
	assert_begins(ask(&c, GET("/index.html")), "HTTP/1.1 404 ");
	kill(c.pid, SIGTERM);
	assert_int_equal(wait_for(&c), 0);
}

/* Reads to the end; how many bytes came. */
static size_t
count_rest(int fd)
{
	static char bytes[65536];
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0)
		n += (size_t)got;
	return n;
}

/* A file that is too long for all buffers on the way: whole while it stays as
 * it is, and otherwise an end that everybody notices. */
static void
great_files_are_whole_or_break_off(void **state)
{
	enum { SIZE = 64 << 20 };
	struct child c;
	char head[1];
	int fd;

	(void)state;
	assert_int_equal(mkdir("great", 0777), 0);
	fclose(fopen("great/a.bin", "w"));
	assert_int_equal(truncate("great/a.bin", SIZE), 0);
	c = serve("--web great");
	fd = connect_to(&c);
	send_text(fd, GET("/a.bin"));
	assert_in_range(count_rest(fd), SIZE, SIZE + 2000);
	close(fd);
	fd = connect_to(&c);
	send_text(fd, GET("/a.bin"));
	assert_int_equal(read(fd, head, 1), 1);
	assert_int_equal(truncate("great/a.bin", SIZE + 1), 0);
	assert_in_range(count_rest(fd), 1, SIZE - 1);
	close(fd);
	kill(c.pid, SIGTERM);
	assert_int_equal(wait_for(&c), 0);
}

/* A client that joins and then does nothing any more. */
static int
join(const struct child *c)
{
	char answer[512];
	int fd = connect_to(c);
	size_t n;
	ssize_t got;

	send_text(fd,
	    "GET /ws/alice HTTP/1.1\r\nHost: a\r\n"
	    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	for (n = 0; n < 12; n += (size_t)got) {
		got = read(fd, answer + n, 12 - n);
		assert_true(got > 0);
	}
	assert_memory_equal(answer, "HTTP/1.1 101", 12);
	return fd;
}

static void
a_client_that_stays_delays_the_end(void **state)
{
	struct child c = serve("--drain-timeout 1ms");
	int fd = join(&c);

	(void)state;
	kill(c.pid, SIGTERM);
	assert_string_equal(line_of(c.err), "<6>stopping for a restart");
	assert_int_equal(wait_for(&c), 0);
	close(fd);
}

static void
a_second_signal_ends_it_at_once(void **state)
{
	static const int signals[][2] = { { SIGTERM, SIGTERM },
		{ SIGINT, SIGINT }, { SIGTERM, SIGINT } };
	struct child c;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		c = serve("--drain-timeout 0");
		fd = join(&c);
		kill(c.pid, signals[i][0]);
		assert_begins(line_of(c.err), "<6>stopping");
		kill(c.pid, signals[i][1]);
		assert_int_equal(wait_for(&c), -signals[i][1]);
		close(fd);
	}
}

static void
write_conf(const char *text)
{
	FILE *f = fopen("chatd.conf", "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
sighup_reads_the_file_again(void **state)
{
	struct child c;

	(void)state;
	write_conf("allow-origin = https://a.example\n");
	c = serve("-f chatd.conf");
	write_conf("log-level = loud\n");
	kill(c.pid, SIGHUP);
	assert_string_equal(line_of(c.err),
	    "<3>the configuration was not changed: "
	    "chatd.conf:1: log-level: 'loud' is not a level");
	write_conf("past-size = 8M\nweb = /tmp\n");
	kill(c.pid, SIGHUP);
	assert_string_equal(line_of(c.err),
	    "<4>the change of web takes effect at the next start");
	assert_string_equal(line_of(c.err),
	    "<4>the change of past-size takes effect at the next start");
	assert_string_equal(
	    line_of(c.err), "<6>the configuration was read again");
	/* A message that would need the ring that there will be. */
	write_conf("live-size = 64M\nmax-message = 1M\n");
	kill(c.pid, SIGHUP);
	assert_begins(line_of(c.err), "<4>");
	while (strstr(line_of(c.err), "is too small for max-message") == NULL)
		assert_false(feof(c.err));
	assert_int_equal(unlink("chatd.conf"), 0);
	kill(c.pid, SIGHUP);
	assert_string_equal(line_of(c.err),
	    "<3>the configuration was not changed: "
	    "cannot read chatd.conf: No such file or directory");
	assert_begins(ask(&c, GET("/")), "HTTP/1.1 200 OK\r\n");
	kill(c.pid, SIGTERM);
	assert_int_equal(wait_for(&c), 0);
}

/* Strangers can make it warn, as fast as they like; that hides no error. */
static void
a_flood_of_warnings_hides_no_error(void **state)
{
	enum { REFUSED = 300 };
	char line[256];
	struct child c;
	int fd, i;

	(void)state;
	write_conf("");
	c = serve("-f chatd.conf");
	fd = connect_to(&c);
	for (i = 0; i < REFUSED; i++) {
		snprintf(line, sizeof(line),
		    "GET /ws/a HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
		    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
		    "Origin: https://a%d.example\r\n\r\n",
		    i);
		send_text(fd, line);
	}
	shutdown(fd, SHUT_WR);
	while (read(fd, line, sizeof(line)) > 0)
		continue;
	close(fd);
	write_conf("log-level = loud\n");
	kill(c.pid, SIGHUP);
	for (i = 0; strncmp(line_of(c.err), "<3>", 3) != 0; i++)
		assert_false(feof(c.err));
	assert_true(i < REFUSED);
	kill(c.pid, SIGTERM);
	while (strstr(line_of(c.err), " more such lines in ") == NULL)
		assert_false(feof(c.err));
	assert_int_equal(wait_for(&c), 0);
}

/* Its reader goes away, and there is something to log. */
static void
nobody_has_to_read_what_it_says(void **state)
{
	struct child c = serve("");
	int status;

	(void)state;
	fclose(c.out);
	fclose(c.err);
	kill(c.pid, SIGHUP);
	assert_begins(ask(&c, GET("/")), "HTTP/1.1 200 OK\r\n");
	kill(c.pid, SIGTERM);
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The numbers of streams that are closed are not given to sockets, or what is
 * meant for stderr would be sent to a client.  Seen where there is /proc. */
static void
closed_streams_are_no_sockets(void **state)
{
	struct child c = { 0 };
	char name[] = "chatd", option[] = "-l", at[] = "127.0.0.1:0";
	char *argv[] = { name, option, at, NULL };
	char path[64], target[64] = "/dev/null";
	int out[2], fd;

	(void)state;
	assert_int_equal(pipe(out), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0)
		become(argv, out[1], -1);
	close(out[1]);
	c.out = fdopen(out[0], "r");
	c.err = tmpfile();
	assert_begins(line_of(c.out), "listening on ");
	for (fd = 0; fd <= 2; fd += 2) {
		snprintf(
		    path, sizeof(path), "/proc/%ld/fd/%d", (long)c.pid, fd);
		(void)!readlink(path, target, sizeof(target) - 1);
		assert_string_equal(target, "/dev/null");
	}
	kill(c.pid, SIGTERM);
	assert_int_equal(wait_for(&c), 0);
}

/* A file that may not grow, as by `ulimit -f`, is an error like a full disk,
 * where the signal that comes with it would be the end. */
static void
a_limit_of_files_is_no_end(void **state)
{
	struct rlimit old, small;
	struct child c;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	c = start("-l 127.0.0.1:0 --journal full");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_string_equal(
	    line_of(c.err), "<3>journal full: cannot begin: File too large");
	assert_string_equal(
	    line_of(c.err), "chatd: cannot start: File too large");
	assert_int_equal(wait_for(&c), 1);
}

static int
enter(void **state)
{
	const char *path = getenv("CHATD");
	char cwd[2048];

	(void)state;
	if (path == NULL)
		path = "chatd";
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return -1;
	snprintf(program, sizeof(program), "%s%s%s", *path == '/' ? "" : cwd,
	    *path == '/' ? "" : "/", path);
	if (access(program, X_OK) != 0) {
		perror(program);
		return -1;
	}
	signal(SIGPIPE, SIG_IGN);
	alarm(120); /* where something is awaited that never comes */
	return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int
leave(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "cd / && rm -r %s", folder);
	return system(command) != 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_it_is_asked_for),
		cmocka_unit_test(wrong_settings_end_with_2),
		cmocka_unit_test(a_port_that_is_taken_ends_with_1),
		cmocka_unit_test(it_listens_everywhere),
		cmocka_unit_test(the_page_is_inside),
		cmocka_unit_test(a_folder_is_served_instead),
		cmocka_unit_test(great_files_are_whole_or_break_off),
		cmocka_unit_test(a_client_that_stays_delays_the_end),
		cmocka_unit_test(a_second_signal_ends_it_at_once),
		cmocka_unit_test(sighup_reads_the_file_again),
		cmocka_unit_test(a_flood_of_warnings_hides_no_error),
		cmocka_unit_test(nobody_has_to_read_what_it_says),
		cmocka_unit_test(closed_streams_are_no_sockets),
		cmocka_unit_test(a_limit_of_files_is_no_end),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
