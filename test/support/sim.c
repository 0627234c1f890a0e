#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* Bytes that one read() of the server takes. */
#define READ 32768

/* Bytes of a frame from the server, unless greater limits are known. */
#define SIM_LONGEST ((size_t)132 * 1024)

/* A simulation that still has something to do after this many turns is going
 * round in circles. */
#define MAX_TURNS 200000

static void
must(bool what, const char *why)
{
	if (what)
		return;
	fprintf(stderr, "sim: %s\n", why);
	abort();
}

static void
append(struct sim_bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->cap) {
		b->cap = 2 * (b->n + n);
		b->p = realloc(b->p, b->cap);
		must(b->p != NULL, "out of memory");
	}
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static void
drop(struct sim_bytes *b, size_t n)
{
	b->n -= n;
	if (n > 0)
		memmove(b->p, b->p + n, b->n);
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * The room
 */

static void
on_log(void *user, enum chat_level level, const char *line)
{
	struct sim *s = user;

	(void)level;
	snprintf(s->line, sizeof(s->line), "%s", line);
}

static void
on_request(void *user, const struct chat_http_request *r,
    struct chat_response *response)
{
	struct sim *s = user;

	if (s->on_request != NULL)
		s->on_request(user, r, response);
}

bool
sim_start(struct sim *s, const struct chat_config *config)
{
	unsigned char seed[CHAT_SEED] = "a seed for simulations, 32 byte";
	struct chat_config c = { .server = "sim" };

	seed[CHAT_SEED - 1] = (unsigned char)s->lives++;
	if (config != NULL)
		c = *config;
	s->on_request = c.on_request;
	c.on_request = on_request;
	c.on_log = on_log;
	c.user = s;
	s->core = chat_core_new(&c, seed, s->now);
	return s->core != NULL;
}

bool
sim_init(struct sim *s, const struct chat_config *config)
{
	*s = (struct sim){ .now = { SIM_MONO, SIM_WALL }, .pieces = 64 };
	return sim_start(s, config);
}

void
sim_stop(struct sim *s)
{
	struct sim_client *c;

	for (c = s->clients; c != NULL; c = c->next)
		sim_tear(c);
	chat_core_free(s->core);
	s->core = NULL;
}

int
sim_configure(struct sim *s, const struct chat_config *config)
{
	size_t size = (size_t)config->limits.max_message + 2048;
	struct sim_client *c;
	int err = chat_core_configure(s->core, config);

	for (c = s->clients; err == CHAT_OK && c != NULL; c = c->next)
		if (c->longest < size)
			c->longest = size;
	return err;
}

void
sim_release(struct sim *s)
{
	while (s->clients != NULL)
		sim_free(s->clients);
	chat_core_free(s->core);
}

/*
 * Frames that come, checked
 */

/* How long frames are, by `welcome`, as chatproto(5) says. */
static void
allow(struct sim_client *c, const char *welcome)
{
	const char *message = strstr(welcome, "\"message\":");
	size_t size;

	must(message != NULL, "no limits");
	size = strtoul(message + 10, NULL, 10) + 2048;
	if (c->longest < size)
		c->longest = size;
}

static void
take_text(struct sim_client *c, const char *p, size_t n)
{
	static const char welcome[] = "{\"type\":\"welcome\"";

	must(chat_utf8_count(p, n) > 0, "a text that is not UTF-8, or empty");
	must(memchr(p, '\0', n) == NULL, "a NUL in a text");
	if (c->read > 0 && c->read == c->texts.n)
		c->read = c->texts.n = 0;
	append(&c->texts, p, n);
	append(&c->texts, "", 1);
	p = c->texts.p + c->texts.n - n - 1;
	if (strncmp(p, welcome, strlen(welcome)) == 0)
		allow(c, p);
}

static void
take_close(struct sim_client *c, const unsigned char *p, size_t n)
{
	must(n != 1, "half a close code");
	c->close_code = n == 0 ? SIM_NO_CODE : p[0] << 8 | p[1];
	must(n == 0 || chat_ws_is_code(c->close_code), "a wrong close code");
	if (!c->silent && !c->ended)
		sim_frame(c, 0x88, p, n < 2 ? n : 2);
}

static void
take_frame(struct sim_client *c, int opcode, char *p, size_t n)
{
	must(c->close_code == SIM_OPEN, "a frame after a Close");
	must(opcode < 8 || n <= 125, "a long control frame");
	must(n <= c->longest, "a frame that is too long");
	switch (opcode) {
	case CHAT_OP_TEXT:
		take_text(c, p, n);
		return;
	case CHAT_OP_CLOSE:
		take_close(c, (unsigned char *)p, n);
		return;
	case CHAT_OP_PING:
		c->pings++;
		if (!c->silent && !c->ended)
			sim_frame(c, 0x8a, p, n);
		return;
	case CHAT_OP_PONG:
		c->pongs++;
		return;
	}
	must(false, "an opcode that a server never uses here");
}

/* The length of a payload, and of the header before it to *header, which is 0
 * if not all of it is there. */
static size_t
parse_header(const unsigned char *p, size_t n, size_t *header)
{
	size_t length, i, more;

	*header = 0;
	if (n < 2)
		return 0;
	must((p[0] & 0xf0) == 0x80, "a fragment, or reserved bits");
	must((p[1] & 0x80) == 0, "a masked frame");
	more = p[1] == 127 ? 8 : p[1] == 126 ? 2 : 0;
	if (n < 2 + more)
		return 0;
	length = more > 0 ? 0 : p[1];
	for (i = 0; i < more; i++)
		length = length << 8 | p[2 + i];
	must(more < 2 || length > 125, "a length that fits a byte");
	must(more < 8 || length > 0xffff, "a length that fits two bytes");
	*header = 2 + more;
	return length;
}

static void
take_frames(struct sim_client *c)
{
	size_t done = 0, header, n;
	const unsigned char *p;

	for (;;) {
		p = (const unsigned char *)c->in.p + done;
		n = parse_header(p, c->in.n - done, &header);
		if (header == 0 || c->in.n - done - header < n)
			break;
		take_frame(c, p[0] & 15, c->in.p + done + header, n);
		done += header + n;
	}
	drop(&c->in, done);
}

/* The length of the head of a response; 0: not all of it is there. */
static size_t
head_size(const char *p, size_t n)
{
	size_t i;

	for (i = 4; i <= n; i++)
		if (memcmp(p + i - 4, "\r\n\r\n", 4) == 0)
			return i;
	return 0;
}

static void
take_in(struct sim_client *c)
{
	size_t n;

	if (!c->upgrades)
		return;
	if (c->status == 0) {
		if ((n = head_size(c->in.p, c->in.n)) == 0)
			return;
		must(memcmp(c->in.p, "HTTP/1.1 ", 9) == 0, "no response");
		c->status = atoi(c->in.p + 9);
		if (c->status == 101)
			drop(&c->in, n);
	}
	if (c->status == 101)
		take_frames(c);
}

/*
 * The line
 */

static void
close_socket(struct sim_client *c)
{
	chat_core_gone(c->sim->core, c->id);
	c->id = 0;
}

static bool
can_deliver(const struct sim_client *c)
{
	return c->id != 0 && (c->wants & CHAT_WANTS_READ) != 0 &&
	    (c->out.n > 0 ? c->step > 0 : c->ended);
}

static bool
can_write(const struct sim_client *c)
{
	return c->id != 0 && (c->wants & CHAT_WANTS_WRITE) != 0 &&
	    c->window > 0;
}

/* Does what a loop does with an event.  The bytes lie in memory of just their
 * size, so that a sanitizer sees a read of the first byte after them. */
static void
deliver(struct sim_client *c)
{
	size_t n = smaller(c->out.n, smaller(c->step, READ));
	char *p;

	if (c->out.n == 0) {
		/* An end stays: the next turn sees it again. */
		chat_core_end(c->sim->core, c->id);
		return;
	}
	p = malloc(n);
	must(p != NULL, "out of memory");
	memcpy(p, c->out.p, n);
	drop(&c->out, n);
	chat_core_receive(c->sim->core, c->id, p, n);
	free(p);
}

static void
take_event(struct sim_client *c)
{
	if (can_write(c))
		chat_core_writable(c->sim->core, c->id);
	if (can_deliver(c))
		deliver(c);
}

/* Each client once, beginning with the one that was not served in the last
 * turn. */
static void
take_all(struct sim *s)
{
	struct sim_client *c, *first;

	c = first = s->turn != NULL ? s->turn : s->clients;
	while (c != NULL && chat_core_takes_more(s->core)) {
		take_event(c);
		c = c->next != NULL ? c->next : s->clients;
		if (c == first)
			break;
	}
	s->turn = c;
}

static struct sim_client *
client_of(struct sim *s, uint64_t id)
{
	struct sim_client *c;

	for (c = s->clients; c != NULL && c->id != id; c = c->next)
		;
	must(c != NULL, "a connection that is not there");
	return c;
}

/* Gives what there is to the client, as far as its window goes. */
static size_t
send_pieces(struct sim_client *c, const struct chat_str *pieces, size_t n)
{
	size_t i, size, sent = 0;

	for (i = 0; i < n; i++) {
		must(pieces[i].n > 0, "an empty piece");
		size = smaller(pieces[i].n, c->window - sent);
		append(&c->in, pieces[i].p, size);
		sent += size;
		if (size < pieces[i].n)
			break;
	}
	c->received += sent;
	return sent;
}

/* What the room wants of a socket. */
static void
obey(struct sim_client *c)
{
	c->wants = chat_core_wants(c->sim->core, c->id);
	if ((c->wants & CHAT_WANTS_HALF_CLOSE) != 0) {
		must(!c->eof, "closed by half a second time");
		c->eof = true;
		if (!c->silent)
			sim_end(c);
	}
	if ((c->wants & CHAT_WANTS_CLOSE) != 0)
		close_socket(c);
}

static void
flush(struct sim_client *c)
{
	struct chat_core *core = c->sim->core;
	struct chat_str pieces[64];
	size_t n, sent;

	n = chat_core_output(core, c->id, pieces, c->sim->pieces);
	must(n <= c->sim->pieces, "more pieces than asked for");
	must(n == 0 || !c->eof, "bytes after the end");
	sent = send_pieces(c, pieces, n);
	chat_core_sent(core, c->id, sent);
	take_in(c);
	obey(c);
}

void
sim_turn(struct sim *s)
{
	uint64_t id;

	chat_core_begin(s->core, s->now);
	take_all(s);
	chat_core_record(s->core);
	chat_core_apply(s->core);
	while ((id = chat_core_next(s->core)) != 0)
		flush(client_of(s, id));
	s->turns++;
}

static bool
is_busy(const struct sim *s)
{
	const struct sim_client *c;

	if (chat_core_timeout(s->core, s->now) == 0)
		return true;
	for (c = s->clients; c != NULL; c = c->next)
		if (can_deliver(c) || can_write(c))
			return true;
	return false;
}

void
sim_run(struct sim *s)
{
	size_t i;

	for (i = 0; is_busy(s); i++) {
		must(i < MAX_TURNS, "turns without end");
		sim_turn(s);
	}
}

void
sim_wait(struct sim *s, uint64_t ms)
{
	uint64_t step;
	int due;

	sim_run(s);
	while (ms > 0) {
		due = chat_core_timeout(s->core, s->now);
		step = due < 0 || (uint64_t)due > ms ? ms : (uint64_t)due;
		s->now.mono += step;
		s->now.wall += step;
		ms -= step;
		sim_turn(s);
		sim_run(s);
	}
}

/*
 * Clients
 */

static struct chat_peer
peer_of(unsigned address)
{
	struct chat_peer p = { .exempt = address == 0 };
	const unsigned char mapped[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		0xff, 203, 0, 113, (unsigned char)address };

	if (address != 0)
		memcpy(p.address, mapped, sizeof(mapped));
	return p;
}

struct sim_client *
sim_connect(struct sim *s, unsigned address)
{
	struct chat_peer peer = peer_of(address);
	struct sim_client **at = &s->clients;
	struct sim_client *c;
	uint64_t id;

	if (chat_core_accept(s->core, &peer, &id) != CHAT_OK)
		return NULL;
	must(id != 0, "a connection called 0");
	while (*at != NULL)
		at = &(*at)->next;
	*at = c = calloc(1, sizeof(*c));
	must(c != NULL, "out of memory");
	c->sim = s;
	c->id = id;
	c->wants = CHAT_WANTS_READ;
	c->step = c->window = SIM_ALL;
	c->longest = SIM_LONGEST;
	c->mask = id;
	return c;
}

void
sim_tear(struct sim_client *c)
{
	if (c->id != 0)
		close_socket(c);
}

void
sim_free(struct sim_client *c)
{
	struct sim_client **at = &c->sim->clients;

	sim_tear(c);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->sim->turn == c)
		c->sim->turn = c->next;
	free(c->out.p);
	free(c->in.p);
	free(c->texts.p);
	free(c);
}

