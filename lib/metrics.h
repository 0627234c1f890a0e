/*
 * metrics: what the room counts, and the page that shows it.
 *
 * Counters only grow; those marked "now" are levels.  All zero is the
 * beginning.  Counted by room and core where things happen, shown by request.
 * Not here: counts of anything that has a name, as users have.
 *
 * Private messages move the counters of traffic.  Somebody who read these after
 * every message would learn how long it was, and how many windows got it.  So
 * core shows traffic as it was at one moment in CHAT_METRICS_TICK, bytes are
 * shown in steps, and deliveries are those of public messages.
 */
#ifndef CHAT_METRICS_H
#define CHAT_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "msg.h"

/* Milliseconds between two views of the traffic, and bytes of a step. */
#define CHAT_METRICS_TICK 10000
#define CHAT_METRICS_STEP 4096

/* Of the histogram of turns.  Bucket i counts the turns that took at most 0.1
 * ms times 2^i and were too long for the one before; the last one, all that
 * took longer. */
#define CHAT_TURN_BUCKETS 14

struct chat_traffic {
	uint64_t messages; /* entries applied, private ones included */
	uint64_t messages_private;
	uint64_t duplicates; /* retries of what was recorded before */
	uint64_t deliveries; /* public messages times receiving windows */
	uint64_t bytes_in, bytes_out;
	uint64_t sends;                        /* calls that took something */
	uint64_t turns;                        /* of the loop */
	uint64_t turn_usec;                    /* spent in them, microseconds */
	uint64_t turn_time[CHAT_TURN_BUCKETS]; /* turns by duration */
};

struct chat_metrics {
	uint64_t accepted; /* connections taken in */
	uint64_t refused;  /* connections and joins over a limit */
	uint64_t joins;    /* sessions that began */
	uint64_t resumes;  /* sessions taken up again */
	uint64_t requests; /* HTTP requests answered */
	uint64_t lagged;   /* cut because a ring overran them */
	uint64_t errors[CHAT_MSG_CODES]; /* `error` frames by code */
	struct chat_traffic traffic;
	uint32_t connections; /* now */
	uint32_t windows;     /* now: connections that have joined */
	uint32_t users;       /* now, those in their grace included */
	uint32_t degraded;    /* 1: the store takes nothing */
};

/* Counts a turn that took usec microseconds. */
void chat_metrics_count_turn(struct chat_traffic *t, uint64_t usec);

/* Writes the Prometheus text format, version 0.0.4, as snprintf() does: returns
 * the length of the whole, and writes as much as fits into cap bytes, the last
 * of them a NUL. */
size_t chat_metrics_write(char *dst, size_t cap, const struct chat_metrics *m);

#endif
