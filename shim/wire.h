/* SPDX-License-Identifier: ISC */
/*
 * wire.h - ciphertext between the connection and the TLS library.
 *
 * The library reads and writes two bounded queues, never the socket: so
 * records go out in batches, end of file is our own decision, and the
 * socket's flags, which the starter shares, are left alone (MSG_DONTWAIT
 * instead of O_NONBLOCK).
 */
#ifndef SHIM_WIRE_H
#define SHIM_WIRE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct bio_st;

enum {
	WIRE_IN_MAX = 64 * 1024,
	WIRE_OUT_MAX = 128 * 1024,
	WIRE_RECORD_MAX = 17 * 1024, /* a TLS record with all its overhead */
	WIRE_FIRST_MAX = 8
};

struct wire {
	int fd;
	struct buf in, out;
	bool readable, writable; /* as far as poll(2) told; cleared by EAGAIN */
	bool eof;		 /* FIN, or an error: nothing will come */
	int error;		 /* errno that broke the connection, or 0; what
				  * is written from then on goes nowhere */
	uint8_t first[WIRE_FIRST_MAX]; /* the peer's first bytes */
	size_t first_len;
};

void wire_init(struct wire *, int fd);

/*
 * A BIO for SSL_set_bio(3).  It says "retry" when the queue is empty or
 * full, at end of file too: whoever calls the library looks at wire.eof.
 */
struct bio_st *wire_bio(struct wire *);

/*
 * Receive once, if there is room; send what is queued.  True if anything
 * moved.
 */
bool wire_fill(struct wire *);
bool wire_flush(struct wire *);

/*
 * What to wait for, and what came of it.
 */
void wire_wanted(const struct wire *, struct pollfd *);
void wire_woke(struct wire *, const struct pollfd *);

/*
 * What was first so far was clear text: TLS begins.
 */
void wire_forget_first(struct wire *);

/*
 * After a last alert: send it, end our direction, and read the peer's bytes
 * away until it closes or ms have passed.  Closing with unread bytes would
 * make the kernel send a reset, and the peer lose the alert.
 */
void wire_linger(struct wire *, unsigned int ms);

#endif
