#include "files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/sha256.h"
#include "folder.h"

/* Bytes of an entity tag with its quotes and its NUL. */
#define TAG 35

/* Seconds after a change in which a file has no tag: the clocks of file systems
 * tick slowly, so another change might not show. */
#define FRESH 2

/* A page may do little: no inline code, nothing from other hosts, no frames.
 * Paths contain names, so no Referer is sent. */
#define POLICY                                                       \
	"Content-Security-Policy: default-src 'none'; "              \
	"script-src 'self'; style-src 'self'; img-src 'self'; "      \
	"connect-src 'self'; manifest-src 'self'; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'\r\n"             \
	"Cross-Origin-Opener-Policy: same-origin\r\n"                \
	"Cross-Origin-Resource-Policy: same-origin\r\n"              \
	"Referrer-Policy: no-referrer\r\n"                           \
	"X-Content-Type-Options: nosniff\r\n"

#define ASK    "Cache-Control: no-cache\r\n"
#define KEEP   "Cache-Control: public, max-age=31536000, immutable\r\n"
#define GZIP   "Content-Encoding: gzip\r\n"
#define VARY   "Vary: Accept-Encoding\r\n"
#define ETAG   "ETag: "
#define FIELDS "%s%s" VARY "%s%s%s" POLICY

/* A file in the form in which it is served. */
struct file {
	struct chat_str bytes; /* of a built-in file */
	bool is_gzip;          /* the bytes are compressed; never in a folder */
	char tag[TAG];         /* strong entity tag, quoted, or empty */
	struct stat stat;      /* of a file in a folder */
};

/* Two forms of a file; which one is sent depends on what the client accepts. */
struct choice {
	struct file plain;
	struct file gzip; /* has no bytes if there is no such form */
};

/* The body of an answer: a file in the folder, in the state that the head of
 * the answer describes. */
struct body {
	struct chat_source source; /* first: its address is that of the body */
	const struct folder *folder;
	struct stat stat;
	uint64_t done;
	char path[FOLDER_PATH];
};

struct files {
	struct folder *folder; /* NULL: built in */
	const struct web_file *built_in;
	struct choice *choices; /* of built_in, by the same index */
	time_t now;
	char fields[sizeof(FIELDS KEEP GZIP ETAG) + TAG];
};

/* By the ending; browsers offer any other file as a download. */
static const struct {
	const char *ending;
	const char *type;
} types[] = {
	{ "html", "text/html; charset=utf-8" },
	{ "css", "text/css; charset=utf-8" },
	{ "js", "text/javascript; charset=utf-8" },
	{ "mjs", "text/javascript; charset=utf-8" },
	{ "txt", "text/plain; charset=utf-8" },
	{ "svg", "image/svg+xml" },
	{ "json", "application/json" },
	{ "webmanifest", "application/manifest+json" },
	{ "png", "image/png" },
	{ "ico", "image/x-icon" },
	{ "woff2", "font/woff2" },
};

static const char *
type_of(const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++)
		if (chat_http_is(chat_str(dot + 1), chat_str(types[i].ending)))
			return types[i].type;
	return "application/octet-stream";
}

/* Writes the tag of n bytes: the first half of their SHA-256. */
static void
write_tag(char tag[TAG], const void *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char digest[CHAT_SHA256_SIZE];
	struct chat_sha256 s;
	size_t i, at = 0;

	chat_sha256_init(&s);
	chat_sha256_feed(&s, p, n);
	chat_sha256_finish(&s, digest);
	tag[at++] = '"';
	for (i = 0; i < (TAG - 3) / 2; i++) {
		tag[at++] = hex[digest[i] >> 4];
		tag[at++] = hex[digest[i] & 15];
	}
	tag[at++] = '"';
	tag[at] = '\0';
}

/*
 * The built-in files
 */

static void
set(struct file *file, const unsigned char *bytes, size_t size)
{
	file->bytes = (struct chat_str){ (const char *)bytes, size };
	write_tag(file->tag, bytes, size);
}

static int
tag_all(struct files *f)
{
	const struct web_file *w;
	struct choice *c;
	size_t n = 0;

	while (f->built_in[n].path != NULL)
		n++;
	f->choices = calloc(n + 1, sizeof(*f->choices));
	if (f->choices == NULL)
		return -1;
	for (w = f->built_in, c = f->choices; w->path != NULL; w++, c++) {
		set(&c->plain, w->bytes, w->size);
		if (w->gzip != NULL)
			set(&c->gzip, w->gzip, w->gzip_size);
		c->gzip.is_gzip = true;
	}
	return 0;
}

struct files *
files_new(const struct web_file *built_in, const char *folder)
{
	struct files *f = calloc(1, sizeof(*f));
	int failed;

	if (f == NULL)
		return NULL;
	f->built_in = built_in;
	if (folder != NULL)
		failed = (f->folder = folder_new(folder)) == NULL;
	else
		failed = tag_all(f);
	if (!failed)
		return f;
	free(f);
	return NULL;
}

