#include "core.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Bytes that one connection is sent in one turn, at least half of the live
 * ring: what a turn may take in, which is a quarter and one message, that is up
 * to another quarter, it also gives to all who keep up. */
#define MIN_OUTPUT (256 * 1024)

/* Connections that may wait to be told that the room is full, besides those
 * that it has place for. */
#define SPARE(n) ((n) / 8 + 16)

/* Clients come back after this, and up to as much again. */
#define RETRY_AFTER 500

/*
 * Birth, configuration, death
 */

static void
free_origins(struct chat_core *core)
{
	char **o;

	for (o = core->origins; o != NULL && *o != NULL; o++)
		chat_alloc_free(&core->alloc, *o);
	chat_alloc_free(&core->alloc, core->origins);
	core->origins = NULL;
}

static char *
copy_string(const struct chat_alloc *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = chat_resize(a, NULL, n);

	return copy == NULL ? NULL : memcpy(copy, s, n);
}

/* Leaves the origins as they were for want of memory. */
static int
set_origins(struct chat_core *core, const char *const *origins)
{
	struct chat_core fresh = { .alloc = core->alloc };
	size_t i, n = 0;

	while (origins != NULL && origins[n] != NULL)
		n++;
	fresh.origins =
	    chat_alloc_new(&core->alloc, (n + 1) * sizeof(*fresh.origins));
	if (fresh.origins == NULL)
		return CHAT_ERR_NOMEM;
	for (i = 0; i < n; i++) {
		fresh.origins[i] = copy_string(&core->alloc, origins[i]);
		if (fresh.origins[i] == NULL) {
			free_origins(&fresh);
			return CHAT_ERR_NOMEM;
		}
	}
	free_origins(core);
	core->origins = fresh.origins;
	return CHAT_OK;
}

static struct chat_member *find_member(void *owner, uint64_t id);

/* The store is the room's, even if there comes to be none. */
static int
init_room(struct chat_core *core, const struct chat_limits *limits,
    struct chat_store *store, const unsigned char *seed, struct chat_time now)
{
	struct chat_room_config config = {
		.alloc = &core->alloc,
		.limits = limits,
		.metrics = &core->metrics,
		.server = chat_str(core->server),
		.store = store,
		.seed = seed,
		.now = now,
		.find = find_member,
		.owner = core,
	};

	if (store == NULL)
		config.store = chat_store_memory_new(&core->alloc, seed);
	if (config.store == NULL)
		return CHAT_ERR_NOMEM;
	return chat_room_init(&core->room, &config);
}

/* Three numbers of the seed.  Clients see much of what comes of the first; that
 * tells them nothing of the others, which key a table, nor of the seed. */
static void
derive(uint64_t numbers[3], const unsigned char *seed)
{
	unsigned char out[CHAT_SHA256_SIZE];
	struct chat_hmac h;

	chat_hmac_init(&h, seed, CHAT_SEED);
	chat_hmac_feed(&h, "core", 4);
	chat_hmac_finish(&h, out);
	memcpy(numbers, out, 3 * sizeof(*numbers));
}

/* Everything that can fail but the room, which comes last, so that only what
 * is before it has to be undone. */
static int
init_parts(struct chat_core *core, const struct chat_config *config,
    const unsigned char *seed)
{
	const char *server = config->server;
	uint64_t numbers[3];

	derive(numbers, seed);
	core->jitter = numbers[0];
	if (set_origins(core, config->origins) < 0)
		return CHAT_ERR_NOMEM;
	core->server = copy_string(
	    &core->alloc, server != NULL ? server : "chatcore " CHAT_VERSION);
	if (core->server == NULL)
		return CHAT_ERR_NOMEM;
	return chat_addresses_init(&core->addresses, &core->alloc, numbers + 1);
}

/* Takes the store, even if it fails. */
static int
init(struct chat_core *core, const struct chat_config *config,
    const unsigned char *seed, struct chat_time now)
{
	struct chat_limits limits = config->limits;

	if (chat_limits_complete(&limits, NULL) < 0 ||
	    init_parts(core, config, seed) < 0) {
		if (config->store != NULL)
			config->store->type->free(config->store);
		return CHAT_ERR_NOMEM;
	}
	if (init_room(core, &limits, config->store, seed, now) == CHAT_OK)
		return CHAT_OK;
	chat_addresses_release(&core->addresses);
	return CHAT_ERR_NOMEM;
}

