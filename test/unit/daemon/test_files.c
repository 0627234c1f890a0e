/* Tests of the daemon's files: which path means which, and what is said about
 * it; from the table built in, and from a folder that changes meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/files.h"
#include "daemon/folder.h"

#define PAGE "<!doctype html>\n"

#define WHOLE(path, text)                                                      \
	{                                                                      \
		path, (const unsigned char *)(text), sizeof(text) - 1, NULL, 0 \
	}
#define PACKED(path, text, gzip)                                       \
	{                                                              \
		path, (const unsigned char *)(text), sizeof(text) - 1, \
		    (const unsigned char *)(gzip), sizeof(gzip) - 1    \
	}

static const struct web_file built_in[] = {
	WHOLE("a.css", "a{}"),
	WHOLE("a.js", "a()"),
	WHOLE("empty.txt", ""),
	PACKED("index.html", PAGE, "packed page"),
	WHOLE("noext", "?"),
	WHOLE("17/a.js", "17"),
	PACKED("17/b.js", "b()", "b"),
	{ NULL, NULL, 0, NULL, 0 },
};

/* When a file that has been written just now is fresh no longer. */
#define LATER (time(NULL) + 1000)

/* The answer to a GET, with fields as a string. */
struct answer {
	struct chat_response r;
	char fields[2048];
};

static struct answer
get_if(struct files *f, const char *target, const char *fields)
{
	static struct chat_http_request request;
	static char head[4096];
	struct answer a = { 0 };
	int n = snprintf(head, sizeof(head),
	    "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", target, fields);

	assert_int_equal(chat_http_parse(&request, head, (size_t)n), n);
	files_answer(f, &request, &a.r);
	assert_true(a.r.fields.n < sizeof(a.fields));
	memcpy(a.fields, a.r.fields.p, a.r.fields.n);
	return a;
}

static struct answer
get(struct files *f, const char *target)
{
	return get_if(f, target, "");
}

static void
drop(const struct answer *a)
{
	assert_null(a->r.owner);
	if (a->r.source != NULL)
		a->r.source->free(a->r.source);
}

/* The body of an answer, whose source is freed. */
static void
assert_content(const struct answer *a, const char *body)
{
	size_t n = strlen(body), done = 0;
	char piece[4]; /* so that most take several */
	long got;

	assert_int_equal(a->r.status, 200);
	if (a->r.source == NULL) {
		assert_int_equal(a->r.body.n, n);
		assert_memory_equal(a->r.body.p, body, n);
		return;
	}
	assert_true(a->r.source->length == n);
	for (; done < n; done += (size_t)got) {
		got = a->r.source->read(a->r.source, piece,
		    n - done < sizeof(piece) ? n - done : sizeof(piece));
		assert_true(got > 0 && (size_t)got <= n - done);
		assert_memory_equal(piece, body + done, (size_t)got);
	}
	drop(a);
}

static void
assert_body(struct files *f, const char *target, const char *body)
{
	struct answer a = get(f, target);

	assert_content(&a, body);
}

static void
assert_status(struct files *f, const char *target, int status)
{
	struct answer a = get(f, target);

	assert_int_equal(a.r.status, status);
	drop(&a);
}

/* The value of ETag in what was answered. */
static const char *
tag_of(const struct answer *a)
{
	static char tag[128];
	const char *p = strstr(a->fields, "ETag: ");

	assert_non_null(p);
	p += 6;
	snprintf(tag, sizeof(tag), "%.*s", (int)strcspn(p, "\r"), p);
	return tag;
}

static struct files *
files_built_in(void)
{
	struct files *f = files_new(built_in, NULL);

	assert_non_null(f);
	return f;
}

static void
paths_mean_files(void **state)
{
	struct files *f = files_built_in();

	(void)state;
	assert_body(f, "/", PAGE);
	assert_body(f, "/?name=a.b", PAGE);
	assert_body(f, "/index.html", PAGE);
	assert_body(f, "/a.js", "a()");
	assert_body(f, "/%61%2Ejs?v=1", "a()");
	assert_body(f, "/empty.txt", "");
	assert_body(f, "/noext", "?");
	assert_status(f, "/A.js", 404);
	assert_status(f, "/a.j", 404);
	assert_status(f, "/a.js/", 404);
	assert_status(f, "/b.js", 404);
	files_free(f);
}

