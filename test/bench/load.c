/*
 * load: what a room costs, seen from its clients.
 *
 *     load start PROGRAM [ARGUMENT ...]
 *     load join SPEC PID RESIDENTS JOINERS AT_ONCE [bare]
 *     load broadcast SPEC PID CLIENTS IN_FLIGHT MESSAGES [bare]
 *     load slow SPEC PID CLIENTS MESSAGES
 *     load quiet SPEC PID CLIENTS ROUNDS
 *
 * SPEC is where the server listens, PID whose CPU and memory are counted, and
 * bare says that it is floor.c.  Prints lines of a name and a number, and ends
 * with a message and status 1 when a message did not reach everybody, once and
 * in order.  run.sh makes figures of it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crowd.h"
#include "probe.h"

enum {
	SENDERS = 10, /* who all messages of a broadcast come from */
	QUIET = 300,  /* ms without a text after which none will come */
	LIMIT = 120,  /* s that one measurement may take */
	WINDOW = 64,  /* joins at once where these are not measured */
	WARM = 400,   /* texts of 4,000 characters that fill both rings */
};

/* What a client has been told. */
struct view {
	uint64_t seq; /* of the last message */
	size_t messages;
};

struct load {
	struct crowd crowd;
	pid_t pid;
	size_t texts;          /* of any kind, by anybody */
	const char *words;     /* what all messages say */
	size_t message_bytes;  /* framed, of all messages */
	size_t readers;        /* the first so many clients: everybody */
	struct view *views;    /* by client */
	uint32_t *reached;     /* by message: how many clients have it */
	size_t sent, complete; /* messages; the latter have reached everybody */
	uint64_t waits_for;    /* bits of what is still to come, see talk() */
	double came;           /* when it reached the other side */
};

static void
print(const char *name, double value)
{
	printf("%s %.9g\n", name, value);
}

static bool
has_prefix(const char *p, size_t n, const char *prefix)
{
	size_t size = strlen(prefix);

	return n >= size && memcmp(p, prefix, size) == 0;
}

static void
no_text(struct crowd *c, size_t client, const char *p, size_t n)
{
	struct load *l = c->arg;

	(void)client, (void)p, (void)n;
	l->texts++;
}

static void
init(struct load *l, char *argv[], size_t clients, bool bare)
{
	memset(l, 0, sizeof(*l));
	l->pid = (pid_t)atol(argv[1]);
	crowd_init(&l->crowd, argv[0], clients, bare, no_text, l);
}

/* Waits until nothing more comes: presence has been told. */
static void
settle(struct load *l)
{
	size_t before;

	do {
		before = l->texts;
		crowd_turn(&l->crowd, QUIET);
	} while (l->texts != before);
}

/* Lets n more clients join, so many at once, under names users in number. */
static void
join(struct load *l, size_t n, size_t users, size_t at_once)
{
	struct crowd *c = &l->crowd;
	size_t target = c->n + n;
	char path[64];

	while (c->joined < target) {
		while (c->n < target && c->n - c->joined < at_once) {
			snprintf(path, sizeof(path), "/ws/u%06zu?history=0",
			    c->n % users);
			crowd_open(c, path);
		}
		crowd_turn(c, -1);
	}
}

/* The value of a counter of the server's. */
static double
metric(const struct load *l, const char *name)
{
	static char page[32768];
	size_t size = strlen(name);
	const char *line;

	crowd_get(&l->crowd, "/metrics", page, sizeof(page));
	for (line = page; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, size) == 0 && line[size] == ' ')
			return atof(line + size);
	}
	crowd_fail(name);
	return 0;
}

/* What the counter has grown by.  The server shows another value only every
 * ten seconds, so this waits for it. */
static double
growth(struct load *l, const char *name, double before)
{
	double now;

	while ((now = metric(l, name)) == before)
		crowd_turn(&l->crowd, 100);
	return now - before;
}

/*
 * Joins
 */

static int
measure_join(char *argv[], bool bare)
{
	size_t residents = (size_t)atol(argv[2]);
	size_t joiners = (size_t)atol(argv[3]);
	double cpu, wall;
	struct load l;

	init(&l, argv, residents + joiners, bare);
	join(&l, residents, residents, WINDOW);
	settle(&l);
	cpu = probe_cpu(l.pid);
	wall = probe_wall();
	join(&l, joiners, residents, (size_t)atol(argv[4]));
	print("cpu", (probe_cpu(l.pid) - cpu) / (double)joiners);
	print("wall", (probe_wall() - wall) / (double)joiners);
	crowd_release(&l.crowd);
	return 0;
}

/*
 * Broadcasts
 */

