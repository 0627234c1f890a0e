/*
 * Stream sockets.  Clients are made with plain system calls; where a system
 * call has to fail, or a peer has to come from far away, a function of the
 * same name in this file stands before the C library's.
 */
#define _GNU_SOURCE /* accept4(), syscall(), RTLD_NEXT */

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "err.h"
#include "net/sock.h"

/*
 * Failures on purpose.
 */

static struct {
	const char *call; /* the one that fails, or NULL */
	int after;        /* calls that still succeed */
	int times;        /* calls that fail then */
	int error;        /* errno */
} fault;

static union {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} far; /* where the next connection comes from, unless AF_UNSPEC */

static void
break_call(const char *call, int after, int times, int error)
{
	fault.call = call;
	fault.after = after;
	fault.times = times;
	fault.error = error;
}

#ifdef __linux__
/* With _GNU_SOURCE a sockaddr is a union of pointers to the C library. */
#pragma GCC diagnostic ignored "-Wpedantic"

static bool
fails(const char *call)
{
	if (fault.call == NULL || strcmp(fault.call, call) != 0)
		return false;
	if (fault.after-- > 0 || fault.times-- <= 0)
		return false;
	errno = fault.error;
	return true;
}

int
accept4(int fd, struct sockaddr *from, socklen_t *n, int flags)
{
	int got;

	if (fails("accept"))
		return -1;
	got = (int)syscall(SYS_accept4, fd, from, n, flags);
	if (got >= 0 && far.any.sa_family != AF_UNSPEC)
		memcpy(from, &far, sizeof(far));
	return got;
}

int
accept(int fd, struct sockaddr *from, socklen_t *n)
{
	return accept4(fd, from, n, 0);
}

int
unlink(const char *path)
{
	if (fails("unlink"))
		return -1;
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int
socket(int domain, int type, int protocol)
{
	if (fails("socket"))
		return -1;
	return (int)syscall(SYS_socket, domain, type, protocol);
}

int
setsockopt(int fd, int level, int option, const void *p, socklen_t n)
{
	if (fails("setsockopt"))
		return -1;
	return (int)syscall(SYS_setsockopt, fd, level, option, p, n);
}

int
bind(int fd, const struct sockaddr *to, socklen_t n)
{
	if (fails("bind"))
		return -1;
	return (int)syscall(SYS_bind, fd, to, n);
}

int
listen(int fd, int backlog)
{
	if (fails("listen"))
		return -1;
	return (int)syscall(SYS_listen, fd, backlog);
}

int
fcntl(int fd, int command, ...)
{
	va_list ap;
	long argument;

	if (fails("fcntl"))
		return -1;
	va_start(ap, command);
	argument = va_arg(ap, long);
	va_end(ap);
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	if (fails("recv"))
		return -1;
	return syscall(SYS_recvfrom, fd, p, n, flags, NULL, NULL);
}

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	if (fails("send"))
		return -1;
	return syscall(SYS_sendto, fd, p, n, flags, NULL, 0);
}

typedef int lookup_fn(
    const char *, const char *, const struct addrinfo *, struct addrinfo **);

/* Here fault.error is what is returned. */
int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **list)
{
	void *p = dlsym(RTLD_NEXT, "getaddrinfo");
	lookup_fn *next;

	if (fails("getaddrinfo"))
		return fault.error;
	memcpy(&next, &p, sizeof(next));
	return next(host, port, hints, list);
}
#endif

/* Without the functions above nothing fails, so there is nothing to test. */
static void
need_faults(void)
{
#ifndef __linux__
	skip();
#endif
}

/*
 * The other side.
 */

static char dir[] = "/tmp/test_sock-XXXXXX";
static char unix_path[64], unix_spec[80];

static int
begin(void **state)
{
	(void)state;
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(unix_path, sizeof(unix_path), "%s/s", dir);
	snprintf(unix_spec, sizeof(unix_spec), "unix:%s", unix_path);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	break_call(NULL, 0, 0, 0);
	far.any.sa_family = AF_UNSPEC;
	unlink(unix_path);
	return rmdir(dir);
}

static bool
has_v6(void)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

