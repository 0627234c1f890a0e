/* Tests of past: the newest entries of a log, against all entries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "failing_alloc.h"
#include "ring/past.h"
#include "random.h"

enum { RING = 16384, MAX_FRAME = 400, ENTRIES = 8000 };

/* The log as a list: all entries there ever were, by ordinal.  Frame o is a
 * run of bytes that only o has. */
static struct entry {
	uint64_t seq;
	uint64_t user[2];
	size_t size;
	bool private;
} entries[ENTRIES];

static struct chat_str
frame(uint64_t ordinal)
{
	static char bytes[MAX_FRAME];
	struct random r = { ordinal };

	random_fill(&r, bytes, entries[ordinal].size);
	return (struct chat_str){ bytes, entries[ordinal].size };
}

/* Appends an entry: public, or private to two users. */
static void
past_append(struct chat_past *p, uint64_t seq, struct chat_str frame,
    const uint64_t *user)
{
	struct chat_past_entry e = { .seq = seq, .messages = 1 };

	if (user != NULL) {
		e.messages = 0;
		e.kind = CHAT_PAST_PRIVATE;
		memcpy(e.user, user, sizeof(e.user));
	}
	chat_past_append(p, &e, frame);
}

static void
append(struct chat_past *p, uint64_t ordinal)
{
	const struct entry *e = &entries[ordinal];

	past_append(p, e->seq, frame(ordinal), e->private ? e->user : NULL);
}

/* Makes up an entry: of frames up to most bytes, a number after last. */
static void
make_up(struct random *r, uint64_t ordinal, size_t most)
{
	struct entry *e = &entries[ordinal];

	e->seq = (ordinal > 0 ? entries[ordinal - 1].seq : 0) + 1;
	if (random_below(r, 4) == 0)
		e->seq += random_below(r, 10);
	e->size = 1 + random_below(r, most);
	e->private = random_below(r, 3) == 0;
	e->user[0] = random_below(r, 4);
	e->user[1] = random_below(r, 4);
}

static void
check_entry(const struct chat_past *p, uint64_t ordinal)
{
	const struct chat_past_entry *e = chat_past_entry(p, ordinal);
	const struct entry *should = &entries[ordinal];
	struct chat_str bytes = frame(ordinal), s;
	uint64_t at = e->at, end = e->at + e->size;

	assert_int_equal(e->seq, should->seq);
	assert_int_equal(e->size, should->size);
	assert_int_equal(
	    e->kind, should->private ? CHAT_PAST_PRIVATE : CHAT_PAST_PUBLIC);
	if (should->private)
		assert_memory_equal(e->user, should->user, sizeof(e->user));
	while (at < end) {
		s = chat_ring_read(&p->ring, at, end);
		assert_memory_equal(s.p, bytes.p + (at - e->at), s.n);
		at += s.n;
	}
}

/* The first ordinal of the n before end that fit the ring, of at most most. */
static uint64_t
first_held(uint64_t end, uint64_t most)
{
	uint64_t first = end;
	size_t size = 0;

	while (first > 0 && end - first < most &&
	    size + entries[first - 1].size <= RING)
		size += entries[--first].size;
	return first;
}

static uint64_t
find(const struct chat_past *p, uint64_t seq)
{
	uint64_t o = p->first;

	while (o < p->end && entries[o].seq < seq)
		o++;
	return o;
}

static uint64_t
last(const struct chat_past *p, uint64_t n)
{
	uint64_t o = p->end;

	while (n > 0 && o > p->first)
		n -= !entries[--o].private;
	return o;
}

static void
check(const struct chat_past *p, struct random *r)
{
	uint64_t seq, n;

	seq = entries[p->end - 1].seq;
	seq = random_below(r, 2) == 0 ? random_below(r, seq + 5)
				      : seq - random_below(r, 300) % seq;
	assert_int_equal(chat_past_find(p, seq), find(p, seq));
	n = random_below(r, 500);
	assert_int_equal(chat_past_last(p, n), last(p, n));
	check_entry(p, p->first + random_below(r, p->end - p->first));
	check_entry(p, p->first);
	check_entry(p, p->end - 1);
}

