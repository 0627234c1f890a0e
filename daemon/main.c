/*
 * chatd: the room as a program.
 *
 *     options --> log, files --> server --> loop
 *
 * Nothing of the chat is here: the server is the library's, and this is an
 * example of how to use it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "chatcore.h"
#include "journal.h"
#include "files.h"
#include "log.h"
#include "options.h"
#include "setting.h"
#include "signals.h"
#include "net/sock.h"
#include "wire/host.h"

/* What the program returns. */
enum { DONE = 0, FAILED = 1, WRONG = 2 };

/* Descriptors besides those of connections: the standard ones, listeners, the
 * ready set, files of a journal, a file being read, and some to spare. */
#define SPARE 32

struct program {
	int argc;
	char *const *argv;
	struct options options; /* as given at the start */
	struct log log;
	struct files *files;
	struct chat_server *server;
	int signals;
	struct pollfd *fds; /* the one for signals, then the server's */
	size_t cap;
	char own[CHAT_MAX_HOST + 1]; /* the name of this machine */
	const char *hosts[OPTIONS_HOSTS + OPTIONS_LISTEN + 2];
};

static int
fail(int status, const char *format, ...)
{
	va_list ap;

	fputs("chatd: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return status;
}

static void
on_log(void *program, enum chat_level level, const char *line)
{
	log_line(&((struct program *)program)->log, level, line);
}

static void
on_request(void *program, const struct chat_http_request *r,
    struct chat_response *response)
{
	files_answer(((struct program *)program)->files, r, response);
}

static bool
is_host_and_port(const char *s)
{
	struct chat_http_authority a;

	return strlen(s) <= CHAT_MAX_HOST &&
	    chat_http_parse_authority(&a, chat_str(s)) == 0 &&
	    chat_host_is_name(a.host);
}

/* Collects the names of this server: those that were given, those to listen
 * on, of which the room ignores the port, and that of the machine. */
static const char *const *
collect_hosts(struct program *p, const struct options *o)
{
	const char *const *s;
	size_t n = 0;

	for (s = o->hosts; *s != NULL; s++)
		p->hosts[n++] = *s;
	for (s = p->options.listen; *s != NULL; s++)
		if (is_host_and_port(*s))
			p->hosts[n++] = *s;
	if (gethostname(p->own, sizeof(p->own) - 1) == 0 &&
	    chat_host_is_name(chat_str(p->own)))
		p->hosts[n++] = p->own;
	p->hosts[n] = NULL;
	return p->hosts;
}

static struct chat_config
config_of(struct program *p, const struct options *o)
{
	return (struct chat_config){ .limits = o->limits,
		.server = "chatd " CHAT_VERSION,
		.hosts = collect_hosts(p, o),
		.origins = o->origins,
		.on_log = on_log,
		.on_request = on_request,
		.user = p,
		.journal = o->journal };
}

/*
 * The surroundings
 */

/* If a standard descriptor is closed, a connection would get its number, and
 * text meant for the operator would go to a stranger. */
static void
fill_standard_descriptors(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			_exit(FAILED);
}

/* Allows as many open files as the system permits, and warns if these are too
 * few for the connections that are wanted. */
static void
raise_descriptors(struct program *p)
{
	uint32_t wanted = p->options.limits.max_connections;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || wanted == CHAT_OFF ||
	    limit.rlim_cur == RLIM_INFINITY)
		return;
	if (limit.rlim_cur < (rlim_t)wanted + SPARE)
		log_print(&p->log, CHAT_LOG_WARNING,
		    "max-connections is %lu, but only %llu files may be open",
		    (unsigned long)wanted, (unsigned long long)limit.rlim_cur);
}

/* Listens on all addresses and only then prints them, so that a program that
 * waits for the first line finds all of them open. */
static int
listen_everywhere(struct program *p)
{
	char names[OPTIONS_LISTEN][CHAT_SOCK_NAME];
	const char *const *address;
	size_t i, n = 0;
	int error;

	for (address = p->options.listen; *address != NULL; address++) {
		error = chat_server_listen(
		    p->server, *address, names[n++], CHAT_SOCK_NAME);
		if (error != CHAT_OK)
			return fail(FAILED, "cannot listen on %s: %s", *address,
			    error == CHAT_ERR_SYSTEM ? strerror(errno)
				: error == CHAT_ERR_ARGUMENT
				? "No such address"
				: chat_strerror(error));
	}
	for (i = 0; i < n; i++)
		printf(strncmp(names[i], "unix:", 5) == 0
			? "listening on %s\n"
			: "listening on http://%s/\n",
		    names[i]);
	fflush(stdout);
	return DONE;
}