/* The lowest descriptor that is free: the same again if nothing leaks. */
static int
lowest(void)
{
	int fd = dup(0);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

static void
wait_for(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	assert_int_equal(poll(&p, 1, 10000), 1);
}

static int
listen_at(const char *spec)
{
	int fd = chat_sock_listen(spec, 16);

	assert_true(fd >= 0);
	return fd;
}

static const char *
name_of(int fd)
{
	static char name[CHAT_SOCK_NAME];
	int n = chat_sock_name(fd, name, sizeof(name));

	assert_int_equal(n, strlen(name));
	return name;
}

static int
port_of(int fd)
{
	return atoi(strrchr(name_of(fd), ':') + 1);
}

static int
connect_v4(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((in_port_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int
connect_v6(int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6,
		.sin6_port = htons((in_port_t)port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int
connect_unix(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(a.sun_path, unix_path, strlen(unix_path));
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int
accept_one(int listener, struct chat_peer *peer)
{
	int fd;

	wait_for(listener, POLLIN);
	fd = chat_sock_accept(listener, peer);
	assert_true(fd >= 0);
	return fd;
}

/* Both ends of a TCP connection: ours, and the peer's, which blocks. */
struct pair {
	int ours, theirs;
};

static struct pair
connect_pair(void)
{
	struct chat_peer peer;
	struct pair pair;
	int listener = listen_at("127.0.0.1:0");

	pair.theirs = connect_v4(port_of(listener));
	pair.ours = accept_one(listener, &peer);
	chat_sock_close(listener);
	return pair;
}

static void
close_pair(struct pair pair)
{
	chat_sock_close(pair.ours);
	chat_sock_close(pair.theirs);
}

static void
assert_settled(int fd)
{
	assert_true(fcntl(fd, F_GETFL, 0) & O_NONBLOCK);
	assert_true(fcntl(fd, F_GETFD, 0) & FD_CLOEXEC);
}

/*
 * Listening and names.
 */

static void
test_listening_on_ipv4(void **state)
{
	struct chat_peer peer;
	int client, conn, fd = listen_at("127.0.0.1:0");

	(void)state;
	assert_settled(fd);
	assert_int_equal(strncmp(name_of(fd), "127.0.0.1:", 10), 0);
	assert_true(port_of(fd) > 0);
	client = connect_v4(port_of(fd));
	conn = accept_one(fd, &peer);
	assert_settled(conn);
	chat_sock_close(conn);
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_listening_on_ipv6(void **state)
{
	struct chat_peer peer;
	int client, fd;

	(void)state;
	if (!has_v6())
		skip();
	fd = listen_at("[::1]:0");
	assert_settled(fd);
	assert_int_equal(strncmp(name_of(fd), "[::1]:", 6), 0);
	client = connect_v6(port_of(fd));
	chat_sock_close(accept_one(fd, &peer));
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_listening_on_unix(void **state)
{
	struct chat_peer peer;
	int client, fd = listen_at(unix_spec);

	(void)state;
	assert_settled(fd);
	assert_string_equal(name_of(fd), unix_spec);
	client = connect_unix();
	chat_sock_close(accept_one(fd, &peer));
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_star_takes_ipv4_and_ipv6(void **state)
{
	struct chat_peer peer;
	char name[CHAT_SOCK_NAME], expected[CHAT_SOCK_NAME];
	struct sockaddr_in own;
	socklen_t n = sizeof(own);
	int client, conn, fd = listen_at("*:0");

	(void)state;
	client = connect_v4(port_of(fd));
	conn = accept_one(fd, &peer);
	assert_true(chat_sock_peer_name(conn, name, sizeof(name)) > 0);
	assert_int_equal(getsockname(client, (struct sockaddr *)&own, &n), 0);
	snprintf(
	    expected, sizeof(expected), "127.0.0.1:%u", ntohs(own.sin_port));
	assert_string_equal(name, expected);
	chat_sock_close(conn);
	chat_sock_close(client);
	if (has_v6()) {
		client = connect_v6(port_of(fd));
		chat_sock_close(accept_one(fd, &peer));
		chat_sock_close(client);
	}
	chat_sock_close(fd);
}

static void
test_star_without_ipv6(void **state)
{
	int fd;

	(void)state;
	need_faults();
	break_call("socket", 0, 1, EAFNOSUPPORT);
	fd = listen_at("*:0");
	assert_int_equal(strncmp(name_of(fd), "0.0.0.0:", 8), 0);
	chat_sock_close(fd);
	break_call("bind", 0, 1, EADDRNOTAVAIL);
	fd = listen_at("*:0");
	assert_int_equal(strncmp(name_of(fd), "0.0.0.0:", 8), 0);
	chat_sock_close(fd);
}

static void
test_any_ipv6_leaves_ipv4_to_others(void **state)
{
	char spec[CHAT_SOCK_NAME];
	int v4, v6;

	(void)state;
	if (!has_v6())
		skip();
	v4 = listen_at("0.0.0.0:0");
	snprintf(spec, sizeof(spec), "[::]:%d", port_of(v4));
	v6 = listen_at(spec);
	assert_string_equal(name_of(v6), spec);
	chat_sock_close(v4);
	chat_sock_close(v6);
}

static void
test_listening_on_a_name(void **state)
{
	int fd = listen_at("localhost:0");

	(void)state;
	assert_true(strncmp(name_of(fd), "127.", 4) == 0 ||
	    strncmp(name_of(fd), "[::1]:", 6) == 0);
	chat_sock_close(fd);
}

/* The first address of the name cannot be had, a later one may. */
static void
test_name_with_an_address_that_fails(void **state)
{
	int fd, free_fd = lowest();

	(void)state;
	need_faults();
	break_call("bind", 0, 100, EADDRNOTAVAIL);
	assert_int_equal(chat_sock_listen("localhost:0", 16), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EADDRNOTAVAIL);
	assert_int_equal(lowest(), free_fd);
	break_call(NULL, 0, 0, 0);
	fd = listen_at("localhost:0");
	chat_sock_close(fd);
}

static void
test_spec_that_is_none(void **state)
{
	static const char *const wrong[] = { "", ":", "3008", "127.0.0.1",
		"127.0.0.1:", ":3008", "127.0.0.1:65536", "127.0.0.1:-1",
		"127.0.0.1: 3008", "127.0.0.1:3008 ", "127.0.0.1:+3008",
		"127.0.0.1:0xbc0", "127.0.0.1:003008", "::1:3008", "1:2:3", "[",
		"[]", "[::1", "[::1]", "[::1]3008", "[::1]:", "[]:3008",
		"[127.0.0.1]:3008", "[localhost]:3008", "[*]:3008", "*",
		"*:", "*:65536", "unix:", "unix" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (chat_sock_listen(wrong[i], 16) != CHAT_ERR_ARGUMENT)
			fail_msg("taken: %s", wrong[i]);
}

static void
test_spec_that_is_too_long(void **state)
{
	char spec[1000];

	(void)state;
	memset(spec, 'a', sizeof(spec));
	memcpy(spec + 990, ":80", 4);
	assert_int_equal(chat_sock_listen(spec, 16), CHAT_ERR_ARGUMENT);
	memcpy(spec, "unix:/", 6);
	assert_int_equal(chat_sock_listen(spec, 16), CHAT_ERR_ARGUMENT);
}

static void
test_name_service_that_fails(void **state)
{
	static const struct {
		int lookup, err, error;
	} table[] = {
		{ EAI_NONAME, CHAT_ERR_ARGUMENT, 0 },
		{ EAI_MEMORY, CHAT_ERR_NOMEM, 0 },
		{ EAI_SYSTEM, CHAT_ERR_SYSTEM, 0 },
		{ EAI_AGAIN, CHAT_ERR_SYSTEM, EAGAIN },
	};
	size_t i;

	(void)state;
	need_faults();
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		break_call("getaddrinfo", 0, 1, table[i].lookup);
		assert_int_equal(
		    chat_sock_listen("host.test:80", 16), table[i].err);
		if (table[i].error != 0)
			assert_int_equal(errno, table[i].error);
	}
}

static void
test_address_in_use(void **state)
{
	int free_fd, fd = listen_at("127.0.0.1:0");

	(void)state;
	free_fd = lowest();
	assert_int_equal(chat_sock_listen(name_of(fd), 16), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(lowest(), free_fd);
	chat_sock_close(fd);
}

/* A restart must not wait for connections that the last run closed. */
static void
test_address_of_closed_connections_is_free(void **state)
{
	struct chat_peer peer;
	char spec[CHAT_SOCK_NAME], c;
	int client, conn, fd = listen_at("127.0.0.1:0");

	(void)state;
	memcpy(spec, name_of(fd), sizeof(spec));
	client = connect_v4(port_of(fd));
	conn = accept_one(fd, &peer);
	chat_sock_close(conn);
	assert_int_equal(read(client, &c, 1), 0);
	chat_sock_close(client);
	chat_sock_close(fd);
	fd = listen_at(spec);
	chat_sock_close(fd);
}

static void
test_listening_fails_without_a_leak(void **state)
{
	static const char *const calls[] = { "socket", "fcntl", "setsockopt",
		"bind", "listen" };
	static const char *const specs[] = { "127.0.0.1:0", "*:0", "[::1]:0" };
	int free_fd = lowest();
	size_t i, j, n = has_v6() ? 3 : 2;

	(void)state;
	need_faults();
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		for (j = 0; j < n; j++) {
			break_call(calls[i], 0, 1, EINVAL);
			assert_int_equal(
			    chat_sock_listen(specs[j], 16), CHAT_ERR_SYSTEM);
			assert_int_equal(errno, EINVAL);
		}
	}
	break_call("fcntl", 1, 1, EINVAL);
	assert_int_equal(chat_sock_listen("*:0", 16), CHAT_ERR_SYSTEM);
	break_call("setsockopt", 1, 1, EINVAL);
	assert_int_equal(chat_sock_listen("*:0", 16), CHAT_ERR_SYSTEM);
	break_call(NULL, 0, 0, 0);
	assert_int_equal(lowest(), free_fd);
}

static void
test_name_needs_its_space(void **state)
{
	char name[CHAT_SOCK_NAME], expected[CHAT_SOCK_NAME];
	int n, fd = listen_at("127.0.0.1:0");

	(void)state;
	n = chat_sock_name(fd, expected, sizeof(expected));
	assert_true(n > 0);
	memset(name, '#', sizeof(name));
	assert_int_equal(chat_sock_name(fd, name, 0), CHAT_ERR_SPACE);
	assert_int_equal(chat_sock_name(fd, name, (size_t)n), CHAT_ERR_SPACE);
	assert_int_equal(name[n], '#');
	assert_int_equal(chat_sock_name(fd, name, (size_t)n + 1), n);
	assert_string_equal(name, expected);
	chat_sock_close(fd);
}

static void
test_longest_unix_path_has_a_name(void **state)
{
	struct sockaddr_un un;
	char spec[sizeof("unix:") + sizeof(un.sun_path)];
	int n, fd;

	(void)state;
	n = snprintf(spec, sizeof(spec), "%s", unix_spec);
	memset(spec + n, 's', sizeof(spec) - (size_t)n);
	spec[sizeof("unix:") - 1 + sizeof(un.sun_path)] = '\0';
	assert_int_equal(chat_sock_listen(spec, 16), CHAT_ERR_ARGUMENT);
	spec[sizeof("unix:") - 2 + sizeof(un.sun_path)] = '\0';
	fd = listen_at(spec);
	assert_string_equal(name_of(fd), spec);
	chat_sock_close(fd);
	unlink(spec + 5);
}

static void
test_name_of_no_socket(void **state)
{
	char name[CHAT_SOCK_NAME];
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(
	    chat_sock_name(fds[0], name, sizeof(name)), CHAT_ERR_SYSTEM);
	assert_int_equal(
	    chat_sock_peer_name(fds[0], name, sizeof(name)), CHAT_ERR_SYSTEM);
	chat_sock_close(fds[0]);
	chat_sock_close(fds[1]);
}

/*
 * UNIX sockets and files.
 */

static void
test_stale_socket_is_replaced(void **state)
{
	struct chat_peer peer;
	int client, fd = listen_at(unix_spec);

	(void)state;
	chat_sock_close(fd);
	assert_int_equal(access(unix_path, F_OK), 0);
	fd = listen_at(unix_spec);
	client = connect_unix();
	chat_sock_close(accept_one(fd, &peer));
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
assert_in_use(void)
{
	int free_fd = lowest();

	errno = 0;
	assert_int_equal(chat_sock_listen(unix_spec, 16), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(lowest(), free_fd);
}

static void
test_live_socket_is_left_alone(void **state)
{
	struct chat_peer peer;
	int client, fd = listen_at(unix_spec);

	(void)state;
	assert_in_use();
	chat_sock_close(accept_one(fd, &peer)); /* the attempt itself */
	client = connect_unix();
	chat_sock_close(accept_one(fd, &peer));
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_live_socket_with_a_full_queue_is_left_alone(void **state)
{
	int fd = chat_sock_listen(unix_spec, 0), client = connect_unix();

	(void)state;
	assert_in_use();
	assert_int_equal(access(unix_path, F_OK), 0);
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_other_files_are_never_removed(void **state)
{
	struct stat st;
	int fd = open(unix_path, O_CREAT | O_WRONLY, 0600);

	(void)state;
	close(fd);
	assert_in_use();
	assert_int_equal(lstat(unix_path, &st), 0);
	assert_true(S_ISREG(st.st_mode));

	unlink(unix_path);
	assert_int_equal(symlink("nowhere", unix_path), 0);
	assert_in_use();
	assert_int_equal(lstat(unix_path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));

	unlink(unix_path);
	assert_int_equal(mkdir(unix_path, 0700), 0);
	assert_in_use();
	assert_int_equal(lstat(unix_path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	rmdir(unix_path);
}

static void
test_socket_of_other_kind_is_left_alone(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	memcpy(a.sun_path, unix_path, strlen(unix_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_in_use();
	assert_int_equal(access(unix_path, F_OK), 0);
	close(fd);
}

/* A file is not removed because nothing can be found out about it. */
static void
test_doubt_leaves_the_socket_alone(void **state)
{
	(void)state;
	need_faults();
	chat_sock_close(listen_at(unix_spec));
	break_call("socket", 1, 1, EMFILE);
	assert_in_use();
	break_call("fcntl", 2, 1, EINVAL);
	assert_in_use();
	break_call(NULL, 0, 0, 0);
	chat_sock_close(listen_at(unix_spec));
}

static void
test_stale_socket_that_cannot_be_removed(void **state)
{
	(void)state;
	need_faults();
	chat_sock_close(listen_at(unix_spec));
	break_call("unlink", 0, 1, EACCES);
	assert_int_equal(chat_sock_listen(unix_spec, 16), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, EACCES);
}

static void
test_directory_that_is_not_there(void **state)
{
	char spec[100];

	(void)state;
	snprintf(spec, sizeof(spec), "%s/none/s", unix_spec);
	assert_int_equal(chat_sock_listen(spec, 16), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ENOENT);
}

/*
 * Accepting and peers.
 */

static void
test_nobody_waits(void **state)
{
	struct chat_peer peer;
	int fd = listen_at("127.0.0.1:0");

	(void)state;
	assert_int_equal(chat_sock_accept(fd, &peer), CHAT_SOCK_AGAIN);
	chat_sock_close(fd);
	assert_int_equal(chat_sock_accept(fd, &peer), CHAT_ERR_SYSTEM);
}

static void
test_dead_connections_are_passed_over(void **state)
{
	static const int errors[] = { EINTR, ECONNABORTED, EPROTO, ENETDOWN,
		EHOSTUNREACH, ENETUNREACH, ETIMEDOUT };
	struct chat_peer peer;
	int client, conn, fd = listen_at("127.0.0.1:0");
	size_t i;

	(void)state;
	need_faults();
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		client = connect_v4(port_of(fd));
		wait_for(fd, POLLIN);
		break_call("accept", 0, 2, errors[i]);
		conn = chat_sock_accept(fd, &peer);
		assert_true(conn >= 0);
		chat_sock_close(conn);
		chat_sock_close(client);
	}
	chat_sock_close(fd);
}

static void
test_many_dead_connections_end_the_turn(void **state)
{
	struct chat_peer peer;
	int fd = listen_at("127.0.0.1:0");

	(void)state;
	need_faults();
	break_call("accept", 0, 1000000, ECONNABORTED);
	assert_int_equal(chat_sock_accept(fd, &peer), CHAT_SOCK_AGAIN);
	assert_true(fault.times > 1000000 / 2);
	chat_sock_close(fd);
}

static void
test_shortage_is_a_limit(void **state)
{
	static const int errors[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };
	struct chat_peer peer;
	int client, fd = listen_at("127.0.0.1:0");
	size_t i;

	(void)state;
	need_faults();
	client = connect_v4(port_of(fd));
	wait_for(fd, POLLIN);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		break_call("accept", 0, 1, errors[i]);
		assert_int_equal(chat_sock_accept(fd, &peer), CHAT_ERR_LIMIT);
	}
	chat_sock_close(accept_one(fd, &peer));
	chat_sock_close(client);
	chat_sock_close(fd);
}

/* The connection keeps waiting until a descriptor is free. */
static void
test_no_descriptor_left(void **state)
{
	struct rlimit limit, low;
	struct chat_peer peer;
	int client, fd = listen_at("127.0.0.1:0");

	(void)state;
	client = connect_v4(port_of(fd));
	wait_for(fd, POLLIN);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(chat_sock_accept(fd, &peer), CHAT_ERR_LIMIT);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	chat_sock_close(accept_one(fd, &peer));
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_accepting_from_what_does_not_listen(void **state)
{
	struct chat_peer peer;
	struct pair pair = connect_pair();
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(chat_sock_accept(pair.ours, &peer), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_sock_accept(fds[0], &peer), CHAT_ERR_SYSTEM);
	assert_int_equal(chat_sock_accept(-1, &peer), CHAT_ERR_SYSTEM);
	close_pair(pair);
	chat_sock_close(fds[0]);
	chat_sock_close(fds[1]);
}

/* The peer that is seen when somebody connects from address. */
static struct chat_peer
peer_from(int listener, const char *address)
{
	struct chat_peer peer;
	int client, conn;

	memset(&far, 0, sizeof(far));
	if (inet_pton(AF_INET, address, &far.v4.sin_addr) == 1) {
		far.any.sa_family = AF_INET;
	} else {
		assert_int_equal(
		    inet_pton(AF_INET6, address, &far.v6.sin6_addr), 1);
		far.any.sa_family = AF_INET6;
	}
	client = connect_v4(port_of(listener));
	conn = accept_one(listener, &peer);
	chat_sock_close(conn);
	chat_sock_close(client);
	return peer;
}

static void
test_peers(void **state)
{
	static const struct {
		const char *from, *key;
		bool exempt;
	} table[] = {
		{ "203.0.113.9", "::ffff:203.0.113.9", false },
		{ "::ffff:203.0.113.9", "::ffff:203.0.113.9", false },
		{ "0.0.0.0", "::ffff:0.0.0.0", false },
		{ "127.0.0.1", "::ffff:127.0.0.1", true },
		{ "127.255.255.255", "::ffff:127.255.255.255", true },
		{ "126.255.255.255", "::ffff:126.255.255.255", false },
		{ "128.0.0.1", "::ffff:128.0.0.1", false },
		{ "::ffff:127.1.2.3", "::ffff:127.1.2.3", true },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", false },
		{ "2001:db8:1:3:3:4:5:6", "2001:db8:1:3::", false },
		{ "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::", false },
		{ "::1", "::", true },
		{ "::2", "::", false },
		{ "::1:0:0:0:1", "0:0:0:1::", false },
		{ "::7f00:1", "::", false },
	};
	unsigned char key[16];
	struct chat_peer peer;
	size_t i;
	int fd = listen_at("127.0.0.1:0");

	(void)state;
	need_faults();
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(inet_pton(AF_INET6, table[i].key, key), 1);
		peer = peer_from(fd, table[i].from);
		assert_memory_equal(peer.address, key, 16);
		assert_int_equal(peer.exempt, table[i].exempt);
	}
	chat_sock_close(fd);
}

/* A system that does not say where from must not open a way around limits. */
static void
test_peer_of_unknown_kind_is_not_exempt(void **state)
{
	static const unsigned char zero[16];
	struct chat_peer peer;
	int client, fd = listen_at("127.0.0.1:0");

	(void)state;
	need_faults();
	far.any.sa_family = 255;
	client = connect_v4(port_of(fd));
	chat_sock_close(accept_one(fd, &peer));
	assert_memory_equal(peer.address, zero, 16);
	assert_false(peer.exempt);
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_unix_peer_is_exempt_and_has_no_name(void **state)
{
	static const unsigned char zero[16];
	struct chat_peer peer;
	char name[CHAT_SOCK_NAME];
	int client, conn, fd = listen_at(unix_spec);

	(void)state;
	client = connect_unix();
	conn = accept_one(fd, &peer);
	assert_settled(conn);
	assert_memory_equal(peer.address, zero, 16);
	assert_true(peer.exempt);
	assert_int_equal(chat_sock_peer_name(conn, name, sizeof(name)), 5);
	assert_string_equal(name, "unix:");
	chat_sock_close(conn);
	chat_sock_close(client);
	chat_sock_close(fd);
}

/* What a client calls itself must not get into a log. */
static void
test_unix_peer_with_a_path_has_no_name(void **state)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX },
			   to = { .sun_family = AF_UNIX };
	struct chat_peer peer;
	char name[CHAT_SOCK_NAME];
	int client, conn, fd = listen_at(unix_spec);

	(void)state;
	snprintf(own.sun_path, sizeof(own.sun_path), "%s/\nforged", dir);
	memcpy(to.sun_path, unix_path, strlen(unix_path));
	client = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(client, (struct sockaddr *)&own, sizeof(own)), 0);
	assert_int_equal(
	    connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
	conn = accept_one(fd, &peer);
	assert_true(chat_sock_peer_name(conn, name, sizeof(name)) > 0);
	assert_string_equal(name, "unix:");
	chat_sock_close(conn);
	chat_sock_close(client);
	chat_sock_close(fd);
	unlink(own.sun_path);
}

static int
option_of(int fd, int level, int option)
{
	int value = 0;
	socklen_t n = sizeof(value);

	assert_int_equal(getsockopt(fd, level, option, &value, &n), 0);
	return value;
}

static void
test_connections_inherit_what_a_listener_is_tuned_to(void **state)
{
	struct chat_peer peer;
	int client, conn, size, fd = listen_at("127.0.0.1:0");

	(void)state;
	client = connect_v4(port_of(fd));
	conn = accept_one(fd, &peer);
	assert_int_equal(option_of(conn, IPPROTO_TCP, TCP_NODELAY), 0);
	chat_sock_close(conn);
	chat_sock_close(client);

	assert_int_equal(chat_sock_tune(fd, 20000), CHAT_OK);
	client = connect_v4(port_of(fd));
	conn = accept_one(fd, &peer);
	size = option_of(conn, SOL_SOCKET, SO_SNDBUF);
	assert_true(option_of(conn, IPPROTO_TCP, TCP_NODELAY) != 0);
	assert_in_range(size, 20000, 2 * 20000);
	chat_sock_close(conn);
	chat_sock_close(client);
	chat_sock_close(fd);
}

static void
test_tuning_a_connection(void **state)
{
	struct pair pair = connect_pair();
	int size = option_of(pair.ours, SOL_SOCKET, SO_SNDBUF);

	(void)state;
	assert_int_equal(chat_sock_tune(pair.ours, 0), CHAT_OK);
	assert_true(option_of(pair.ours, IPPROTO_TCP, TCP_NODELAY) != 0);
	assert_int_equal(option_of(pair.ours, SOL_SOCKET, SO_SNDBUF), size);
	assert_int_equal(chat_sock_tune(pair.ours, 20000), CHAT_OK);
	size = option_of(pair.ours, SOL_SOCKET, SO_SNDBUF);
	assert_in_range(size, 20000, 2 * 20000);
	assert_int_equal(chat_sock_tune(pair.ours, SIZE_MAX), CHAT_OK);
	assert_true(option_of(pair.ours, SOL_SOCKET, SO_SNDBUF) > size);
	close_pair(pair);
}

static void
test_tuning_what_is_not_tcp(void **state)
{
	int fds[2], fd = listen_at(unix_spec);

	(void)state;
	assert_int_equal(chat_sock_tune(fd, 20000), CHAT_OK);
	assert_in_range(option_of(fd, SOL_SOCKET, SO_SNDBUF), 20000, 2 * 20000);
	chat_sock_close(fd);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(chat_sock_tune(fds[0], 0), CHAT_ERR_SYSTEM);
	chat_sock_close(fds[0]);
	chat_sock_close(fds[1]);
}

static void
test_tuning_fails(void **state)
{
	struct pair pair = connect_pair();

	(void)state;
	need_faults();
	break_call("setsockopt", 0, 1, EINVAL);
	assert_int_equal(chat_sock_tune(pair.ours, 1), CHAT_ERR_SYSTEM);
	break_call("setsockopt", 1, 1, ENOBUFS);
	assert_int_equal(chat_sock_tune(pair.ours, 1), CHAT_ERR_SYSTEM);
	close_pair(pair);
}

/*
 * Sending and receiving.
 */

static void
assert_received(int fd, const char *expected)
{
	char got[256];
	size_t n = strlen(expected), have = 0;

	while (have < n) {
		ssize_t more = read(fd, got + have, n - have);

		assert_true(more > 0);
		have += (size_t)more;
	}
	assert_memory_equal(got, expected, n);
}

static void
test_pieces_arrive_in_order(void **state)
{
	struct chat_str pieces[20];
	struct pair pair = connect_pair();
	size_t i;

	(void)state;
	for (i = 0; i < 20; i++)
		pieces[i] = (struct chat_str){ &"abcdefghijklmnopqrst"[i], 1 };
	assert_int_equal(chat_sock_send(pair.ours, pieces, 1), 1);
	assert_int_equal(chat_sock_send(pair.ours, pieces + 1, 2), 2);
	assert_int_equal(chat_sock_send(pair.ours, pieces, 16), 16);
	assert_int_equal(chat_sock_send(pair.ours, pieces, 20), 16);
	pieces[1] = CHAT_STR("");
	pieces[2] = CHAT_STR("long");
	assert_int_equal(chat_sock_send(pair.ours, pieces, 4), 6);
	assert_received(
	    pair.theirs, "abcabcdefghijklmnopabcdefghijklmnopalongd");
	close_pair(pair);
}

/* Sends until nothing is taken; how many bytes were. */
static size_t
fill(int fd, const struct chat_str *pieces, size_t n)
{
	size_t sent = 0;
	long took;

	while ((took = chat_sock_send(fd, pieces, n)) > 0)
		sent += (size_t)took;
	assert_int_equal(took, 0);
	return sent;
}

static void
test_sending_stops_when_it_would_wait(void **state)
{
	static char bytes[100000];
	struct chat_str pieces[2] = { { bytes, sizeof(bytes) }, { bytes, 7 } };
	struct pair pair = connect_pair();
	size_t sent, got = 0;
	ssize_t n;

	(void)state;
	sent = fill(pair.ours, pieces, 2);
	sent += fill(pair.ours, pieces, 1);
	assert_true(sent > 0);
	chat_sock_half_close(pair.ours);
	while ((n = read(pair.theirs, bytes, sizeof(bytes))) > 0)
		got += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(got, sent);
	close_pair(pair);
}

/* The first bytes may be taken before the reset comes back; no signal. */
static void
test_sending_to_one_who_has_gone(void **state)
{
	struct chat_str pieces[2] = { CHAT_STR("a"), CHAT_STR("b") };
	struct pair pair = connect_pair();
	size_t n;

	(void)state;
	chat_sock_close(pair.theirs);
	wait_for(pair.ours, POLLIN);
	assert_true(chat_sock_send(pair.ours, pieces, 1) > 0);
	wait_for(pair.ours, POLLERR);
	for (n = 1; n <= 2; n++) {
		chat_sock_send(pair.ours, pieces, n);
		assert_int_equal(
		    chat_sock_send(pair.ours, pieces, n), CHAT_ERR_SYSTEM);
		assert_int_equal(errno, EPIPE);
	}
	chat_sock_close(pair.ours);
}

static void
test_three_results_of_receiving(void **state)
{
	struct pair pair = connect_pair();
	char got[8];

	(void)state;
	assert_int_equal(
	    chat_sock_receive(pair.ours, got, sizeof(got)), CHAT_SOCK_AGAIN);
	assert_int_equal(write(pair.theirs, "hello", 5), 5);
	wait_for(pair.ours, POLLIN);
	assert_int_equal(chat_sock_receive(pair.ours, got, 3), 3);
	assert_memory_equal(got, "hel", 3);
	assert_int_equal(chat_sock_receive(pair.ours, got, sizeof(got)), 2);
	assert_memory_equal(got, "lo", 2);
	assert_int_equal(
	    chat_sock_receive(pair.ours, got, sizeof(got)), CHAT_SOCK_AGAIN);
	shutdown(pair.theirs, SHUT_WR);
	wait_for(pair.ours, POLLIN);
	assert_int_equal(
	    chat_sock_receive(pair.ours, got, sizeof(got)), CHAT_SOCK_END);
	assert_int_equal(
	    chat_sock_receive(pair.ours, got, sizeof(got)), CHAT_SOCK_END);
	close_pair(pair);
}

/* Closing with bytes unread is a reset. */
static void
test_receiving_from_a_broken_connection(void **state)
{
	struct chat_str x = CHAT_STR("x");
	struct pair pair = connect_pair();
	char got[8];

	(void)state;
	assert_int_equal(chat_sock_send(pair.ours, &x, 1), 1);
	wait_for(pair.theirs, POLLIN);
	chat_sock_close(pair.theirs);
	wait_for(pair.ours, POLLIN);
	assert_int_equal(
	    chat_sock_receive(pair.ours, got, sizeof(got)), CHAT_ERR_SYSTEM);
	assert_int_equal(errno, ECONNRESET);
	chat_sock_close(pair.ours);
}

static void
test_signals_do_not_show(void **state)
{
	struct chat_str x = CHAT_STR("x");
	struct pair pair = connect_pair();
	char got[8];

	(void)state;
	need_faults();
	break_call("send", 0, 2, EINTR);
	assert_int_equal(chat_sock_send(pair.ours, &x, 1), 1);
	assert_int_equal(write(pair.theirs, "y", 1), 1);
	wait_for(pair.ours, POLLIN);
	break_call("recv", 0, 2, EINTR);
	assert_int_equal(chat_sock_receive(pair.ours, got, sizeof(got)), 1);
	close_pair(pair);
}

static void
test_half_close_ends_one_direction(void **state)
{
	struct pair pair = connect_pair();
	char got[8];

	(void)state;
	assert_int_equal(chat_sock_half_close(pair.ours), CHAT_OK);
	assert_int_equal(read(pair.theirs, got, 1), 0);
	assert_int_equal(write(pair.theirs, "z", 1), 1);
	wait_for(pair.ours, POLLIN);
	assert_int_equal(chat_sock_receive(pair.ours, got, sizeof(got)), 1);
	close_pair(pair);
	assert_int_equal(chat_sock_half_close(-1), CHAT_ERR_SYSTEM);
}

static void
test_closing_keeps_errno(void **state)
{
	int free_fd = lowest(), fd = dup(0);

	(void)state;
	errno = ENFILE;
	chat_sock_close(fd);
	chat_sock_close(fd); /* EBADF */
	chat_sock_close(-1);
	assert_int_equal(errno, ENFILE);
	assert_int_equal(lowest(), free_fd);
}

/*
 * The pipe.
 */

static bool
is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

static void
test_wake_is_seen_until_drained(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(chat_sock_pipe(fds), CHAT_OK);
	assert_settled(fds[0]);
	assert_settled(fds[1]);
	assert_false(is_readable(fds[0]));
	chat_sock_wake(fds[1]);
	assert_true(is_readable(fds[0]));
	chat_sock_drain(fds[0]);
	assert_false(is_readable(fds[0]));
	chat_sock_wake(fds[1]);
	assert_true(is_readable(fds[0]));
	chat_sock_close(fds[0]);
	chat_sock_close(fds[1]);
}

/* More wake-ups than the pipe has room for. */
static void
test_wake_never_waits(void **state)
{
	int i, fds[2];

	(void)state;
	assert_int_equal(chat_sock_pipe(fds), CHAT_OK);
	errno = ENFILE;
	for (i = 0; i < 100000; i++)
		chat_sock_wake(fds[1]);
	assert_int_equal(errno, ENFILE);
	assert_true(is_readable(fds[0]));
	chat_sock_drain(fds[0]);
	assert_false(is_readable(fds[0]));
	chat_sock_drain(fds[0]);
	chat_sock_close(fds[0]);
	chat_sock_close(fds[1]);
}

static void
test_no_pipe(void **state)
{
	struct rlimit limit, low;
	int err, after, free_fd = lowest(), fds[2] = { -7, -8 };

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	err = chat_sock_pipe(fds);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(err, CHAT_ERR_SYSTEM);
#ifdef __linux__
	for (after = 0; after < 4; after++) {
		break_call("fcntl", after, 1, EINVAL);
		assert_int_equal(chat_sock_pipe(fds), CHAT_ERR_SYSTEM);
		assert_int_equal(errno, EINVAL);
	}
#endif
	assert_int_equal(fds[0], -7);
	assert_int_equal(fds[1], -8);
	assert_int_equal(lowest(), free_fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_listening_on_ipv4, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_listening_on_ipv6, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_listening_on_unix, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_star_takes_ipv4_and_ipv6, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_star_without_ipv6, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_any_ipv6_leaves_ipv4_to_others, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_listening_on_a_name, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_name_with_an_address_that_fails, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_spec_that_is_none, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_spec_that_is_too_long, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_name_service_that_fails, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_address_in_use, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_address_of_closed_connections_is_free, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_listening_fails_without_a_leak, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_name_needs_its_space, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_longest_unix_path_has_a_name, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_name_of_no_socket, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_stale_socket_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_live_socket_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_live_socket_with_a_full_queue_is_left_alone, begin,
		    end),
		cmocka_unit_test_setup_teardown(
		    test_other_files_are_never_removed, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_socket_of_other_kind_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_doubt_leaves_the_socket_alone, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_stale_socket_that_cannot_be_removed, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_directory_that_is_not_there, begin, end),
		cmocka_unit_test_setup_teardown(test_nobody_waits, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_dead_connections_are_passed_over, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_many_dead_connections_end_the_turn, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_shortage_is_a_limit, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_no_descriptor_left, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_accepting_from_what_does_not_listen, begin, end),
		cmocka_unit_test_setup_teardown(test_peers, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_peer_of_unknown_kind_is_not_exempt, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_unix_peer_is_exempt_and_has_no_name, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_unix_peer_with_a_path_has_no_name, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_connections_inherit_what_a_listener_is_tuned_to, begin,
		    end),
		cmocka_unit_test_setup_teardown(
		    test_tuning_a_connection, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_tuning_what_is_not_tcp, begin, end),
		cmocka_unit_test_setup_teardown(test_tuning_fails, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_pieces_arrive_in_order, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_sending_stops_when_it_would_wait, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_sending_to_one_who_has_gone, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_three_results_of_receiving, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_receiving_from_a_broken_connection, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_signals_do_not_show, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_half_close_ends_one_direction, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_closing_keeps_errno, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_wake_is_seen_until_drained, begin, end),
		cmocka_unit_test_setup_teardown(
		    test_wake_never_waits, begin, end),
		cmocka_unit_test_setup_teardown(test_no_pipe, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
