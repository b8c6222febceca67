/* SPDX-License-Identifier: ISC */
/*
 * server_name.h - what is a host's name, and what is none.
 */
#ifndef SHIM_SERVER_NAME_H
#define SHIM_SERVER_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SERVER_NAME_MAX = 253 /* RFC 1035, 2.3.4, as text */
};

/*
 * Copy a host name as it may be used in a path, a variable or a log:
 * letters, digits, hyphens and dots, lower-cased, no empty label, labels of
 * at most 63 bytes, one trailing dot taken off; the last label not all
 * digits, as that of an address is.  False, and "" in `to`, for anything
 * else.
 */
bool
server_name_copy(char to[SERVER_NAME_MAX + 1], const uint8_t *from, size_t len);

#endif
