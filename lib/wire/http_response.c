/* One snprintf() writes the whole head; what is absent is an empty string. */
#include "http.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

/* The phrases of RFC 9110, section 15, and of RFC 6585 for 429 and 431.  They
 * are for people who look at the wire; clients read the number. */
static const struct reason {
	int status;
	const char *text;
} reasons[] = {
	{ 101, "Switching Protocols" },
	{ 200, "OK" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 304, "Not Modified" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 416, "Range Not Satisfiable" },
	{ 421, "Misdirected Request" },
	{ 426, "Upgrade Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 503, "Service Unavailable" },
	{ 505, "HTTP Version Not Supported" },
};

const char *
chat_http_reason(int status)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Unknown";
}

/* keep-alive is the default of HTTP/1.1, but clients of HTTP/1.0 have to be
 * told.  An interim response says nothing about the connection. */
static const char *
connection(const struct chat_http_head *h)
{
	if (h->status < 200)
		return "";
	return h->keep_alive ? "Connection: keep-alive\r\n"
			     : "Connection: close\r\n";
}

size_t
chat_http_write_head(char *dst, size_t cap, const struct chat_http_head *h)
{
	char length[sizeof("Content-Length: 18446744073709551615\r\n")] = "";
	int n;

	if (h->fields.n > INT_MAX) /* a precision is an int */
		return SIZE_MAX;
	/* RFC 9110, section 8.6: not where there is never content.  Without it
	 * elsewhere, only the end of the connection would end the content. */
	if (h->status >= 200 && h->status != 204 && h->status != 304)
		snprintf(length, sizeof(length),
		    "Content-Length: %" PRIu64 "\r\n", h->length);
	n = snprintf(dst, cap, "HTTP/1.1 %d %s\r\n%s%s%s%s%s%.*s\r\n",
	    h->status, chat_http_reason(h->status),
	    h->type ? "Content-Type: " : "", h->type ? h->type : "",
	    h->type ? "\r\n" : "", length, connection(h), (int)h->fields.n,
	    h->fields.p ? h->fields.p : "");
	return n < 0 ? SIZE_MAX : (size_t)n;
}