struct chat_core *
chat_core_new(const struct chat_config *config,
    const unsigned char seed[CHAT_SEED], struct chat_time now)
{
	struct chat_alloc alloc = config->alloc;
	struct chat_core *core = chat_alloc_new(&alloc, sizeof(*core));
	int i;

	if (core == NULL) {
		if (config->store != NULL)
			config->store->type->free(config->store);
		return NULL;
	}
	core->alloc = alloc;
	core->now = now;
	core->on_log = config->on_log;
	core->on_request = config->on_request;
	core->user = config->user;
	for (i = 0; i < CHAT_TIMERS; i++)
		chat_link_init(&core->timers[i]);
	chat_link_init(&core->held);
	chat_link_init(&core->flushing);
	chat_conns_init(&core->conns, &core->alloc);
	if (init(core, config, seed, now) == CHAT_OK)
		return core;
	free_origins(core);
	chat_alloc_free(&alloc, core->server);
	chat_alloc_free(&alloc, core);
	return NULL;
}

/* Could it stay as it is, if its duration were what it is now? */
static bool
is_timely(const struct chat_core *core, const struct chat_conn *c)
{
	uint32_t duration =
	    chat_core_duration(core, (enum chat_timer_kind)c->timer_kind);

	if (chat_link_is_alone(&c->timer.link))
		return duration == CHAT_OFF;
	return duration != CHAT_OFF &&
	    c->timer.due <= core->now.mono + duration;
}

/* Sets anew what other limits would have set otherwise, so that the lists stay
 * in order. */
static void
reset_timers(struct chat_core *core)
{
	struct chat_conn *c;
	uint32_t slot = 0;

	while ((c = chat_conns_next(&core->conns, &slot)) != NULL)
		if (c->state != CHAT_CONN_DEAD && !is_timely(core, c))
			chat_core_set_timer(
			    core, c, (enum chat_timer_kind)c->timer_kind);
}

int
chat_core_configure(struct chat_core *core, const struct chat_config *config)
{
	struct chat_limits limits = config->limits;
	int err;

	/* What fits the rings that are there, not those that were asked for. */
	limits.live_size = (uint32_t)core->room.hub.live.size;
	limits.past_size = (uint32_t)core->room.hub.past.ring.size;
	err = chat_limits_complete(&limits, NULL);
	if (err == CHAT_OK)
		err = set_origins(core, config->origins);
	if (err == CHAT_OK)
		err = chat_room_configure(&core->room, &limits);
	if (err == CHAT_OK)
		reset_timers(core);
	return err;
}

static void remove_conn(struct chat_core *core, struct chat_conn *c);

void
chat_core_free(struct chat_core *core)
{
	struct chat_alloc alloc;
	struct chat_conn *c;
	uint32_t slot = 0;

	if (core == NULL)
		return;
	alloc = core->alloc;
	while ((c = chat_conns_next(&core->conns, &slot)) != NULL)
		remove_conn(core, c);
	chat_room_release(&core->room);
	chat_addresses_release(&core->addresses);
	chat_conns_release(&core->conns);
	free_origins(core);
	chat_alloc_free(&alloc, core->server);
	chat_alloc_free(&alloc, core);
}

/*
 * Coming and going
 */

static struct chat_conn *
find(const struct chat_core *core, uint64_t id)
{
	return chat_conns_find(&core->conns, id);
}

int
chat_core_tag(const struct chat_core *core, uint64_t id)
{
	const struct chat_conn *c = find(core, id);

	return c != NULL ? c->tag : -1;
}

void
chat_core_set_tag(struct chat_core *core, uint64_t id, int tag)
{
	struct chat_conn *c = find(core, id);

	if (c != NULL)
		c->tag = tag;
}

static struct chat_member *
find_member(void *owner, uint64_t id)
{
	struct chat_conn *c = find(owner, id);

	return c == NULL ? NULL : &c->member;
}

