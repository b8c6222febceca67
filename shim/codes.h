/* SPDX-License-Identifier: ISC */
/*
 * codes.h - the code points of TLS, and what OpenSSL calls them.
 */
#ifndef SHIM_CODES_H
#define SHIM_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODES_MAX = 32 };

/*
 * In order of preference, each once.
 */
struct codes {
	size_t count;
	uint16_t code[CODES_MAX];
};

bool codes_has(const struct codes *, uint16_t code);

/*
 * Add one behind the others, if it is not among them.  False if it was to be
 * added and there is no room.
 */
bool codes_add(struct codes *, uint16_t code);

enum suite_auth { SUITE_ANY, SUITE_ECDSA, SUITE_RSA };

/*
 * A cipher suite of suite.def; 0 and NULL for any other.
 */
uint16_t suite_code(const char *name, size_t len);
const char *suite_name(uint16_t code);

/*
 * Of a suite of suite.def: what signs (SUITE_ANY: it is of TLS 1.3), and
 * does it need library_load_rare?
 */
enum suite_auth suite_auth(uint16_t code);
bool suite_is_rare(uint16_t code);

/*
 * A group of group.def; 0 and NULL for any other.  Names of groups are the
 * same in upper and lower case.
 */
uint16_t group_code(const char *name, size_t len);
const char *group_name(uint16_t code);

#endif
