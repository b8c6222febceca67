/* SPDX-License-Identifier: ISC */
/*
 * scheme.h - the signature schemes of TLS (RFC 8446, 4.2.3), by scheme.def.
 */
#ifndef SHIM_SCHEME_H
#define SHIM_SCHEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum scheme_when { SCHEME_ALWAYS, SCHEME_TLS12, SCHEME_LEGACY };

struct scheme {
	uint16_t code;
	const char *name, *key_type, *digest, *curve;
	bool pss;
	enum scheme_when when;
};

/*
 * A scheme that we can sign with, or NULL.
 */
const struct scheme *scheme_find(uint16_t code);

/*
 * Its IANA name, or NULL.
 */
const char *scheme_name(uint16_t code);

/*
 * The scheme of this name, IANA's or OpenSSL's ("RSA+SHA256"), or 0.
 */
uint16_t scheme_code(const char *name, size_t len);

/*
 * Is it of MD5 or SHA-1, for TLS 1.1 and clients of its age?
 */
bool scheme_is_legacy(uint16_t code);

/*
 * All that we can sign with, the best first: their number, at most `room`.
 */
size_t scheme_list(bool legacy, uint16_t codes[], size_t room);

/*
 * The scheme for a key of this type ("RSA", "RSA-PSS", "EC", "ED25519",
 * OpenSSL's names) with this digest ("SHA256", "SHA2-256"; "" for Ed25519),
 * or 0.
 */
uint16_t scheme_of(const char *key_type, const char *digest, bool pss);

#endif
