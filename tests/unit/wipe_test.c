/* SPDX-License-Identifier: ISC */
/*
 * wipe_test.c - what OpenSSL frees is gone; what it keeps is kept.
 */
#include "wipe.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

enum { SIZE = 1000 };

static bool
is_filled(const uint8_t *block, int byte, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (block[i] != byte)
			return (false);
	return (true);
}

/*
 * Is anything of a block that was freed in the next one of its size, where
 * libc gives it again?  It links free blocks by their first bytes.
 */
static bool
is_left(void)
{
	uint8_t *block = OPENSSL_malloc(SIZE);
	bool left;

	memset(block, 0x5a, SIZE);
	OPENSSL_free(block);
	block = OPENSSL_malloc(SIZE);
	left = is_filled(block + 64, 0x5a, SIZE - 64);
	OPENSSL_free(block);
	return (left);
}

CASE(a_block_that_is_freed_is_overwritten)
{
	CHECK(wipe_prepare() == 0);
	wipe_freed(true);
	CHECK(!is_left());
#ifndef __SANITIZE_ADDRESS__ /* which gives no block again so soon */
	wipe_freed(false);
	CHECK(is_left());
#endif
}

CASE(a_block_keeps_its_bytes_when_it_grows_and_shrinks)
{
	uint8_t *block;
	int on;

	CHECK(wipe_prepare() == 0);
	for (on = 0; on < 2; on++) {
		wipe_freed(on == 1);
		block = OPENSSL_realloc(NULL, SIZE);
		CHECK(block != NULL);
		memset(block, 0x5a, SIZE);
		block = OPENSSL_realloc(block, (size_t)8 * SIZE);
		CHECK(is_filled(block, 0x5a, SIZE));
		block = OPENSSL_realloc(block, SIZE / 8);
		CHECK(is_filled(block, 0x5a, SIZE / 8));
		CHECK(OPENSSL_realloc(block, 0) == NULL);
		OPENSSL_free(NULL);
	}
}

CASE(OpenSSL_must_not_have_begun)
{
	OPENSSL_free(OPENSSL_malloc(1));
	CHECK(wipe_prepare() == -1);
}

static const struct check_case cases[] = {
	C(a_block_that_is_freed_is_overwritten),
	C(a_block_keeps_its_bytes_when_it_grows_and_shrinks),
	C(OpenSSL_must_not_have_begun), { 0 }
};
RUN(cases)
