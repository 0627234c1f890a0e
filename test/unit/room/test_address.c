/* Tests of address: entries by address, what keeps them, what forgets them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "room/address.h"
#include "err.h"
#include "failing_alloc.h"
#include "random.h"

static const uint64_t seed[2] = { 1, 2 };

/* The n-th of some addresses that differ in a few bits. */
static struct chat_peer
peer(uint32_t n)
{
	struct chat_peer p = { { 0x20, 0x01, 0x0d, 0xb8 }, false };

	memcpy(p.address + 4, &n, sizeof(n));
	return p;
}

static struct chat_address *
open_nth(struct chat_addresses *as, uint32_t n)
{
	struct chat_peer p = peer(n);

	return chat_addresses_open(as, &p);
}

static void
one_address_is_one_entry(void **state)
{
	struct chat_addresses as;
	struct chat_address *a, *b;

	(void)state;
	assert_int_equal(chat_addresses_init(&as, NULL, seed), CHAT_OK);
	a = open_nth(&as, 1);
	b = open_nth(&as, 2);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(open_nth(&as, 1), a);
	assert_int_equal(a->connections, 2);
	assert_int_equal(b->connections, 1);
	assert_int_equal(as.n, 2);
	chat_addresses_close(&as, a);
	assert_int_equal(a->connections, 1);
	chat_addresses_close(&as, NULL);
	chat_addresses_release(&as);
}

/* Every byte counts. */
static void
addresses_differ_in_any_bit(void **state)
{
	struct chat_addresses as;
	struct chat_peer p = { { 0 }, false };
	struct chat_address *zero, *a[128];
	int i, j;

	(void)state;
	assert_int_equal(chat_addresses_init(&as, NULL, seed), CHAT_OK);
	zero = chat_addresses_open(&as, &p);
	for (i = 0; i < 128; i++) {
		p.address[i / 8] = (unsigned char)(1 << i % 8);
		a[i] = chat_addresses_open(&as, &p);
		p.address[i / 8] = 0;
		assert_ptr_not_equal(a[i], zero);
		for (j = 0; j < i; j++)
			assert_ptr_not_equal(a[i], a[j]);
	}
	assert_ptr_equal(chat_addresses_open(&as, &p), zero);
	chat_addresses_release(&as);
}

static void
connections_keep_an_entry(void **state)
{
	struct chat_addresses as;
	struct chat_address *a;

	(void)state;
	assert_int_equal(chat_addresses_init(&as, NULL, seed), CHAT_OK);
	a = open_nth(&as, 1);
	chat_addresses_expire(&as, UINT32_MAX);
	assert_ptr_equal(open_nth(&as, 1), a);
	chat_addresses_close(&as, a);
	chat_addresses_expire(&as, UINT32_MAX);
	assert_int_equal(as.n, 1);
	chat_addresses_close(&as, a);
	chat_addresses_expire(&as, UINT32_MAX);
	assert_int_equal(as.n, 0);
	chat_addresses_release(&as);
}

/* A client that has used up a rate does not get a new one by coming back. */
static void
rates_keep_an_entry(void **state)
{
	struct chat_addresses as;
	struct chat_address *a, *b;

	(void)state;
	assert_int_equal(chat_addresses_init(&as, NULL, seed), CHAT_OK);
	a = open_nth(&as, 1);
	b = open_nth(&as, 2);
	assert_int_equal(chat_rate_take(&a->messages.count, 1, 1, 1000), 0);
	assert_int_equal(chat_rate_take(&b->joins, 1, 1, 1500), 0);
	chat_addresses_close(&as, a);
	chat_addresses_close(&as, b);
	chat_addresses_expire(&as, 1999);
	assert_int_equal(as.n, 2);
	assert_ptr_equal(open_nth(&as, 1), a);
	assert_int_equal(chat_rate_take(&a->messages.count, 1, 1, 1999), 1);
	chat_addresses_close(&as, a);
	chat_addresses_expire(&as, 2000);
	assert_int_equal(as.n, 1);
	assert_ptr_equal(open_nth(&as, 2), b);
	chat_addresses_close(&as, b);
	chat_addresses_expire(&as, 2500);
	assert_int_equal(as.n, 0);
	a = open_nth(&as, 1);
	assert_int_equal(chat_rate_take(&a->requests, 1, 1, 3000), 0);
	chat_addresses_close(&as, a);
	chat_addresses_expire(&as, 3999);
	assert_int_equal(as.n, 1);
	chat_addresses_expire(&as, 4000);
	assert_int_equal(as.n, 0);
	a = open_nth(&as, 1);
	chat_rate_spend(&a->messages.bytes, 1024, 1024, 4000);
	chat_addresses_close(&as, a);
	chat_addresses_expire(&as, 4999);
	assert_int_equal(as.n, 1);
	chat_addresses_expire(&as, 5000);
	assert_int_equal(as.n, 0);
	/* An address that was forgotten begins anew. */
	a = open_nth(&as, 1);
	assert_int_equal(a->connections, 1);
	assert_int_equal(chat_rate_take(&a->messages.count, 1, 1, 0), 0);
	chat_addresses_release(&as);
}