static void
names_of_users_mean_the_page(void **state)
{
	struct files *f = files_built_in();

	(void)state;
	assert_body(f, "/alice", PAGE);
	assert_body(f, "/al%20ice", PAGE);
	assert_body(f, "/%e6%bc%a2%E5%AD%97", PAGE);
	assert_body(f, "/a+b", PAGE);
	assert_body(f, "/index", PAGE);
	assert_status(f, "/j.doe", 404);
	assert_status(f, "/alice/bob", 404);
	assert_status(f, "/alice/", 404);
	files_free(f);
}

/* Whatever leads elsewhere, to us or to a proxy. */
static void
paths_cannot_climb(void **state)
{
	static const char *const paths[] = { "/..", "/.", "/../a.js",
		"/a/../a.js", "/./a.js", "/%2e%2e", "/%2e%2e/a.js",
		"/.%2e/a.js", "/..%2fa.js", "/%2fa.js", "/a%2Fa.js", "/%2f",
		"//", "//a.js", "/a//b", "/\\a.js", "/a%5ca.js", "/..%5ca.js",
		"/.hidden", "/%2ehidden", "/a/.git/config", "/%0a", "/a%1b" };
	static const char *const broken[] = { "/a%00.js", "/%00", "/%", "/a%2",
		"/a%zz" };
	struct files *f = files_built_in();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_status(f, paths[i], 404);
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_status(f, broken[i], 400);
	files_free(f);
}

static void
long_paths_are_not_found(void **state)
{
	struct files *f = files_built_in();
	char path[3 * FOLDER_PATH];
	size_t n, m;

	(void)state;
	/* One segment up to the limit is a name, as far as we know; two at any
	 * place around the limit are nothing. */
	for (n = FOLDER_PATH - 8; n < FOLDER_PATH + 8; n++) {
		memset(path, 'a', n);
		path[0] = '/';
		path[n] = '\0';
		assert_status(f, path, n <= FOLDER_PATH ? 200 : 404);
		for (m = 1; m < n; m++) {
			path[m] = '/';
			assert_status(f, path, 404);
			path[m] = 'a';
		}
		strcpy(path + n, "/a/b");
		assert_status(f, path, 404);
	}
	files_free(f);
}

static void
files_have_types(void **state)
{
	static const struct {
		const char *name, *type;
	} types[] = {
		{ "a.html", "text/html; charset=utf-8" },
		{ "a.css", "text/css; charset=utf-8" },
		{ "a.js", "text/javascript; charset=utf-8" },
		{ "a.mjs", "text/javascript; charset=utf-8" },
		{ "a.txt", "text/plain; charset=utf-8" },
		{ "a.svg", "image/svg+xml" },
		{ "a.json", "application/json" },
		{ "a.webmanifest", "application/manifest+json" },
		{ "a.png", "image/png" },
		{ "a.ico", "image/x-icon" },
		{ "a.woff2", "font/woff2" },
		{ "a.min.JS", "text/javascript; charset=utf-8" },
		{ "a.exe", "application/octet-stream" },
		{ "a", "application/octet-stream" },
	};
	struct web_file one[2] = { WHOLE(NULL, "x") };
	struct answer a;
	struct files *f;
	char path[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		one[0].path = types[i].name;
		f = files_new(one, NULL);
		snprintf(path, sizeof(path), "/%s", types[i].name);
		a = get(f, path);
		assert_int_equal(a.r.status, 200);
		assert_string_equal(a.r.type, types[i].type);
		files_free(f);
	}
}

