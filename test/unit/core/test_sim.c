/*
 * Tests of everything at once: windows of a few users talk, drop, come back,
 * read slowly, say things twice and say nonsense, all of it drawn from a seed,
 * in a room whose rings are so small that they overrun.  Meanwhile its limits
 * change, somebody sets the clock, and a room that has a journal is stopped and
 * started.  At times two users whisper for long, so that a journal has
 * stretches which show nothing to the others, who ask for pages all over it.
 * What each window is told is held against what was sent:
 *
 *     sends  [ 0: alice's, public, seq 7 ][ 1: bob's, to alice, refused ] ...
 *     log    [ seq 7: send 0 ] ...     each acked send once, and nothing else,
 *            at the right time
 *     window spans of seq for which it was told of no gap; there it has seen
 *            everything that it may see, once, in order, and nothing more
 *
 *     test_sim [SEED [COUNT]]       COUNT worlds from SEED on; long runs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "expect.h"
#include "failing_alloc.h"
#include "random.h"
#include "temp_folder.h"

#define USERS   6
#define WINDOWS 12
#define SENDS   2048
#define SPANS   256

enum phase {
	AWAY,       /* no connection */
	JOINS,      /* waits for welcome */
	SYNCS,      /* waits for sync */
	CATCHES_UP, /* replay, up to users */
	IS_LIVE,
};

struct span {
	uint64_t first, last; /* seq; empty if last < first */
	uint64_t holes; /* up to this seq, long ones may be missing: a room
			 * that was started under lesser limits has lost
			 * them */
};

struct window {
	struct sim_client *c;
	enum phase phase;
	int user;
	char session[128];
	bool has_session, resumes;
	uint64_t joined;   /* last seq when the session began */
	uint64_t from, to; /* of the last sync */
	uint64_t position; /* everything up to it is known */
	struct span spans[SPANS];
	size_t nspans;
	bool seen[SENDS + 1]; /* by seq */
	bool here[USERS];     /* as presence has it */
	int pending;          /* the send without an answer, -1: none */
	bool tried;           /* on this connection */
	uint64_t pause;       /* until when it is not tried again */
	uint64_t asked;       /* position when it asked for a page, 0: it did
			       * not */
};

struct send {
	int window, to; /* to: a user, -1: all */
	char by[9];     /* the session */
	uint64_t seq;   /* 0: not acked */
	bool fresh;     /* an ack came that was no duplicate */
	bool whispered; /* in such a time */
	bool refused;
};

struct entry {
	int send;      /* -1: nobody has told of it */
	uint64_t hash; /* of its text */
	uint64_t time;
};

static struct world {
	struct sim sim;
	struct failing_alloc heap;
	struct random random;
	struct window windows[WINDOWS];
	size_t nwindows;
	struct send sends[SENDS];
	int nsends;
	struct entry log[SENDS + 1];
	bool hungry;               /* memory may fail */
	uint64_t skew;             /* of the wall clock, ms */
	bool large;                /* some texts, and the rings */
	int whispers;              /* steps in which only two users talk, and to
				    * each other */
	struct chat_limits limits; /* at first, and at last */
	struct folder folder;      /* of its journal; path "": it has none */
	uint64_t messages;         /* of rooms that were stopped */
} w;

static const char *const names[USERS] = { "alice", "bob", "carol", "dave",
	"erin", "frank" };

static size_t
draw(size_t n)
{
	return random_below(&w.random, n);
}

static bool
chance(size_t one_in)
{
	return draw(one_in) == 0;
}

/* Knowledge about the log */

static int
user_of(const char *name, size_t n)
{
	int i;

	for (i = 0; i < USERS; i++)
		if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0)
			return i;
	return -1;
}

/* A member that names a user; -1: there is none. */
static int
user_in(const char *json, const char *member)
{
	struct chat_str s = sim_member(json, member);

	return s.p == NULL ? -1 : user_of(s.p + 1, s.n - 2);
}

static bool
may_see(const struct window *v, uint64_t seq, const struct send *s)
{
	return s->to < 0 ||
	    (seq > v->joined &&
		(s->to == v->user || w.windows[s->window].user == v->user));
}

static uint64_t
hash_of(const char *text, size_t n)
{
	uint64_t h = n;

	while (n-- > 0)
		h = random_mix(h ^ (unsigned char)*text++);
	return h;
}

