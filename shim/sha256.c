/* SPDX-License-Identifier: ISC */
/*
 * sha256.c - SHA-256 as lower-case hex.
 *
 * Runs in:  the KEEPER.
 */
#include "sha256.h"

#include <openssl/evp.h>
#include <stdio.h>

#include "log.h"

enum { SHA256_LEN = 32 };

const char *
sha256_hex(char text[SHA256_HEX_MAX], const void *bytes, size_t len)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t i;

	if (EVP_Digest(bytes, len, hash, NULL, EVP_sha256(), NULL) != 1)
		fatalx(EXIT_SYSTEM, "OpenSSL: no SHA-256");
	for (i = 0; i < SHA256_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return (text);
}
