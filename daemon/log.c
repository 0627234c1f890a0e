#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

#define KINDS (sizeof(((struct log *)0)->kinds) / sizeof(struct log_kind))

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[CHAT_LOG_ERROR] = { "error", 3 },
	[CHAT_LOG_WARNING] = { "warning", 4 },
	[CHAT_LOG_INFO] = { "info", 6 },
	[CHAT_LOG_DEBUG] = { "debug", 7 },
};

void
log_init(struct log *l, int fd, enum chat_level level)
{
	*l = (struct log){
		.fd = fd, .terminal = isatty(fd) == 1, .level = level
	};
	tzset(); /* localtime_r() need not */
}

const char *
log_level_name(enum chat_level level)
{
	return levels[level].name;
}

/* Whether a terminal shows cp and does nothing else.  Control characters are
 * not plain, nor are those that break lines or reverse the direction of
 * writing, nor is the backslash, which begins an escape. */
static bool
is_plain(uint32_t cp)
{
	return cp >= 0x20 && (cp < 0x7f || cp > 0x9f) && cp != '\\' &&
	    (cp < 0x2028 || cp > 0x202e) && (cp < 0x2066 || cp > 0x2069);
}

/* Appends line and a newline to the n bytes at dst, and returns the new n.  A
 * line that does not fit ends in dots. */
static size_t
append(char dst[LOG_LINE], size_t n, const char *line)
{
	size_t rest = strlen(line), size;
	struct chat_str code;
	uint32_t cp;
	int got;

	while (rest > 0 && n < LOG_LINE - sizeof("\\xff...")) {
		got = chat_utf8_next(line, rest, &cp);
		if (got > 0 && is_plain(cp)) {
			size = (size_t)got;
			memcpy(dst + n, line, size);
			n += size;
		} else {
			size = 1;
			got = snprintf(dst + n, LOG_LINE - n, "\\x%02x",
			    (unsigned char)*line);
			code = chat_str_written(
			    dst + n, (size_t)got, LOG_LINE - n);
			n += code.n;
		}
		line += size;
		rest -= size;
	}
	if (rest > 0) {
		memcpy(dst + n, "...", 3);
		n += 3;
	}
	dst[n++] = '\n';
	return n;
}

/* Writes the beginning of a line, and returns its length. */
static size_t
begin(
    const struct log *l, char dst[LOG_LINE], enum chat_level level, time_t now)
{
	struct tm tm;
	size_t n = 0;
	int got;

	if (l->terminal && localtime_r(&now, &tm) != NULL)
		n = strftime(dst, LOG_LINE, "%Y-%m-%d %H:%M:%S ", &tm);
	if (l->terminal)
		got =
		    snprintf(dst + n, LOG_LINE - n, "%s: ", levels[level].name);
	else
		got = snprintf(dst, LOG_LINE, "<%d>", levels[level].priority);
	return n + chat_str_written(dst + n, (size_t)got, LOG_LINE - n).n;
}

/* If a pipe or a socket can be written to at all, it takes a line of this size
 * as a whole, so write() never waits after poll() has said so. */
static bool
put(struct log *l, enum chat_level level, const char *line, time_t now)
{
	struct pollfd fd = { .fd = l->fd, .events = POLLOUT };
	char bytes[LOG_LINE];
	size_t n = append(bytes, begin(l, bytes, level, now), line);
	bool done = poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0 &&
	    write(l->fd, bytes, n) > 0;

	l->retry = done ? 0 : now + LOG_PERIOD;
	return done;
}

/*
 * Kinds
 */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether both lines begin with the same two words, as far as they are kept. */
static bool
is_alike(const char *a, const char *b)
{
	int blanks = 0;
	size_t i;

	for (i = 0; i < LOG_SAMPLE - 4; i++) {
		if (a[i] != b[i] && !(is_digit(a[i]) && is_digit(b[i])))
			return false;
		blanks += a[i] == ' ';
		if (a[i] == '\0' || blanks == 2)
			break;
	}
	return true;
}

/* Whether there is nothing to remember of the kind. */
static bool
is_at_rest(const struct log_kind *k, time_t now)
{
	return k->waiting == 0 && k->full <= now;
}

