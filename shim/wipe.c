/* SPDX-License-Identifier: ISC */
/*
 * wipe.c - what OpenSSL frees, overwritten first.
 *
 * Runs in:  KEEPER, while it has the key; elsewhere it only passes on.
 * Trusts:   OpenSSL to keep no secret but in what it allocates here.
 */
#include "wipe.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static bool wiping;

static void *
take(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return (size == 0 ? NULL : malloc(size));
}

static void
give_back(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	if (wiping && block != NULL)
		explicit_bzero(block, malloc_usable_size(block));
	free(block);
}

/*
 * realloc(3) may move a block and leave the old one as it was.
 */
static void *
resize(void *block, size_t size, const char *file, int line)
{
	size_t had = block == NULL ? 0 : malloc_usable_size(block);
	void *moved;

	if (size != 0 && !wiping)
		return (realloc(block, size));
	moved = take(size, file, line);
	if (moved == NULL && size != 0)
		return (NULL);
	if (moved != NULL && block != NULL)
		memcpy(moved, block, had < size ? had : size);
	give_back(block, file, line);
	return (moved);
}

int
wipe_prepare(void)
{
	return (CRYPTO_set_mem_functions(take, resize, give_back) == 1 ? 0 :
									 -1);
}

bool
wipe_freed(bool on)
{
	bool before = wiping;

	wiping = on;
	return (before);
}
