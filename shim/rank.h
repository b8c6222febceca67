/* SPDX-License-Identifier: ISC */
/*
 * rank.h - how well a pair suits a client.
 *
 * Runs in the KEEPER, and only where there is more than one to choose from.
 */
#ifndef SHIM_RANK_H
#define SHIM_RANK_H

#include <stdbool.h>

struct hello;
struct pair;
struct policy;

/*
 * The pair's certificates have been read, its key need not be.  The higher
 * the better; equal: the administrator's order decides.  What counts, each
 * before all that follow it:
 *
 *	the client can verify a signature of the key, in the version that it
 *	    will get, with a cipher suite and a curve of its own;
 *	the certificate is for the server name;
 *	the client can verify the chain's signatures;
 *	the chain leads to one of the authorities that the client named;
 *	our own preference among schemes.
 */
unsigned int
rank_pair(const struct pair *, const struct hello *, const struct policy *);

/*
 * Is the certificate for this server name?
 */
bool rank_covers(const struct pair *, const char *name);

#endif