/* The time that the clock would tell if nobody had set it. */
static uint64_t
right_time(void)
{
	return SIM_WALL + w.sim.now.mono - SIM_MONO;
}

/* Is its frame longer than 132 KiB?  Then only those who came under limits that
 * allow it are sent it. */
static bool
is_long(int send)
{
	return w.large && send % 21 == 0;
}

static int
letters_of(int send)
{
	if (is_long(send))
		return 150000;
	return send % 7 == 0 || w.sends[send].whispered ? 1500 : 8;
}

/* Messages that were told, in all. */
static uint64_t
messages(void)
{
	return w.messages + chat_core_metrics(w.sim.core)->traffic.messages;
}

/* An entry as somebody was told of it: it is what was sent, and everybody is
 * told the same. */
static const struct send *
enter(const char *text)
{
	uint64_t seq = sim_number(text, "seq");
	struct chat_str body = sim_member(text, "text");
	uint64_t hash = hash_of(text, strlen(text));
	uint64_t time = sim_number(text, "time");
	int send = atoi(body.p + 1);
	struct send *s;

	assert_in_range(seq, 1, SENDS);
	assert_in_range(send, 0, w.nsends - 1);
	s = &w.sends[send];
	assert_int_equal(user_in(text, "from"), w.windows[s->window].user);
	assert_int_equal(user_in(text, "to"), s->to);
	assert_int_equal(atoi(sim_string(text, "ref")), send);
	assert_string_equal(sim_string(text, "by"), s->by);
	if (w.log[seq].send < 0)
		w.log[seq] = (struct entry){ send, hash, time };
	assert_int_equal(w.log[seq].send, send);
	assert_int_equal(w.log[seq].hash, hash);
	assert_in_range(time, SIM_WALL, right_time());
	return s;
}

/* Telling a window */

static void
begin_span(struct window *v, uint64_t from)
{
	assert_true(v->nspans < SPANS);
	v->spans[v->nspans++] = (struct span){ from, from - 1, v->to };
	v->position = from - 1;
}

/* Everything up to seq has come. */
static void
reach(struct window *v, uint64_t seq)
{
	assert_true(seq >= v->position);
	v->position = v->spans[v->nspans - 1].last = seq;
}

static void
take_welcome(struct window *v, const char *text)
{
	assert_int_equal(v->phase, JOINS);
	v->phase = SYNCS;
	if (v->resumes)
		assert_string_equal(v->session, sim_string(text, "session"));
	snprintf(
	    v->session, sizeof(v->session), "%s", sim_string(text, "session"));
}

static void
take_sync(struct window *v, const char *text)
{
	assert_int_equal(v->phase, SYNCS);
	v->phase = CATCHES_UP;
	v->from = sim_number(text, "from");
	v->to = sim_number(text, "to");
	expect_member(text, "resumed", v->resumes ? "true" : "false");
	if (!v->resumes) {
		expect_member(text, "gap", "false");
		v->joined = v->to;
		v->has_session = true;
		begin_span(v, v->from);
	} else if (sim_is(text, "gap", "true")) {
		assert_true(w.large || v->from > v->position + 1);
		begin_span(v, v->from);
	} else {
		assert_int_equal(v->from, v->position + 1);
	}
}

static void
take_message(struct window *v, const char *text)
{
	const struct send *s = enter(text);
	uint64_t seq = sim_number(text, "seq");

	if (v->phase == CATCHES_UP) {
		assert_in_range(seq, v->from, v->to);
	} else {
		assert_int_equal(v->phase, IS_LIVE);
		assert_true(seq > v->to);
	}
	assert_true(seq > v->position);
	assert_true(may_see(v, seq, s));
	assert_false(v->seen[seq]);
	v->seen[seq] = true;
	reach(v, seq);
}

/* Sets or clears those who are in a list of names. */
static void
mark(struct window *v, const char *text, const char *member, bool here)
{
	struct chat_json_value name,
	    list = { CHAT_JSON_ARRAY, sim_member(text, member) };
	struct chat_json_members m = chat_json_members(&list);
	int user;

	while (chat_json_next(&m, NULL, &name)) {
		user = user_of(name.raw.p + 1, name.raw.n - 2);
		assert_in_range(user, 0, USERS - 1);
		v->here[user] = here;
	}
}

