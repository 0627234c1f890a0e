/* The page is written twice by its caller, first to measure it; so all goes
 * through put(), which counts what does not fit. */
#include "metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* The first bound of the histogram, in microseconds.  All others are multiples
 * of it, so four decimals of a second say them exactly. */
#define FIRST_BOUND 100

struct page {
	char *p;
	size_t cap, n; /* n may exceed cap: the length that all would have */
};

void
chat_metrics_count_turn(struct chat_traffic *t, uint64_t usec)
{
	uint64_t bound = FIRST_BOUND;
	int i = 0;

	while (i < CHAT_TURN_BUCKETS - 1 && usec > bound) {
		bound *= 2;
		i++;
	}
	t->turn_time[i]++;
	t->turn_usec += usec;
	t->turns++;
}

static void
put(struct page *page, const char *format, ...)
{
	size_t rest = page->n < page->cap ? page->cap - page->n : 0;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(rest > 0 ? page->p + page->n : NULL, rest, format, args);
	va_end(args);
	/* Negative only if it cannot be formatted, which does not happen to
	 * strings and integers. */
	if (n > 0)
		page->n += (size_t)n;
}

static void
head(struct page *page, const char *name, const char *type, const char *help)
{
	put(page, "# HELP chatd_%s %s\n# TYPE chatd_%s %s\n", name, help, name,
	    type);
}

static void
gauge(struct page *page, const char *name, const char *help, uint32_t value)
{
	head(page, name, "gauge", help);
	put(page, "chatd_%s %" PRIu32 "\n", name, value);
}

static void
counter(struct page *page, const char *name, const char *help, uint64_t value)
{
	head(page, name, "counter", help);
	put(page, "chatd_%s %" PRIu64 "\n", name, value);
}

/* Of bytes, whole steps alone. */
static uint64_t
steps(uint64_t bytes)
{
	return bytes - bytes % CHAT_METRICS_STEP;
}

static void
messages(struct page *page, const struct chat_traffic *t)
{
	static const char row[] =
	    "chatd_messages_total{audience=\"%s\"} %" PRIu64 "\n";

	head(page, "messages_total", "counter", "Messages told.");
	put(page, row, "public", t->messages - t->messages_private);
	put(page, row, "private", t->messages_private);
}

static void
errors(struct page *page, const struct chat_metrics *m)
{
	enum chat_msg_code code;

	head(page, "errors_total", "counter", "Error messages to clients.");
	/* All codes, also at 0: a series that appears late hides its first
	 * step from those who look at rates. */
	for (code = CHAT_MSG_OK + 1; code < CHAT_MSG_CODES; code++)
		put(page, "chatd_errors_total{code=\"%s\"} %" PRIu64 "\n",
		    chat_msg_code_name(code), m->errors[code]);
}

/* Seconds are put together from integers: a formatted floating-point number
 * has a comma in some locales.  Buckets are cumulative on the page, and each
 * has its own count in the struct. */
static void
turns(struct page *page, const struct chat_traffic *t)
{
	uint64_t bound = FIRST_BOUND, sum = 0;
	int i;

	head(page, "turn_seconds", "histogram", "Turns of the loop by length.");
	for (i = 0; i < CHAT_TURN_BUCKETS - 1; i++) {
		sum += t->turn_time[i];
		put(page,
		    "chatd_turn_seconds_bucket{le=\"%" PRIu64 ".%04" PRIu64
		    "\"} %" PRIu64 "\n",
		    bound / 1000000, bound % 1000000 / FIRST_BOUND, sum);
		bound *= 2;
	}
	put(page, "chatd_turn_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n",
	    t->turns);
	put(page, "chatd_turn_seconds_sum %" PRIu64 ".%06" PRIu64 "\n",
	    t->turn_usec / 1000000, t->turn_usec % 1000000);
	put(page, "chatd_turn_seconds_count %" PRIu64 "\n", t->turns);
}

size_t
chat_metrics_write(char *dst, size_t cap, const struct chat_metrics *m)
{
	const struct chat_traffic *t = &m->traffic;
	struct page page = { dst, cap, 0 };

	gauge(&page, "connections", "Connections open.", m->connections);
	gauge(&page, "windows", "Connections that have joined.", m->windows);
	gauge(&page, "users", "Users in the room.", m->users);
	gauge(
	    &page, "degraded", "1 while nothing can be recorded.", m->degraded);
	counter(&page, "accepted_total", "Connections accepted.", m->accepted);
	counter(&page, "refused_total", "Connections and joins over a limit.",
	    m->refused);
	counter(&page, "joins_total", "Sessions begun.", m->joins);
	counter(&page, "resumes_total", "Sessions taken up again.", m->resumes);
	counter(&page, "http_requests_total", "HTTP requests answered.",
	    m->requests);
	messages(&page, t);
	counter(&page, "duplicates_total",
	    "Retries of what was recorded before.", t->duplicates);
	counter(&page, "deliveries_total",
	    "Public messages times windows told.", t->deliveries);
	counter(&page, "received_bytes_total", "Bytes received, in steps.",
	    steps(t->bytes_in));
	counter(&page, "sent_bytes_total", "Bytes sent, in steps.",
	    steps(t->bytes_out));
	counter(&page, "sends_total", "Calls of send that took something.",
	    t->sends);
	counter(&page, "lagged_total", "Connections cut because they lagged.",
	    m->lagged);
	errors(&page, m);
	turns(&page, t);
	return page.n;
}
