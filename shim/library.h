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

/*
 * Start the library and build what both NET and KEEPER use.  Once, before
 * the fork: what both need is paid for once.  Ends the process on failure.
 */
void library_start(void);

#endif
