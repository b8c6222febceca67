/* SPDX-License-Identifier: ISC */
/*
 * fuzz.h - what the fuzzers share.
 *
 * Each file is a program of libFuzzer's: it is fed bytes, and says by HOLDS
 * what must be so whatever they are.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define HOLDS(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: does not hold: %s\n",          \
			    __FILE__, __LINE__, #condition);                   \
			abort();                                               \
		}                                                              \
	} while (0)

/*
 * Called by libFuzzer; 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#endif
