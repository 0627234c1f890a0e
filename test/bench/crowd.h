/*
 * crowd: many WebSocket clients of one server, in one thread over epoll.
 *
 *     clients:  [ 0 ][ 1 ][ 2 ] ... [ n - 1 ]    in order of opening
 *
 *                  101                `users`
 *     ASKED ------------> TOLD ---------------> JOINED
 *        '----------- 101, if bare ----------------^
 *
 * Whatever goes wrong (a connection that ends, a frame that cannot be) ends
 * the program: a benchmark that lost something has measured nothing.
 *
 * Called by load.  Not here: what is measured.
 */
#ifndef CHAT_BENCH_CROWD_H
#define CHAT_BENCH_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* Bytes of a text that fit a frame of crowd_write(), and its header. */
enum { CROWD_TEXT = 65535, CROWD_HEAD = 8 };

enum crowd_state { CROWD_ASKED, CROWD_TOLD, CROWD_JOINED };

struct crowd_client {
	int fd;
	enum crowd_state state;
	char *rest; /* of a frame or head that has not come whole */
	size_t nrest;
};

struct crowd;

/* A text has come to a client. */
typedef void crowd_text_fn(
    struct crowd *c, size_t client, const char *p, size_t n);

struct crowd {
	struct sockaddr_storage address;
	socklen_t address_size;
	bool bare; /* the server has nothing to tell but the 101 */
	int epoll;
	struct crowd_client *clients;
	size_t n, cap;
	size_t joined;
	crowd_text_fn *on_text;
	void *arg; /* of the owner */
};

/* spec: "127.0.0.1:3008", "unix:/path".  At most cap clients at once. */
void crowd_init(struct crowd *c, const char *spec, size_t cap, bool bare,
    crowd_text_fn *on_text, void *arg);

/* Ends all connections, at once and without ports that linger. */
void crowd_release(struct crowd *c);

/* A connection that has not asked for anything. */
int crowd_connect(const struct crowd *c);

/* One more client, which asks for path; its number. */
size_t crowd_open(struct crowd *c, const char *path);

/* Reads no more of what comes to a client, for ever. */
void crowd_ignore(struct crowd *c, size_t client);

/* Waits for at most so many ms, and takes what has come. */
void crowd_turn(struct crowd *c, int timeout);

/* Writes a masked text frame to dst, of at most CROWD_TEXT bytes of text;
 * its size. */
size_t crowd_write(char *dst, const char *text, size_t n);

/* Sends all of p, waiting if it must. */
void crowd_send(struct crowd *c, size_t client, const char *p, size_t n);

/* The answer to a GET on a connection of its own, as a string in dst. */
void crowd_get(const struct crowd *c, const char *path, char *dst, size_t cap);

/* End the program with a message; the latter says what the system said. */
void crowd_fail(const char *what);
void crowd_fail_system(const char *what);

#endif
