#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "utf8.h"

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
	*l = (struct log){ .fd = fd,
		.terminal = isatty(fd) == 1,
		.level = level,
		.left = LOG_BURST };
	tzset(); /* localtime_r() need not */
}

const char *
log_level_name(enum chat_level level)
{
	return levels[level].name;
}

/* Whether a terminal shows cp and does nothing else.  Left out, besides the
 * control characters, are those that break lines or turn the direction of
 * writing around, and the backslash, which begins what is escaped. */
static bool
is_plain(uint32_t cp)
{
	return cp >= 0x20 && (cp < 0x7f || cp > 0x9f) && cp != '\\' &&
	    (cp < 0x2028 || cp > 0x202e) && (cp < 0x2066 || cp > 0x2069);
}

/* Appends line to the n bytes at dst, and a newline; returns the new n.  What
 * does not fit ends in dots. */
static size_t
append(char dst[LOG_LINE], size_t n, const char *line)
{
	size_t rest = strlen(line), size;
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
			n += (size_t)snprintf(dst + n, LOG_LINE - n, "\\x%02x",
			    (unsigned char)*line);
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

/* What stands before a line; its length. */
static size_t
begin(
    const struct log *l, char dst[LOG_LINE], enum chat_level level, time_t now)
{
	struct tm tm;
	size_t n;

	if (!l->terminal)
		return (size_t)snprintf(
		    dst, LOG_LINE, "<%d>", levels[level].priority);
	n = 0;
	if (localtime_r(&now, &tm) != NULL)
		n = strftime(dst, LOG_LINE, "%Y-%m-%d %H:%M:%S ", &tm);
	return n +
	    (size_t)snprintf(dst + n, LOG_LINE - n, "%s: ", levels[level].name);
}

/* A pipe or a socket that can be written to at all takes a line of this size
 * at once, so asking first is enough never to wait in write(). */
static bool
put(const struct log *l, enum chat_level level, const char *line, time_t now)
{
	struct pollfd fd = { .fd = l->fd, .events = POLLOUT };
	char bytes[LOG_LINE];
	size_t n = append(bytes, begin(l, bytes, level, now), line);

	return poll(&fd, 1, 0) == 1 && (fd.revents & POLLOUT) != 0 &&
	    write(l->fd, bytes, n) > 0;
}

void
log_settle(struct log *l, time_t now)
{
	char line[64];

	if (now == l->second)
		return;
	l->second = now;
	l->left = LOG_BURST;
	if (l->dropped == 0)
		return;
	snprintf(line, sizeof(line), "lines dropped: %lu", l->dropped);
	if (put(l, CHAT_LOG_WARNING, line, now))
		l->dropped = 0;
}

void
log_line_at(struct log *l, enum chat_level level, const char *line, time_t now)
{
	if (level > l->level)
		return;
	log_settle(l, now);
	if (l->left > 0 && put(l, level, line, now))
		l->left--;
	else
		l->dropped++;
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
