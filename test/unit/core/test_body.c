/* Tests of bodies that come from a source: their pieces, their order, and how
 * they end if the source fails. */
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

#define PIECE 65536

/* A source whose byte at i is i modulo 251, plus the first of its path. */
struct source {
	struct chat_source source;
	uint64_t at, end; /* where it fails */
	size_t most;      /* that it gives at a time */
	char first;
};

static struct sim sim;
static int open_sources, reads;
static uint64_t bytes_read;

static char
byte_at(char first, uint64_t i)
{
	return (char)(first + (char)(i % 251));
}

static long
read_source(struct chat_source *source, char *p, size_t n)
{
	struct source *s = (struct source *)source;
	size_t i;

	reads++;
	assert_true(n > 0 && n <= PIECE);
	assert_true(s->at + n <= source->length);
	if (n > s->most)
		n = s->most;
	if (n > s->end - s->at)
		n = (size_t)(s->end - s->at);
	for (i = 0; i < n; i++)
		p[i] = byte_at(s->first, s->at++);
	bytes_read += n;
	return (long)n;
}

static void
free_source(struct chat_source *source)
{
	open_sources--;
	free(source);
}

/* /aLENGTH, /aLENGTH,END, /aLENGTH,END,MOST */
static void
answer(void *user, const struct chat_http_request *r,
    struct chat_response *response)
{
	struct source *s = calloc(1, sizeof(*s));
	unsigned long length = 0, end, most = SIZE_MAX;
	char path[64];

	(void)user;
	assert_non_null(s);
	snprintf(path, sizeof(path), "%.*s", (int)r->path.n, r->path.p);
	sscanf(path + 2, "%lu", &length);
	end = length;
	sscanf(path + 2, "%*u,%lu,%lu", &end, &most);
	s->source.read = read_source;
	s->source.free = free_source;
	s->source.length = length;
	s->end = end;
	s->most = most;
	s->first = path[1];
	open_sources++;
	response->status = 200;
	response->type = "text/plain";
	response->source = &s->source;
}

static void
begin(const struct chat_alloc *a, uint32_t max_queue)
{
	struct chat_config config = { .on_request = answer,
		.limits.max_queue = max_queue };

	if (max_queue > 0)
		config.limits.max_message = 1024;
	if (a != NULL)
		config.alloc = *a;
	open_sources = reads = 0;
	bytes_read = 0;
	assert_true(sim_init(&sim, &config));
}

static int
set_up(void **state)
{
	(void)state;
	begin(NULL, 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	sim_release(&sim);
	assert_int_equal(open_sources, 0);
	return 0;
}

static void
ask(struct sim_client *c, const char *line)
{
	sim_puts(c, line);
	sim_puts(c, " HTTP/1.1\r\nHost: sim\r\n\r\n");
}

static bool
is_right(const char *p, size_t n, char first)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != byte_at(first, i))
			return false;
	return true;
}

static void
expect_whole(struct sim_client *c, char first, size_t length)
{
	struct sim_response r;

	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 200);
	assert_int_equal(r.body.n, length);
	assert_true(is_right(r.body.p, length, first));
}

static void
lengths_do_not_matter(void **state)
{
	static const size_t lengths[] = { 0, 1, PIECE - 1, PIECE, PIECE + 1,
		2 * PIECE, 5000000 };
	struct sim_client *c = sim_connect(&sim, 1);
	char line[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		snprintf(line, sizeof(line), "GET /x%zu", lengths[i]);
		ask(c, line);
		sim_run(&sim);
		expect_whole(c, 'x', lengths[i]);
		assert_int_equal(open_sources, 0);
	}
	assert_int_not_equal(c->id, 0);
}

static void
short_reads_are_enough(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);

	(void)state;
	ask(c, "GET /x3000,3000,7");
	sim_run(&sim);
	expect_whole(c, 'x', 3000);
}

/* One piece waits for the socket, and the bytes of it in the queue are bounded
 * as all others are. */
static void
it_is_read_as_the_socket_takes_it(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);

	(void)state;
	c->window = 0;
	ask(c, "GET /x1000000");
	sim_run(&sim);
	assert_int_equal(reads, 1);
	assert_true(bytes_read == PIECE);
	c->window = 1000;
	sim_turn(&sim);
	sim_turn(&sim);
	assert_int_equal(reads, 1);
	c->window = SIM_ALL;
	sim_run(&sim);
	expect_whole(c, 'x', 1000000);
	sim_release(&sim);
	begin(NULL, 4096);
	c = sim_connect(&sim, 0);
	c->window = 0;
	ask(c, "GET /x1000000");
	sim_run(&sim);
	assert_true(bytes_read == 2048);
}