static bool
is_over(uint32_t n, uint32_t limit)
{
	return limit != CHAT_OFF && n > limit;
}

bool
chat_core_is_full(const struct chat_core *core, const struct chat_conn *c)
{
	const struct chat_limits *l = &core->room.limits;

	if (is_over(core->metrics.connections, l->max_connections))
		return true;
	return c->member.address != NULL &&
	    is_over(
		c->member.address->connections, l->max_connections_per_address);
}

/* A few more are let in than may join, to be told so. */
static bool
is_overcrowded(const struct chat_core *core, const struct chat_address *a)
{
	const struct chat_limits *l = &core->room.limits;
	uint32_t all = l->max_connections;
	uint32_t each = l->max_connections_per_address;

	if (all != CHAT_OFF && core->metrics.connections >= all + SPARE(all))
		return true;
	return a != NULL && each != CHAT_OFF &&
	    a->connections > each + SPARE(each);
}

static void
remove_conn(struct chat_core *core, struct chat_conn *c)
{
	struct chat_address *address = c->member.address;

	chat_conn_release(core, c);
	chat_addresses_close(&core->addresses, address);
	chat_conns_remove(&core->conns, c);
	core->metrics.connections--;
}

int
chat_core_accept(
    struct chat_core *core, const struct chat_peer *peer, uint64_t *id)
{
	struct chat_address *a = NULL;
	struct chat_conn *c;

	if (!peer->exempt &&
	    (a = chat_addresses_open(&core->addresses, peer)) == NULL)
		return CHAT_ERR_NOMEM;
	if (is_overcrowded(core, a)) {
		chat_addresses_close(&core->addresses, a);
		core->metrics.refused++;
		return CHAT_ERR_LIMIT;
	}
	if ((c = chat_conns_add(&core->conns)) == NULL) {
		chat_addresses_close(&core->addresses, a);
		return CHAT_ERR_NOMEM;
	}
	*id = c->member.id;
	c->member.address = a;
	chat_core_set_timer(core, c, CHAT_TIMER_HANDSHAKE);
	core->metrics.connections++;
	core->metrics.accepted++;
	return CHAT_OK;
}

void
chat_core_receive(struct chat_core *core, uint64_t id, char *p, size_t n)
{
	struct chat_conn *c = find(core, id);

	if (c != NULL)
		chat_conn_receive(core, c, p, n);
}

void
chat_core_end(struct chat_core *core, uint64_t id)
{
	struct chat_conn *c = find(core, id);

	if (c != NULL)
		chat_conn_end(core, c);
}

void
chat_core_gone(struct chat_core *core, uint64_t id)
{
	struct chat_conn *c = find(core, id);

	if (c != NULL)
		remove_conn(core, c);
}

void
chat_core_writable(struct chat_core *core, uint64_t id)
{
	struct chat_conn *c = find(core, id);

	if (c == NULL || !c->member.queue.blocked)
		return;
	c->member.queue.blocked = false;
	chat_queue_wake(&c->member.queue, &core->room.hub);
}

/*
 * Timers
 */

uint32_t
chat_core_duration(const struct chat_core *core, enum chat_timer_kind kind)
{
	const struct chat_limits *l = &core->room.limits;

	switch (kind) {
	case CHAT_TIMER_HANDSHAKE:
		return l->handshake_timeout;
	case CHAT_TIMER_PING:
		return l->ping_interval;
	case CHAT_TIMER_PONG:
		return l->pong_timeout;
	case CHAT_TIMER_DRAIN:
		return l->drain_timeout;
	case CHAT_TIMERS:
		break;
	}
	return CHAT_OFF;
}

void
chat_core_set_timer(
    struct chat_core *core, struct chat_conn *c, enum chat_timer_kind kind)
{
	uint32_t duration = chat_core_duration(core, kind);

	c->timer_kind = (unsigned char)kind;
	if (duration == CHAT_OFF)
		chat_link_remove(&c->timer.link);
	else
		chat_timer_set(
		    &core->timers[kind], &c->timer, core->now.mono + duration);
}