/* Takes a message that has come to a client. */
static void
count_message(struct crowd *c, size_t client, const char *p, size_t n)
{
	static const char prefix[] = "{\"type\":\"message\",\"seq\":";
	struct load *l = c->arg;
	struct view *v = &l->views[client];
	uint64_t seq;

	l->texts++;
	if (!has_prefix(p, n, prefix))
		return;
	seq = strtoull(p + sizeof(prefix) - 1, NULL, 10);
	if (!c->bare && v->seq != 0 && seq != v->seq + 1)
		crowd_fail("a message is missing, or out of order");
	if (v->messages == l->sent)
		crowd_fail("a message too many");
	v->seq = seq;
	l->reached[v->messages++]++;
	l->message_bytes += n + (n < 126 ? 2 : 4);
	while (l->complete < l->sent && l->reached[l->complete] == l->readers)
		l->complete++;
}

/* Sends n messages, in one go for each sender. */
static void
say(struct load *l, size_t n)
{
	static char frames[1 << 20];
	size_t i, s, share, size, text;
	char json[8192];

	for (s = 0; s < SENDERS && n > 0; s++) {
		share = n / (SENDERS - s);
		if (share == 0)
			continue;
		for (i = 0, size = 0; i < share; i++) {
			text = (size_t)snprintf(json, sizeof(json),
			    "{\"type\":\"message\",\"ref\":\"b%010zu\","
			    "\"text\":\"%s\"}",
			    l->sent++, l->words);
			size += crowd_write(frames + size, json, text);
		}
		n -= share;
		crowd_send(&l->crowd, s, frames, size);
	}
}

/* A message is in flight until everybody has it. */
static void
keep_in_flight(struct load *l, size_t in_flight, size_t messages)
{
	size_t n;

	while (l->complete < messages) {
		n = in_flight - (l->sent - l->complete);
		if (n > messages - l->sent)
			n = messages - l->sent;
		say(l, n);
		crowd_turn(&l->crowd, -1);
	}
}

/* Clients who have joined and are ready to count so many messages. */
static void
gather(struct load *l, size_t clients, size_t messages)
{
	l->crowd.on_text = count_message;
	l->words = "thirty-two characters of a text.";
	l->readers = clients;
	l->views = calloc(clients, sizeof(*l->views));
	l->reached = calloc(messages, sizeof(*l->reached));
	if (l->views == NULL || l->reached == NULL)
		crowd_fail_system("calloc");
	join(l, clients, clients, WINDOW);
	settle(l);
}

static void
release(struct load *l)
{
	crowd_release(&l->crowd);
	free(l->views);
	free(l->reached);
}

static int
measure_broadcast(char *argv[], bool bare)
{
	size_t clients = (size_t)atol(argv[2]);
	size_t in_flight = (size_t)atol(argv[3]);
	size_t messages = (size_t)atol(argv[4]);
	double cpu, wall, sends = 0, n = (double)clients * (double)messages;
	struct load l;

	init(&l, argv, clients, bare);
	gather(&l, clients, messages);
	if (!bare)
		sends = metric(&l, "chatd_sends_total");
	cpu = probe_cpu(l.pid);
	wall = probe_wall();
	keep_in_flight(&l, in_flight, messages);
	print("cpu", (probe_cpu(l.pid) - cpu) / n);
	print("wall", (probe_wall() - wall) / n);
	if (!bare)
		print("per_write", n / growth(&l, "chatd_sends_total", sends));
	print("size", (double)l.message_bytes / n);
	release(&l);
	return 0;
}

/* Half of the clients stop reading; how much the server grows by, at most,
 * until the rings have overrun all of them. */
static int
measure_slow(char *argv[])
{
	size_t clients = (size_t)atol(argv[2]), slow = clients / 2, i;
	size_t messages = (size_t)atol(argv[3]);
	double before, now, peak;
	char words[4001];
	struct load l;

	init(&l, argv, clients, false);
	gather(&l, clients, 2 * messages);
	memset(words, 'x', sizeof(words) - 1);
	words[sizeof(words) - 1] = '\0';
	l.words = words;
	keep_in_flight(&l, SENDERS, messages);
	peak = before = probe_memory(l.pid);
	l.readers = clients - slow;
	for (i = l.readers; i < clients; i++)
		crowd_ignore(&l.crowd, i);
	while (l.complete < 2 * messages) {
		keep_in_flight(&l, SENDERS, l.complete + SENDERS);
		now = probe_memory(l.pid);
		peak = now > peak ? now : peak;
	}
	print("memory", peak - before);
	if ((size_t)metric(&l, "chatd_lagged_total") != slow)
		crowd_fail("some who do not read are still there");
	release(&l);
	return 0;
}

/*
 * Two who talk while all others are quiet
 */

enum { ACK = 1, OWN = 2, OTHER = 4, PONG = 8 };

enum { ALICE = 0, BOB = 1 };