/* Each answer comes in its turn; requests that come meanwhile wait unread. */
static void
answers_come_in_order(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);
	struct sim_response r;

	(void)state;
	c->window = 5000;
	ask(c, "GET /a100000");
	ask(c, "HEAD /b70000");
	ask(c, "GET /c300");
	ask(c, "GET /d200000");
	ask(c, "GET /healthz");
	sim_turn(&sim);
	assert_int_equal(open_sources, 1);
	sim_run(&sim);
	expect_whole(c, 'a', 100000);
	assert_true(sim_response(c, &r, true));
	assert_true(
	    chat_str_is(sim_field(&r, "Content-Length"), CHAT_STR("70000")));
	expect_whole(c, 'c', 300);
	expect_whole(c, 'd', 200000);
	assert_true(sim_response(c, &r, false));
	assert_true(chat_str_is(r.body, CHAT_STR("ok\n")));
}

static void
a_head_reads_nothing(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);
	struct sim_response r;

	(void)state;
	ask(c, "HEAD /x10000000000,0");
	sim_run(&sim);
	assert_true(sim_response(c, &r, true));
	assert_int_equal(r.status, 200);
	assert_true(chat_str_is(
	    sim_field(&r, "Content-Length"), CHAT_STR("10000000000")));
	assert_int_equal(reads, 0);
	assert_int_equal(open_sources, 0);
}

/* As long as nothing was sent, the answer can be that there is no body. */
static void
what_cannot_begin_is_503(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);
	struct sim_response r;

	(void)state;
	ask(c, "GET /x100000,0");
	ask(c, "GET /y10");
	sim_run(&sim);
	assert_true(sim_response(c, &r, false));
	assert_int_equal(r.status, 503);
	expect_whole(c, 'y', 10);
}

/* Later, only the end of the connection can tell. */
static void
what_breaks_off_ends_the_connection(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);
	struct sim_response r;

	(void)state;
	c->window = 30000;
	ask(c, "GET /x300000,150000");
	ask(c, "GET /y10");
	sim_run(&sim);
	assert_false(sim_response(c, &r, false));
	assert_true(c->in.n > 150000 && c->in.n < 150000 + 1000);
	assert_true(is_right(c->in.p + c->in.n - 150000, 150000, 'x'));
	assert_true(c->eof);
	assert_int_equal(c->id, 0);
	assert_int_equal(open_sources, 0);
}

static void
the_last_answer_is_whole(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);

	(void)state;
	c->window = 10000;
	sim_puts(c,
	    "GET /x300000 HTTP/1.1\r\nHost: sim\r\nConnection: close\r\n\r\n");
	sim_run(&sim);
	expect_whole(c, 'x', 300000);
	assert_int_equal(c->id, 0);
	/* Whoever asks and then says no more still listens. */
	c = sim_connect(&sim, 0);
	c->window = 10000;
	ask(c, "GET /a100000");
	ask(c, "GET /b200000");
	sim_end(c);
	sim_run(&sim);
	expect_whole(c, 'a', 100000);
	expect_whole(c, 'b', 200000);
	assert_int_equal(c->id, 0);
}

static void
a_drain_waits_for_it(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0), *slow;

	(void)state;
	slow = sim_connect(&sim, 0);
	slow->window = c->window = 10000;
	ask(c, "GET /x300000");
	ask(slow, "GET /y300000");
	sim_turn(&sim);
	slow->window = 0;
	chat_core_drain(sim.core, 1001);
	sim_run(&sim);
	expect_whole(c, 'x', 300000);
	assert_int_equal(c->id, 0);
	assert_int_not_equal(slow->id, 0);
	sim_wait(&sim, 6000);
	assert_int_equal(slow->id, 0);
	assert_true(chat_core_is_drained(sim.core));
}

static void
slow_readers_are_waited_for_and_dead_ones_not(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);
	int i;

	(void)state;
	c->window = 0;
	ask(c, "GET /x200000");
	ask(c, "GET /y5");
	for (i = 0; i < 20; i++) {
		sim_wait(&sim, 9000);
		c->window = 1;
		chat_core_writable(sim.core, c->id);
		sim_turn(&sim);
		c->window = 0;
	}
	assert_int_not_equal(c->id, 0);
	assert_int_equal(open_sources, 1);
	sim_wait(&sim, 11000);
	assert_int_equal(c->id, 0);
	assert_int_equal(open_sources, 0);
}

static void
a_torn_connection_frees_it(void **state)
{
	struct sim_client *c = sim_connect(&sim, 0);

	(void)state;
	c->window = 100;
	ask(c, "GET /x200000");
	sim_turn(&sim);
	assert_int_equal(open_sources, 1);
	sim_free(c);
	assert_int_equal(open_sources, 0);
	c = sim_connect(&sim, 0); /* the next one is released with the room */
	c->window = 100;
	ask(c, "GET /x200000");
	sim_turn(&sim);
}