void
sim_end(struct sim_client *c)
{
	c->ended = true;
}

void
sim_put(struct sim_client *c, const void *p, size_t n)
{
	must(!c->ended, "more after the end");
	append(&c->out, p, n);
}

void
sim_puts(struct sim_client *c, const char *s)
{
	sim_put(c, s, strlen(s));
}

void
sim_open(struct sim_client *c, const char *target)
{
	sim_puts(c, "GET /ws/");
	sim_puts(c, target);
	sim_puts(c,
	    " HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
	c->upgrades = true;
}

void
sim_frame(struct sim_client *c, unsigned char first, const void *p, size_t n)
{
	unsigned char header[14] = { first };
	size_t size = 2, i;

	header[1] = 0x80 |
	    (unsigned char)(n < 126 ? n
		    : n <= 0xffff   ? 126
				    : 127);
	if (n > 125)
		for (i = n <= 0xffff ? 2 : 8; i-- > 0;)
			header[size++] = (unsigned char)(n >> 8 * i);
	c->mask = c->mask * UINT64_C(6364136223846793005) + 1442695040888963407;
	for (i = 0; i < 4; i++)
		header[size + i] = (unsigned char)(c->mask >> (32 + 8 * i));
	sim_put(c, header, size + 4);
	sim_put(c, p, n);
	for (i = 0; i < n; i++)
		c->out.p[c->out.n - n + i] ^= (char)header[size + i % 4];
}

static void
quote(char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '\'')
			*s = '"';
}