static void
take_users(struct window *v, const char *text)
{
	expect_member(text, "complete", "true");
	memset(v->here, 0, sizeof(v->here));
	mark(v, text, "names", true);
	if (v->phase == IS_LIVE)
		return; /* it has asked */
	assert_int_equal(v->phase, CATCHES_UP);
	v->phase = IS_LIVE;
	if (v->to > v->position)
		reach(v, v->to);
}

static struct send *
own_send(struct window *v, const char *text)
{
	int send = atoi(sim_string(text, "ref"));

	assert_in_range(send, 0, w.nsends - 1);
	assert_ptr_equal(&w.windows[w.sends[send].window], v);
	return &w.sends[send];
}

static void
take_ack(struct window *v, const char *text)
{
	struct send *s = own_send(v, text);
	uint64_t seq = sim_number(text, "seq");

	assert_int_equal(v->phase, IS_LIVE);
	assert_true(s->seq == 0 || s->seq == seq);
	assert_false(s->refused);
	if (sim_member(text, "duplicate").p == NULL) {
		assert_false(s->fresh);
		assert_false(v->seen[seq]);
		s->fresh = true;
	}
	s->seq = seq;
	if (v->pending == (int)(s - w.sends))
		v->pending = -1;
}

static void
take_error(struct window *v, const char *text)
{
	struct send *s;

	if (sim_is(text, "code", "'full'")) {
		assert_true(w.hungry);
		return;
	}
	if (sim_member(text, "ref").p == NULL)
		return; /* nonsense was answered */
	s = own_send(v, text);
	if (v->pending != (int)(s - w.sends))
		return;
	v->pause = w.sim.now.mono;
	if (sim_is(text, "code", "'offline'")) {
		assert_int_equal(s->seq, 0);
		s->refused = true;
		v->pending = -1;
	} else if (sim_is(text, "code", "'rate_limited'")) {
		v->pause += sim_number(text, "retry_after");
	} else if (sim_is(text, "code", "'too_long'")) {
		v->pause += 500;
	} else {
		expect_member(text, "code", "'storage'");
		assert_true(w.hungry);
	}
	v->tried = false;
}

/* Nothing that is known, and that the window may see, has a number between two.
 * Too long ones for the limits of the time are left out. */
static void
check_between(const struct window *v, uint64_t low, uint64_t high)
{
	uint64_t seq;

	for (seq = low + 1; seq < high && seq <= SENDS; seq++)
		assert_false(w.log[seq].send >= 0 &&
		    !is_long(w.log[seq].send) &&
		    may_see(v, seq, &w.sends[w.log[seq].send]));
}

/* A page has all entries between its first one and its end, as far as they were
 * there when it was asked for.  A journal has all that lie before them, too. */
static void
take_history(struct window *v, const char *text)
{
	uint64_t before = sim_number(text, "before"), last = 0, seq;
	uint64_t end = v->asked + 1 < before ? v->asked + 1 : before;
	struct chat_json_value entry,
	    list = { CHAT_JSON_ARRAY, sim_member(text, "entries") };
	struct chat_json_members m = chat_json_members(&list);
	bool all = sim_is(text, "more", "false") && w.folder.path[0] != '\0';
	static char copy[1 << 18];

	while (chat_json_next(&m, NULL, &entry)) {
		assert_true(entry.raw.n < sizeof(copy));
		memcpy(copy, entry.raw.p, entry.raw.n);
		copy[entry.raw.n] = '\0';
		seq = sim_number(copy, "seq");
		assert_true(seq > last && seq < before);
		assert_true(may_see(v, seq, enter(copy)));
		if (last > 0 || all)
			check_between(v, last, seq);
		last = seq;
	}
	if (last > 0 || all)
		check_between(v, last, end);
	v->asked = 0;
}

static void
take_presence(struct window *v, const char *text)
{
	/* Frames before `users` do not count. */
	if (v->phase != IS_LIVE)
		return;
	mark(v, text, "joined", true);
	mark(v, text, "left", false);
}

static void
take_pong(struct window *v, const char *text)
{
	assert_int_equal(v->phase, IS_LIVE);
	reach(v, sim_number(text, "seq"));
}

static void
take_typing(struct window *v, const char *text)
{
	int to = user_in(text, "to");

	assert_true(
	    to < 0 || to == v->user || user_in(text, "from") == v->user);
}