static void
every_answer_has_the_policy(void **state)
{
	static const char *const fields[] = {
		"Content-Security-Policy: default-src 'none'; script-src "
		"'self'; style-src 'self'; img-src 'self'; connect-src "
		"'self'; manifest-src 'self'; base-uri 'none'; form-action "
		"'none'; frame-ancestors 'none'\r\n",
		"X-Content-Type-Options: nosniff\r\n",
		"Referrer-Policy: no-referrer\r\n",
		"Cross-Origin-Resource-Policy: same-origin\r\n",
		"Cross-Origin-Opener-Policy: same-origin\r\n"
	};
	static const char *const targets[] = { "/", "/a.js", "/17/a.js",
		"/x.js", "/%" };
	struct files *f = files_built_in();
	struct answer a;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		a = get(f, targets[i]);
		for (j = 0; j < sizeof(fields) / sizeof(fields[0]); j++)
			assert_non_null(strstr(a.fields, fields[j]));
		assert_non_null(a.r.type);
		assert_true(a.r.body.n > 0);
	}
	files_free(f);
}

static const char ASK[] = "Cache-Control: no-cache\r\n";
static const char KEEP[] =
    "Cache-Control: public, max-age=31536000, immutable\r\n";

/* What is below a folder is never asked for again; all else is, each time. */
static void
what_lasts_is_kept(void **state)
{
	static const char *const asked[] = { "/", "/alice", "/index.html",
		"/a.js", "/x.js", "/17", "/17/x.js", "/17/alice", "/18/a.js",
		"/%" };
	struct files *f = files_built_in();
	struct answer a;
	size_t i;

	(void)state;
	a = get(f, "/17/a.js");
	assert_int_equal(a.r.status, 200);
	assert_non_null(strstr(a.fields, KEEP));
	assert_null(strstr(a.fields, ASK));
	assert_string_equal(a.r.type, "text/javascript; charset=utf-8");
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		a = get(f, asked[i]);
		assert_non_null(strstr(a.fields, ASK));
		assert_null(strstr(a.fields, KEEP));
	}
	assert_body(f, "/17", PAGE);
	assert_status(f, "/17/alice", 404);
	assert_status(f, "/17/", 404);
	assert_status(f, "/18/a.js", 404);
	files_free(f);
}

/* What is answered to somebody who accepts that, and to nobody else. */
static void
assert_packed(struct files *f, const char *accepted, bool packed)
{
	char fields[512];
	struct answer a;

	snprintf(fields, sizeof(fields), "%s\r\n", accepted);
	a = get_if(f, "/17/b.js", fields);
	assert_int_equal(a.r.status, 200);
	assert_int_equal(a.r.body.n, packed ? 1 : 3);
	assert_string_equal(a.r.type, "text/javascript; charset=utf-8");
	assert_true(
	    (strstr(a.fields, "Content-Encoding: gzip\r\n") != NULL) == packed);
	assert_non_null(strstr(a.fields, "Vary: Accept-Encoding\r\n"));
	/* There is but one of that one. */
	a = get_if(f, "/17/a.js", fields);
	assert_int_equal(a.r.body.n, 2);
	assert_null(strstr(a.fields, "Content-Encoding"));
	assert_non_null(strstr(a.fields, "Vary: Accept-Encoding\r\n"));
}

static void
who_accepts_gzip_gets_it(void **state)
{
	static const char *const yes[] = { "Accept-Encoding: gzip",
		"accept-encoding: GZIP", "Accept-Encoding: x-gzip",
		"Accept-Encoding: gzip, deflate, br, zstd",
		"Accept-Encoding: br;q=1.0, gzip;q=0.8, *;q=0.1",
		"Accept-Encoding: deflate , gzip ; q=1", "Accept-Encoding: *",
		"Accept-Encoding: gzip;q=0.001",
		"Accept-Encoding: gzip;Q=1.000",
		"Accept-Encoding: identity;q=0, *;q=0.5",
		"Accept-Encoding: identity;q=0.5, gzip;q=0.5",
		"Accept-Encoding: br\r\nAccept-Encoding: gzip",
		"Accept-Encoding: gzip;\tq=0.5" };
	static const char *const no[] = { "Accept: gzip",
		"Accept-Encoding:", "Accept-Encoding: br",
		"Accept-Encoding: gzip;q=0", "Accept-Encoding: gzip;q=0.000",
		"Accept-Encoding: gzip ; q=0.", "Accept-Encoding: *;q=0",
		"Accept-Encoding: gzip;q=0, *", "Accept-Encoding: *, gzip;q=0",
		"Accept-Encoding: xgzip, gzipx", "Accept-Encoding: identity",
		"Accept-Encoding: gzip;level=9",
		"Accept-Encoding: identity, gzip;q=0.9",
		"Accept-Encoding: gzip;q=0.5, identity;q=0.501",
		"Accept-Encoding: gzip;q=", "Accept-Encoding: gzip;" };
	struct files *f = files_built_in();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		assert_packed(f, yes[i], true);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		assert_packed(f, no[i], false);
	files_free(f);
}

