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
