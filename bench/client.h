/* SPDX-License-Identifier: ISC */
/*
 * client.h - many connections to one server, from one process.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

enum { CLIENT_CONCURRENT_MAX = 1024 };

struct client_load {
	uint16_t port;	    /* of 127.0.0.1 */
	int tls;	    /* TLS1_2_VERSION, TLS1_3_VERSION; 0: none */
	bool resume;	    /* go on with the session that came last */
	bool hold;	    /* keep a connection open after its first bytes */
	long long expected; /* bytes that the server must send */
};

struct client_tally {
	long ok, failed, resumed;
	double seconds;
	char protocol[16], cipher[64], group[32]; /* of the first connection */
	char reason[256];			  /* of the first failure */
};

/* Call once, first.  Ends the program when it fails. */
void client_open(const struct client_load *);

/*
 * Make connections, at most so many at once, until `total` have been made
 * and, unless they are held, has ended.  A connection is ok when exactly the
 * expected bytes came and then the end (held: when the expected bytes came).
 */
void client_run(long total, int concurrent, struct client_tally *);

/* Close what is held. */
void client_hang_up(void);

#endif
