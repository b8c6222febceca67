/* SPDX-License-Identifier: ISC */
/*
 * dhparam.h - a group for Diffie-Hellman of the administrator's own.
 */
#ifndef SHIM_DHPARAM_H
#define SHIM_DHPARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct complaint;
struct evp_pkey_st;

enum {
	DH_PRIME_MIN = 256, /* bytes: 2048 bits */
	DH_PRIME_MAX = 1024,
	DH_GROUP_MAX = 2 * (2 + DH_PRIME_MAX)
};

/*
 * Prime and generator, as ServerDHParams has them (RFC 5246, 7.4.3): each
 * behind its length, u16.
 */
struct dh_group {
	size_t len; /* 0: none */
	uint8_t bytes[DH_GROUP_MAX];
};

/*
 * KEEPER: read a PEM file of "DH PARAMETERS" (PKCS #3) or "X9.42 DH
 * PARAMETERS".  0, or -1 with the complaint.
 */
int dhparam_read(struct dh_group *, const char *path, struct complaint *);

/*
 * Is it none, or two numbers and not a byte besides?
 */
bool dhparam_whole(const struct dh_group *);

/*
 * NET: as the TLS library wants it; NULL if it does not.
 */
struct evp_pkey_st *dhparam_key(const struct dh_group *);

#endif
