/* SPDX-License-Identifier: ISC */
/*
 * find-secret.c - is a private key anywhere in the memory of these processes?
 *
 *	find-secret KEYFILE PID...
 *	find-secret -t TEXT PID...
 *
 * Looks for every secret number of the key (RSA: d and what comes with p and
 * q; EC: the scalar; Ed25519: the seed and what is made of it), a piece at a
 * time, so that half a number is found too: big endian, as in DER; reversed,
 * as OpenSSL's BIGNUM has it; and in base64, as in PEM.  What key and
 * certificate have in common is not looked for.  KEYFILE may be one of ticket
 * keys: then each of them, and its hexadecimal digits.  With -t: is this
 * text, a password of at least 16 bytes, there as it is?
 *
 * Prints where, then how much was read.  Ends with 0: nowhere; 1: found; 2:
 * could not look.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PIECE = 16,
	STRIDE = 8,
	BASE64_FROM = PIECE / 4 * 3, /* bytes that become a piece */
	PIECES_MAX = 8192,
	CHUNK = 1024 * 1024
};

static struct piece {
	const char *what, *form;
	uint8_t bytes[PIECE];
	uint16_t next; /* of those that begin alike; 0: none */
} pieces[PIECES_MAX];
static uint16_t piece_count = 1, starts[65536];

/* ---------------------------------------------------------------- pieces */

static unsigned int
start_of(const uint8_t *bytes)
{
	return ((unsigned int)bytes[0] << 8 | bytes[1]);
}

static void
add_piece(const char *what, const char *form, const uint8_t *bytes)
{
	struct piece *p = &pieces[piece_count];

	if (piece_count == PIECES_MAX)
		errx(2, "%s: too many pieces", what);
	p->what = what;
	p->form = form;
	memcpy(p->bytes, bytes, PIECE);
	p->next = starts[start_of(bytes)];
	starts[start_of(bytes)] = piece_count++;
}

static void
add_secret(const char *what, const uint8_t *bytes, size_t len)
{
	uint8_t reversed[1024], text[PIECE + 1];
	size_t i;

	if (len < PIECE || len > sizeof(reversed))
		errx(2, "%s: of %zu bytes", what, len);
	for (i = 0; i < len; i++)
		reversed[i] = bytes[len - 1 - i];
	for (i = 0; i + PIECE <= len; i += STRIDE) {
		add_piece(what, "big endian", bytes + i);
		add_piece(what, "little endian", reversed + i);
	}
	/* where the groups of three bytes begin is not known */
	for (i = 0; i + BASE64_FROM <= len; i++) {
		EVP_EncodeBlock(text, bytes + i, BASE64_FROM);
		add_piece(what, "base64", text);
	}
}

static void
add_number(const EVP_PKEY *key, const char *name)
{
	uint8_t bytes[1024];
	BIGNUM *number = NULL;

	if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
		errx(2, "%s: not in the key", name);
	add_secret(name, bytes, (size_t)BN_bn2bin(number, bytes));
	BN_free(number);
}

static void
add_rsa(const EVP_PKEY *key)
{
	static const char *const names[] = { OSSL_PKEY_PARAM_RSA_D,
		OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
		OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		add_number(key, names[i]);
}

/*
 * RFC 8032, 5.1.5.
 */
static void
add_ed25519(const EVP_PKEY *key)
{
	uint8_t seed[32], hash[64];
	size_t len = sizeof(seed);

	if (EVP_PKEY_get_raw_private_key(key, seed, &len) != 1)
		errx(2, "no seed in the key");
	add_secret("seed", seed, len);
	SHA512(seed, len, hash);
	hash[0] &= 0xf8;
	hash[31] = (uint8_t)((hash[31] & 0x7f) | 0x40);
	add_secret("scalar", hash, 32);
	add_secret("prefix", hash + 32, 32);
}

static bool
read_ticket_keys(FILE *file)
{
	char line[256];
	uint8_t key[32];
	size_t found = 0, i;

	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strspn(line, "0123456789abcdef") != 2 * sizeof(key))
			continue;
		for (i = 0; i < sizeof(key); i++)
			sscanf(line + 2 * i, "%2hhx", &key[i]);
		add_secret("ticket key", key, sizeof(key));
		for (i = 0; i + PIECE <= 2 * sizeof(key); i += STRIDE)
			add_piece("ticket key", "digits",
			    (const uint8_t *)line + i);
		found++;
	}
	return (found > 0);
}