static void
opened_again_is_not_idle(void **state)
{
	struct chat_addresses as;
	struct chat_address *a;

	(void)state;
	assert_int_equal(chat_addresses_init(&as, NULL, seed), CHAT_OK);
	a = open_nth(&as, 1);
	chat_addresses_close(&as, a);
	assert_ptr_equal(open_nth(&as, 1), a);
	assert_true(chat_link_is_alone(&as.idle));
	chat_addresses_expire(&as, UINT32_MAX);
	assert_int_equal(as.n, 1);
	assert_int_equal(a->connections, 1);
	chat_addresses_release(&as);
}

static void
one_call_looks_at_a_few(void **state)
{
	struct chat_addresses as;
	uint32_t i;

	(void)state;
	assert_int_equal(chat_addresses_init(&as, NULL, seed), CHAT_OK);
	for (i = 0; i < 3 * CHAT_ADDRESSES_EXPIRE; i++)
		chat_addresses_close(&as, open_nth(&as, i));
	chat_addresses_expire(&as, 0);
	assert_int_equal(as.n, 2 * CHAT_ADDRESSES_EXPIRE);
	chat_addresses_expire(&as, 0);
	chat_addresses_expire(&as, 0);
	assert_int_equal(as.n, 0);
	chat_addresses_release(&as);
}

/* Addresses that take long must not keep the others from being forgotten. */
static void
slow_ones_are_not_in_the_way(void **state)
{
	struct chat_addresses as;
	struct chat_address *a;
	uint32_t i;

	(void)state;
	assert_int_equal(chat_addresses_init(&as, NULL, seed), CHAT_OK);
	for (i = 0; i < 2 * CHAT_ADDRESSES_EXPIRE; i++) {
		a = open_nth(&as, i);
		if (i < CHAT_ADDRESSES_EXPIRE)
			chat_rate_take(&a->joins, 1, 1, 0);
		chat_addresses_close(&as, a);
	}
	chat_addresses_expire(&as, 0);
	chat_addresses_expire(&as, 0);
	assert_int_equal(as.n, CHAT_ADDRESSES_EXPIRE);
	chat_addresses_expire(&as, 1000);
	assert_int_equal(as.n, 0);
	chat_addresses_release(&as);
}

/* Entries stay where they are while the table grows around them. */
static void
many_are_found_again(void **state)
{
	enum { MANY = 5000 };
	static struct chat_address *a[MANY];
	struct failing_alloc heap;
	struct chat_addresses as;
	uint32_t i;

	(void)state;
	failing_alloc_init(&heap, 0);
	assert_int_equal(chat_addresses_init(&as, &heap.alloc, seed), CHAT_OK);
	for (i = 0; i < MANY; i++)
		a[i] = open_nth(&as, i);
	assert_int_equal(as.n, MANY);
	for (i = 0; i < MANY; i++)
		assert_ptr_equal(open_nth(&as, i), a[i]);
	chat_addresses_release(&as);
	failing_alloc_check(&heap);
}

/*
 * The hash: the only thing in which a chosen address could be better than any
 * other.
 */

enum { BASES = 31, BITS = 128 };

/* Opens some addresses and all that differ from one of them in one bit, and
 * tells the bucket of each; the rate is where an entry keeps its number. */
static void
find_buckets(const uint64_t by[2], size_t bucket[BASES][BITS + 1])
{
	struct random r = { 1 };
	struct chat_addresses as;
	struct chat_peer p = { { 0 }, false };
	struct chat_address *a;
	size_t i, n = 0, longest = 0;

	assert_int_equal(chat_addresses_init(&as, NULL, by), CHAT_OK);
	for (n = 0; n < BASES * (BITS + 1); n++) {
		i = n % (BITS + 1);
		if (i == 0)
			random_fill(&r, p.address, sizeof(p.address));
		else
			p.address[(i - 1) / 8] ^=
			    (unsigned char)(1 << (i - 1) % 8);
		chat_addresses_open(&as, &p)->messages.count.full = n;
		if (i > 0)
			p.address[(i - 1) / 8] ^=
			    (unsigned char)(1 << (i - 1) % 8);
	}
	assert_int_equal(as.size, 4096);
	for (i = 0; i < as.size; i++) {
		n = 0;
		for (a = as.buckets[i]; a != NULL; a = a->next, n++)
			bucket[a->messages.count.full / (BITS + 1)]
			      [a->messages.count.full % (BITS + 1)] = i;
		longest = n > longest ? n : longest;
	}
	assert_in_range(longest, 1, 10);
	chat_addresses_release(&as);
}

static void
assert_about_half(size_t n, size_t of)
{
	assert_in_range(n, of / 10, of - of / 10);
}

/* Any bit of an address changes half of the bits of its bucket. */
static void
each_bit_of_an_address_counts(void **state)
{
	static size_t bucket[BASES][BITS + 1];
	size_t bit, out, i, n;

	(void)state;
	find_buckets(seed, bucket);
	for (bit = 1; bit <= BITS; bit++)
		for (out = 0; out < 12; out++) {
			n = 0;
			for (i = 0; i < BASES; i++)
				n += (bucket[i][bit] ^ bucket[i][0]) >> out & 1;
			assert_about_half(n, BASES);
		}
}

