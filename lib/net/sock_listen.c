/* From a spec, such as "*:3008", to a socket that listens: taking it apart,
 * names, both families of addresses, stale UNIX sockets.  Happens at the start,
 * so it may take its time, and may wait for the name service. */
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "sock.h"
#include "sockaddr.h"

/* An IPv6 listener leaves IPv4 to others unless it is to take both; which of
 * the two is the default depends on the system.  SO_REUSEADDR, or a restart
 * would have to wait until connections of the last run are forgotten. */
static int
prepare(int fd, const struct sockaddr *address, socklen_t n, bool both)
{
	int on = 1, only = !both;

	if (chat_sock_settle(fd) != CHAT_OK)
		return -1;
	if (address->sa_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only)) != 0)
		return -1;
	if (address->sa_family != AF_UNIX &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return -1;
	return bind(fd, address, n);
}

/* Closing keeps errno, which is that of the call that failed. */
static int
listen_at(const struct sockaddr *address, socklen_t n, bool both, int backlog)
{
	int fd = socket(address->sa_family, SOCK_STREAM, 0);

	if (fd < 0)
		return CHAT_ERR_SYSTEM;
	if (prepare(fd, address, n, both) == 0 && listen(fd, backlog) == 0)
		return fd;
	chat_sock_close(fd);
	return CHAT_ERR_SYSTEM;
}

/* Connecting is the only way to learn whether somebody listens.  A regular file
 * refuses connections too, so the kind comes first.  All other errors leave it
 * open whether somebody does, so the file stays.  Non-blocking, since connect()
 * would wait for a listener whose queue is full. */
static bool
is_stale(const struct sockaddr_un *un)
{
	struct stat st;
	bool refused;
	int fd;

	if (lstat(un->sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return false;
	refused = chat_sock_settle(fd) == CHAT_OK &&
	    connect(fd, (const struct sockaddr *)un, sizeof(*un)) != 0 &&
	    errno == ECONNREFUSED;
	chat_sock_close(fd);
	return refused;
}

/* Listens first and asks afterwards: that the name is taken is known only then,
 * and mostly it is not. */
static int
listen_unix(const char *path, int backlog)
{
	union chat_sockaddr a = { .un = { .sun_family = AF_UNIX } };
	size_t n = strlen(path);
	int fd;

	if (n == 0 || n >= sizeof(a.un.sun_path))
		return CHAT_ERR_ARGUMENT;
	memcpy(a.un.sun_path, path, n);
	fd = listen_at(&a.any, sizeof(a.un), false, backlog);
	if (fd >= 0 || errno != EADDRINUSE)
		return fd;
	if (!is_stale(&a.un)) {
		errno = EADDRINUSE;
		return CHAT_ERR_SYSTEM;
	}
	if (unlink(path) != 0)
		return CHAT_ERR_SYSTEM;
	return listen_at(&a.any, sizeof(a.un), false, backlog);
}

/* One socket for both families, where there are both. */
static int
listen_any(in_port_t port, int backlog)
{
	union chat_sockaddr v6 = { .v6 = { .sin6_family = AF_INET6,
				       .sin6_port = htons(port),
				       .sin6_addr = IN6ADDR_ANY_INIT } };
	union chat_sockaddr v4 = { .v4 = { .sin_family = AF_INET,
				       .sin_port = htons(port) } };
	int fd = listen_at(&v6.any, sizeof(v6.v6), true, backlog);

	/* No IPv6 in the kernel, or none switched on. */
	if (fd < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		fd = listen_at(&v4.any, sizeof(v4.v4), false, backlog);
	return fd;
}

/* getaddrinfo() has errors of its own; what may pass is told by errno, as of a
 * system call. */
static int
lookup_error(int err)
{
	switch (err) {
	case EAI_SYSTEM:
		return CHAT_ERR_SYSTEM;
	case EAI_MEMORY:
		return CHAT_ERR_NOMEM;
	case EAI_AGAIN:
		errno = EAGAIN;
		return CHAT_ERR_SYSTEM;
	}
	return CHAT_ERR_ARGUMENT; /* there is no such host */
}

/* A name may have several addresses: the first one that can be had is taken.
 * In brackets there must be an address, so no name is looked up. */
static int
listen_host(const char *host, const char *port, bool v6, int backlog)
{
	struct addrinfo hints = {
		.ai_flags = AI_NUMERICSERV | (v6 ? AI_NUMERICHOST : 0),
		.ai_family = v6 ? AF_INET6 : AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *list, *ai;
	int fd = CHAT_ERR_ARGUMENT;
	int saved, err = getaddrinfo(host, port, &hints, &list);

	if (err != 0)
		return lookup_error(err);
	for (ai = list; ai != NULL && fd < 0; ai = ai->ai_next)
		fd = listen_at(ai->ai_addr, ai->ai_addrlen, false, backlog);
	saved = errno;
	freeaddrinfo(list);
	errno = saved;
	return fd;
}

/* Decimal digits up to 65535, or -1.  Five digits fit an int. */
static int
parse_port(const char *s)
{
	size_t i;
	int port = 0;

	for (i = 0; s[i] >= '0' && s[i] <= '9' && i < 5; i++)
		port = port * 10 + s[i] - '0';
	return i > 0 && s[i] == '\0' && port <= 65535 ? port : -1;
}

/* Takes "[HOST]:PORT" or "HOST:PORT" apart: copies HOST to host, returns PORT,
 * or NULL when it is neither. */
static const char *
split(const char *spec, char *host, size_t cap)
{
	bool bracket = *spec == '[';
	const char *begin = spec + bracket;
	size_t n = strcspn(begin, bracket ? "]" : ":");
	const char *end = begin + n;

	/* No end: neither a bracket nor a colon follows. */
	if (n == 0 || n >= cap || *end == '\0')
		return NULL;
	if (bracket && *begin == '*')
		return NULL; /* glibc would take it for any address */
	memcpy(host, begin, n);
	host[n] = '\0';
	end += bracket;
	return *end == ':' ? end + 1 : NULL;
}

int
chat_sock_listen(const char *spec, int backlog)
{
	char host[256];
	const char *text;
	int port;

	if (strncmp(spec, "unix:", 5) == 0)
		return listen_unix(spec + 5, backlog);
	text = split(spec, host, sizeof(host));
	port = text == NULL ? -1 : parse_port(text);
	if (port < 0)
		return CHAT_ERR_ARGUMENT;
	if (strncmp(spec, "*:", 2) == 0)
		return listen_any((in_port_t)port, backlog);
	return listen_host(host, text, *spec == '[', backlog);
}