/* Packed it is another thing, of which one can have the right one or not. */
static void
each_form_has_its_tag(void **state)
{
	struct files *f = files_built_in();
	struct answer plain = get(f, "/"), packed, a;
	char tag[128], fields[512];

	(void)state;
	packed = get_if(f, "/", "Accept-Encoding: gzip\r\n");
	strcpy(tag, tag_of(&plain));
	assert_string_not_equal(tag_of(&packed), tag);
	snprintf(fields, sizeof(fields), "If-None-Match: %s\r\n", tag);
	assert_int_equal(get_if(f, "/", fields).r.status, 304);
	strcat(fields, "Accept-Encoding: gzip\r\n");
	assert_int_equal(get_if(f, "/", fields).r.status, 200);
	snprintf(fields, sizeof(fields),
	    "If-None-Match: %s\r\nAccept-Encoding: gzip\r\n", tag_of(&packed));
	a = get_if(f, "/", fields);
	assert_int_equal(a.r.status, 304);
	assert_non_null(strstr(a.fields, "Vary: Accept-Encoding\r\n"));
	files_free(f);
}

static void
tags_tell_contents_apart(void **state)
{
	struct files *f = files_built_in();
	struct answer a = get(f, "/a.js");
	char tag[128];

	(void)state;
	/* The first half of SHA-256 of "a()". */
	assert_string_equal(tag_of(&a), "\"a95a430608fb6e9ab984c01c1a9dc039\"");
	strcpy(tag, tag_of(&a));
	a = get(f, "/a.css");
	assert_string_not_equal(tag_of(&a), tag);
	files_free(f);
}

static void
what_the_client_has_is_not_sent(void **state)
{
	struct files *f = files_built_in();
	struct answer a = get(f, "/a.js");
	char tag[128], fields[512];
	static const char *const known[] = { "If-None-Match: %s\r\n",
		"if-none-match: W/%s\r\n", "If-None-Match: \"x\", %s\r\n",
		"If-None-Match: \"a,b\",W/\"y\" ,%s,\r\n",
		"If-None-Match: \"x\"\r\nIf-None-Match: %s\r\n",
		"If-None-Match: *\r\n" };
	static const char *const unknown[] = { "If-None-Match: \"x\"\r\n",
		"If-None-Match: %.20s\r\n", "If-None-Match: x%s\r\n",
		"If-None-Match: w/%s\r\n", "If-None-Match: W/\r\n",
		"If-None-Match: \r\n", "If-Match: %s\r\n" };
	size_t i;

	(void)state;
	strcpy(tag, tag_of(&a));
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		snprintf(fields, sizeof(fields), known[i], tag);
		a = get_if(f, "/a.js", fields);
		assert_int_equal(a.r.status, 304);
		assert_int_equal(a.r.body.n, 0);
		assert_null(a.r.owner);
		assert_string_equal(tag_of(&a), tag);
		assert_non_null(strstr(a.fields, ASK));
	}
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		snprintf(fields, sizeof(fields), unknown[i], tag);
		a = get_if(f, "/a.js", fields);
		assert_int_equal(a.r.status, 200);
		assert_int_equal(a.r.body.n, 3);
	}
	a = get_if(f, "/none.js", "If-None-Match: *\r\n");
	assert_int_equal(a.r.status, 404);
	files_free(f);
}

