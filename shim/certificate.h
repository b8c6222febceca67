/* SPDX-License-Identifier: ISC */
/*
 * certificate.h - the certificate that the KEEPER chose, and no key to it.
 *
 * Runs in NET.  It comes when the ClientHello is there and is given to the
 * library when that wants one: not at all where a session is resumed.
 */
#ifndef SHIM_CERTIFICATE_H
#define SHIM_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "msg.h"

struct ask;
struct ssl_ctx_st;

struct certificate {
	struct ask *ask;
	size_t len; /* of the chain, the leaf is first */
	struct {
		unsigned char *der;
		size_t len;
	} chain[MSG_MOST_CHAIN];
	bool used;
	unsigned char *staple; /* staple.h; NULL: none */
	size_t staple_len;
};

/*
 * Have this context's connection, the only one of the process, ask for it.
 * All must outlive the context.
 */
void certificate_init(struct certificate *, struct ssl_ctx_st *, struct ask *);

/*
 * Wait for the staple, where one is wanted, and the chain, all of it.  False,
 * and ask.no_answer, if there is no KEEPER any more.
 */
bool certificate_receive(struct certificate *, bool wants_staple);

#endif
