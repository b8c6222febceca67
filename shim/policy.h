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

#include "msg.h"

struct ssl_ctx_st;
struct options;

enum { POLICY_LIST_MAX = 1024 };

struct policy {
	uint16_t min_version, max_version;  /* RFC 8446's ProtocolVersion */
	char ciphers[POLICY_LIST_MAX];	    /* up to TLS 1.2; OpenSSL's names */
	char ciphersuites[POLICY_LIST_MAX]; /* TLS 1.3; "": the library's */
	char groups[POLICY_LIST_MAX];	    /* "": the library's */
	uint32_t idle_ms, close_ms;	    /* limits after the handshake */
	bool strict_close;
	bool tickets; /* sessions can be resumed (ticket.h) */
};

/*
 * KEEPER: what options and rules come to.
 */
void policy_from_options(struct policy *, const struct options *);
void policy_put(struct msg *, const struct policy *);

/*
 * NET: false if the message is not a policy.
 */
bool policy_get(struct policy *, struct msg *);

/*
 * NET: NULL, or what the TLS library refused.
 */
const char *policy_apply(struct ssl_ctx_st *, const struct policy *);

#endif
