/*
 * expect: what a test wants to hear from a room.
 *
 * Each names the line of the test when it fails, and what came instead.  JSON
 * is written with ' for ".  For tests with sim.h; include it after <cmocka.h>.
 */
#ifndef CHAT_EXPECT_H
#define CHAT_EXPECT_H

#include "sim.h"

/* The next text, which must be of that type. */
#define expect(c, type) expect_at(c, type, __FILE__, __LINE__)

/* The next text is exactly this one. */
#define expect_text(c, text) expect_text_at(c, text, __FILE__, __LINE__)

/* There is no further text. */
#define expect_none(c) expect_none_at(c, __FILE__, __LINE__)

/* A member of a text is exactly this one. */
#define expect_member(json, name, value) \
	expect_member_at(json, name, value, __FILE__, __LINE__)

/* A member is not there. */
#define expect_without(json, name) \
	expect_without_at(json, name, __FILE__, __LINE__)

/* The next text is an error with that code; returns it. */
#define expect_error(c, code) expect_error_at(c, code, __FILE__, __LINE__)

/* The room has closed with that code, and is gone. */
#define expect_closed(c, code) expect_closed_at(c, code, __FILE__, __LINE__)

static inline void
expect_fail(const char *want, const char *got, const char *file, int line)
{
	print_error("expected %s\nbut came %.1000s\n", want,
	    got == NULL ? "nothing" : got);
	_fail(file, line);
}

static inline const char *
expect_at(struct sim_client *c, const char *type, const char *file, int line)
{
	const char *text = sim_next(c);
	struct chat_str raw = { NULL, 0 };

	if (text != NULL)
		raw = sim_member(text, "type");
	if (raw.p == NULL || raw.n != strlen(type) + 2 ||
	    memcmp(raw.p + 1, type, raw.n - 2) != 0)
		expect_fail(type, text, file, line);
	return text;
}

static inline void
expect_text_at(
    struct sim_client *c, const char *want, const char *file, int line)
{
	const char *text = sim_next(c);
	size_t i = 0;

	while (text != NULL && text[i] != '\0' &&
	    text[i] == (want[i] == '\'' ? '"' : want[i]))
		i++;
	if (text == NULL || text[i] != '\0' || want[i] != '\0')
		expect_fail(want, text, file, line);
}

static inline void
expect_none_at(struct sim_client *c, const char *file, int line)
{
	const char *text = sim_next(c);

	if (text != NULL)
		expect_fail("nothing", text, file, line);
}

static inline void
expect_member_at(const char *json, const char *name, const char *value,
    const char *file, int line)
{
	if (!sim_is(json, name, value)) {
		print_error("%s: ", name);
		expect_fail(value, json, file, line);
	}
}

static inline void
expect_without_at(
    const char *json, const char *name, const char *file, int line)
{
	if (sim_member(json, name).p != NULL) {
		print_error("no %s: ", name);
		expect_fail("none", json, file, line);
	}
}

static inline const char *
expect_error_at(
    struct sim_client *c, const char *code, const char *file, int line)
{
	const char *text = expect_at(c, "error", file, line);
	struct chat_str raw = sim_member(text, "code");

	if (raw.n != strlen(code) + 2 ||
	    memcmp(raw.p + 1, code, raw.n - 2) != 0)
		expect_fail(code, text, file, line);
	return text;
}

static inline void
expect_closed_at(struct sim_client *c, int code, const char *file, int line)
{
	if (c->close_code != code || c->id != 0) {
		print_error("expected close %d\nbut came %d, and %s\n", code,
		    c->close_code, c->id != 0 ? "open" : "closed");
		_fail(file, line);
	}
}

#endif
