/* SPDX-License-Identifier: ISC */
/*
 * policy_list.h - the administrator's lists, judged item by item.
 *
 * Runs in the KEEPER.  Items are divided by colons, commas, semicolons or
 * blanks.  One that this OpenSSL does not know, or that can never be offered,
 * is a complaint that names it; behind a question mark it is left out.  So is
 * a list of which nothing remains.  All functions: 0, or -1 with the complaint.
 */
#ifndef SHIM_POLICY_LIST_H
#define SHIM_POLICY_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "codes.h"

struct complaint;

/*
 * Suites up to TLS 1.2 in the language of ciphers(1).  *level stays as it is
 * unless the list has @SECLEVEL.
 */
int
list_ciphers(struct codes *, uint8_t *level, const char *, struct complaint *);

/*
 * Suites of TLS 1.3, groups, signature schemes: names only.
 */
int list_ciphersuites(struct codes *, const char *, struct complaint *);
int list_groups(struct codes *, const char *, struct complaint *);
int list_sigalgs(struct codes *, const char *, struct complaint *);

/*
 * Names of protocols (RFC 7301), to their wire form of *len bytes.
 */
int list_alpn(uint8_t *wire, size_t size, size_t *len, const char *,
    struct complaint *);

#endif