/* What is due may set another timer, which lies ahead: this comes to an end. */
static void
expire(struct chat_core *core)
{
	struct chat_timer *t;
	int i;

	for (i = 0; i < CHAT_TIMERS; i++)
		while ((t = chat_timer_first(
			    &core->timers[i], core->now.mono)) != NULL) {
			chat_link_remove(&t->link);
			chat_conn_expire(
			    core, CHAT_OBJECT(t, struct chat_conn, timer));
		}
}

int
chat_core_timeout(const struct chat_core *core, struct chat_time now)
{
	uint64_t due = chat_room_deadline(&core->room);
	int i;

	if (core->parting || !chat_link_is_alone(&core->held) ||
	    !chat_link_is_alone(&core->flushing) ||
	    !chat_link_is_alone(&core->room.hub.ready))
		return 0;
	for (i = 0; i < CHAT_TIMERS; i++)
		if (chat_timer_due(&core->timers[i]) < due)
			due = chat_timer_due(&core->timers[i]);
	if (due == UINT64_MAX)
		return -1;
	if (due <= now.mono)
		return 0;
	return due - now.mono > INT32_MAX ? INT32_MAX : (int)(due - now.mono);
}

/*
 * The turn
 */

/* What was held in the last turn goes on, until the turn is full; who was not
 * served then comes before who was, and is held again. */
static void
resume_held(struct chat_core *core)
{
	struct chat_link held;

	chat_link_init(&held);
	chat_link_splice(&held, &core->held);
	while (!chat_link_is_alone(&held) && chat_room_has_room(&core->room))
		chat_conn_resume(core,
		    CHAT_OBJECT(held.next, struct chat_input, link)->conn);
	chat_link_splice(&held, &core->held);
	chat_link_splice(&core->held, &held);
}

static void part(struct chat_core *core);

void
chat_core_begin(struct chat_core *core, struct chat_time now)
{
	core->now = now;
	chat_room_begin(&core->room, now);
	chat_addresses_expire(&core->addresses, now.mono);
	expire(core);
	if (core->parting)
		part(core);
	if (core->held_first)
		resume_held(core);
}

bool
chat_core_has_room(const struct chat_core *core)
{
	return chat_room_has_room(&core->room);
}

/* What is held and what is new come first by turns, lest the one that fills a
 * turn each time keeps out the other. */
void
chat_core_record(struct chat_core *core)
{
	if (!core->held_first)
		resume_held(core);
	core->held_first = !core->held_first;
	chat_room_record(&core->room);
}

static struct chat_conn *
conn_of(struct chat_link *queue)
{
	return CHAT_OBJECT(queue, struct chat_conn, member.queue.link);
}

/* Cuts the blocked readers that a ring has overrun, each time a quarter of it
 * is new, so that looking over them costs nothing per message. */
static void
sweep(struct chat_core *core)
{
	struct chat_hub *hub = &core->room.hub;
	struct chat_link *l, *next;

	if (hub->live.head - core->swept[0] < hub->live.size / 4 &&
	    hub->past.ring.head - core->swept[1] < hub->past.ring.size / 4)
		return;
	core->swept[0] = hub->live.head;
	core->swept[1] = hub->past.ring.head;
	for (l = hub->blocked.next; l != &hub->blocked; l = next) {
		next = l->next;
		if (chat_queue_is_overrun(&conn_of(l)->member.queue, hub))
			chat_queue_cut(&conn_of(l)->member.queue, hub);
	}
}

void
chat_core_apply(struct chat_core *core)
{
	chat_room_apply(&core->room);
	sweep(core);
	chat_link_splice(&core->flushing, &core->room.hub.ready);
}

uint64_t
chat_core_next(struct chat_core *core)
{
	struct chat_conn *c;

	if (chat_link_is_alone(&core->flushing))
		return 0;
	c = conn_of(core->flushing.next);
	chat_link_remove(&c->member.queue.link);
	return c->member.id;
}

size_t
chat_core_output(
    struct chat_core *core, uint64_t id, struct chat_str *pieces, size_t cap)
{
	struct chat_conn *c = find(core, id);
	size_t most = core->room.hub.live.size / 2, n, i;

	core->offered = 0;
	if (c == NULL)
		return 0;
	n = chat_queue_output(&c->member.queue, &core->room.hub, pieces, cap,
	    most > MIN_OUTPUT ? most : MIN_OUTPUT);
	for (i = 0; i < n; i++)
		core->offered += pieces[i].n;
	return n;
}