/* And any bit of the seed does so for all addresses. */
static void
each_bit_of_the_seed_counts(void **state)
{
	static size_t bucket[BASES][BITS + 1], other[BASES][BITS + 1];
	size_t bit, out, i, n;
	uint64_t by[2];

	(void)state;
	find_buckets(seed, bucket);
	for (bit = 0; bit < BITS; bit++) {
		by[0] = seed[0];
		by[1] = seed[1];
		by[bit / 64] ^= UINT64_C(1) << bit % 64;
		find_buckets(by, other);
		for (out = 0; out < 12; out++) {
			n = 0;
			for (i = 0; i < BASES; i++)
				n += (bucket[i][0] ^ other[i][0]) >> out & 1;
			assert_about_half(n, BASES);
		}
	}
}

/* Opens and closes at random, and compares the addresses there are with a
 * count. */
static void
random_walk(const struct chat_alloc *alloc)
{
	enum { PEERS = 300 };
	struct random r = { 1 };
	struct chat_addresses as;
	struct chat_address *a[PEERS] = { NULL };
	uint32_t n[PEERS] = { 0 }, i;
	int step;

	if (chat_addresses_init(&as, alloc, seed) < 0)
		return;
	for (step = 0; step < 20000; step++) {
		i = (uint32_t)random_below(&r, PEERS);
		switch (random_below(&r, 8)) {
		case 0:
			chat_addresses_expire(&as, (uint64_t)step);
			break;
		case 1:
		case 2:
		case 3:
		case 4:
			if (n[i] == 0)
				break;
			chat_addresses_close(&as, a[i]);
			n[i]--;
			break;
		default:
			if ((a[i] = open_nth(&as, i)) == NULL) {
				assert_int_equal(n[i], 0);
				break;
			}
			n[i]++;
			assert_int_equal(a[i]->connections, n[i]);
			chat_rate_take(&a[i]->joins, 10, 2, (uint64_t)step);
		}
	}
	for (i = 0; i < PEERS; i++)
		for (; n[i] > 0; n[i]--)
			chat_addresses_close(&as, a[i]);
	for (i = 0; i < PEERS; i++)
		chat_addresses_expire(&as, UINT32_MAX);
	assert_int_equal(as.n, 0);
	chat_addresses_release(&as);
}

static void
any_walk_is_counted_right(void **state)
{
	struct failing_alloc heap;

	(void)state;
	failing_alloc_init(&heap, 0);
	random_walk(&heap.alloc);
	failing_alloc_check(&heap);
}

/* Without memory nobody comes in, or the table does not grow; the rest goes
 * on. */
static void
survives_each_allocation_failing(void **state)
{
	struct failing_alloc heap;
	size_t n;

	(void)state;
	for (n = 1; n < 20; n++) {
		failing_alloc_init(&heap, n);
		random_walk(&heap.alloc);
		assert_true(heap.failed);
		failing_alloc_check(&heap);
	}
}

/* A table that can never grow finds everything in longer buckets. */
static void
failing_to_grow_is_no_failure(void **state)
{
	struct failing_alloc heap;
	struct chat_addresses as;
	uint32_t i;
	size_t size;

	(void)state;
	failing_alloc_init(&heap, 0);
	assert_int_equal(chat_addresses_init(&as, &heap.alloc, seed), CHAT_OK);
	size = as.size;
	for (i = 0; i < 2 * size; i++) {
		/* An entry is one call, growing would be the second. */
		heap.fail = heap.calls + 2;
		assert_non_null(open_nth(&as, i));
	}
	assert_true(heap.failed);
	assert_int_equal(as.size, size);
	assert_int_equal(as.n, 2 * size);
	heap.fail = 0;
	for (i = 0; i < 2 * size; i++)
		assert_int_equal(open_nth(&as, i)->connections, 2);
	assert_int_equal(as.n, 2 * size);
	assert_non_null(open_nth(&as, i));
	assert_true(as.size > size);
	for (i = 0; i < 2 * size; i++)
		assert_int_equal(open_nth(&as, i)->connections, 3);
	chat_addresses_release(&as);
	failing_alloc_check(&heap);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_address_is_one_entry),
		cmocka_unit_test(addresses_differ_in_any_bit),
		cmocka_unit_test(connections_keep_an_entry),
		cmocka_unit_test(rates_keep_an_entry),
		cmocka_unit_test(opened_again_is_not_idle),
		cmocka_unit_test(one_call_looks_at_a_few),
		cmocka_unit_test(slow_ones_are_not_in_the_way),
		cmocka_unit_test(many_are_found_again),
		cmocka_unit_test(each_bit_of_an_address_counts),
		cmocka_unit_test(each_bit_of_the_seed_counts),
		cmocka_unit_test(any_walk_is_counted_right),
		cmocka_unit_test(survives_each_allocation_failing),
		cmocka_unit_test(failing_to_grow_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