/* Downloads get what a turn can spare, or one piece if it can spare nothing. */
static void
downloads_are_part_of_the_turn(void **state)
{
	enum { DOWNLOADS = 40 };
	struct sim_client *cs[DOWNLOADS];
	uint64_t before, most = 0;
	int i, turns;

	(void)state;
	for (i = 0; i < DOWNLOADS; i++) {
		cs[i] = sim_connect(&sim, 0);
		ask(cs[i], "GET /x1000000");
	}
	for (turns = 0; chat_core_timeout(sim.core, sim.now) == 0 || turns < 3;
	     turns++) {
		before = bytes_read;
		sim_turn(&sim);
		if (bytes_read - before > most)
			most = bytes_read - before;
	}
	/* A quarter of the smaller ring, which is 1M by default, and what the
	 * last one spends beyond it. */
	assert_true(most <= (1 << 18) + PIECE);
	for (i = 0; i < DOWNLOADS; i++)
		expect_whole(cs[i], 'x', 1000000);
}

/* Others are heard and told in each turn, whatever is downloaded. */
static void
downloads_keep_nobody_waiting(void **state)
{
	enum { DOWNLOADS = 40 };
	struct sim_client *a = sim_join(&sim, "alice");
	size_t turns;
	int i;

	(void)state;
	sim_hush(&sim);
	for (i = 0; i < DOWNLOADS; i++)
		ask(sim_connect(&sim, 0), "GET /x1000000");
	while (open_sources < DOWNLOADS)
		sim_turn(&sim);
	for (i = 0; i < 20; i++) {
		turns = sim.turns;
		sim_say(a, "{'type':'ping','ref':'%d'}", i);
		while (sim_next(a) == NULL)
			sim_turn(&sim);
		assert_int_equal(sim.turns, turns + 1);
	}
	assert_true(open_sources > 0);
}

/* Lengths, windows, failures, ends, all drawn. */
static void
play(struct random *random, struct failing_alloc *heap)
{
	enum { CLIENTS = 6, ANSWERS = 8 };
	struct sim_client *c;
	struct sim_response r;
	uint64_t length[ANSWERS], end[ANSWERS];
	char line[64];
	size_t i, n;

	begin(&heap->alloc, random_below(random, 2) == 0 ? 4096 : 0);
	heap->fail = 0;
	if (random_below(random, 2) == 0)
		heap->fail = heap->calls + 1 + random_below(random, 60);
	while ((c = sim_connect(&sim, 0)) != NULL &&
	    random_below(random, CLIENTS) > 0) {
		c->window = 1 + random_below(random, 100000);
		c->step = 1 + random_below(random, 1000);
		n = random_below(random, ANSWERS);
		for (i = 0; i < n; i++) {
			length[i] = random_below(random, 200000);
			end[i] = random_below(random, 4) > 0
			    ? length[i]
			    : random_below(random, length[i] + 1);
			snprintf(line, sizeof(line), "GET /%c%lu,%lu,%u",
			    (char)('a' + i), (unsigned long)length[i],
			    (unsigned long)end[i],
			    (unsigned)(1 + random_below(random, 70000)));
			ask(c, line);
		}
		if (random_below(random, 2) == 0)
			sim_end(c);
		if (random_below(random, 20) == 0)
			chat_core_drain(sim.core, 1001);
		sim_run(&sim);
		for (i = 0; i < n && sim_response(c, &r, false); i++) {
			if (r.status != 200)
				continue;
			assert_int_equal(r.body.n, length[i]);
			assert_int_equal(end[i], length[i]);
			assert_true(
			    is_right(r.body.p, r.body.n, (char)('a' + i)));
		}
		/* A client that has not got everything was told so by the end.
		 */
		if (i < n)
			assert_int_equal(c->id, 0);
	}
	sim_release(&sim);
	assert_int_equal(open_sources, 0);
	failing_alloc_check(heap);
}

static void
whatever_happens_no_length_is_a_lie(void **state)
{
	struct failing_alloc heap;
	struct random random;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 200; seed++) {
		random.state = seed;
		failing_alloc_init(&heap, 0);
		play(&random, &heap);
	}
	begin(NULL, 0);
}

#define BODY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BODY(lengths_do_not_matter),
		BODY(short_reads_are_enough),
		BODY(it_is_read_as_the_socket_takes_it),
		BODY(answers_come_in_order),
		BODY(a_head_reads_nothing),
		BODY(what_cannot_begin_is_503),
		BODY(what_breaks_off_ends_the_connection),
		BODY(the_last_answer_is_whole),
		BODY(a_drain_waits_for_it),
		BODY(slow_readers_are_waited_for_and_dead_ones_not),
		BODY(a_torn_connection_frees_it),
		BODY(downloads_are_part_of_the_turn),
		BODY(downloads_keep_nobody_waiting),
		cmocka_unit_test_teardown(
		    whatever_happens_no_length_is_a_lie, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
