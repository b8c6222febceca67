/* SPDX-License-Identifier: ISC */
/*
 * handshake.h - from a connected socket to agreed keys, or a reason.
 *
 * Runs in NET.  The certificate is the KEEPER's choice, asked for when the
 * ClientHello is there; the signature is asked for when it is due.
 */
#ifndef SHIM_HANDSHAKE_H
#define SHIM_HANDSHAKE_H

#include <stdbool.h>

#include "ask.h"
#include "certificate.h"
#include "deadline.h"
#include "ending.h"
#include "env.h"
#include "fact.h"
#include "hello.h"
#include "msg.h"
#include "policy.h"
#include "ticket.h"
#include "verify.h"
#include "wire.h"

struct ssl_ctx_st;
struct ssl_st;
struct x509_st;

struct handshake {
	struct ssl_ctx_st *ctx;
	struct ssl_st *ssl;
	struct wire *wire;
	struct ask ask;
	struct verify verify;
	struct hello hello;
	struct certificate certificate;
	struct ticket ticket;
	const char *must_name; /* by ALPN; NULL: nothing */
	uint8_t refused;       /* alert that the KEEPER chose; 0: none */
	bool hello_sent; /* HelloRetryRequest brings a second ClientHello */
	uint8_t alert_sent, alert_received;
	bool has_sent, has_received;
	bool denied;	 /* now that it is over */
	unsigned int ms; /* how long it took */
};

/*
 * NET, before the policy is known.  *handshake is all zero bytes.
 */
void handshake_init(struct handshake *, struct wire *, struct channel *);

/*
 * Do it, by `until`.  ending.kind stays ENDING_NONE if keys are agreed.
 */
void handshake_run(struct handshake *, const struct policy *, deadline until,
    struct ending *);

/*
 * What it proved; what the client's certificate says, with its verdict.
 */
void handshake_facts(struct handshake *, struct facts *);
void handshake_client(struct handshake *, struct facts *, enum env_format);

/*
 * What the first of the facts' certificates says, which this is.
 */
void handshake_leaf(struct facts *, struct x509_st *, enum env_format);

/*
 * Before there is a connection: handshake_deny may follow.  Then, behind
 * handshake_run: tell the peer that it is denied, as far as its version of TLS
 * lets us.
 */
void handshake_may_deny(struct handshake *);
void handshake_deny(struct handshake *);

/*
 * The ending that the library's failure amounts to: an alert, or an error.
 */
void handshake_failure(const struct handshake *, struct ending *);

#endif
