/* SPDX-License-Identifier: ISC */
/*
 * wipe.h - what OpenSSL frees, overwritten first.
 *
 * OpenSSL clears a key's numbers when it frees them, but not every copy that
 * it makes while it reads a key: the DER of an EC key stays in the heap.
 */
#ifndef SHIM_WIPE_H
#define SHIM_WIPE_H

#include <stdbool.h>

/*
 * Take OpenSSL's allocations over.  Before its first one: 0; later: -1.
 */
int wipe_prepare(void);

/*
 * From now on (or no more) overwrite each block that OpenSSL frees.  What was
 * so before, for who gives it back.
 */
bool wipe_freed(bool);

#endif