/* Where a queue belongs when it has been served. */
static void
file(struct chat_core *core, struct chat_queue *q, bool fell_short)
{
	struct chat_hub *hub = &core->room.hub;

	q->blocked = fell_short && !q->cut;
	if (q->blocked)
		chat_link_append(&hub->blocked, &q->link);
	else if (!chat_queue_is_empty(q, hub))
		chat_link_append(&hub->ready, &q->link);
	else if (q->live && !q->ending)
		chat_link_append(&hub->idle, &q->link);
	else
		chat_link_remove(&q->link);
}

void
chat_core_sent(struct chat_core *core, uint64_t id, size_t n)
{
	struct chat_conn *c = find(core, id);

	if (c == NULL)
		return;
	if (n > 0) {
		chat_queue_sent(&c->member.queue, &core->room.hub, n);
		core->metrics.sends++;
		core->metrics.bytes_out += n;
	}
	file(core, &c->member.queue, n < core->offered);
	chat_conn_sent(core, c, n);
}

unsigned
chat_core_wants(struct chat_core *core, uint64_t id)
{
	struct chat_conn *c = find(core, id);
	unsigned wants = 0;

	if (c == NULL)
		return 0;
	if (c->member.queue.cut && c->state != CHAT_CONN_DEAD) {
		core->metrics.lagged++;
		chat_conn_die(core, c);
	}
	if (c->state == CHAT_CONN_DEAD)
		return CHAT_WANTS_CLOSE;
	if (c->half_close)
		wants |= CHAT_WANTS_HALF_CLOSE;
	c->half_close = false;
	if (c->state == CHAT_CONN_DRAIN ||
	    (c->state != CHAT_CONN_CLOSING && !chat_conn_is_held(c)))
		wants |= CHAT_WANTS_READ;
	if (c->member.queue.blocked)
		wants |= CHAT_WANTS_WRITE;
	return wants;
}

/*
 * Parting
 */

uint32_t
chat_core_retry_after(struct chat_core *core)
{
	/* A step of xorshift (Marsaglia, 2003): no secret, only spread. */
	core->jitter ^= core->jitter << 13;
	core->jitter ^= core->jitter >> 7;
	core->jitter ^= core->jitter << 17;
	return RETRY_AFTER + (uint32_t)(core->jitter % RETRY_AFTER);
}

static void
drain_conn(struct chat_core *core, struct chat_conn *c)
{
	bool restart = core->close_code == 1012;

	if (c->state == CHAT_CONN_HTTP)
		chat_conn_part(core, c);
	if (c->state != CHAT_CONN_OPEN)
		return;
	chat_tell_bye(&core->room, &c->member,
	    restart ? CHAT_STR("restart") : CHAT_STR("shutdown"),
	    chat_core_retry_after(core));
	chat_conn_close(core, c, core->close_code,
	    restart ? CHAT_STR("restart") : CHAT_STR("shutdown"));
}

static void
part(struct chat_core *core)
{
	struct chat_conn *c;
	uint32_t slot = 0;

	core->parting = false;
	while ((c = chat_conns_next(&core->conns, &slot)) != NULL)
		drain_conn(core, c);
}

/* Done by the next turn: only that knows what time it is, and so when what
 * begins now has to be over. */
void
chat_core_drain(struct chat_core *core, int close_code)
{
	core->close_code = close_code;
	core->parting = true;
}

bool
chat_core_is_drained(const struct chat_core *core)
{
	return core->close_code != 0 && core->metrics.connections == 0;
}

/*
 * What the owner sees
 */

void
chat_core_log(
    struct chat_core *core, enum chat_level level, const char *format, ...)
{
	char line[512];
	va_list ap;

	if (core->on_log == NULL)
		return;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	core->on_log(core->user, level, line);
}

void
chat_core_count_turn(struct chat_core *core, uint64_t usec)
{
	chat_metrics_count_turn(&core->metrics, usec);
}

const struct chat_metrics *
chat_core_metrics(const struct chat_core *core)
{
	return &core->metrics;
}