/* Everything that fits is held, and so is every seq from the horizon on. */
static void
newest_that_fit_are_held(void **state)
{
	static const size_t sizes[] = { 4, 30, MAX_FRAME };
	struct failing_alloc heap;
	struct random r = { 1 };
	struct chat_past p;
	uint64_t o, first;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		failing_alloc_init(&heap, 0);
		assert_int_equal(
		    chat_past_init(&p, &heap.alloc, RING, 0), CHAT_OK);
		for (o = 0; o < ENTRIES; o++) {
			make_up(&r, o, sizes[i]);
			append(&p, o);
			assert_int_equal(p.end, o + 1);
			if (o % 7 == 0) {
				first = first_held(o + 1, ENTRIES);
				assert_int_equal(p.first, first);
				assert_int_equal(p.horizon,
				    first == 0 ? 0
					       : entries[first - 1].seq + 1);
			}
			check(&p, &r);
		}
		for (o = p.first; o < p.end; o++)
			check_entry(&p, o);
		chat_past_release(&p);
		failing_alloc_check(&heap);
	}
}

/* If the index never grows, it holds as many entries as it has places, and all
 * else is as ever. */
static void
short_index_holds_fewer(void **state)
{
	struct failing_alloc heap;
	struct random r = { 2 };
	struct chat_past p;
	uint64_t o, cap;

	(void)state;
	failing_alloc_init(&heap, 3);
	heap.all = true;
	assert_int_equal(chat_past_init(&p, &heap.alloc, RING, 0), CHAT_OK);
	cap = p.cap;
	for (o = 0; o < ENTRIES; o++) {
		make_up(&r, o, o < 4000 ? 4 : MAX_FRAME);
		append(&p, o);
		assert_int_equal(p.first, first_held(o + 1, cap));
		assert_int_equal(
		    p.horizon, p.first == 0 ? 0 : entries[p.first - 1].seq + 1);
		check(&p, &r);
	}
	assert_true(heap.failed);
	chat_past_release(&p);
	failing_alloc_check(&heap);
}

/* If it cannot grow now and then, the oldest entries are lost, and nothing is
 * mixed up. */
static void
index_that_grows_late_is_right(void **state)
{
	struct failing_alloc heap;
	struct random r = { 3 };
	struct chat_past p;
	uint64_t o;

	(void)state;
	failing_alloc_init(&heap, 3);
	heap.all = true;
	assert_int_equal(chat_past_init(&p, &heap.alloc, RING, 0), CHAT_OK);
	for (o = 0; o < ENTRIES; o++) {
		if (o % 700 == 0)
			heap.fail = o % 1400 == 0 ? 1 : 0;
		make_up(&r, o, 4);
		append(&p, o);
		check(&p, &r);
	}
	assert_true(heap.failed);
	assert_true(p.end - p.first > 1024);
	for (o = p.first; o < p.end; o++)
		check_entry(&p, o);
	chat_past_release(&p);
	failing_alloc_check(&heap);
}

static void
begins_at_its_horizon(void **state)
{
	struct chat_past p;

	(void)state;
	assert_int_equal(chat_past_init(&p, NULL, RING, 1000), CHAT_OK);
	assert_int_equal(p.horizon, 1000);
	assert_int_equal(chat_past_find(&p, 0), p.end);
	assert_int_equal(chat_past_find(&p, 2000), p.end);
	assert_int_equal(chat_past_last(&p, 0), p.end);
	assert_int_equal(chat_past_last(&p, 10), p.end);
	past_append(&p, 1005, CHAT_STR("x"), NULL);
	assert_int_equal(p.horizon, 1000);
	assert_int_equal(chat_past_find(&p, 1000), p.first);
	assert_int_equal(chat_past_find(&p, 1005), p.first);
	assert_int_equal(chat_past_find(&p, 1006), p.end);
	chat_past_release(&p);
}

