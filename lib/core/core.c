/* The store is made first, since the past ring begins where it does; the room
 * takes it over, and is made last, so that only what is before it has to be
 * undone. */
#include "core.h"

#include <string.h>

#include "admit.h"
#include "conn.h"
#include "conns.h"
#include "input.h"
#include "timers.h"

/*
 * Birth, configuration, death
 */

/* What goes into frames is UTF-8. */
static bool
is_server(struct chat_str s)
{
	struct chat_utf8 u = { 0 };

	return s.n <= CHAT_MAX_SERVER &&
	    chat_utf8_feed(&u, s.p, s.n) == CHAT_OK &&
	    chat_utf8_is_complete(&u);
}

int
chat_core_check_strings(const struct chat_config *config)
{
	if (config->server != NULL && !is_server(chat_str(config->server)))
		return CHAT_ERR_ARGUMENT;
	return chat_gate_is_sound(config) ? CHAT_OK : CHAT_ERR_ARGUMENT;
}

static struct chat_conn *
find(const struct chat_core *core, uint64_t id)
{
	return chat_conns_find(&core->conns, id);
}

static struct chat_member *
find_member(void *owner, uint64_t id)
{
	struct chat_conn *c = find(owner, id);

	return c == NULL ? NULL : &c->member;
}

/* Takes ownership of the store, even on failure.  The hub stays the caller's to
 * release. */
static int
init_room(struct chat_core *core, struct chat_store *store,
    const unsigned char *seed, struct chat_time now)
{
	struct chat_room_config config = {
		.alloc = &core->alloc,
		.limits = &core->limits,
		.metrics = &core->metrics,
		.hub = &core->hub,
		.budget = &core->budget,
		.server = chat_str(core->server),
		.store = store,
		.seed = seed,
		.now = now,
		.find = find_member,
		.owner = core,
	};

	if (chat_hub_init(&core->hub, &core->alloc, core->limits.live_size,
		core->limits.past_size, store->log.replay_from) < 0) {
		store->type->free(store);
		return CHAT_ERR_NOMEM;
	}
	core->budget.size = chat_hub_turn_size(&core->hub);
	return chat_room_init(&core->room, &config);
}

/* Derives three numbers from the seed.  Clients see much of what comes of the
 * first, the jitter.  As all three are output of a keyed hash, that tells them
 * nothing about the other two, which key a table, nor about the seed. */
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

/* Makes everything that comes before the store; release_parts() undoes it, also
 * when this has failed half way. */
static int
init_parts(struct chat_core *core, const struct chat_config *config,
    const unsigned char *seed)
{
	const char *server = config->server;
	uint64_t numbers[3];

	core->limits = config->limits;
	if (chat_core_check_strings(config) < 0 ||
	    chat_limits_complete(&core->limits, NULL) < 0)
		return CHAT_ERR_ARGUMENT;
	derive(numbers, seed);
	core->jitter = numbers[0];
	if (chat_gate_set(&core->gate, &core->alloc, config) < 0)
		return CHAT_ERR_NOMEM;
	core->server = chat_alloc_string(
	    &core->alloc, server != NULL ? server : "chatcore " CHAT_VERSION);
	if (core->server == NULL)
		return CHAT_ERR_NOMEM;
	return chat_addresses_init(&core->addresses, &core->alloc, numbers + 1);
}

static void
release_parts(struct chat_core *core)
{
	chat_addresses_release(&core->addresses);
	chat_gate_release(&core->gate, &core->alloc);
	chat_alloc_free(&core->alloc, core->server);
}

/* Takes ownership of the store, even on failure. */
static int
init(struct chat_core *core, const struct chat_config *config,
    const unsigned char *seed, struct chat_time now)
{
	struct chat_store *store = config->store;

	if (init_parts(core, config, seed) == CHAT_OK) {
		if (store == NULL)
			store = chat_store_memory_new(&core->alloc, seed);
		if (store != NULL &&
		    init_room(core, store, seed, now) == CHAT_OK)
			return CHAT_OK;
		/* Made or not: all zero is released, too. */
		chat_hub_release(&core->hub);
	} else if (store != NULL) {
		store->type->free(store);
	}
	release_parts(core);
	return CHAT_ERR_NOMEM;
}