static void
read_key(const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key;

	if (file == NULL)
		err(2, "%s", path);
	key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	if (key == NULL && !read_ticket_keys(file))
		errx(2, "%s: no key", path);
	fclose(file);
	if (key == NULL)
		return;
	if (EVP_PKEY_is_a(key, "RSA"))
		add_rsa(key);
	else if (EVP_PKEY_is_a(key, "EC"))
		add_number(key, OSSL_PKEY_PARAM_PRIV_KEY);
	else
		add_ed25519(key);
	EVP_PKEY_free(key);
}

static void
read_text(const char *text)
{
	size_t i, len = strlen(text);

	if (len < PIECE)
		errx(2, "%s: shorter than %d bytes", text, PIECE);
	for (i = 0; i + PIECE <= len; i++)
		add_piece("text", "as it is", (const uint8_t *)text + i);
}

/* ---------------------------------------------------------------- memory */

struct look {
	const char *pid, *mapping;
	int mem;
	size_t read;
	unsigned int found;
};

static void
look_at(struct look *l, const uint8_t *at, uintptr_t address)
{
	uint16_t i;

	for (i = starts[start_of(at)]; i != 0; i = pieces[i].next)
		if (memcmp(pieces[i].bytes, at, PIECE) == 0 && l->found++ < 9)
			printf("%s: %s, %s, at %" PRIxPTR " %s\n", l->pid,
			    pieces[i].what, pieces[i].form, address,
			    l->mapping);
}

/*
 * Chunks overlap, so that no piece lies across two.
 */
static void
look_through(struct look *l, uintptr_t from, uintptr_t to)
{
	static uint8_t bytes[CHUNK];
	ssize_t n, i;

	while (to - from >= PIECE) {
		n = pread(l->mem, bytes, to - from < CHUNK ? to - from : CHUNK,
		    (off_t)from);
		if (n < PIECE)
			return; /* [vvar] and its like are not there */
		for (i = 0; i + PIECE <= n; i++)
			if (starts[start_of(bytes + i)] != 0)
				look_at(l, bytes + i, from + (uintptr_t)i);
		l->read += (size_t)n;
		from += (uintptr_t)n - (PIECE - 1);
	}
}

static FILE *
open_of(const char *pid, const char *what, int *fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, what);
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd == -1)
		err(2, "%s", path);
	return (strcmp(what, "maps") == 0 ? fdopen(*fd, "r") : NULL);
}

static bool
look_into(const char *pid)
{
	struct look l = { .pid = pid };
	uintptr_t from, to;
	char line[512];
	FILE *maps;
	int fd;

	open_of(pid, "mem", &l.mem);
	maps = open_of(pid, "maps", &fd);
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		l.mapping = line;
		if (strstr(line, "[vsyscall]") == NULL &&
		    sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2)
			look_through(&l, from, to);
	}
	if (maps == NULL || l.read == 0)
		errx(2, "%s: nothing could be read", pid);
	fclose(maps);
	close(l.mem);
	printf("%s: %zu KiB read, %u pieces found of %d\n", pid, l.read / 1024,
	    l.found, piece_count - 1);
	return (l.found > 0);
}

int
main(int argc, char *argv[])
{
	bool found = false;
	int i = 2;

	if (argc < 3)
		errx(2, "which key, which processes?");
	if (strcmp(argv[1], "-t") == 0)
		read_text(argv[i++]);
	else
		read_key(argv[1]);
	for (; i < argc; i++)
		found = look_into(argv[i]) || found;
	return (found);
}
