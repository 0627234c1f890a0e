#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "guard.h"
#include "wire/host.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Asks about a copy whose end is followed by an unreadable page. */
static bool
ask(bool (*question)(struct chat_str), const char *host)
{
	size_t n = strlen(host);
	char *copy = guard_copy(host, n);
	bool answer = question((struct chat_str){ copy, n });

	guard_free(copy, n);
	return answer;
}

static void
expect(bool (*question)(struct chat_str), const char *const *hosts, size_t n,
    bool answer)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ask(question, hosts[i]) != answer)
			fail_msg("'%s'", hosts[i]);
}

static void
test_names(void **state)
{
	static const char *const good[] = { "a", "chat.example.com", "A-1_b",
		"xn--bcher-kva.example", "chat.example.com.", "127.0.0.1",
		"[::1]", "1", "-" };
	static const char *const bad[] = { "", ".", ".a", "a..b", "a..", "*",
		"*.example", "a b", "a/b", "a:80", "a:", "[::1]:80", "[::1",
		"[]", "http://a", "b\303\274cher.example", "a%2eb", "a,b",
		"a@b", "a;b" };

	(void)state;
	expect(chat_host_is_name, good, COUNT(good), true);
	expect(chat_host_is_name, bad, COUNT(bad), false);
	assert_false(chat_host_is_name(chat_str(NULL)));
}

/* What only this machine or its own network gives a meaning to. */
static void
test_local(void **state)
{
	static const char *const local[] = { "127.0.0.1", "0.0.0.0",
		"203.0.113.255", "127.0.0.1.", "[::1]", "[2001:db8::7]",
		"[::ffff:127.0.0.1]", "localhost", "LocalHost", "localhost.",
		"box", "BOX-1", "box.local", "a.b.LOCAL", "box.local.",
		"2130706433", "0x7f000001" };
	static const char *const others[] = { "", ".", "evil.example",
		"evil.example.", "a.b", "box.", "com.",
		"localhost.evil.example", "127.0.0.1.evil.example",
		"evil.local.example", ".local", "..local", "evillocal.x",
		"x.notlocal", "box.localhost", "127.0.0", "127.0.0.1.1",
		"127.0.0.256", "127.0.0.1000", "127.0.0.", "127..0.1",
		"127.0.0.0x1", "1.2.3.a", "evil%2eexample", "evil,example", "*",
		"[::1]x" };

	(void)state;
	expect(chat_host_is_local, local, COUNT(local), true);
	expect(chat_host_is_local, others, COUNT(others), false);
	assert_false(chat_host_is_local(chat_str(NULL)));
}

static void
test_same(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
		{ "chat.example", "chat.example", true },
		{ "chat.example", "CHAT.Example", true },
		{ "chat.example.", "chat.example", true },
		{ "chat.example", "chat.example.", true },
		{ "chat.example", "chat.example..", false },
		{ "chat.example", "at.example", false },
		{ "chat.example", "chat.examples", false },
		{ "[::1]", "[::1]", true },
		{ "", "", false },
		{ ".", ".", false },
		{ NULL, "", false },
		{ NULL, NULL, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(pairs); i++)
		if (chat_host_is(chat_str(pairs[i].a), chat_str(pairs[i].b)) !=
		    pairs[i].same)
			fail_msg("pair %zu", i);
}

static void
test_of_origin(void **state)
{
	static const struct {
		const char *origin, *host;
	} origins[] = {
		{ "https://chat.example.com", "chat.example.com" },
		{ "http://chat.example.com:8080", "chat.example.com" },
		{ "http://[::1]:80", "[::1]" },
		{ "app://x", "x" },
		{ "https://", NULL },
		{ "https:/", NULL },
		{ "", NULL },
		{ "null", NULL },
		{ "*", NULL },
		{ "https://a b", NULL },
		{ "https://a/b", NULL },
	};
	struct chat_str host;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(origins); i++) {
		host = chat_host_of_origin(chat_str(origins[i].origin));
		if ((host.p == NULL) != (origins[i].host == NULL) ||
		    !chat_str_is(host, chat_str(origins[i].host)))
			fail_msg("%s", origins[i].origin);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_of_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