static void
without_an_index_there_is_none(void **state)
{
	static const struct web_file nothing[] = { { 0 } };
	struct files *f = files_new(nothing, NULL);

	(void)state;
	assert_status(f, "/", 404);
	assert_status(f, "/alice", 404);
	files_free(f);
}

/* All that the page names is there, and lasts; what it names is below one
 * number. */
static void
the_page_names_what_lasts(void **state)
{
	struct files *f = files_new(web_files, NULL);
	struct answer page = get(f, "/alice"), a;
	const char *p = page.r.body.p, *end = p + page.r.body.n;
	char path[128];
	int n = 0;

	(void)state;
	while ((p = memchr(p, '/', (size_t)(end - p))) != NULL) {
		if (p++ [-1] != '"')
			continue;
		snprintf(
		    path, sizeof(path), "/%.*s", (int)strcspn(p, "#\""), p);
		a = get(f, path);
		assert_int_equal(a.r.status, 200);
		assert_non_null(strstr(a.fields, KEEP));
		n++;
	}
	assert_true(n >= 5);
	files_free(f);
}

/*
 * A folder; the tests are in it.
 */

/* How often pread() comes to nothing, and why; it is used in place of that of
 * the system. */
static int failures, failure;

ssize_t
pread(int fd, void *p, size_t n, off_t offset)
{
	if (failures > 0) {
		failures--;
		errno = failure;
		return -1;
	}
	return lseek(fd, offset, SEEK_SET) < 0 ? -1 : read(fd, p, n);
}

static char folder[32];

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int
enter(void **state)
{
	struct files *f;

	strcpy(folder, "/tmp/chatd-files-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	if (chdir(folder) != 0 || mkdir("www", 0777) != 0 ||
	    mkdir("www/sub", 0777) != 0)
		return -1;
	write_file("secret.txt", "secret");
	write_file("www/index.html", PAGE);
	write_file("www/a.js", "one");
	write_file("www/sub/b.js", "below");
	f = files_new(built_in, "www");
	*state = f;
	if (f == NULL)
		return -1;
	files_set_time(f, LATER);
	return 0;
}

static int
leave(void **state)
{
	char command[64];

	files_free(*state);
	snprintf(command, sizeof(command), "cd / && rm -r %s", folder);
	return system(command) != 0;
}

static void
folders_are_served(void **state)
{
	struct files *f = *state;
	struct answer a;

	assert_body(f, "/", PAGE);
	assert_body(f, "/a.js", "one");
	assert_body(f, "/sub/b.js", "below");
	assert_body(f, "/alice", PAGE);
	assert_status(f, "/sub/c.js", 404);
	assert_status(f, "/sub/", 404);
	assert_status(f, "/a.js/b", 404);
	assert_status(f, "/a.css", 404); /* built in, but that is not asked */
	a = get(f, "/a.js");
	assert_string_equal(a.r.type, "text/javascript; charset=utf-8");
	drop(&a);
	/* Whatever is there now may change. */
	a = get_if(f, "/sub/b.js", "Accept-Encoding: gzip\r\n");
	assert_non_null(strstr(a.fields, ASK));
	assert_null(strstr(a.fields, "Content-Encoding"));
	drop(&a);
	write_file("www/empty.txt", "");
	assert_body(f, "/empty.txt", "");
	/* A folder is no file, so its name can be a user's. */
	assert_body(f, "/sub", PAGE);
}

static void
changes_are_seen(void **state)
{
	struct files *f = *state;
	struct answer a;
	char tag[128];

	a = get(f, "/a.js");
	strcpy(tag, tag_of(&a));
	drop(&a);
	write_file("www/a.js", "other");
	a = get(f, "/a.js");
	assert_string_not_equal(tag_of(&a), tag);
	strcpy(tag, tag_of(&a));
	assert_content(&a, "other");
	/* The same bytes, but nobody has looked at them. */
	write_file("www/new.js", "other");
	assert_int_equal(rename("www/new.js", "www/a.js"), 0);
	a = get(f, "/a.js");
	assert_string_not_equal(tag_of(&a), tag);
	assert_content(&a, "other");
	unlink("www/a.js");
	assert_status(f, "/a.js", 404);
	write_file("www/new.js", "three");
	assert_int_equal(rename("www/new.js", "www/a.js"), 0);
	assert_body(f, "/a.js", "three");
}

