#include "process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <cmocka.h>

#define MAX_ARGUMENTS 32

/* Reads what is there, or waits for it; 0 at the end. */
static size_t
read_some(int fd, char *p, size_t n)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t got;

	if (poll(&pfd, 1, PATIENCE) != 1)
		fail_msg("nothing came for %d ms", PATIENCE);
	got = read(fd, p, n);
	return got > 0 ? (size_t)got : 0;
}

static char *
grow(char *p, size_t n)
{
	p = realloc(p, n);
	assert_non_null(p);
	return p;
}

/*
 * The program
 */

static void
become_chatd(
    const char *program, int out, int descriptors, const char *const *arguments)
{
	char *argv[MAX_ARGUMENTS + 2];
	struct rlimit limit;
	int n = 0;

	argv[n++] = strdup(program);
	while (n <= MAX_ARGUMENTS && *arguments != NULL)
		argv[n++] = strdup(*arguments++);
	argv[n] = NULL;
	if (descriptors > 0) {
		limit.rlim_cur = limit.rlim_max = (rlim_t)descriptors;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	dup2(out, 1);
	dup2(out, 2);
	execv(program, argv);
	_exit(127);
}

void
process_spawn(struct process *p, int descriptors, const char *const *arguments)
{
	const char *program = getenv("CHATD");
	int fds[2];

	memset(p, 0, sizeof(*p));
	p->said = grow(NULL, 1);
	*p->said = '\0';
	assert_int_equal(pipe(fds), 0);
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0)
		become_chatd(program != NULL ? program : "./chatd", fds[1],
		    descriptors, arguments);
	close(fds[1]);
	p->out = fds[0];
}

/* One more piece of what it says; false at its end. */
static bool
listen_to(struct process *p)
{
	size_t got;

	p->said = grow(p->said, p->size + 4096);
	got = read_some(p->out, p->said + p->size, 4095);
	p->size += got;
	p->said[p->size] = '\0';
	return got > 0;
}

void
process_expect(struct process *p, const char *text)
{
	while (strstr(p->said, text) == NULL)
		if (!listen_to(p))
			fail_msg("ended without \"%s\": %s", text, p->said);
}

void
process_start(struct process *p, const char *const *arguments)
{
	const char *all[MAX_ARGUMENTS + 1] = { "-l", "127.0.0.1:0" };
	size_t n = 2;

	while (n < MAX_ARGUMENTS && *arguments != NULL)
		all[n++] = *arguments++;
	all[n] = NULL;
	process_spawn(p, 0, all);
	process_expect(p, "/\n");
	assert_int_equal(
	    sscanf(p->said, "listening on http://127.0.0.1:%d/", &p->port), 1);
}

int
process_wait(struct process *p)
{
	int status;

	while (listen_to(p))
		;
	close(p->out);
	assert_int_equal(waitpid(p->pid, &status, 0), p->pid);
	free(p->said);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
process_stop(struct process *p, int signal)
{
	assert_int_equal(kill(p->pid, signal), 0);
	return process_wait(p);
}

/*
 * A client
 */

int
client_connect(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void
send_all(int fd, const void *p, size_t n)
{
	ssize_t sent;

	for (; n > 0; n -= (size_t)sent, p = (const char *)p + sent) {
		sent = send(fd, p, n, MSG_NOSIGNAL);
		assert_true(sent > 0);
	}
}

char *
client_ask(int port, const char *request)
{
	int fd = client_connect(port);
	char *answer = NULL;
	size_t n = 0, got;

	send_all(fd, request, strlen(request));
	do {
		answer = grow(answer, n + 4096);
		got = read_some(fd, answer + n, 4095);
		n += got;
	} while (got > 0);
	answer[n] = '\0';
	close(fd);
	return answer;
}

static bool
receive(struct client *c)
{
	size_t got;

	c->in = grow(c->in, c->size + 65536);
	got = read_some(c->fd, c->in + c->size, 65535);
	c->size += got;
	c->ended = got == 0;
	return got > 0;
}

static void
consume(struct client *c, size_t n)
{
	c->size -= n;
	memmove(c->in, c->in + n, c->size);
}

void
client_join(struct client *c, int port, const char *name, const char *query)
{
	struct chat_ws_config config = { .role = CHAT_WS_CLIENT };
	char request[1024];
	char *end;

	memset(c, 0, sizeof(*c));
	chat_ws_init(&c->ws, &config);
	c->fd = client_connect(port);
	snprintf(request, sizeof(request),
	    "GET /ws/%s%s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	    name, query);
	send_all(c->fd, request, strlen(request));
	do {
		assert_true(receive(c));
		c->in[c->size] = '\0';
	} while ((end = strstr(c->in, "\r\n\r\n")) == NULL);
	assert_memory_equal(c->in, "HTTP/1.1 101", 12);
	assert_non_null(strstr(c->in, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
	consume(c, (size_t)(end - c->in) + 4);
	assert_non_null(client_next(c));
}

void
client_free(struct client *c)
{
	close(c->fd);
	free(c->in);
	free(c->text);
}

void
client_send(struct client *c, const char *json)
{
	struct chat_frame f = { .opcode = CHAT_OP_TEXT,
		.fin = true,
		.masked = true,
		.mask = { 1, 2, 3, 4 } };
	size_t n = f.length = strlen(json), head;
	char *frame = grow(NULL, CHAT_FRAME_MAX_HEADER + n);

	/* One piece, or the kernel waits for more to send with the second. */
	head = chat_frame_write((unsigned char *)frame, &f);
	memcpy(frame + head, json, n);
	chat_frame_mask(frame + head, n, f.mask, 0);
	send_all(c->fd, frame, head + n);
	free(frame);
}

static void
take_text(struct client *c, const struct chat_ws_event *ev)
{
	if (ev->first)
		c->length = 0;
	c->text = grow(c->text, c->length + ev->size + 1);
	memcpy(c->text + c->length, ev->data, ev->size);
	c->length += ev->size;
	c->text[c->length] = '\0';
}

const char *
client_next(struct client *c)
{
	struct chat_ws_event ev;
	int used;

	for (;;) {
		used = chat_ws_next(&c->ws, c->in, c->size, &ev);
		assert_true(used >= 0);
		if (used == 0) {
			if (!receive(c))
				return NULL;
			continue;
		}
		if (ev.kind == CHAT_WS_DATA)
			take_text(c, &ev);
		if (ev.kind == CHAT_WS_CLOSE)
			c->close_code = ev.code;
		consume(c, (size_t)used);
		if (ev.kind == CHAT_WS_DATA && ev.last)
			return c->text;
	}
}

void
client_expect(struct client *c, const char *text)
{
	const char *got;

	do {
		if ((got = client_next(c)) == NULL)
			fail_msg("the end came before %s", text);
	} while (strstr(got, text) == NULL);
}

int
client_drain(struct client *c)
{
	while (client_next(c) != NULL)
		;
	return c->close_code != 0 ? c->close_code : 1006;
}
