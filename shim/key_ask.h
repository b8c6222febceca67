/* SPDX-License-Identifier: ISC */
/*
 * key_ask.h - a private key that is not there.
 *
 * NET's side of SIGN.  To OpenSSL it is a key like any other, of a provider
 * named "tlsshim" (provider-keymgmt(7), provider-signature(7)); its public
 * part is the certificate's, its signatures are asked of the KEEPER.
 */
#ifndef SHIM_KEY_ASK_H
#define SHIM_KEY_ASK_H

#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st;
struct x509_st;

/*
 * Ask for a signature by `scheme` over the bytes.  The signature's length
 * (at most size), or 0: then the handshake fails.
 */
typedef size_t ask_signature(uint16_t scheme, const uint8_t *bytes, size_t len,
    uint8_t *signature, size_t size);

/*
 * A private key for this certificate that signs by `ask`.  NULL when the
 * certificate's key is of no kind that we know.  One at a time: `ask` counts
 * for all keys.  The first one adds the provider to OpenSSL's default library
 * context.
 */
struct evp_pkey_st *key_ask_new(struct x509_st *, ask_signature *);

#endif