/* The clock of the file system may not have ticked since: it is helped. */
static void
write_over(void)
{
	static const struct timespec times[2] = { { 7, 7 }, { 7, 7 } };

	write_file("www/a.js", "two");
	assert_int_equal(utimensat(AT_FDCWD, "www/a.js", times, 0), 0);
}

static void
lengthen(void)
{
	assert_int_equal(truncate("www/a.js", 4), 0);
}

static void
shorten(void)
{
	assert_int_equal(truncate("www/a.js", 2), 0);
}

static void
replace(void)
{
	write_file("www/new.js", "one");
	assert_int_equal(rename("www/new.js", "www/a.js"), 0);
}

static void
take_away(void)
{
	assert_int_equal(unlink("www/a.js"), 0);
}

/* An answer on its way is about what was there when it began: there is no piece
 * of anything else. */
static void
no_answer_is_of_two_states(void **state)
{
	static void (*const changes[])(
	    void) = { write_over, lengthen, shorten, replace, take_away };
	struct files *f = *state;
	struct answer a;
	char piece[8];
	size_t i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		unlink("www/a.js");
		write_file("www/a.js", "one");
		a = get(f, "/a.js");
		assert_true(a.r.source->length == 3);
		assert_int_equal(a.r.source->read(a.r.source, piece, 1), 1);
		assert_int_equal(piece[0], 'o');
		changes[i]();
		assert_true(a.r.source->read(a.r.source, piece, 2) <= 0);
		drop(&a);
	}
}

/* What has changed just now might do so again without showing it. */
static void
fresh_files_have_no_tag(void **state)
{
	struct files *f = *state;
	struct answer a;
	char fields[256];
	struct stat st;

	assert_int_equal(stat("www/a.js", &st), 0);
	files_set_time(f, st.st_ctim.tv_sec + 2);
	a = get(f, "/a.js");
	assert_null(strstr(a.fields, "ETag"));
	assert_non_null(strstr(a.fields, ASK));
	drop(&a);
	a = get_if(f, "/a.js", "If-None-Match: \"\"\r\n");
	assert_content(&a, "one");
	files_set_time(f, st.st_ctim.tv_sec + 3);
	a = get(f, "/a.js");
	snprintf(fields, sizeof(fields), "If-None-Match: %s\r\n", tag_of(&a));
	drop(&a);
	a = get_if(f, "/a.js", fields);
	assert_int_equal(a.r.status, 304);
	assert_null(a.r.source);
	/* A clock that was set back: it is from the future. */
	files_set_time(f, st.st_ctim.tv_sec - 1000);
	a = get_if(f, "/a.js", fields);
	assert_content(&a, "one");
}

/* A release is put in place of another. */
static void
the_folder_may_be_replaced(void **state)
{
	struct files *f = *state;

	assert_body(f, "/a.js", "one");
	assert_int_equal(rename("www", "old"), 0);
	assert_status(f, "/a.js", 404);
	assert_int_equal(mkdir("next", 0777), 0);
	write_file("next/a.js", "new");
	assert_int_equal(symlink("next", "www"), 0);
	assert_body(f, "/a.js", "new");
}

/* Neither to say that it is there, nor that it has not changed; the answer to
 * that takes as long for 64 GB as for nothing. */
static void
files_are_read_by_those_who_get_them_alone(void **state)
{
	struct files *f = *state;
	struct answer a;
	char fields[256];

	write_file("www/great.txt", "");
	assert_int_equal(truncate("www/great.txt", (off_t)1 << 36), 0);
	a = get(f, "/great.txt");
	assert_true(a.r.source->length == UINT64_C(1) << 36);
	snprintf(fields, sizeof(fields), "If-None-Match: %s\r\n", tag_of(&a));
	drop(&a);
	a = get_if(f, "/great.txt", fields);
	assert_int_equal(a.r.status, 304);
	assert_null(a.r.source);
}

