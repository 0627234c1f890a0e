/* The whole journal goes through a scan, as at a start, but from its beginning;
 * nothing is locked or repaired, so a server may write to it meanwhile. */
#include "journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "disk.h"
#include "err.h"
#include "scan.h"

struct checking {
	struct chat_check *c;
	struct chat_segments segments;
	struct chat_crc32 crc;
	char log[8];        /* as `secret` says; all zero: unknown */
	uint64_t no_secret; /* 1: that is bad */
	chat_log_fn *on_log;
	void *user;
	int err;
};

static void
report(struct checking *k, const char *format, ...)
{
	char line[512];
	va_list ap;

	if (k->on_log == NULL)
		return;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	k->on_log(k->user, CHAT_LOG_WARNING, line);
}

/* Lines come in the order of their numbers: the first and the last message are
 * those that came first and last. */
static void
count(struct chat_check *c, const struct chat_line *line)
{
	const struct chat_entry *e = &line->entry;

	if (line->kind == CHAT_LINE_SKIP) {
		c->skipped++;
		return;
	}
	switch (e->kind) {
	case CHAT_ENTRY_MESSAGE:
		if (c->messages++ == 0) {
			c->first = e->seq;
			c->first_time = e->time;
		}
		c->messages_private += e->is_private;
		c->last = e->seq;
		c->last_time = e->time;
		break;
	}
}

static void
report_failure(
    struct checking *k, const char *name, const struct chat_found_item *item)
{
	k->err = item->err;
	report(k, "%s: cannot read at %" PRIu64 ": %s", name, item->at,
	    item->err == CHAT_ERR_SYSTEM ? strerror(errno)
					 : chat_strerror(item->err));
}

static void
take(struct checking *k, const struct chat_found_item *item)
{
	char name[CHAT_SEGMENT_NAME];

	chat_segment_name(name, k->segments.all[item->segment].first);
	switch (item->kind) {
	case CHAT_FOUND_LINE:
		count(k->c, &item->line);
		break;
	case CHAT_FOUND_LOST:
		k->c->lost += item->seq - item->skip + 1;
		report(k, "%s: numbers %" PRIu64 " to %" PRIu64 " are missing",
		    name, item->skip, item->seq);
		break;
	case CHAT_FOUND_DAMAGE:
		k->c->bad += item->lines;
		report(k,
		    "%s: %" PRIu64 " damaged bytes in %" PRIu64
		    " lines at %" PRIu64 "%s",
		    name, item->bytes, item->lines, item->at,
		    item->torn ? ", the last one torn" : "");
		break;
	case CHAT_FOUND_FAILURE:
		report_failure(k, name, item);
		break;
	case CHAT_FOUND_END:
		break;
	}
}

/* A server removes its oldest segments.  So if one is missing, those before it,
 * which were counted, may be gone, too.  Then *left is a list of those there
 * are now. */
static bool
is_trimmed(const struct checking *k, const struct chat_found_item *item,
    int folder, struct chat_segments *left)
{
	uint64_t missing = k->segments.all[item->segment].first;
	bool trimmed;

	if (item->kind != CHAT_FOUND_FAILURE || item->err != CHAT_ERR_SYSTEM ||
	    errno != ENOENT)
		return false;
	chat_segments_init(left, k->segments.alloc);
	trimmed = chat_segments_list(left, folder) == CHAT_OK && left->n > 0 &&
	    left->all[0].first > missing;
	if (!trimmed)
		chat_segments_release(left);
	errno = ENOENT;
	return trimmed;
}

/* Looks over the segments.  False: they have become fewer, and have to be
 * looked over again. */
static bool
scan(struct checking *k, int folder)
{
	struct chat_segments left;
	struct chat_found_item item;
	struct chat_scan s;
	bool trimmed = false;

	*k->c = (struct chat_check){ .segments = k->segments.n,
		.bytes = k->segments.size,
		.bad = k->no_secret };
	k->err = CHAT_OK;
	chat_scan_init(&s, &k->segments, folder, &k->crc);
	s.log = k->log[0] != '\0' ? k->log : NULL;
	/* Whatever an older segment has held was removed, and is not missing.
	 */
	if (k->segments.n > 0)
		chat_scan_begin(&s, 0, 0, k->segments.all[0].first);
	for (;;) {
		chat_scan_next(&s, &item);
		if (item.kind == CHAT_FOUND_END)
			break;
		if ((trimmed = is_trimmed(k, &item, folder, &left)))
			break;
		take(k, &item);
	}
	k->c->refused = s.void_lines;
	chat_scan_release(&s);
	if (trimmed) {
		chat_segments_release(&k->segments);
		k->segments = left;
	}
	return !trimmed;
}

/* Reads the name of the log, by which lines of another one are found.  Without
 * it they are not, but everything else is. */
static void
read_name(struct checking *k, int folder)
{
	struct chat_line line;
	char text[512];
	long n = chat_disk_load(folder, "secret", text, sizeof(text));

	if (n > 0 && text[n - 1] == '\n' &&
	    chat_line_parse(&line, &k->crc, text, (size_t)n - 1) == CHAT_OK &&
	    line.kind == CHAT_LINE_SECRET) {
		if (line.version > CHAT_LINE_VERSION)
			report(k,
			    "secret: the journal is of version %" PRIu64
			    ", later than this chatd",
			    line.version);
		memcpy(k->log, line.log, sizeof(k->log));
		return;
	}
	k->no_secret = 1;
	report(k, "secret: %s",
	    n == CHAT_ERR_SYSTEM ? strerror(errno) : "damaged");
}

int
chat_check_journal(struct chat_check *c, const char *path,
    const struct chat_alloc *alloc, chat_log_fn *on_log, void *user)
{
	struct checking k = { .c = c, .on_log = on_log, .user = user };
	int folder = chat_disk_find_folder(path);

	*c = (struct chat_check){ 0 };
	chat_crc32_init(&k.crc);
	chat_segments_init(&k.segments, alloc);
	k.err = folder < 0 ? folder : chat_segments_list(&k.segments, folder);
	if (k.err < 0)
		report(&k, "%s: %s", path,
		    k.err == CHAT_ERR_SYSTEM ? strerror(errno)
					     : chat_strerror(k.err));
	else {
		read_name(&k, folder);
		while (!scan(&k, folder))
			;
	}
	chat_segments_release(&k.segments);
	chat_disk_close(folder);
	return k.err;
}
