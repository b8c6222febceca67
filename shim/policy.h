/* SPDX-License-Identifier: ISC */
/*
 * policy.h - versions, cipher suites, groups, limits: nowhere else.
 *
 * The KEEPER judges options and rules and sends the outcome; NET applies it.
 */
#ifndef SHIM_POLICY_H
#define SHIM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "codes.h"
#include "dhparam.h"
#include "msg.h"
#include "starttls.h"

struct complaint;
struct hello_list;
struct options;
struct ssl_ctx_st;

enum {
	POLICY_ALPN_MAX = 1024,
	POLICY_LEVEL_OWN = 255 /* the library's own security level */
};

struct policy {
	uint16_t min_version, max_version; /* RFC 8446's ProtocolVersion */
	uint8_t level;			   /* SSL_CTX_set_security_level(3) */
	struct codes ciphers;		   /* up to TLS 1.2 */
	struct codes ciphersuites;	   /* TLS 1.3 */
	struct codes groups;		   /* none: the library's */
	struct codes sigalgs;		   /* none: the library's */
	uint8_t alpn[POLICY_ALPN_MAX];	   /* RFC 7301's wire form */
	size_t alpn_len;
	struct dh_group dh;	    /* none: by the key's size */
	uint32_t idle_ms, close_ms; /* limits after the handshake */
	bool strict_close;
	enum starttls starttls;
	bool optional;		     /* starttls: clear text may go on */
	bool tickets;		     /* sessions can be resumed (ticket.h) */
	bool judges;		     /* a VERDICT follows the FACTS */
	struct client_policy client; /* of the KEEPER's own making: client.h */
};

/*
 * KEEPER: what options and rules come to.  0, or -1 with the complaint.
 */
int policy_from_options(struct policy *, const struct options *,
    struct complaint *);
void policy_put(struct msg *, const struct policy *);

/*
 * KEEPER: the signature schemes that are ours to use, the best first: their
 * number, at most `room`.
 */
size_t policy_schemes(const struct policy *, uint16_t codes[], size_t room);

/*
 * KEEPER: up to TLS 1.2, does the client offer a suite of ours in which a key
 * of this kind signs?
 */
bool policy_suite_shared(const struct policy *, const struct hello_list *suites,
    enum suite_auth);

/*
 * NET: false if the message is not a policy.
 */
bool policy_get(struct policy *, struct msg *);

/*
 * NET: does it need what library.def calls rare?
 */
bool policy_is_rare(const struct policy *);

/*
 * NET: NULL, or what the TLS library refused.  The policy must outlive the
 * context.
 */
const char *policy_apply(struct ssl_ctx_st *, const struct policy *);

#endif
