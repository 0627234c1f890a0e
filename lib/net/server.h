/*
 * server: the inside of a chat_server; chatcore.h is its manual.
 *
 *     listeners: [ fd ][ fd ]         keys 0, 1, ... in the ready set
 *     events:    [ done | to do ]     what the ready set reported last
 *
 * The key of a connection in the ready set is its id; its tag in the core is
 * its descriptor.  So there is no table of connections here: the server moves
 * bytes and does what the core wants of a socket.  Called by programs, chatd
 * among them.  Not here: anything that knows what the bytes mean (core).
 * Files: server.c (what it owns), loop.c (the turn).
 */
#ifndef CHAT_SERVER_H
#define CHAT_SERVER_H

#include "chatcore.h"
#include "ready.h"

/* Descriptors that one call to the ready set may report. */
#define CHAT_SERVER_EVENTS 256

/* How often a turn looks again for what has come in the meantime. */
#define CHAT_SERVER_LOOKS 3

/* Bytes that are read from one connection before the next one has its turn. */
#define CHAT_SERVER_READ 32768

/* Connections that are accepted from one listener before the next event. */
#define CHAT_SERVER_ACCEPT 64

/* The send buffer that the kernel is asked for, in bytes, for each connection;
 * what does not fit waits in the rings.  Linux gives twice as much. */
#define CHAT_SERVER_SEND_BUFFER 65536

/* When out of descriptors, accepting pauses until one is free, or for this many
 * milliseconds: others of the process or the system may free some, too. */
#define CHAT_SERVER_PAUSE 1000

/* A line is logged about it, but no more than one in this many milliseconds. */
#define CHAT_SERVER_PAUSE_LOG 60000

struct chat_server {
	struct chat_alloc alloc;
	struct chat_core *core;
	struct chat_ready *ready;
	int *listeners;
	size_t nlisteners;
	uint64_t paused_until; /* nothing is accepted; 0: no pause */
	uint64_t silent_until; /* no line is logged about that */
	int nevents, next_event;
	struct chat_ready_event events[CHAT_SERVER_EVENTS];
	char buffer[CHAT_SERVER_READ];
};

/* The time, from the system's clocks. */
struct chat_time chat_server_now(void);

/* Takes in a connection.  Its descriptor becomes the server's, which closes it
 * on error. */
int chat_server_open(
    struct chat_server *s, int fd, const struct chat_peer *peer);

/* Closes the socket of a connection, and tells the core. */
void chat_server_close(struct chat_server *s, uint64_t id);

/* Pauses accepting for CHAT_SERVER_PAUSE, or goes on with it. */
void chat_server_pause(struct chat_server *s, bool pause);

#endif
