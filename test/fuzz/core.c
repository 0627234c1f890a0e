/*
 * core: a whole room, and four connections that do whatever the input
 * says.
 *
 * An input is one byte of configuration and then steps.  A step is a byte that
 * names a connection and what it does, then what that needs: numbers of a byte,
 * and bytes with one before them that counts them.
 *
 *     kind * 4 + connection     number ...     count bytes ...
 *
 * The room may answer what it likes; it has to be well-formed (sim looks at
 * that), in order, and in the end everything is to be closed and freed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.c" /* a fuzzer is built of one file */

#define CLIENTS 4

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum kind {
	OPENS,   /* asks for a WebSocket under a name, coming back if it can */
	TURNS,   /* a turn, after that many ms */
	FRAMES,  /* a frame: first byte, then its payload */
	TEXTS,   /* a text of these bytes */
	SPEAKS,  /* one of the sentences below */
	PUTS,    /* bytes as they are */
	ENDS,    /* half-closes */
	TEARS,   /* is gone */
	NARROWS, /* takes and gives that many bytes a turn */
	HAPPENS, /* something that no client does: see happen() */
	RECONFIGURES, /* the room gets other limits */
	ASKS,         /* asks for a body of a length, that may break off */
	KINDS
};

static const char *const sentences[] = {
	"{'type':'message','ref':'1','text':'one'}",
	"{'type':'message','ref':'1','text':'other'}",
	"{'type':'message','text':'no ref'}",
	"{'type':'message','to':'a','text':'to a'}",
	"{'type':'message','to':'B','ref':'2','text':'to b'}",
	"{'type':'message','to':'nobody','text':'hm'}",
	"{'type':'message','text':'\\u0000'}",
	"{'type':'typing'}",
	"{'type':'typing','to':'a','active':true}",
	"{'type':'typing','active':false}",
	"{'type':'history'}",
	"{'type':'history','before':3,'limit':2}",
	"{'type':'users'}",
	"{'type':'users','after':'a'}",
	"{'type':'ping','ref':'p'}",
	"{'type':'message','text':'\\u0001\\u0001\\u0001\\u0001\\u0001'}",
};

/* Takes a number from the input; zero when there is no more. */
struct input {
	const uint8_t *p;
	size_t n;
};