/* A signal is no reason not to have a file; a disk that fails is. */
static void
signals_interrupt_nothing(void **state)
{
	struct files *f = *state;
	struct answer a;
	char piece[3];

	failures = 3;
	failure = EINTR;
	assert_body(f, "/a.js", "one");
	assert_int_equal(failures, 0);
	failures = 1;
	failure = EIO;
	a = get(f, "/a.js");
	assert_int_equal(a.r.source->read(a.r.source, piece, 3), -1);
	assert_int_equal(failures, 0);
	drop(&a);
}

/* Any number of answers on their way keeps no file open. */
static void
answers_hold_no_descriptor(void **state)
{
	enum { ANSWERS = 8 };
	struct files *f = *state;
	struct answer answers[ANSWERS];
	char piece[1];
	int before = dup(0), after, i;

	close(before);
	for (i = 0; i < ANSWERS; i++) {
		answers[i] = get(f, "/a.js");
		assert_int_equal(
		    answers[i].r.source->read(answers[i].r.source, piece, 1),
		    1);
	}
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
	for (i = 0; i < ANSWERS; i++)
		drop(&answers[i]);
}

static void
links_are_not_followed(void **state)
{
	struct files *f = *state;

	assert_int_equal(symlink("../secret.txt", "www/link.txt"), 0);
	assert_int_equal(symlink("..", "www/up"), 0);
	assert_int_equal(symlink("a.js", "www/b.js"), 0);
	assert_status(f, "/link.txt", 404);
	assert_status(f, "/up/secret.txt", 404);
	assert_status(f, "/b.js", 404);
	assert_status(f, "/../secret.txt", 404);
	write_file("www/.secret", "secret");
	assert_status(f, "/.secret", 404);
}

/* This test would hang if the other end of the FIFO were waited for. */
static void
only_regular_files_are_served(void **state)
{
	struct files *f = *state;

	assert_int_equal(mkfifo("www/fifo.txt", 0666), 0);
	assert_status(f, "/fifo.txt", 404);
	assert_int_equal(mkdir("www/folder.d", 0777), 0);
	assert_status(f, "/folder.d", 404);
}

static void
without_descriptors_try_again(void **state)
{
	struct files *f = *state;
	struct rlimit before, none;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_status(f, "/a.js", 503);
	assert_status(f, "/alice", 503);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_body(f, "/a.js", "one");
}

static void
a_folder_that_is_none_is_told(void **state)
{
	(void)state;
	assert_null(files_new(built_in, "www/none"));
	assert_int_equal(errno, ENOENT);
	assert_null(files_new(built_in, "www/a.js"));
	assert_int_equal(errno, ENOTDIR);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_mean_files),
		cmocka_unit_test(names_of_users_mean_the_page),
		cmocka_unit_test(paths_cannot_climb),
		cmocka_unit_test(long_paths_are_not_found),
		cmocka_unit_test(files_have_types),
		cmocka_unit_test(every_answer_has_the_policy),
		cmocka_unit_test(what_lasts_is_kept),
		cmocka_unit_test(who_accepts_gzip_gets_it),
		cmocka_unit_test(each_form_has_its_tag),
		cmocka_unit_test(tags_tell_contents_apart),
		cmocka_unit_test(what_the_client_has_is_not_sent),
		cmocka_unit_test(without_an_index_there_is_none),
		cmocka_unit_test(the_page_names_what_lasts),
		IN_FOLDER(folders_are_served),
		IN_FOLDER(changes_are_seen),
		IN_FOLDER(the_folder_may_be_replaced),
		IN_FOLDER(no_answer_is_of_two_states),
		IN_FOLDER(fresh_files_have_no_tag),
		IN_FOLDER(files_are_read_by_those_who_get_them_alone),
		IN_FOLDER(signals_interrupt_nothing),
		IN_FOLDER(answers_hold_no_descriptor),
		IN_FOLDER(links_are_not_followed),
		IN_FOLDER(only_regular_files_are_served),
		IN_FOLDER(without_descriptors_try_again),
		IN_FOLDER(a_folder_that_is_none_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