void
sim_say(struct sim_client *c, const char *format, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	must(n >= 0, "a wrong format");
	text = malloc((size_t)n + 1);
	must(text != NULL, "out of memory");
	va_start(ap, format);
	vsnprintf(text, (size_t)n + 1, format, ap);
	va_end(ap);
	quote(text);
	sim_frame(c, 0x81, text, (size_t)n);
	free(text);
}

struct sim_client *
sim_join_from(struct sim *s, const char *target, unsigned address)
{
	struct sim_client *c = sim_connect(s, address);

	if (c == NULL)
		return NULL;
	sim_open(c, target);
	sim_run(s);
	return c;
}

struct sim_client *
sim_join(struct sim *s, const char *target)
{
	return sim_join_from(s, target, 0);
}

/*
 * What came
 */

const char *
sim_next(struct sim_client *c)
{
	struct chat_json_value v;
	const char *text;
	size_t n;

	if (c->read == c->texts.n)
		return NULL;
	text = c->texts.p + c->read;
	n = strlen(text);
	must(chat_json_check(&v, text, n) == CHAT_OK, "no JSON");
	c->read += n + 1;
	return text;
}

void
sim_skip(struct sim_client *c)
{
	c->read = c->texts.n;
}

void
sim_hush(struct sim *s)
{
	struct sim_client *c;

	sim_wait(s, 200);
	for (c = s->clients; c != NULL; c = c->next)
		sim_skip(c);
}