static void
keep(struct log_kind *k, const char *line)
{
	snprintf(k->line, sizeof(k->line), "%.*s%s", LOG_SAMPLE - 4, line,
	    strlen(line) > LOG_SAMPLE - 4 ? "..." : "");
}

/* Returns the kind of a line, or the rest of its level if all places are
 * taken. */
static struct log_kind *
find(struct log *l, enum chat_level level, const char *line, time_t now)
{
	struct log_kind *kinds = l->kinds + CHAT_LOG_DEBUG + 1;
	struct log_kind *place = &l->kinds[level];
	size_t i;

	for (i = LOG_KINDS; i-- > 0;) {
		if (is_at_rest(&kinds[i], now))
			place = &kinds[i];
		else if (kinds[i].level == level &&
		    is_alike(kinds[i].line, line))
			return &kinds[i];
	}
	place->level = level;
	if (place->waiting == 0)
		keep(place, line);
	return place;
}

/* Returns when a line of the kind may be written. */
static time_t
due(const struct log_kind *k)
{
	return k->full - (LOG_BURST - 1) * LOG_PERIOD;
}

/* Writes a line if the budget allows it. */
static bool
spend(struct log *l, struct log_kind *k, const char *line, time_t now)
{
	if (due(k) > now || !put(l, k->level, line, now))
		return false;
	k->full = (k->full > now ? k->full : now) + LOG_PERIOD;
	return true;
}

static void
suppress(struct log_kind *k, const char *line, time_t now)
{
	if (k->waiting++ == 0)
		k->since = now;
	keep(k, line);
}

/* If only one line has waited, it is written itself. */
static void
tell(struct log *l, struct log_kind *k, time_t now)
{
	char line[LOG_SAMPLE + 96];

	snprintf(line, sizeof(line),
	    "%lu more such lines in %lld s, the last one: %s", k->waiting,
	    (long long)(now - k->since), k->line);
	if (spend(l, k, k->waiting == 1 ? k->line : line, now))
		k->waiting = 0;
}

/* If the clock has been set back, sets back all times with it. */
static void
follow_clock(struct log *l, time_t now)
{
	time_t back = l->last - now;
	struct log_kind *k;

	l->last = now;
	if (back <= 0)
		return;
	l->retry -= back;
	for (k = l->kinds; k < l->kinds + KINDS; k++) {
		k->full -= back;
		k->since -= back;
	}
}

void
log_settle(struct log *l, time_t now)
{
	struct log_kind *k;

	follow_clock(l, now);
	for (k = l->kinds; k < l->kinds + KINDS; k++)
		if (k->waiting > 0 && l->retry <= now)
			tell(l, k, now);
}

int
log_timeout(const struct log *l, time_t now)
{
	time_t wait = LOG_PERIOD + 1;
	const struct log_kind *k;

	for (k = l->kinds; k < l->kinds + KINDS; k++)
		if (k->waiting > 0 && due(k) - now < wait)
			wait = due(k) - now;
	if (wait > LOG_PERIOD)
		return -1;
	if (wait < l->retry - now)
		wait = l->retry - now;
	return wait > 0 ? (int)wait * 1000 : 0;
}

void
log_end(struct log *l, time_t now)
{
	struct log_kind *k;

	for (k = l->kinds; k < l->kinds + KINDS; k++) {
		k->full = now;
		if (k->waiting > 0)
			tell(l, k, now);
	}
}

/* A new line is a reason to try a full descriptor again, and waiting lines go
 * first. */
void
log_line_at(struct log *l, enum chat_level level, const char *line, time_t now)
{
	struct log_kind *k;

	if (level > l->level)
		return;
	l->retry = 0;
	log_settle(l, now);
	k = find(l, level, line, now);
	if (!spend(l, k, line, now))
		suppress(k, line, now);
}

void
log_line(void *l, enum chat_level level, const char *line)
{
	log_line_at(l, level, line, time(NULL));
}

void
log_print(struct log *l, enum chat_level level, const char *format, ...)
{
	char line[LOG_LINE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	log_line(l, level, line);
}
