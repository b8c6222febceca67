/* SPDX-License-Identifier: ISC */
/*
 * verify.h - the client's certificate: is it one that we trust?
 *
 * Runs in NET, which has no file: CAs and CRLs come from the KEEPER, before
 * the policy or when a chain asks for them.
 */
#ifndef SHIM_VERIFY_H
#define SHIM_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

struct ask;
struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;
struct stack_st_X509;
struct stack_st_X509_NAME;
struct x509_store_st;

enum {
	VERIFY_PACKED_MAX = 8 * 1024,  /* a chain in a session ticket */
	VERIFY_CERTS_BYTES_MAX = 60000 /* a client's Certificate message */
};

enum verify_verdict {
	VERIFY_NONE, /* no certificate was shown */
	VERIFY_SUCCESS,
	VERIFY_GENEROUS, /* optional-no-ca: nobody vouches for it */
	VERIFY_FAILED
};

struct verify {
	struct ask *ask;
	struct client_policy policy;
	struct ssl_ctx_st *ctx;
	struct x509_store_st *store;
	struct stack_st_X509_NAME *names;
	size_t names_len;
	unsigned char *part; /* of a thing that goes on in the next message */
	size_t part_len;
	struct {
		enum lookup_kind kind;
		uint32_t hash;
	} asked[MSG_MOST_LOOKUP];
	size_t asked_count;
	bool asked_too_much; /* and told so: the peer chose the chain */
	enum verify_verdict verdict;
	int error;			  /* why: of OpenSSL's X509_V_ERR_ */
	struct stack_st_X509 *remembered; /* the chain of a resumed session */
};

/*
 * *verify is all zero bytes.
 */
void verify_init(struct verify *, struct ask *);

/*
 * Take what ask.msg brings, a TRUST.  Ends the process if it is not what the
 * KEEPER says it is: a file of the administrator's is damaged.
 */
void verify_take(struct verify *);

/*
 * Have the connections of this context ask for certificates, and verify
 * them, as the policy wants.
 */
void verify_apply(struct verify *, struct ssl_ctx_st *,
    const struct client_policy *);

/*
 * May this session be resumed?  Its certificate is verified anew, at today's
 * date, by today's CAs and CRLs; intermediate certificates come from the
 * session's application data (verify_pack).  A session without certificate
 * may be, where none is required; one with, only where one is asked for.
 */
bool verify_session(struct verify *, struct ssl_session_st *);

/*
 * The chain that the client sent, for SSL_SESSION_set1_ticket_appdata(3).
 * False if it is longer than VERIFY_PACKED_MAX: then give no ticket.
 */
bool verify_pack(const struct verify *, const struct ssl_st *,
    uint8_t packed[VERIFY_PACKED_MAX], size_t *len);

/*
 * The certificates behind the leaf: from the client now, or when the session
 * began.  Not to be freed; may be NULL.
 */
struct stack_st_X509 *
verify_chain(const struct verify *, const struct ssl_st *);

/*
 * The handshake is over: the verdict is on the certificate that it ended
 * with.
 */
void verify_settle(struct verify *, const struct ssl_st *);

/*
 * SSL_CLIENT_VERIFY's value, and the summary line's.
 */
const char *verify_variable(const struct verify *, char *text, size_t);
const char *verify_summary(const struct verify *, char *text, size_t);

#endif