struct chat_core *
chat_core_new(const struct chat_config *config,
    const unsigned char seed[CHAT_SEED], struct chat_time now)
{
	struct chat_alloc alloc = config->alloc;
	struct chat_core *core = chat_alloc_new(&alloc, sizeof(*core));

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
	chat_link_init(&core->held);
	chat_link_init(&core->paced);
	chat_link_init(&core->flushing);
	chat_link_init(&core->bodies);
	chat_timers_init(core);
	chat_conns_init(&core->conns, &core->alloc);
	if (init(core, config, seed, now) == CHAT_OK)
		return core;
	chat_alloc_free(&alloc, core);
	return NULL;
}

int
chat_core_configure(struct chat_core *core, const struct chat_config *config)
{
	struct chat_limits limits = config->limits;
	int err;

	/* The rings stay as they are, so the other limits have to fit these,
	 * and not the ones that were asked for. */
	limits.live_size = (uint32_t)core->hub.live.size;
	limits.past_size = (uint32_t)core->hub.past.ring.size;
	err = chat_core_check_strings(config);
	if (err == CHAT_OK)
		err = chat_limits_complete(&limits, NULL);
	if (err == CHAT_OK)
		err = chat_room_reserve_for(&core->room, &limits);
	if (err == CHAT_OK)
		err = chat_gate_set(&core->gate, &core->alloc, config);
	if (err < 0)
		return err;
	/* Nothing can fail from here on. */
	core->limits = limits;
	chat_room_configure(&core->room);
	chat_timers_reset(core);
	return CHAT_OK;
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

void
chat_core_free(struct chat_core *core)
{
	struct chat_alloc alloc;
	struct chat_conn *c;
	uint32_t slot = 0;

	if (core == NULL)
		return;
	/* The hook is inside the memory that it frees last. */
	alloc = core->alloc;
	while ((c = chat_conns_next(&core->conns, &slot)) != NULL)
		remove_conn(core, c);
	chat_room_release(&core->room);
	chat_hub_release(&core->hub);
	chat_conns_release(&core->conns);
	release_parts(core);
	chat_alloc_free(&alloc, core);
}

/*
 * Coming and going
 */

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

bool
chat_core_next_tag(const struct chat_core *core, uint32_t *slot, int *tag)
{
	const struct chat_conn *c = chat_conns_next(&core->conns, slot);

	if (c != NULL)
		*tag = c->tag;
	return c != NULL;
}

int
chat_core_accept(
    struct chat_core *core, const struct chat_peer *peer, uint64_t *id)
{
	struct chat_address *a = NULL;
	struct chat_conn *c;

	/* First, as the next question is how many connections it has. */
	if (!peer->exempt &&
	    (a = chat_addresses_open(&core->addresses, peer)) == NULL)
		return CHAT_ERR_NOMEM;
	if (chat_admit_is_overcrowded(core, a)) {
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
	chat_timers_set(core, c, CHAT_TIMER_HANDSHAKE);
	core->metrics.connections++;
	core->metrics.accepted++;
	return CHAT_OK;
}

void
chat_core_receive(struct chat_core *core, uint64_t id, char *p, size_t n)
{
	struct chat_conn *c = find(core, id);

	if (c != NULL)
		chat_input_take(core, c, p, n);
}

void
chat_core_end(struct chat_core *core, uint64_t id)
{
	struct chat_conn *c = find(core, id);

	if (c != NULL)
		chat_input_end(core, c);
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

	if (c != NULL && c->member.queue.blocked)
		chat_queue_unblock(&c->member.queue, &core->hub);
}

const struct chat_metrics *
chat_core_metrics(const struct chat_core *core)
{
	return &core->metrics;
}
