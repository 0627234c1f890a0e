/*
 * probe: what another process has used of the machine, from outside.
 *
 * So the one that is measured needs no code for it, and may be any program.
 * Of the running system on Linux; what fails ends the program, since there is
 * nothing to measure then.
 */
#ifndef CHAT_BENCH_PROBE_H
#define CHAT_BENCH_PROBE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

static inline double
probe_seconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0) {
		perror("clock_gettime");
		exit(1);
	}
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Seconds by the wall. */
static inline double
probe_wall(void)
{
	return probe_seconds(CLOCK_MONOTONIC);
}

/* Seconds of CPU that the process has used, its system calls included. */
static inline double
probe_cpu(pid_t pid)
{
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0) {
		fprintf(stderr, "no process %ld\n", (long)pid);
		exit(1);
	}
	return probe_seconds(clock);
}

/* Bytes of the process that are in memory.  Counted page by page: the sums
 * that /proc/PID/statm has are late by some of them. */
static inline double
probe_memory(pid_t pid)
{
	char line[256];
	long kib = -1;
	FILE *f;

	snprintf(line, sizeof(line), "/proc/%ld/smaps_rollup", (long)pid);
	if ((f = fopen(line, "r")) != NULL) {
		while (fgets(line, sizeof(line), f) != NULL)
			if (sscanf(line, "Rss: %ld kB", &kib) == 1)
				break;
		fclose(f);
	}
	if (kib < 0) {
		perror("smaps_rollup");
		exit(1);
	}
	return (double)kib * 1024;
}

#endif