static void
take_text(struct window *v, const char *text)
{
	static const struct {
		const char *type;
		void (*take)(struct window *v, const char *text);
	} types[] = {
		{ "'welcome'", take_welcome },
		{ "'sync'", take_sync },
		{ "'message'", take_message },
		{ "'users'", take_users },
		{ "'presence'", take_presence },
		{ "'ack'", take_ack },
		{ "'error'", take_error },
		{ "'history'", take_history },
		{ "'pong'", take_pong },
		{ "'typing'", take_typing },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (sim_is(text, "type", types[i].type)) {
			types[i].take(v, text);
			return;
		}
	fail_msg("%s", text);
}

static void
take_all(struct window *v)
{
	const char *text;

	if (v->c == NULL)
		return;
	while ((text = sim_next(v->c)) != NULL)
		take_text(v, text);
	if (v->c->id != 0)
		return;
	if (v->c->close_code == 1009)
		v->pause = w.sim.now.mono + 500;
	sim_free(v->c);
	v->c = NULL;
	v->phase = AWAY;
}

/* Steps of a window */

static void
come(struct window *v)
{
	char target[256];

	if ((v->c = sim_connect(&w.sim, 1)) == NULL) {
		assert_true(w.hungry);
		return;
	}
	v->phase = JOINS;
	v->tried = false;
	v->asked = 0;
	v->resumes = v->has_session;
	if (v->resumes)
		snprintf(target, sizeof(target), "%s?session=%s&after=%d",
		    names[v->user], v->session, (int)v->position);
	else
		snprintf(target, sizeof(target), "%s?history=%d",
		    names[v->user], (int)draw(120));
	sim_open(v->c, target);
}

/* Sends the pending message, again or for the first time. */
static void
try(struct window *v)
{
	const struct send *s = &w.sends[v->pending];
	char to[32] = "";

	if (s->to >= 0)
		snprintf(to, sizeof(to), "'to':'%s',", names[s->to]);
	v->tried = true;
	sim_say(v->c, "{'type':'message',%s'ref':'%d','text':'%d%*s'}", to,
	    v->pending, v->pending, letters_of(v->pending), "");
}

static void
send(struct window *v)
{
	struct send *s = &w.sends[w.nsends];

	if (v->pending >= 0 || w.nsends == SENDS ||
	    (w.whispers > 0 && v->user > 1))
		return;
	*s = (struct send){ .window = (int)(v - w.windows) };
	s->whispered = w.whispers > 0;
	if (s->whispered)
		s->to = (int)draw(2);
	else
		s->to = chance(3) ? (int)draw(USERS) : -1;
	snprintf(s->by, sizeof(s->by), "%.8s", v->session);
	v->pending = w.nsends++;
	try(v);
}

static void
ask_for_page(struct window *v, uint64_t before)
{
	/* Of pages that it waits for, the first one counts. */
	if (v->asked == 0)
		v->asked = v->position;
	sim_say(v->c, "{'type':'history','before':%d,'limit':%d}", (int)before,
	    (int)draw(100) + 1);
}

static void
ask(struct window *v)
{
	switch (draw(6)) {
	case 0:
		ask_for_page(v, draw(v->position + 10));
		return;
	case 1:
		sim_say(v->c, "{'type':'users'}");
		return;
	case 2:
		sim_say(v->c, "{'type':'typing'}");
		return;
	case 3:
		sim_say(
		    v->c, "{'type':'typing','to':'%s'}", names[draw(USERS)]);
		return;
	default:
		sim_say(v->c, "{'type':'ping'}");
		return;
	}
}

/* A frame of the right form that means nothing, or the end of the line. */
static void
talk_nonsense(struct window *v)
{
	static const unsigned char firsts[] = { 0x81, 0x01, 0x80, 0x82, 0x88,
		0x89, 0x8a, 0xc1, 0x83 };
	char bytes[300];
	size_t n = draw(sizeof(bytes));

	random_fill(&w.random, bytes, n);
	if (chance(2))
		memset(bytes, '{', n);
	sim_frame(
	    v->c, firsts[draw(sizeof(firsts))], bytes, chance(2) ? n : n % 126);
}

/* The line gets better or worse. */
static void
change_line(struct window *v)
{
	static const size_t sizes[] = { 0, 1, 17, 150, 1000, 5000, SIM_ALL,
		SIM_ALL, SIM_ALL };

	v->c->window = sizes[draw(sizeof(sizes) / sizeof(sizes[0]))];
	v->c->step = sizes[draw(sizeof(sizes) / sizeof(sizes[0]))];
}

static void
part(struct window *v)
{
	switch (draw(3)) {
	case 0:
		sim_tear(v->c);
		return;
	case 1:
		sim_end(v->c);
		return;
	case 2:
		sim_frame(v->c, 0x88, "\x03\xe9", 2);
		return;
	}
}

static void
act(struct window *v)
{
	if (v->c == NULL) {
		/* Some stay away longer than their grace period. */
		if (chance(v->user == USERS - 1 ? 200 : 5))
			come(v);
		return;
	}
	if (v->c->ended)
		return;
	if (chance(60))
		part(v);
	else if (chance(40))
		change_line(v);
	else if (chance(200))
		talk_nonsense(v);
	else if (v->phase == IS_LIVE && chance(8))
		ask(v);
	else if (v->phase == IS_LIVE && chance(4))
		send(v);
	if (v->phase == IS_LIVE && v->pending >= 0 && !v->c->ended &&
	    (v->tried ? w.sends[v->pending].to < 0 && chance(40)
		      : v->pause <= w.sim.now.mono))
		try(v);
}

/* Somebody looks in, and takes the answer or does not. */
static void
pass_by(void)
{
	struct sim_client *c = sim_connect(&w.sim, 2);

	if (c == NULL)
		return;
	sim_puts(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /");
	if (chance(2))
		sim_turn(&w.sim);
	sim_free(c);
}

/* Somebody sets the clock, wrong or right. */
static void
set_clock(void)
{
	uint64_t ms = 2 * CHAT_CLOCK_STEP + draw(30 * (size_t)86400000);

	switch (draw(3)) {
	case 0:
		w.skew = ms;
		return;
	case 1:
		w.skew = -ms;
		return;
	case 2:
		w.skew = 0;
		return;
	}
}

static uint32_t
pick(const uint32_t *values, size_t n)
{
	return values[draw(n)];
}

#define PICK(...)                               \
	pick((const uint32_t[]){ __VA_ARGS__ }, \
	    sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* Some limits that windows can live with, or that contradict each other. */
static struct chat_limits
draw_limits(void)
{
	struct chat_limits l = w.limits;

	l.max_message = PICK(0, CHAT_OFF, 200, 1000, 3000, 100000, 200000);
	l.max_text = PICK(0, CHAT_OFF, 10, 3000, 200000);
	l.max_queue = PICK(0, CHAT_OFF, 4096, 8192, 20000, 300000);
	l.message_rate = PICK(1, 8, 100, CHAT_OFF);
	l.message_burst = PICK(0, 1, 100);
	l.input_rate = PICK(0, 16384, CHAT_OFF);
	l.input_burst = PICK(0, 1024, CHAT_OFF);
	l.history = PICK(0, 1, 30, CHAT_OFF);
	l.grace = PICK(1, 1000, 5000, CHAT_OFF);
	l.ping_interval = PICK(0, 500, CHAT_OFF);
	l.pong_timeout = PICK(0, 300, CHAT_OFF);
	l.handshake_timeout = PICK(0, 100, CHAT_OFF);
	l.drain_timeout = PICK(0, 1, 100);
	return l;
}

static const char *const *
draw_origins(void)
{
	static const char *const origins[] = { "http://a", "http://b", NULL };

	return chance(2) ? origins : NULL;
}

/* Everybody waits for pages that only a journal has. */
static void
ask_for_the_oldest(void)
{
	struct window *v;

	for (v = w.windows; v < w.windows + w.nwindows; v++)
		if (v->phase == IS_LIVE && !v->c->ended)
			ask_for_page(v, draw(60) + 2);
	sim_turn(&w.sim);
}

static void
configure(const struct chat_limits *l)
{
	struct chat_config config = { .limits = *l, .origins = draw_origins() };
	int err = sim_configure(&w.sim, &config);

	if (err == CHAT_ERR_NOMEM)
		assert_true(w.hungry);
	else if (err != CHAT_OK)
		assert_int_equal(err, CHAT_ERR_ARGUMENT);
}

/* Opens a room, with the journal if there is one.  False: it has no memory. */
static bool
open_room(const struct chat_limits *l)
{
	struct chat_config config = {
		.limits = *l, .origins = draw_origins(), .alloc = w.heap.alloc
	};
	struct chat_journal_config journal = { .alloc = &w.heap.alloc,
		.journal = { .folder = w.folder.path, .private = true },
		.past = l->past_size,
		.seed =
		    (const unsigned char *)"a seed for journals, of 32 bytes",
		.now = w.sim.now };

	if (w.folder.path[0] != '\0') {
		config.store = chat_journal_open(&journal);
		assert_non_null(config.store);
	}
	return sim_start(&w.sim, &config);
}

/* The room stops, and another one goes on with its journal, which believes the
 * clock. */
static void
restart(void)
{
	struct chat_limits l, complete;

	if (w.folder.path[0] == '\0')
		return;
	do
		complete = l = draw_limits();
	while (chat_limits_complete(&complete, NULL) < 0);
	w.messages = messages();
	sim_stop(&w.sim);
	w.skew = 0;
	w.sim.now.wall = right_time();
	assert_true(open_room(&l));
}

static void
step(void)
{
	struct chat_limits l;
	size_t i;

	if (chance(20))
		pass_by();
	if (chance(100))
		set_clock();
	if (chance(100)) {
		if (chance(2))
			ask_for_the_oldest();
		l = draw_limits();
		configure(&l);
	}
	if (chance(300))
		restart();
	if (w.whispers > 0)
		w.whispers--;
	else if (chance(250))
		w.whispers = 400;

	w.sim.pieces = chance(2) ? 64 : draw(5) + 1;
	for (i = 0; i < w.nwindows; i++)
		act(&w.windows[i]);
	sim_turn(&w.sim);
	for (i = 0; i < w.nwindows; i++)
		take_all(&w.windows[i]);
	w.sim.now.mono += chance(300) ? 6000 : draw(30);
	w.sim.now.wall = right_time() + w.skew;
}

/*
 * The world's end
 */

/* Everybody is there and gets its answers. */
static void
make_up(void)
{
	struct window *v;
	size_t i, round;

	w.heap.fail = 0;
	configure(&w.limits);
	for (round = 0; round < 8; round++) {
		for (i = 0; i < w.nwindows; i++) {
			v = &w.windows[i];
			if (v->c != NULL) {
				v->c->window = v->c->step = SIM_ALL;
				continue;
			}
			come(v);
		}
		sim_wait(&w.sim, 10000);
		for (i = 0; i < w.nwindows; i++) {
			v = &w.windows[i];
			take_all(v);
			if (v->c != NULL && v->pending >= 0)
				try(v);
			if (v->c != NULL)
				sim_say(v->c, "{'type':'ping'}");
		}
		sim_wait(&w.sim, 10000);
		for (i = 0; i < w.nwindows; i++)
			take_all(&w.windows[i]);
	}
}

/* No step of the clock has lasted for long enough to count. */
static void
check_times(void)
{
	uint64_t seq, last = 0;

	assert_in_range(
	    w.sim.now.mono, SIM_MONO, SIM_MONO + CHAT_CLOCK_PATIENCE - 1);
	for (seq = 1; seq <= SENDS; seq++) {
		if (w.log[seq].time == 0)
			continue;
		assert_true(w.log[seq].time >= last);
		last = w.log[seq].time;
	}
}

/* Each acked send is in the log once, and nothing else is. */
static void
check_log(void)
{
	uint64_t acked = 0;
	int i;

	for (i = 0; i < w.nsends; i++) {
		assert_int_equal(w.sends[i].seq == 0, w.sends[i].refused);
		if (w.sends[i].seq == 0)
			continue;
		acked++;
		if (w.log[w.sends[i].seq].send < 0)
			w.log[w.sends[i].seq].send = i;
		assert_int_equal(w.log[w.sends[i].seq].send, i);
	}
	assert_int_equal(acked, messages());
}

/* A window has seen all that it may see, wherever it was told of no gap, and
 * knows who is here. */
static void
check_window(const struct window *v)
{
	const struct span *span;
	uint64_t seq;
	int i;

	assert_int_equal(v->phase, IS_LIVE);
	assert_int_equal(v->pending, -1);
	assert_int_equal(v->position, messages());
	for (span = v->spans; span < v->spans + v->nspans; span++)
		for (seq = span->first; seq <= span->last; seq++)
			if (v->seen[seq] || seq > span->holes ||
			    !is_long(w.log[seq].send))
				assert_int_equal(v->seen[seq],
				    may_see(v, seq, &w.sends[w.log[seq].send]));
	for (i = 0; i < USERS; i++)
		assert_int_equal(v->here[i], (size_t)i < w.nwindows);
}

static void
check_all(void)
{
	size_t i;

	check_log();
	check_times();
	for (i = 0; i < w.nwindows; i++)
		check_window(&w.windows[i]);
}

/* A world of its own; false: there was no memory to make it. */
static bool
begin(uint64_t seed, size_t nwindows)
{
	uint32_t size = w.large ? 1 << 20 : 16384;
	size_t i;

	w.limits = (struct chat_limits){ .past_size = size,
		.live_size = size,
		.max_queue = size / 2,
		.max_message = w.large ? 200000 : 0,
		.max_text = w.large ? 200000 : 0,
		.request_rate = CHAT_OFF,
		.message_rate = 8,
		.message_rate_per_address = CHAT_OFF,
		.join_rate = CHAT_OFF,
		.grace = 1000 };
	w.random.state = seed;
	w.nwindows = nwindows;
	w.nsends = 0;
	w.skew = w.messages = 0;
	w.whispers = 0;
	memset(w.windows, 0, sizeof(w.windows));
	for (i = 0; i < WINDOWS; i++) {
		w.windows[i].user = (int)(i % USERS);
		w.windows[i].pending = -1;
	}
	for (i = 0; i <= SENDS; i++)
		w.log[i] = (struct entry){ .send = -1 };
	w.sim = (struct sim){ .now = { SIM_MONO, SIM_WALL }, .pieces = 64 };
	return open_room(&w.limits);
}

static void
end(void)
{
	sim_release(&w.sim);
	failing_alloc_check(&w.heap);
}

/* Of four worlds two have a journal, and two are large. */
static void
live(uint64_t seed, int steps)
{
	failing_alloc_init(&w.heap, 0);
	w.hungry = false;
	w.large = seed / 2 % 2 > 0;
	if (seed % 2 == 0)
		w.folder = folder_make();
	assert_true(begin(seed, WINDOWS));
	while (steps-- > 0)
		step();
	make_up();
	check_all();
	end();
	if (seed % 2 == 0)
		folder_remove(&w.folder);
	w.folder.path[0] = '\0';
}

/*
 * Tests
 */

static uint64_t first = 1, count = 4;

static void
nothing_is_lost_or_doubled_or_leaked(void **state)
{
	uint64_t seed, sends = 0;

	(void)state;
	for (seed = first; seed < first + count; seed++) {
		print_message("world %llu\n", (unsigned long long)seed);
		live(seed, 1500);
		sends += (uint64_t)w.nsends;
	}
	/* It was no empty world. */
	assert_true(sends > count * 100);
}

/* From the n-th allocation on, one fails, or all in some steps, for every n:
 * windows that are cut come back, and all is as it should be. */
static void
starve(bool all)
{
	size_t n;
	int i, last;

	w.hungry = true;
	w.large = false;
	w.heap.failed = true;
	for (n = 1; w.heap.failed; n++) {
		failing_alloc_init(&w.heap, n);
		w.heap.all = all;
		if (!begin(7, 3)) {
			failing_alloc_check(&w.heap);
			continue;
		}
		for (i = 0, last = 150; i < 150; i++) {
			step();
			if (w.heap.failed && last == 150)
				last = i + 10;
			if (i == last)
				w.heap.fail = 0;
		}
		make_up();
		check_all();
		end();
	}
	assert_true(n > 100);
}

static void
any_allocation_may_fail(void **state)
{
	(void)state;
	starve(false);
}

static void
memory_may_run_out_for_a_while(void **state)
{
	(void)state;
	starve(true);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_or_doubled_or_leaked),
		cmocka_unit_test(any_allocation_may_fail),
		cmocka_unit_test(memory_may_run_out_for_a_while),
	};

	if (argc > 1)
		first = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		count = strtoull(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