void
files_free(struct files *f)
{
	if (f == NULL)
		return;
	folder_free(f->folder);
	free(f->choices);
	free(f);
}

/*
 * The request
 */

/* Whether a decoded segment of a path can be the name of a file: it is not
 * hidden, does not lead upwards, and nobody can take it for two segments. */
static bool
is_name(const char *s, size_t n)
{
	size_t i;

	if (n == 0 || s[0] == '.')
		return false;
	for (i = 0; i < n; i++)
		if (s[i] == '/' || s[i] == '\\' || (unsigned char)s[i] < 0x20)
			return false;
	return true;
}

/* Takes the first segment, and the '/' before it, off a path. */
static struct chat_str
take_segment(struct chat_str *path)
{
	struct chat_str segment = { path->p + 1, 0 };

	while (segment.n + 1 < path->n && segment.p[segment.n] != '/')
		segment.n++;
	path->p += segment.n + 1;
	path->n -= segment.n + 1;
	return segment;
}

/* Turns "/a/b%20c" into "a/b c".  Returns 200 or, if there can be no such file,
 * the status to answer with. */
static int
decode(char dst[FOLDER_PATH], struct chat_str path)
{
	size_t n = 0;
	int got;

	while (path.n > 0) {
		if (n + 1 >= FOLDER_PATH)
			return 404;
		if (n > 0)
			dst[n++] = '/';
		got = chat_http_decode(
		    dst + n, FOLDER_PATH - 1 - n, take_segment(&path));
		if (got < 0)
			return got == CHAT_ERR_SPACE ? 404 : 400;
		if (!is_name(dst + n, (size_t)got))
			return 404;
		n += (size_t)got;
	}
	dst[n] = '\0';
	return 200;
}

/* Whether the client has the file with that tag (RFC 9110, section 13.1.2). */
static bool
is_known(const struct chat_http_request *r, const char *tag)
{
	struct chat_str rest, item;
	size_t i;

	for (i = 0; i < r->nfields; i++) {
		if (!chat_http_is(r->fields[i].name, CHAT_STR("If-None-Match")))
			continue;
		rest = r->fields[i].value;
		while (chat_http_list_next(&rest, &item)) {
			if (item.n > 2 && memcmp(item.p, "W/", 2) == 0) {
				item.p += 2;
				item.n -= 2;
			}
			if (chat_str_is(item, CHAT_STR("*")) ||
			    chat_str_is(item, chat_str(tag)))
				return true;
		}
	}
	return false;
}

/* Returns the weight of an element of Accept-Encoding, such as "gzip;q=0.5", in
 * thousandths, and leaves the coding in *item (RFC 9110, section 12.4.2). */
static int
take_weight(struct chat_str *item)
{
	struct chat_str rest = *item;
	int weight = 0, unit = 1000;

	for (; rest.n > 0 && strchr("; \t", *rest.p) == NULL; rest.n--)
		rest.p++;
	item->n -= rest.n;
	if (rest.n == 0)
		return 1000;
	for (; rest.n > 0 && strchr("; \t", *rest.p) != NULL; rest.n--)
		rest.p++;
	if (!chat_http_skip(&rest, "q="))
		return 0;
	for (; rest.n > 0; rest.p++, rest.n--) {
		if (*rest.p >= '0' && *rest.p <= '9') {
			weight += (*rest.p - '0') * unit;
			unit /= 10;
		}
	}
	return weight;
}

/* Whether the client accepts gzip and prefers nothing else that we have
 * (RFC 9110, section 12.5.3).  A client that does not mention gzip may not know
 * it. */
static bool
wants_gzip(const struct chat_http_request *r)
{
	struct chat_str rest, item;
	int weight, gzip = -1, plain = 0, others = 0;
	size_t i;

	for (i = 0; i < r->nfields; i++) {
		if (!chat_http_is(
			r->fields[i].name, CHAT_STR("Accept-Encoding")))
			continue;
		rest = r->fields[i].value;
		while (chat_http_list_next(&rest, &item)) {
			weight = take_weight(&item);
			if (chat_http_is(item, CHAT_STR("gzip")) ||
			    chat_http_is(item, CHAT_STR("x-gzip")))
				gzip = weight;
			else if (chat_http_is(item, CHAT_STR("identity")))
				plain = weight;
			else if (chat_http_is(item, CHAT_STR("*")))
				others = weight;
		}
	}
	if (gzip < 0)
		gzip = others;
	return gzip > 0 && gzip >= plain;
}

static void
refuse(struct chat_response *response, int status)
{
	response->status = status;
	response->type = "text/plain; charset=utf-8";
	response->fields = CHAT_STR(ASK POLICY);
	response->body = chat_str(chat_http_reason(status));
}

