/* SPDX-License-Identifier: ISC */
/*
 * select.h - which of the pairs serves this ClientHello.
 *
 * Runs in the KEEPER.
 */
#ifndef SHIM_SELECT_H
#define SHIM_SELECT_H

#include <stdbool.h>

struct complaint;
struct hello;
struct options;
struct pair;
struct policy;

/*
 * Is there but one pair, whatever the client says?  Then it can be read
 * before the client has said anything.
 */
bool select_is_fixed(const struct options *);

/*
 * Read the certificates of the pair for this client into *chosen, which is
 * all zero bytes, or, where select_is_fixed, that pair.  0; the alert of TLS
 * to refuse the client with; -1 with a complaint.
 *
 * What --cert-dir has for the server name goes before what --cert names;
 * --sni says what a name that neither has, or none, comes to.  Among several
 * rank.h decides.
 */
int select_pair(struct pair *chosen, const struct options *,
    const struct policy *, const struct hello *, struct complaint *);

#endif
