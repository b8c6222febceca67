/* SPDX-License-Identifier: ISC */
/*
 * protocols.h - every protocol that NET can speak before TLS.
 *
 * A file each, starttls_NAME.c; a row of starttls.def each.  Runs in NET.
 */
#ifndef SHIM_PROTOCOLS_H
#define SHIM_PROTOCOLS_H

#include "dialog.h"
#include "starttls.h"

extern const struct protocol protocol_smtp, protocol_lmtp;
extern const struct protocol protocol_ftp;
extern const struct protocol protocol_imap;
extern const struct protocol protocol_pop3, protocol_nntp, protocol_sieve;
extern const struct protocol protocol_ldap;
extern const struct protocol protocol_postgres;
extern const struct protocol protocol_tlswrapper;

/*
 * NULL: NET hears nothing before TLS.
 */
const struct protocol *protocol_of(enum starttls);

#endif
