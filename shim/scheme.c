/* SPDX-License-Identifier: ISC */
/*
 * scheme.c - signature schemes: codes, names, and what each is made of.
 *
 * Runs in:  KEEPER, and NET to name what it asks for.
 * Trusts:   its table.
 */
#include "scheme.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct scheme schemes[] = {
#define SCHEME(code, name, key, digest, curve, pss, when)                      \
	{ code, name, key, digest, curve, pss, SCHEME_##when },
#include "scheme.def"
#undef SCHEME
};

enum { SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };

const struct scheme *
scheme_find(uint16_t code)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (schemes[i].code == code)
			return (&schemes[i]);
	return (NULL);
}

const char *
scheme_name(uint16_t code)
{
	const struct scheme *s = scheme_find(code);

	return (s == NULL ? NULL : s->name);
}

uint16_t
scheme_of(const char *key_type, const char *digest, bool pss)
{
	char plain[16];
	size_t i;

	/* providers say SHA2-256 for what RFC 8446 calls SHA256 */
	if (strncmp(digest, "SHA2-", 5) == 0 && strlen(digest) < 12) {
		memcpy(plain, "SHA", 3);
		strcpy(plain + 3, digest + 5);
		digest = plain;
	}
	for (i = 0; i < SCHEMES; i++)
		if (strcmp(schemes[i].key_type, key_type) == 0 &&
		    strcmp(schemes[i].digest, digest) == 0 &&
		    schemes[i].pss == pss)
			return (schemes[i].code);
	return (0);
}

/*
 * OpenSSL's other way to write them: "ECDSA+SHA256".
 */
static uint16_t
code_of_parts(const char *name, size_t len)
{
	static const struct {
		const char *name, *key_type;
		bool pss;
	} kinds[] = { { "ECDSA", "EC", false }, { "RSA", "RSA", false },
		{ "RSA-PSS", "RSA", true }, { "PSS", "RSA", true } };
	const char *plus = memchr(name, '+', len);
	char digest[16];
	size_t i, n;

	if (plus == NULL)
		return (0);
	n = (size_t)(plus - name);
	snprintf(digest, sizeof(digest), "%.*s", (int)(len - n - 1), plus + 1);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == n &&
		    strncasecmp(kinds[i].name, name, n) == 0)
			return (scheme_of(kinds[i].key_type, digest,
			    kinds[i].pss));
	return (0);
}

uint16_t
scheme_code(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < SCHEMES; i++)
		if (strlen(schemes[i].name) == len &&
		    strncasecmp(schemes[i].name, name, len) == 0)
			return (schemes[i].code);
	return (code_of_parts(name, len));
}

bool
scheme_is_legacy(uint16_t code)
{
	const struct scheme *s = scheme_find(code);

	return (s != NULL && s->when == SCHEME_LEGACY);
}

size_t
scheme_list(bool legacy, uint16_t codes[], size_t room)
{
	size_t i, n = 0;

	for (i = 0; i < SCHEMES && n < room; i++)
		if (legacy || schemes[i].when != SCHEME_LEGACY)
			codes[n++] = schemes[i].code;
	return (n);
}
