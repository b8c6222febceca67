/* SPDX-License-Identifier: ISC */
/*
 * library.h - OpenSSL, started lean.
 *
 * Left to itself OpenSSL reads openssl.cnf, loads error texts and legacy
 * tables, and on the first use of a cipher builds objects for all 130 it
 * has.  A process that lives for one connection pays that each time.
 */
#ifndef SHIM_LIBRARY_H
#define SHIM_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ossl_lib_ctx_st;
struct x509_st;

/*
 * Start the library and build what both NET and KEEPER use.  Once, before
 * the fork: what both need is paid for once.  Ends the process on failure.
 */
void library_start(void);

/*
 * The context with all algorithms of the default provider, for what is done
 * seldom: its first use of an operation builds objects for all of them.
 */
struct ossl_lib_ctx_st *library_whole(void);

/*
 * From now on have what library.def calls rare, too: CBC and CCM suites, keys
 * of kind RSA-PSS.  What was made before (an SSL_CTX, a certificate) does not
 * know them.  Again and again does no harm.  Ends the process on failure.
 */
void library_load_rare(void);

/*
 * A certificate of DER, all of it, or NULL.  For one whose key is of a kind
 * that is rare, that is loaded first.
 */
struct x509_st *library_certificate(const uint8_t *der, size_t len);

/*
 * Does this OpenSSL have the TLS group with this code point?
 */
bool library_has_group(uint16_t code);

#endif