static unsigned
next(struct input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

static const uint8_t *
run_of(struct input *in, size_t *n)
{
	const uint8_t *p;

	*n = next(in);
	*n = smaller(*n, in->n);
	p = in->p;
	in->p += *n;
	in->n -= *n;
	return p;
}

static struct sim room;

/* Answers as the program around the room: bodies from a source. */

struct source {
	struct chat_source source;
	uint64_t at, end; /* where it fails */
};

static int sources;

static long
read_source(struct chat_source *source, char *p, size_t n)
{
	struct source *s = (struct source *)source;

	must(n > 0 && n <= source->length - s->at, "more than there is");
	n = smaller(n, (size_t)(s->end - s->at));
	memset(p, 'x', n);
	s->at += n;
	return (long)n;
}

static void
free_source(struct chat_source *source)
{
	sources--;
	free(source);
}

/* Bodies of these lengths are odd answers, each in its own way. */
#define ODD     (241 * 40)
#define ODD_END (247 * 40)

/* What a program should not say: bodies where there are none, and more than a
 * head may have. */
static void
answer_oddly(unsigned how, unsigned n, struct chat_response *response)
{
	static const struct chat_alloc heap;
	static char text[32768];

	memset(text, 'x', n);
	memcpy(text, "X: ", 3);
	response->status = 200;
	response->body = CHAT_STR("body");
	switch (how) {
	case 0:
		response->status = 204;
		return;
	case 1:
		response->status = (int)n;
		return;
	case 2:
		text[n] = '\0';
		response->type = text;
		return;
	case 3:
		response->owner = chat_bytes_new(&heap, n);
		must(response->owner != NULL, "out of memory");
		if (n > 0)
			memset(response->owner->p, 'x', n);
		return;
	case 4:
		response->fields = (struct chat_str){ text, n };
		return;
	default:
		memcpy(text + n, "\r\n", 2);
		response->fields = (struct chat_str){ text, n + 2 };
		return;
	}
}

/* For /LENGTH,END; 404 if that is not a number. */
static void
answer(void *user, const struct chat_http_request *r,
    struct chat_response *response)
{
	unsigned length = 0, end = 0;
	struct source *s;
	char path[32];

	(void)user;
	snprintf(
	    path, sizeof(path), "%.*s", (int)smaller(r->path.n, 31), r->path.p);
	if (sscanf(path, "/%8u,%8u", &length, &end) < 1)
		return;
	if (length >= ODD && length < ODD_END) {
		answer_oddly((length - ODD) / 40, end % 32000, response);
		return;
	}
	s = calloc(1, sizeof(*s));
	must(s != NULL, "out of memory");
	s->source.read = read_source;
	s->source.free = free_source;
	s->source.length = length;
	s->end = end < length ? end : length;
	sources++;
	response->status = 200;
	response->source = &s->source;
}

/* The session and the position of each connection, as the room has told them.
 */
static struct place {
	struct sim_client *c;
	char session[128];
	uint64_t seq;
	bool asks; /* and does nothing else: all that comes are responses */
} places[CLIENTS];

static void
listen_to(struct place *at)
{
	struct sim_response r;
	const char *text;
	uint64_t seq;

	if (at->c == NULL)
		return;
	while (at->asks && sim_response(at->c, &r, false))
		must(r.status >= 200, "a response that is none");
	while ((text = sim_next(at->c)) != NULL) {
		if (sim_is(text, "type", "'welcome'")) {
			snprintf(at->session, sizeof(at->session), "%s",
			    sim_string(text, "session"));
		} else if (sim_is(text, "type", "'sync'")) {
			must(!sim_is(text, "gap", "false") ||
				sim_number(text, "from") == at->seq + 1 ||
				sim_is(text, "resumed", "false"),
			    "a silent gap");
			at->seq = sim_number(text, "from") - 1;
		} else if (sim_is(text, "type", "'message'")) {
			seq = sim_number(text, "seq");
			must(seq > at->seq, "a message out of order");
			at->seq = seq;
		}
	}
	if (at->c->id == 0) {
		sim_free(at->c);
		at->c = NULL;
	}
}

static void
turn(unsigned ms)
{
	int i;

	room.now.mono += ms * ms;
	room.now.wall += ms;
	sim_turn(&room);
	for (i = 0; i < CLIENTS; i++)
		listen_to(&places[i]);
}

static void
open_up(struct place *at, struct input *in)
{
	unsigned how = next(in);
	char target[256];

	if (at->session[0] != '\0' && (how & 8) != 0)
		snprintf(target, sizeof(target), "%c?session=%s&after=%d",
		    "abAB"[how & 3], at -> session, (int)at -> seq);
	else
		snprintf(target, sizeof(target), "%c?history=%u",
		    "abAB"[how & 3], how >> 4);
	sim_open(at->c, target);
}

static void
configure(struct input *in)
{
	struct chat_config config = { 0 };

	config.limits.max_message = 128 + next(in);
	config.limits.grace = next(in) + 1;
	config.limits.message_burst = next(in) + 1;
	(void)sim_configure(&room, &config);
}

static void
ask(struct place *at, struct input *in)
{
	unsigned length = next(in) * 40, end = next(in) * 80;
	char text[128];

	snprintf(text, sizeof(text), "GET /%u,%u HTTP/1.1\r\nHost: sim\r\n\r\n",
	    length, end);
	sim_puts(at->c, text);
}

/* Steps of a connection that is open and has not ended its side. */
static void
act(struct place *at, enum kind kind, struct input *in)
{
	const uint8_t *p;
	unsigned first;
	size_t n;

	switch (kind) {
	case OPENS:
		open_up(at, in);
		return;
	case FRAMES:
		first = next(in);
		p = run_of(in, &n);
		sim_frame(at->c, (unsigned char)first, p, n);
		return;
	case TEXTS:
		p = run_of(in, &n);
		sim_frame(at->c, 0x81, p, n);
		return;
	case SPEAKS:
		sim_say(at->c, "%s",
		    sentences[next(in) %
			(sizeof(sentences) / sizeof(sentences[0]))]);
		return;
	case PUTS:
		p = run_of(in, &n);
		sim_put(at->c, p, n);
		return;
	case ASKS:
		ask(at, in);
		return;
	case ENDS:
		sim_end(at->c);
		return;
	case TURNS:
	case TEARS:
	case NARROWS:
	case HAPPENS:
	case RECONFIGURES:
	case KINDS:
		return;
	}
}

/* One connection fills the memory for private messages with what it says to
 * itself. */
static void
flood(struct place *at, unsigned n)
{
	if (at->c == NULL || at->c->ended)
		return;
	at->asks = false;
	while (n-- > 0)
		sim_say(
		    at->c, "{'type':'message','to':'a','text':'%0800u'}", n);
}

/* The room closes; somebody sets the clock, by days; the machine stands still
 * for seconds, while what is sent waits in the sockets; a flood. */
static void
happen(struct place *at, unsigned what)
{
	if (what == 99)
		chat_core_drain(room.core, 1012);
	else if (what < 64)
		room.now.wall += what * UINT64_C(86400000);
	else if (what < 128)
		room.now.wall -= (what - 64) * UINT64_C(3600000);
	else if (what < 192)
		room.now.mono += (what - 128) * UINT64_C(1000);
	else
		flood(at, what - 192);
}

static void
step(struct input *in)
{
	unsigned byte = next(in);
	struct place *at = &places[byte % CLIENTS];
	enum kind kind = (enum kind)(byte / CLIENTS % KINDS);

	if (at->c == NULL && (kind == OPENS || kind == PUTS || kind == ASKS)) {
		at->c = sim_connect(&room, byte % CLIENTS);
		at->asks = true;
	}
	if (kind == OPENS || kind == PUTS || kind == FRAMES || kind == TEXTS ||
	    kind == SPEAKS)
		at->asks = false;
	if (kind == TURNS) {
		turn(next(in));
	} else if (kind == HAPPENS) {
		happen(at, next(in));
	} else if (kind == RECONFIGURES) {
		configure(in);
	} else if (at->c == NULL) {
		return;
	} else if (kind == TEARS) {
		sim_tear(at->c);
		listen_to(at);
	} else if (kind == NARROWS) {
		at->c->step = next(in);
		at->c->window = next(in);
	} else if (!at->c->ended) {
		act(at, kind, in);
	}
}

/* Everybody goes, and the room with them. */
static void
finish(void)
{
	int i;

	for (i = 0; i < CLIENTS; i++) {
		if (places[i].c == NULL)
			continue;
		places[i].c->step = places[i].c->window = SIM_ALL;
		places[i].c->silent = true;
	}
	sim_wait(&room, 200000);
	for (i = 0; i < CLIENTS; i++)
		listen_to(&places[i]);
	must(room.clients == NULL, "a connection that does not end");
	must(chat_core_metrics(room.core)->users == 0, "a user without end");
	sim_release(&room);
	must(sources == 0, "a source that nobody freed");
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct chat_config config = {
		.limits = { .past_size = 16384,
		    .live_size = 16384,
		    .max_queue = 4096,
		    .max_message = 1000,
		    .max_connections_per_address = 1 },
		.on_request = answer,
	};
	struct input in = { p, n };
	unsigned first = next(&in);

	memset(places, 0, sizeof(places));
	if ((first & 1) != 0)
		config.limits.message_rate = CHAT_OFF;
	if ((first & 2) != 0)
		config.limits.grace = CHAT_OFF;
	if ((first & 4) != 0)
		config.limits.request_rate = CHAT_OFF;
	must(sim_init(&room, &config), "out of memory");
	room.pieces = first / 8 + 1;
	while (in.n > 0)
		step(&in);
	finish();
	return 0;
}
