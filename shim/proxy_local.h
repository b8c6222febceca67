/* SPDX-License-Identifier: ISC */
/*
 * proxy_local.h - what the files of the PROXY header share, and nobody else.
 */
#ifndef SHIM_PROXY_LOCAL_H
#define SHIM_PROXY_LOCAL_H

#include "proxy.h"

struct proxy_end {
	uint8_t addr[16];
	size_t len; /* 4 or 16 */
	uint16_t port;
};

/*
 * Both ends; false where they are of two families.  A v4-mapped address is
 * one of IPv4.
 */
bool proxy_ends(struct peer *, const struct proxy_end *from,
    const struct proxy_end *to);

enum proxy_result proxy_bad(struct proxy_header *, const char *why);

/*
 * proxy_parse, of version 2.
 */
enum proxy_result
proxy_parse_v2(struct proxy_header *, const uint8_t *, size_t);

#endif
