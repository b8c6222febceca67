/* SPDX-License-Identifier: ISC */
/*
 * sha256.h - SHA-256 as lower-case hex.
 */
#ifndef SHIM_SHA256_H
#define SHIM_SHA256_H

#include <stddef.h>

enum { SHA256_HEX_MAX = 65 };

/*
 * Ends the process (EXIT_SYSTEM) if the library has none.  Returns text.
 */
const char *sha256_hex(char text[SHA256_HEX_MAX], const void *bytes, size_t);

#endif
