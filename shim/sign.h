/* SPDX-License-Identifier: ISC */
/*
 * sign.h - what may be signed, and signing it.
 *
 * The KEEPER's answer to SIGN.  It is no oracle: only bytes that are the
 * server's part of a TLS handshake are signed, by a scheme that fits the
 * key, once.
 */
#ifndef SHIM_SIGN_H
#define SHIM_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st;
struct policy;

enum { SIGNATURE_MAX = 1024 };

/*
 * The IANA name of a TLS SignatureScheme that we can sign with, or NULL.
 */
const char *sign_scheme_name(uint16_t code);

/*
 * The scheme of this name, IANA's or OpenSSL's ("RSA+SHA256"), or 0.
 */
uint16_t sign_scheme_code(const char *name, size_t len);

/*
 * Is it of MD5 or SHA-1, for TLS 1.1 and clients of its age?
 */
bool sign_scheme_is_legacy(uint16_t code);

/*
 * All that we can sign with, the best first: their number, at most `room`.
 */
size_t sign_schemes(bool legacy, uint16_t codes[], size_t room);

/*
 * The scheme for a key of this type ("RSA", "RSA-PSS", "EC", "ED25519",
 * OpenSSL's names) with this digest ("SHA256", "SHA2-256"; "" for Ed25519),
 * or 0.
 */
uint16_t sign_scheme(const char *key_type, const char *digest, bool pss);

/*
 * Can a key of this kind sign by this scheme, in TLS 1.3 or before it?  The
 * public key is enough.
 */
bool sign_fits(const struct evp_pkey_st *, uint16_t code, bool tls13);

/*
 * NULL if the bytes may be signed with this key and scheme under this policy;
 * else why not, in a few words.  TLS 1.3: RFC 8446, 4.4.3.  TLS 1.2 and
 * earlier: RFC 8422, 5.4 and RFC 5246, 7.4.3.
 */
const char *sign_refusal(const struct policy *, const struct evp_pkey_st *,
    uint16_t code, const uint8_t *bytes, size_t len);

/*
 * Sign.  The signature's length, or 0 when the library failed.
 */
size_t sign_bytes(struct evp_pkey_st *, uint16_t code, const uint8_t *bytes,
    size_t len, uint8_t signature[SIGNATURE_MAX]);

#endif