/*
 * The folder
 */

void
files_set_time(struct files *f, time_t now)
{
	f->now = now;
}

/* Writes the tag of a file in one state.  It is a hash, because strangers need
 * not know the number of an inode. */
static void
tag_state(char tag[TAG], const struct stat *st, time_t now)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "%llx %llx %llx %llx.%09ld",
	    (unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
	    (unsigned long long)st->st_size,
	    (unsigned long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	struct chat_str state = chat_str_written(text, (size_t)n, sizeof(text));

	tag[0] = '\0';
	if (st->st_ctim.tv_sec < now - FRESH && state.p != NULL)
		write_tag(tag, state.p, state.n);
}

static long
read_body(struct chat_source *source, char *p, size_t n)
{
	struct body *b = (struct body *)source;
	long got = folder_read(b->folder, b->path, &b->stat, b->done, p, n);

	if (got > 0)
		b->done += (uint64_t)got;
	return got;
}

static void
free_body(struct chat_source *source)
{
	free(source);
}

/* Returns NULL when out of memory. */
static struct chat_source *
body_new(const struct files *f, const struct file *file, const char *path)
{
	struct body *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->source.read = read_body;
	b->source.free = free_body;
	b->source.length = (uint64_t)file->stat.st_size;
	b->folder = f->folder;
	b->stat = file->stat;
	memcpy(b->path, path, strlen(path) + 1);
	return (struct chat_source *)b;
}

/*
 * Answers
 */

/* Whether an error means that there is no such file.  Otherwise there may be
 * one that cannot be read now. */
static bool
is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP ||
	    error == EMLINK || error == EACCES || error == EPERM ||
	    error == ENAMETOOLONG || error == ENXIO;
}

static bool
find_built_in(const struct files *f, const struct chat_http_request *r,
    const char *path, struct file *file)
{
	const struct choice *c;
	size_t i = 0;

	while (f->built_in[i].path != NULL &&
	    strcmp(f->built_in[i].path, path) != 0)
		i++;
	if (f->built_in[i].path == NULL)
		return false;
	c = &f->choices[i];
	*file = c->gzip.bytes.n > 0 && wants_gzip(r) ? c->gzip : c->plain;
	return true;
}

/* Finds the file at a path.  Returns 200; 404; or 503 if it cannot be read
 * now. */
static int
find(const struct files *f, const struct chat_http_request *r, const char *path,
    struct file *file)
{
	if (f->folder == NULL)
		return find_built_in(f, r, path, file) ? 200 : 404;
	*file = (struct file){ .is_gzip = false };
	if (folder_look(f->folder, path, &file->stat) != 0)
		return is_absence(errno) ? 404 : 503;
	tag_state(file->tag, &file->stat, f->now);
	return 200;
}

/* Finds the file for a decoded path, and changes path to that of the file.
 * Returns its status. */
static int
resolve(const struct files *f, const struct chat_http_request *r,
    char path[FOLDER_PATH], struct file *file)
{
	int status = find(f, r, path, file);

	/* Otherwise the path is a user's name, and the answer is the page. */
	if (status == 404 && strpbrk(path, "./") == NULL) {
		memcpy(path, "index.html", sizeof("index.html"));
		status = find(f, r, path, file);
	}
	return status;
}

/* Answers with a file.  Returns the status. */
static int
serve(struct files *f, const struct file *file, const char *path,
    const struct chat_http_request *r, struct chat_response *response)
{
	bool is_lasting = f->folder == NULL && strchr(path, '/') != NULL;
	bool has_tag = file->tag[0] != '\0';
	int n = snprintf(f->fields, sizeof(f->fields), FIELDS,
	    is_lasting ? KEEP : ASK, file->is_gzip ? GZIP : "",
	    has_tag ? ETAG : "", file->tag, has_tag ? "\r\n" : "");

	response->fields =
	    chat_str_written(f->fields, (size_t)n, sizeof(f->fields));
	if (is_known(r, file->tag))
		return 304;
	response->type = type_of(path);
	response->body = file->bytes;
	if (f->folder != NULL &&
	    (response->source = body_new(f, file, path)) == NULL)
		return 503;
	return 200;
}

void
files_answer(void *files, const struct chat_http_request *r,
    struct chat_response *response)
{
	struct files *f = files;
	struct file file;
	char path[FOLDER_PATH] = "index.html";
	int status = 200;

	if (!chat_str_is(r->path, CHAT_STR("/")))
		status = decode(path, r->path);
	if (status == 200)
		status = resolve(f, r, path, &file);
	if (status == 200)
		status = serve(f, &file, path, r, response);
	if (status == 200 || status == 304)
		response->status = status;
	else
		refuse(response, status);
}