static void
take_reply(struct crowd *c, size_t client, const char *p, size_t n)
{
	struct load *l = c->arg;
	uint64_t what = 0;

	l->texts++;
	if (has_prefix(p, n, "{\"type\":\"message\""))
		what = client == ALICE ? OWN : OTHER;
	else if (has_prefix(p, n, "{\"type\":\"ack\""))
		what = ACK;
	else if (has_prefix(p, n, "{\"type\":\"pong\""))
		what = PONG;
	if ((what & (OTHER | PONG)) != 0)
		l->came = probe_wall();
	l->waits_for &= ~what;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Rounds of one text by the first client, each of which ends when all of what
 * has come.  NAME_cpu is of a round, NAME_p50 until the answer, or until the
 * second client has the message. */
static void
talk(struct load *l, const char *name, const char *format, uint64_t what,
    size_t rounds)
{
	char text[256], frame[256 + CROWD_HEAD], label[64];
	double *times = calloc(rounds, sizeof(*times)), cpu, sent;
	size_t i, n;

	if (times == NULL)
		crowd_fail_system("calloc");
	cpu = probe_cpu(l->pid);
	for (i = 0; i < rounds; i++) {
		n = (size_t)snprintf(text, sizeof(text), format, i);
		n = crowd_write(frame, text, n);
		l->waits_for = what;
		sent = probe_wall();
		crowd_send(&l->crowd, ALICE, frame, n);
		while (l->waits_for != 0)
			crowd_turn(&l->crowd, -1);
		times[i] = l->came - sent;
	}
	snprintf(label, sizeof(label), "%s_cpu", name);
	print(label, (probe_cpu(l->pid) - cpu) / (double)rounds);
	qsort(times, rounds, sizeof(*times), compare);
	snprintf(label, sizeof(label), "%s_p50", name);
	print(label, times[rounds / 2]);
	free(times);
}

/* Fills the rings and the space that it takes to let some join at once, which
 * are the server's and not the clients', so that what it grows by afterwards
 * is the clients'. */
static void
warm(struct load *l, size_t joiners)
{
	static char text[4096], frame[sizeof(text) + CROWD_HEAD];
	char json[64];
	size_t i, n;

	n = (size_t)sprintf(json, "{\"type\":\"message\",\"text\":\"");
	memset(text, 'x', sizeof(text));
	memcpy(text, json, n);
	memcpy(text + n + 4000, "\"}", 2);
	n = crowd_write(frame, text, n + 4002);
	for (i = 0; i < WARM; i++) {
		l->waits_for = OWN;
		crowd_send(&l->crowd, ALICE, frame, n);
		while (l->waits_for != 0)
			crowd_turn(&l->crowd, -1);
	}
	join(l, joiners, SIZE_MAX, WINDOW);
	settle(l);
}

static int
measure_quiet(char *argv[])
{
	size_t clients = (size_t)atol(argv[2]);
	size_t rounds = (size_t)atol(argv[3]);
	size_t others = clients < WINDOW ? 0 : clients - WINDOW;
	double memory, wall;
	struct load l;

	init(&l, argv, clients + 2, false);
	l.crowd.on_text = take_reply;
	crowd_open(&l.crowd, "/ws/alice?history=0");
	crowd_open(&l.crowd, "/ws/bob?history=0");
	settle(&l);
	warm(&l, clients - others);
	memory = probe_memory(l.pid);
	wall = probe_wall();
	if (others > 0) {
		join(&l, others, SIZE_MAX, WINDOW);
		print("join_wall", (probe_wall() - wall) / (double)others);
		settle(&l);
		print(
		    "memory", (probe_memory(l.pid) - memory) / (double)others);
	}
	talk(&l, "private",
	    "{\"type\":\"message\",\"ref\":\"p%010zu\",\"to\":\"bob\","
	    "\"text\":\"thirty-two characters of a text.\"}",
	    ACK | OWN | OTHER, rounds);
	talk(&l, "ping", "{\"type\":\"ping\",\"ref\":\"p%010zu\"}", PONG,
	    rounds);
	crowd_release(&l.crowd);
	return 0;
}

/*
 * From nothing to listening
 */

static int
measure_start(char *argv[])
{
	int status, fds[2];
	char line[64];
	double wall;
	pid_t pid;

	if (pipe(fds) != 0)
		crowd_fail_system("pipe");
	wall = probe_wall();
	if ((pid = fork()) < 0)
		crowd_fail_system("fork");
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	if (read(fds[0], line, sizeof(line)) <= 0)
		crowd_fail(argv[0]);
	print("wall", probe_wall() - wall);
	print("memory", probe_memory(pid));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 0;
}

static int
usage(void)
{
	fprintf(stderr, "usage: load start|join|broadcast|slow|quiet ...\n");
	return 2;
}

int
main(int argc, char *argv[])
{
	bool bare = argc > 1 && strcmp(argv[argc - 1], "bare") == 0;
	const char *what = argc > 2 ? argv[1] : "";

	alarm(LIMIT);
	if (strcmp(what, "start") == 0)
		return measure_start(argv + 2);
	if (strcmp(what, "join") == 0 && argc == 7 + bare)
		return measure_join(argv + 2, bare);
	if (strcmp(what, "broadcast") == 0 && argc == 7 + bare)
		return measure_broadcast(argv + 2, bare);
	if (strcmp(what, "slow") == 0 && argc == 6)
		return measure_slow(argv + 2);
	if (strcmp(what, "quiet") == 0 && argc == 6)
		return measure_quiet(argv + 2);
	return usage();
}