struct chat_str
sim_member(const char *json, const char *name)
{
	struct chat_json_value key,
	    v = { CHAT_JSON_OBJECT, { json, strlen(json) } };
	struct chat_json_members m = chat_json_members(&v);

	while (chat_json_next(&m, &key, &v))
		if (chat_json_is(&key, chat_str(name)))
			return v.raw;
	return chat_str(NULL);
}

bool
sim_is(const char *json, const char *name, const char *value)
{
	struct chat_str raw = sim_member(json, name);
	size_t i;

	if (raw.p == NULL || raw.n != strlen(value))
		return false;
	for (i = 0; i < raw.n; i++)
		if (raw.p[i] != (value[i] == '\'' ? '"' : value[i]))
			return false;
	return true;
}

uint64_t
sim_number(const char *json, const char *name)
{
	struct chat_json_value v = { CHAT_JSON_NUMBER, sim_member(json, name) };
	uint64_t u = 0;

	must(v.raw.p != NULL && chat_json_uint(&u, &v) == CHAT_OK, "no number");
	return u;
}

const char *
sim_string(const char *json, const char *name)
{
	static char buffers[4][512];
	static int turn;
	struct chat_str raw = sim_member(json, name);
	char *buffer = buffers[turn = (turn + 1) % 4];

	must(raw.p != NULL && raw.p[0] == '"' && raw.n < sizeof(buffers[0]) &&
		memchr(raw.p, '\\', raw.n) == NULL,
	    "no string");
	memcpy(buffer, raw.p + 1, raw.n - 2);
	buffer[raw.n - 2] = '\0';
	return buffer;
}

struct chat_str
sim_field(const struct sim_response *r, const char *name)
{
	struct chat_str rest = r->head, value;
	const char *end;

	while ((end = memchr(rest.p, '\n', rest.n)) != NULL) {
		value = (struct chat_str){ rest.p, (size_t)(end - rest.p) - 1 };
		rest.n -= (size_t)(end + 1 - rest.p);
		rest.p = end + 1;
		if (!chat_http_skip(&value, name) ||
		    !chat_http_skip(&value, ": "))
			continue;
		return value;
	}
	return chat_str(NULL);
}

bool
sim_response(struct sim_client *c, struct sim_response *r, bool is_head)
{
	size_t n, length;

	if (c->at == c->in.n)
		return false;
	if ((n = head_size(c->in.p + c->at, c->in.n - c->at)) == 0)
		return false;
	r->head = (struct chat_str){ c->in.p + c->at, n };
	must(memcmp(r->head.p, "HTTP/1.1 ", 9) == 0, "no response");
	r->status = atoi(r->head.p + 9);
	length = is_head || sim_field(r, "Content-Length").p == NULL
	    ? 0
	    : (size_t)atol(sim_field(r, "Content-Length").p);
	if (c->in.n - c->at - n < length)
		return false;
	r->body = (struct chat_str){ r->head.p + n, length };
	c->at += n + length;
	return true;
}
