/* SPDX-License-Identifier: ISC */
/*
 * pair_key.h - a private key from a file's bytes.
 */
#ifndef SHIM_PAIR_KEY_H
#define SHIM_PAIR_KEY_H

struct complaint;
struct evp_pkey_st;
struct file;

/*
 * The one private key in the file: PEM or DER; PKCS #8, PKCS #1 or SEC 1;
 * in clear or encrypted, with the password of password.h then.  NULL with a
 * complaint, also if it is of a kind that TLS has no use for here.
 *
 * Copies of the key are left in what OpenSSL frees: wipe.h.
 */
struct evp_pkey_st *pair_key_parse(const struct file *, struct complaint *);

#endif
