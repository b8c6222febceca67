/* SPDX-License-Identifier: ISC */
/*
 * trust.h - CA certificates and CRLs, from files to NET.
 *
 * Only the KEEPER reads them; only NET looks into them.  Files are read
 * whole and told before the policy.  Of a directory, as openssl rehash(1)
 * leaves it, only what a chain asks for is read, so that 10,000 CRLs cost
 * no more than one.
 */
#ifndef SHIM_TRUST_H
#define SHIM_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "client.h"

enum {
	/*
	 * Bytes of DER for one connection, and of one file.  Parsed, a CRL
	 * of many serial numbers takes 10 times as much, and NET has 64 MiB
	 * in all (jail.c).  Each thing is a message or more.
	 */
	TRUST_MAX = 3 * 1024 * 1024,
	TRUST_THINGS_MAX = 3900, /* with parts and empty answers 4096 FOUND */
	TRUST_FILE_MAX = 5 * 1024 * 1024 /* PEM, with all its text */
};

struct trust_thing {
	unsigned int kind; /* enum trust_kind, some of them */
	unsigned char *der;
	size_t len;
};

struct trust {
	struct trust_thing *things;
	size_t count, room;
	const char *ca_dir, *crl_dir; /* NULL: none */
	size_t told, bytes;	      /* of all there was since trust_read */
};

/*
 * All that the options name, for a policy that asks for certificates;
 * policy.ask_* is completed.  0; -1 with the complaint.
 */
int trust_read(struct trust *, struct client_policy *, const struct options *,
    struct complaint *);

/*
 * Forget the things: once they are told.
 */
void trust_forget(struct trust *);

/*
 * What the directory has under this name hash, in place of the things that
 * there were.  0, with count 0 if there is nothing; -1 with the complaint.
 */
int
trust_find(struct trust *, enum lookup_kind, uint32_t hash, struct complaint *);

/*
 * Tell NET the things, by TRUST or FOUND.  -1 if it is gone.
 */
int trust_tell(const struct trust *, struct channel *, struct msg *);
int trust_answer(const struct trust *, struct channel *, struct msg *);

#endif
