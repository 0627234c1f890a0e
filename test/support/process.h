/*
 * process: chatd as a child process, and clients on real sockets.
 *
 * For tests of the program as it is: what it prints, how it ends, what several
 * clients see.  Everything waits for what it names, at most PATIENCE; then the
 * test fails.  $CHATD names the program, ./chatd by default.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ws.h"

#define PATIENCE 20000 /* ms */

struct process {
	pid_t pid;
	int out;    /* its stdout and stderr */
	int port;   /* of the first listener; 0: none */
	char *said; /* all that it has said so far, NUL-terminated */
	size_t size;
};

/* Starts chatd with arguments, the last one NULL; descriptors: how many it may
 * have open at most, 0 as many as we.  Does not wait. */
void process_spawn(
    struct process *p, int descriptors, const char *const *arguments);

/* The same, and waits until it listens at a port that the system has chosen. */
void process_start(struct process *p, const char *const *arguments);

/* Waits until it has said so. */
void process_expect(struct process *p, const char *text);

/* Waits for its end: its exit status, 128 + n after signal n. */
int process_wait(struct process *p);

/* Sends a signal and waits for the end. */
int process_stop(struct process *p, int signal);

struct client {
	int fd;
	struct chat_ws ws;
	char *in; /* received, not taken yet */
	size_t size;
	char *text; /* the last message, NUL-terminated */
	size_t length;
	int close_code; /* 0: no Close yet */
	bool ended;     /* there is nothing more to read */
};

/* A TCP connection to the port. */
int client_connect(int port);
/* Sends all of a string, and reads until the other side ends: to be freed. */
char *client_ask(int port, const char *request);

/* Joins as a name, with a query or "", and waits for the welcome, which is in
 * c->text; not for more. */
void client_join(
    struct client *c, int port, const char *name, const char *query);
void client_free(struct client *c);

void client_send(struct client *c, const char *json);

/* The next message: c->text, or NULL at the end of the connection. */
const char *client_next(struct client *c);

/* Passes over messages up to one that contains the text, which is c->text. */
void client_expect(struct client *c, const char *text);

/* Reads to the end; the close code, 1006 if there was none. */
int client_drain(struct client *c);

#endif
