/* SPDX-License-Identifier: ISC */
/*
 * confine_none.c - no confinement, for sanitizers; never installed.
 *
 * Runs in:  tlsshim-names, where a sanitizer needs calls of its own.
 */
#include "confine.h"

#include <stddef.h>

const char *
confine(void)
{
	return (NULL);
}