/* A frame as large as the ring is all there is. */
static void
largest_frame_fits(void **state)
{
	static char large[RING];
	struct chat_past p;
	int i;

	(void)state;
	assert_int_equal(chat_past_init(&p, NULL, RING, 0), CHAT_OK);
	for (i = 1; i <= 3; i++) {
		memset(large, 'a' + i, sizeof(large));
		past_append(&p, (uint64_t)i * 10, CHAT_STR("x"), NULL);
		past_append(&p, (uint64_t)i * 10 + 1,
		    (struct chat_str){ large, sizeof(large) }, NULL);
		assert_int_equal(p.end - p.first, 1);
		assert_int_equal(chat_past_entry(&p, p.first)->seq, i * 10 + 1);
		assert_int_equal(p.horizon, i * 10 + 1);
	}
	chat_past_release(&p);
}

static void
last_counts_public_ones(void **state)
{
	static const uint64_t user[2] = { 1, 2 };
	struct chat_past p;
	uint64_t seq;

	(void)state;
	assert_int_equal(chat_past_init(&p, NULL, RING, 0), CHAT_OK);
	for (seq = 0; seq < 12; seq++)
		past_append(
		    &p, seq + 1, CHAT_STR("x"), seq % 3 == 1 ? NULL : user);
	/* Public are the ordinals 1, 4, 7, 10. */
	assert_int_equal(chat_past_last(&p, 0), 12);
	assert_int_equal(chat_past_last(&p, 1), 10);
	assert_int_equal(chat_past_last(&p, 2), 7);
	assert_int_equal(chat_past_last(&p, 4), 1);
	assert_int_equal(chat_past_last(&p, 5), 0);
	assert_int_equal(chat_past_last(&p, UINT64_MAX), 0);
	chat_past_release(&p);
}

/* Private entries are shown to their two users, in sessions that had begun. */
static void
private_entries_are_for_two(void **state)
{
	static const uint64_t user[2] = { 7, 9 };
	struct chat_past p;
	const struct chat_past_entry *e;
	struct chat_viewer v;

	(void)state;
	assert_int_equal(chat_past_init(&p, NULL, RING, 0), CHAT_OK);
	past_append(&p, 100, CHAT_STR("x"), user);
	past_append(&p, 101, CHAT_STR("x"), NULL);
	for (v.user = 6; v.user < 11; v.user++)
		for (v.joined = 98; v.joined < 102; v.joined++) {
			e = chat_past_entry(&p, 0);
			assert_int_equal(chat_past_shows(e, &v),
			    (v.user == 7 || v.user == 9) && v.joined < 100);
			e = chat_past_entry(&p, 1);
			assert_true(chat_past_shows(e, &v));
		}
	chat_past_release(&p);
}

/*
 * What a log has lost
 */

static void
lose(struct chat_past *p, enum chat_past_kind kind, uint64_t skip, uint64_t seq)
{
	struct chat_past_entry e = { .seq = seq, .kind = kind };

	e.skip = skip;
	chat_past_append(p, &e, CHAT_STR(""));
}

static const struct chat_viewer anybody = { 1, 0 };

static void
entries_that_are_lost_are_missed_from_before(void **state)
{
	struct chat_past p;
	uint64_t after;

	(void)state;
	assert_int_equal(chat_past_init(&p, NULL, RING, 1), CHAT_OK);
	past_append(&p, 1, CHAT_STR("x"), NULL);
	lose(&p, CHAT_PAST_LOST, 2, 4);
	past_append(&p, 5, CHAT_STR("x"), NULL);
	for (after = 0; after < 8; after++)
		assert_int_equal(
		    chat_past_misses(&p, &anybody, after), after < 4);
	assert_false(chat_past_shows(chat_past_entry(&p, 1), &anybody));
	assert_int_equal(chat_past_last(&p, 2), 0);
	chat_past_release(&p);
}

