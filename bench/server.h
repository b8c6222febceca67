/* SPDX-License-Identifier: ISC */
/*
 * server.h - one server under test, in a cgroup of its own.
 *
 * A cgroup, because it counts the time of every descendant, also of those
 * that nobody waits for.  Every function ends the program when it fails.
 */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <stdint.h>

/* A port of 127.0.0.1 on which nobody listens at this moment. */
uint16_t server_free_port(void);

/*
 * Run the command, an argument "{port}" replaced, its errors appended to the
 * file log.  Returns when somebody listens on the port.
 */
void server_start(char **command, uint16_t port, const char *log);

/* The processes that live, and the microseconds of CPU spent so far by all. */
int server_processes(void);
long long server_cpu_us(void);

/* Proportional set size of all processes together. */
long server_pss_kib(void);

/*
 * Wait until no more than this many processes are left, for at most 15 s.
 * Returns how many are too many.
 */
int server_settle(int processes);

/* End the server and everything it started.  Harmless when none runs. */
void server_stop(void);

#endif