/*
 * The loop
 */

/* Whether two lists have the same strings. */
static bool
is_same(const char *const *a, const char *const *b)
{
	for (; *a != NULL && *b != NULL; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return *a == *b;
}

static bool
is_same_journal(const struct chat_journal *a, const struct chat_journal *b)
{
	const char *x[] = { a->folder, NULL }, *y[] = { b->folder, NULL };

	return is_same(x, y) && a->size == b->size && a->sync == b->sync &&
	    a->private == b->private;
}

static void
warn_late(struct program *p, const char *what)
{
	log_print(&p->log, CHAT_LOG_WARNING,
	    "the change of %s takes effect at the next start", what);
}

/* Restores the settings that cannot change while the room lives, and logs
 * which of them the file has changed. */
static void
keep_fixed(struct program *p, struct options *o)
{
	const struct options *fixed = &p->options;
	const char *web[] = { o->web, NULL };
	const char *fixed_web[] = { fixed->web, NULL };

	if (!is_same(o->listen, fixed->listen))
		warn_late(p, "listen");
	if (!is_same(web, fixed_web))
		warn_late(p, "web");
	if (!is_same_journal(&o->journal, &fixed->journal))
		warn_late(p, "the journal");
	if (o->limits.past_size != fixed->limits.past_size)
		warn_late(p, "past-size");
	if (o->limits.live_size != fixed->limits.live_size)
		warn_late(p, "live-size");
	o->limits.past_size = fixed->limits.past_size;
	o->limits.live_size = fixed->limits.live_size;
}

static int
configure(struct program *p, struct options *o, char wrong[OPTIONS_WRONG])
{
	struct chat_config config;
	const char *name;
	int error;

	keep_fixed(p, o);
	if (chat_limits_complete(&o->limits, &name) != CHAT_OK) {
		snprintf(wrong, OPTIONS_WRONG,
		    "%s is too small for max-message", name);
		return -1;
	}
	config = config_of(p, o);
	error = chat_core_configure(chat_server_core(p->server), &config);
	if (error != CHAT_OK) {
		snprintf(wrong, OPTIONS_WRONG, "%s", chat_strerror(error));
		return -1;
	}
	p->log.level = o->log_level;
	return 0;
}

/* Applies all of the file that is read again, or nothing. */
static void
reload(struct program *p)
{
	char wrong[OPTIONS_WRONG];
	struct options o;
	int failed = options_parse(&o, p->argc, p->argv, wrong);

	if (!failed) {
		failed = configure(p, &o, wrong);
		options_release(&o);
	}
	if (failed)
		log_print(&p->log, CHAT_LOG_ERROR,
		    "the configuration was not changed: %s", wrong);
	else
		log_line(
		    &p->log, CHAT_LOG_INFO, "the configuration was read again");
}

static void
obey(struct program *p, int sig)
{
	if (sig == SIGHUP)
		reload(p);
	else {
		log_line(&p->log, CHAT_LOG_INFO,
		    sig == SIGTERM ? "stopping for a restart" : "stopping");
		chat_server_drain(p->server, sig == SIGTERM ? 1012 : 1001);
	}
}

/* Collects the descriptors to poll() and returns how many there are.  When out
 * of memory, some are left out, and have to wait. */
static size_t
gather(struct program *p)
{
	size_t n = 1 + chat_server_fds(p->server, p->fds + 1, p->cap - 1);
	struct pollfd *more;

	while (n > p->cap) {
		more = realloc(p->fds, 2 * n * sizeof(*more));
		if (more == NULL)
			return p->cap;
		p->fds = more;
		p->cap = 2 * n;
		n = 1 + chat_server_fds(p->server, p->fds + 1, p->cap - 1);
	}
	return n;
}

/* Returns how long poll() may wait, for the server and for log lines that have
 * not been written. */
static int
timeout(const struct program *p)
{
	int room = chat_server_timeout(p->server);
	int log = log_timeout(&p->log, time(NULL));

	return room < 0 || (log >= 0 && log < room) ? log : room;
}

static void
loop(struct program *p)
{
	size_t n;
	int sig;

	while (!chat_server_is_drained(p->server)) {
		n = gather(p);
		p->fds[0] = (struct pollfd){ p->signals, POLLIN, 0 };
		if (poll(p->fds, (nfds_t)n, timeout(p)) < 0) {
			if (errno == EINTR)
				continue;
			log_print(&p->log, CHAT_LOG_ERROR, "poll: %s",
			    strerror(errno));
			poll(NULL, 0, 10); /* the error may pass */
			continue;
		}
		if (p->fds[0].revents != 0)
			while ((sig = signals_next()) != 0)
				obey(p, sig);
		files_set_time(p->files, time(NULL));
		chat_server_turn(p->server, p->fds + 1, n - 1);
		log_settle(&p->log, time(NULL));
	}
	log_end(&p->log, time(NULL));
}

static int
serve(struct program *p)
{
	struct chat_config config = config_of(p, &p->options);
	int status;

	p->cap = 8;
	p->fds = calloc(p->cap, sizeof(*p->fds));
	p->signals = signals_catch();
	if (p->fds == NULL || p->signals < 0)
		return fail(FAILED, "cannot start: %s", strerror(errno));
	log_init(&p->log, STDERR_FILENO, p->options.log_level);
	raise_descriptors(p);
	p->server = chat_server_new(&config);
	if (p->server == NULL)
		return fail(FAILED, "cannot start: %s", strerror(errno));
	status = listen_everywhere(p);
	if (status == DONE)
		loop(p);
	return status;
}

/*
 * Checking a journal
 */

static void
on_finding(void *program, enum chat_level level, const char *line)
{
	(void)program;
	(void)level;
	fprintf(stderr, "%s\n", line);
}

static void
print_time(const char *name, uint64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;
	char text[32];

	if (gmtime_r(&s, &tm) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		printf("%-10s %s\n", name, text);
}

static void
print_number(const char *name, uint64_t n)
{
	printf("%-10s %llu\n", name, (unsigned long long)n);
}

static int
check(const char *folder)
{
	const struct chat_alloc alloc = { 0 };
	struct chat_check c;

	if (chat_check_journal(&c, folder, &alloc, on_finding, NULL) < 0)
		return FAILED;
	print_number("segments", c.segments);
	print_number("bytes", c.bytes);
	print_number("messages", c.messages);
	print_number("private", c.messages_private);
	if (c.messages > 0) {
		print_number("first", c.first);
		print_time("from", c.first_time);
		print_number("last", c.last);
		print_time("to", c.last_time);
	}
	print_number("skipped", c.skipped);
	print_number("refused", c.refused);
	print_number("missing", c.lost);
	print_number("bad lines", c.bad);
	if (fflush(stdout) != 0)
		return FAILED;
	return c.bad > 0 || c.lost > 0 ? FAILED : DONE;
}

static int
run(struct program *p)
{
	char wrong[OPTIONS_WRONG];

	if (options_parse(&p->options, p->argc, p->argv, wrong) != 0)
		return fail(WRONG, "%s", wrong);
	if (p->options.help)
		setting_write_help(stdout);
	if (p->options.version)
		puts("chatd " CHAT_VERSION);
	if (p->options.help || p->options.version)
		return fflush(stdout) == 0 ? DONE : FAILED;
	if (p->options.check != NULL)
		return check(p->options.check);
	p->files = files_new(web_files, p->options.web);
	if (p->files == NULL)
		return fail(WRONG, "web: cannot open %s: %s", p->options.web,
		    strerror(errno));
	if (!p->options.test)
		return serve(p);
	puts("configuration ok");
	return DONE;
}

int
main(int argc, char *argv[])
{
	struct program p = { .argc = argc, .argv = argv };
	int status;

	fill_standard_descriptors();
	status = run(&p);
	chat_server_free(p.server);
	files_free(p.files);
	options_release(&p.options);
	free(p.fds);
	return status;
}
