/*
 * server: the inside of a chat_server; chatcore.h is its manual.
 *
 *     listeners: [ fd ][ fd ]         keys 0, 1, ... in the ready set
 *     events:    [ done | to do ]     what the ready set reported last
 *
 * The key of a connection in the ready set is its id, its tag in the core its
 * descriptor.  That is all that this knows: it moves bytes and does what the
 * core wants of a socket.  Files: server.c (what it owns),
 * loop.c (the turn).
 */
#ifndef CHAT_SERVER_H
#define CHAT_SERVER_H

#include "chatcore.h"
#include "ready.h"

/* Descriptors that one call to the ready set may report. */
#define CHAT_SERVER_EVENTS 256

/* Times that a turn looks again for who has spoken in the meantime. */
#define CHAT_SERVER_LOOKS 3

/* Bytes that one connection may bring each time. */
#define CHAT_SERVER_READ 32768

/* Connections that one listener may bring each time. */
#define CHAT_SERVER_ACCEPT 64

/* What is asked of the kernel as send buffer of a connection; what it cannot
 * hold waits in the rings.  Linux gives twice as much. */
#define CHAT_SERVER_SEND_BUFFER 65536

/* Without descriptors, accepting pauses until one is free, or so many ms. */
#define CHAT_SERVER_PAUSE 1000

/* ... of which a line is logged once in so many ms. */
#define CHAT_SERVER_PAUSE_LOG 60000

struct chat_server {
	struct chat_alloc alloc;
	struct chat_core *core;
	struct chat_ready *ready;
	int *listeners;
	size_t nlisteners;
	uint64_t paused; /* until when nothing is accepted; 0: it is */
	uint64_t silent; /* until when no line is logged about that */
	int nevents, next_event;
	struct chat_ready_event events[CHAT_SERVER_EVENTS];
	char buffer[CHAT_SERVER_READ];
};

/* The time, from the system's clocks. */
struct chat_time chat_server_now(void);

/* Takes in a connection: its descriptor is the server's, even on error, when
 * it is closed. */
int chat_server_open(
    struct chat_server *s, int fd, const struct chat_peer *peer);

/* Closes the socket of a connection, and tells the core. */
void chat_server_close(struct chat_server *s, uint64_t id);

/* Stops accepting, or goes on with it. */
void chat_server_pause(struct chat_server *s, bool pause);

#endif