/* Only a viewer that was told a number that the log has lost misses something.
 */
static void
numbers_that_are_skipped_are_missed_from_within(void **state)
{
	struct chat_past p;
	uint64_t after;

	(void)state;
	assert_int_equal(chat_past_init(&p, NULL, RING, 1), CHAT_OK);
	past_append(&p, 1, CHAT_STR("x"), NULL);
	lose(&p, CHAT_PAST_SKIPPED, 2, 100);
	past_append(&p, 101, CHAT_STR("x"), NULL);
	for (after = 0; after < 104; after++)
		assert_int_equal(chat_past_misses(&p, &anybody, after),
		    after > 1 && after < 100);
	assert_false(chat_past_shows(chat_past_entry(&p, 1), &anybody));
	chat_past_release(&p);
}

/* By its two users, in sessions that had begun. */
static void
what_is_withheld_is_missed_by_two(void **state)
{
	struct chat_past_entry e = { .seq = 100, .kind = CHAT_PAST_WITHHELD };
	struct chat_viewer v;
	struct chat_past p;
	uint64_t after;

	(void)state;
	e.user[0] = 7;
	e.user[1] = 9;
	assert_int_equal(chat_past_init(&p, NULL, RING, 1), CHAT_OK);
	past_append(&p, 99, CHAT_STR("x"), NULL);
	chat_past_append(&p, &e, CHAT_STR(""));
	for (v.user = 6; v.user < 11; v.user++)
		for (v.joined = 98; v.joined < 102; v.joined++)
			for (after = v.joined; after < 102; after++)
				assert_int_equal(
				    chat_past_misses(&p, &v, after),
				    (v.user == 7 || v.user == 9) &&
					v.joined < 100 && after < 100);
	assert_false(chat_past_shows(chat_past_entry(&p, 1), &v));
	chat_past_release(&p);
}

/* An entry that is forgotten is missed, whatever it was. */
static void
forgotten_is_missed(void **state)
{
	static char large[RING];
	struct chat_past p;

	(void)state;
	assert_int_equal(chat_past_init(&p, NULL, RING, 10), CHAT_OK);
	assert_true(chat_past_misses(&p, &anybody, 8));
	assert_false(chat_past_misses(&p, &anybody, 9));
	past_append(&p, 10, CHAT_STR("x"), NULL);
	lose(&p, CHAT_PAST_LOST, 11, 12);
	past_append(&p, 13, (struct chat_str){ large, RING }, NULL);
	assert_true(chat_past_misses(&p, &anybody, 11));
	assert_false(chat_past_misses(&p, &anybody, 12));
	past_append(&p, 14, (struct chat_str){ large, RING }, NULL);
	assert_true(chat_past_misses(&p, &anybody, 12));
	assert_false(chat_past_misses(&p, &anybody, 13));
	chat_past_release(&p);
}

static void
no_memory_is_an_error(void **state)
{
	struct failing_alloc heap;
	struct chat_past p;
	size_t n;

	(void)state;
	for (n = 1; n <= 2; n++) {
		failing_alloc_init(&heap, n);
		assert_int_equal(
		    chat_past_init(&p, &heap.alloc, RING, 0), CHAT_ERR_NOMEM);
		failing_alloc_check(&heap);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_that_fit_are_held),
		cmocka_unit_test(short_index_holds_fewer),
		cmocka_unit_test(index_that_grows_late_is_right),
		cmocka_unit_test(begins_at_its_horizon),
		cmocka_unit_test(largest_frame_fits),
		cmocka_unit_test(last_counts_public_ones),
		cmocka_unit_test(private_entries_are_for_two),
		cmocka_unit_test(entries_that_are_lost_are_missed_from_before),
		cmocka_unit_test(
		    numbers_that_are_skipped_are_missed_from_within),
		cmocka_unit_test(what_is_withheld_is_missed_by_two),
		cmocka_unit_test(forgotten_is_missed),
		cmocka_unit_test(no_memory_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
