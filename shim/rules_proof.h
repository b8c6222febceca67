/* SPDX-License-Identifier: ISC */
/*
 * rules_proof.h - the keys under which what a handshake proved may stand in a
 * cdb, in order.
 *
 *	cert=sha256:HEX   of the client's certificate
 *	spki=sha256:HEX   of its SubjectPublicKeyInfo
 *	san=email:ADDR    a mail address in it; what follows the "@" in lower
 *			  case
 *	san=dns:NAME      a host name in it, in lower case
 *	san=uri:URI
 *	san=ip:ADDR       as RFC 5952 writes it
 *	cn=NAME           its subject's common name
 *	issuer=DN         as SSL_CLIENT_I_DN
 *	sni=NAME          the server name that the client asked for, in lower
 *			  case
 *	alpn=NAME         the protocol that was agreed on
 *
 * Of several names of one kind each is tried, in the certificate's order.
 * All but the last two only where the certificate verified.
 */
#ifndef SHIM_RULES_PROOF_H
#define SHIM_RULES_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include "rules_key.h"

struct facts;

/*
 * Offer every key of these facts, the most important first, until one ends
 * the search.  True if one did.
 *
 * A value stands behind its kind's prefix, and no prefix begins another: so
 * no value reaches into another kind.  One that no name has (with a control
 * character, a NUL or what the library writes in place of it, bytes beyond
 * ASCII in an alternative name) or that makes the key longer than
 * RULES_KEY_MAX is never looked up.
 */
bool rules_each_proof(const struct facts *, key_try *, struct lookup *);

/*
 * Does it begin as one of these keys does?
 */
bool rules_key_is_proof(const char *key, size_t len);

/*
 * Such a key as it is looked up, from what somebody typed: its length.  0: it
 * never is.
 */
size_t rules_proof_key(char key[RULES_KEY_MAX], const char *typed, size_t len);

#endif
