/* Tests of clients that mean no good: they are answered or cut, take no more
 * memory than a connection may have, and the others go on as if nothing were.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect.h"
#include "failing_alloc.h"
#include "random.h"

/* Bytes that one connection may cost: a full queue, a message under way, and
 * input that was read in one go and waits. */
#define MOST (262144 + 65536 + 32768)

#define ROUNDS 300

/* Turns that the honest may have to wait, each of which is bounded. */
#define FEW 2

static struct sim sim;
static struct failing_alloc heap;
static struct sim_client *alice, *bob;

/* Sends, unless too much waits to be delivered already. */
static bool
has_space(const struct sim_client *c)
{
	return c->id != 0 && !c->ended && c->out.n < 200000;
}

static void
repeat(struct sim_client *c, unsigned char first, const char *text, int n)
{
	while (n-- > 0 && has_space(c))
		sim_frame(c, first, text, strlen(text));
}

/*
 * Attacks: each is called in every round
 */

static void
endless_head(struct sim_client *c)
{
	if (c->received == 0 && has_space(c))
		sim_puts(c, "X: y\r\n");
}

static void
pipelined_requests(struct sim_client *c)
{
	while (has_space(c))
		sim_puts(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void
ping_flood(struct sim_client *c)
{
	repeat(c, 0x89, "", 1000);
}

static void
long_pings(struct sim_client *c)
{
	char data[126];

	memset(data, 'x', 125);
	data[125] = '\0';
	repeat(c, 0x89, data, 1000);
}

static void
pong_flood(struct sim_client *c)
{
	repeat(c, 0x8a, "", 1000);
}

static void
empty_fragments(struct sim_client *c)
{
	repeat(c, c->received == 0 ? 0x01 : 0x00, "", 1000);
}

/* One long message after the other, and none comes to its end. */
static void
half_a_message(struct sim_client *c)
{
	char part[16000];

	if (!has_space(c))
		return;
	memset(part, 'x', sizeof(part));
	sim_frame(c, c->mask == c->id ? 0x01 : 0x00, part, sizeof(part));
}

/* A frame that is announced and never comes, byte by byte. */
static void
trickle(struct sim_client *c)
{
	if (!has_space(c))
		return;
	if (c->mask == c->id) {
		sim_put(c, "\x81\xff\0\0\0\0\0\x01\0\0\0\0\0\0", 14);
		c->mask++;
	}
	sim_put(c, "x", 1);
}

static void
deep_json(struct sim_client *c)
{
	char text[60001];

	memset(text, '[', 60000);
	text[60000] = '\0';
	repeat(c, 0x81, text, 3);
}

static void
wide_json(struct sim_client *c)
{
	char text[60001];
	size_t n = 0;
	int i;

	if (!has_space(c))
		return;
	n += (size_t)sprintf(text + n, "{\"x\":{");
	for (i = 0; n < 59000; i++)
		n += (size_t)sprintf(text + n, "\"%d\":0,", i);
	sprintf(text + n, "\"type\":\"ping\"}}");
	repeat(c, 0x81, text, 3);
}

static void
huge_numbers(struct sim_client *c)
{
	char text[20001];

	memset(text, '9', 20000);
	text[20000] = '\0';
	memcpy(text, "{\"type\":\"history\",\"before\":", 27);
	text[19999] = '}';
	repeat(c, 0x81, text, 5);
}

static void
rubbish(struct sim_client *c)
{
	repeat(c, 0x81, "x", 1000);
}

static void
noise(struct sim_client *c)
{
	static struct random r;
	char bytes[512];

	random_fill(&r, bytes, sizeof(bytes));
	if (has_space(c))
		sim_put(c, bytes, sizeof(bytes));
}

static void
history_flood(struct sim_client *c)
{
	repeat(c, 0x81, "{\"type\":\"history\",\"limit\":100}", 100);
}

static void
users_flood(struct sim_client *c)
{
	repeat(c, 0x81, "{\"type\":\"users\"}", 100);
}

static void
typing_flood(struct sim_client *c)
{
	repeat(c, 0x81, "{\"type\":\"typing\",\"to\":\"alice\"}", 50);
	repeat(c, 0x81, "{\"type\":\"typing\",\"active\":false}", 50);
}

static void
retry_flood(struct sim_client *c)
{
	repeat(c, 0x81,
	    "{\"type\":\"message\",\"ref\":\"r\",\"to\":\"alice\","
	    "\"text\":\"same\"}",
	    100);
}

static void
other_content_flood(struct sim_client *c)
{
	repeat(
	    c, 0x81, "{\"type\":\"message\",\"ref\":\"r\",\"text\":\"a\"}", 50);
	repeat(
	    c, 0x81, "{\"type\":\"message\",\"ref\":\"r\",\"text\":\"b\"}", 50);
}

static void
message_flood(struct sim_client *c)
{
	repeat(c, 0x81, "{\"type\":\"message\",\"to\":\"eve\",\"text\":\"x\"}",
	    100);
}

static void
to_nobody(struct sim_client *c)
{
	repeat(c, 0x81,
	    "{\"type\":\"message\",\"to\":\"nobody\",\"text\":\"x\"}", 100);
}

/* Sends a Close, and then more. */
static void
after_the_close(struct sim_client *c)
{
	if (c->mask == c->id)
		sim_frame(c, 0x88, "", 0);
	message_flood(c);
}

static const struct attack {
	const char *name;
	void (*go)(struct sim_client *c);
	const char *target; /* NULL: speaks HTTP */
	bool reads;
} attacks[] = {
	{ "endless head", endless_head, NULL, true },
	{ "pipelined requests", pipelined_requests, NULL, false },
	{ "pipelined requests, read", pipelined_requests, NULL, true },
	{ "ping flood", ping_flood, "eve", false },
	{ "ping flood, read", ping_flood, "eve", true },
	{ "long pings", long_pings, "eve", false },
	{ "pong flood", pong_flood, "eve", false },
	{ "empty fragments", empty_fragments, "eve", false },
	{ "half a message", half_a_message, "eve", true },
	{ "trickle", trickle, "eve", true },
	{ "deep json", deep_json, "eve", false },
	{ "wide json", wide_json, "eve", true },
	{ "huge numbers", huge_numbers, "eve", false },
	{ "rubbish", rubbish, "eve", false },
	{ "rubbish, read", rubbish, "eve", true },
	{ "noise", noise, "eve", true },
	{ "noise instead of HTTP", noise, NULL, true },
	{ "history flood", history_flood, "eve", false },
	{ "history flood, read", history_flood, "eve", true },
	{ "users flood", users_flood, "eve", false },
	{ "typing flood", typing_flood, "eve", false },
	{ "retry flood", retry_flood, "eve", false },
	{ "other content flood", other_content_flood, "eve", false },
	{ "message flood", message_flood, "eve", false },
	{ "message flood, read", message_flood, "eve", true },
	{ "to nobody", to_nobody, "eve", false },
	{ "after the close", after_the_close, "eve", false },
};

/* Two who mind their own business: what one says, the other hears a few turns
 * later, private things too. */
static void
be_honest(void)
{
	static int round;
	const char *text;
	char want[32];
	int i;

	sim_skip(alice);
	sim_skip(bob);
	snprintf(want, sizeof(want), "'%d'", round++);
	sim_say(
	    alice, "{'type':'message','ref':%s,'to':'bob','text':'x'}", want);
	for (i = 0; i < FEW; i++)
		sim_turn(&sim);
	do
		assert_non_null(text = sim_next(alice));
	while (!sim_is(text, "type", "'ack'"));
	expect_member(text, "ref", want);
	do
		assert_non_null(text = sim_next(bob));
	while (!sim_is(text, "type", "'message'"));
	expect_member(text, "ref", want);
}

static struct sim_client *
begin_attack(const struct attack *a)
{
	struct sim_client *c = sim_connect(&sim, 1);

	assert_non_null(c);
	c->window = a->reads ? SIM_ALL : 0;
	if (a->target != NULL)
		sim_open(c, a->target);
	else
		sim_puts(c, "GET / HTTP/1.1\r\nHost: x\r\n");
	if (a->go == pipelined_requests)
		sim_puts(c, "\r\n");
	return c;
}

static void
attack_with(const struct attack *a)
{
	struct sim_client *c[3];
	size_t before = heap.bytes, most = before;
	int i, j;

	for (i = 0; i < 3; i++)
		c[i] = begin_attack(a);
	for (i = 0; i < ROUNDS; i++) {
		for (j = 0; j < 3; j++)
			a->go(c[j]);
		sim_turn(&sim);
		if (heap.bytes > most)
			most = heap.bytes;
		sim.now.mono += 20;
		if (i % 10 == 0)
			be_honest();
	}
	if (most - before > 3 * MOST)
		print_error("%s: %zu bytes\n", a->name, most - before);
	assert_true(most - before <= 3 * MOST);
	for (j = 0; j < 3; j++)
		sim_free(c[j]);
	sim_hush(&sim);
}

static void
attacks_cost_little_and_others_nothing(void **state)
{
	struct chat_config config = { .limits = { .join_rate = CHAT_OFF } };
	size_t i, before;

	(void)state;
	failing_alloc_init(&heap, 0);
	config.alloc = heap.alloc;
	assert_true(sim_init(&sim, &config));
	alice = sim_join(&sim, "alice");
	bob = sim_join(&sim, "bob");
	sim_join(&sim, "carol"); /* one with nothing to do */
	for (i = 0; i < 300; i++) {
		sim_say(alice, "{'type':'message','text':'%01000d'}", (int)i);
		sim.now.mono += 1000;
		sim_run(&sim);
	}
	sim_hush(&sim);
	before = heap.bytes;
	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		attack_with(&attacks[i]);
	assert_int_not_equal(alice->id, 0);
	assert_int_not_equal(bob->id, 0);
	sim_wait(&sim, 100000);
	assert_int_equal(chat_core_metrics(sim.core)->connections, 3);
	/* Memory that stays is that of the log, its index and the batches. */
	assert_true(heap.bytes < before + 2000000);
	sim_release(&sim);
	failing_alloc_check(&heap);
}

/* A client that comes and goes and comes leaves nothing there. */
static void
comings_and_goings_leave_nothing(void **state)
{
	struct chat_config config = { 0 };
	struct sim_client *c;
	size_t blocks = 0;
	char name[32];
	int i;

	(void)state;
	failing_alloc_init(&heap, 0);
	config.alloc = heap.alloc;
	assert_true(sim_init(&sim, &config));
	for (i = 0; i < 3000; i++) {
		if (i == 1)
			blocks = heap.blocks;
		snprintf(name, sizeof(name), "u%d", i);
		c = sim_connect(&sim, 1 + (unsigned)i % 250);
		if (c == NULL)
			continue;
		switch (i % 4) {
		case 0:
			sim_puts(c, "GET / HT");
			break;
		case 1:
			sim_open(c, name);
			break;
		case 2:
			sim_open(c, name);
			sim_frame(c, 0x01, "half", 4);
			break;
		case 3:
			sim_open(c, "..");
			break;
		}
		sim_wait(&sim, 50);
		sim_free(c);
	}
	/* Addresses, too, are forgotten: a few in each turn. */
	for (i = 0; i < 20; i++) {
		sim_wait(&sim, 1000);
		sim_turn(&sim);
	}
	assert_true(heap.blocks <= blocks + 3);
	assert_int_equal(chat_core_metrics(sim.core)->users, 0);
	sim_release(&sim);
	failing_alloc_check(&heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attacks_cost_little_and_others_nothing),
		cmocka_unit_test(comings_and_goings_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
