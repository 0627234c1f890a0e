#include "files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "folder.h"

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
#define FIELDS "%s%sVary: Accept-Encoding\r\nETag: %s\r\n" POLICY

/* Two forms of a file; which one is sent depends on what the client accepts. */
struct choice {
	struct file plain;
	struct file gzip; /* has no bytes if there is no such form */
};

struct files {
	struct folder *folder; /* NULL: built in */
	const struct web_file *built_in;
	struct choice *choices; /* of built_in, by the same index */
	char fields[sizeof(FIELDS KEEP GZIP) + FILE_TAG];
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

/*
 * The built-in files
 */

static void
set(struct file *file, const unsigned char *bytes, size_t size)
{
	file->bytes = (struct chat_str){ (const char *)bytes, size };
	file_tag(file->tag, file->bytes);
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

/* Whether the file exists and the error will pass. */
static bool
is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

static const struct file *
find(struct files *f, const struct chat_http_request *r, const char *path)
{
	const struct choice *c;
	size_t i = 0;

	if (f->folder != NULL)
		return folder_read(f->folder, path);
	while (f->built_in[i].path != NULL &&
	    strcmp(f->built_in[i].path, path) != 0)
		i++;
	if (f->built_in[i].path == NULL) {
		errno = ENOENT;
		return NULL;
	}
	c = &f->choices[i];
	return c->gzip.bytes.n > 0 && wants_gzip(r) ? &c->gzip : &c->plain;
}

/* Returns the file for a decoded path, and changes path to that of the file.
 * NULL with errno. */
static const struct file *
resolve(
    struct files *f, const struct chat_http_request *r, char path[FOLDER_PATH])
{
	const struct file *file = find(f, r, path);

	/* Otherwise the path is a user's name, and the answer is the page. */
	if (file == NULL && strpbrk(path, "./") == NULL) {
		strcpy(path, "index.html");
		file = find(f, r, path);
	}
	return file;
}

static void
serve(struct files *f, const struct file *file, const char *path,
    const struct chat_http_request *r, struct chat_response *response)
{
	bool is_lasting = f->folder == NULL && strchr(path, '/') != NULL;
	int n = snprintf(f->fields, sizeof(f->fields), FIELDS,
	    is_lasting ? KEEP : ASK, file->is_gzip ? GZIP : "", file->tag);

	response->fields = (struct chat_str){ f->fields, (size_t)n };
	response->status = is_known(r, file->tag) ? 304 : 200;
	if (response->status == 304)
		return;
	response->type = type_of(path);
	response->body = file->bytes;
	if (file->owner != NULL)
		response->owner = chat_bytes_share(file->owner);
}

void
files_answer(void *files, const struct chat_http_request *r,
    struct chat_response *response)
{
	struct files *f = files;
	const struct file *file = NULL;
	char path[FOLDER_PATH] = "index.html";
	int status = 200;

	if (!chat_str_is(r->path, CHAT_STR("/")))
		status = decode(path, r->path);
	if (status == 200) {
		file = resolve(f, r, path);
		if (file == NULL)
			status = is_shortage(errno) ? 503 : 404;
	}
	if (status == 200)
		serve(f, file, path, r, response);
	else
		refuse(response, status);
}
