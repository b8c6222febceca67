/* SPDX-License-Identifier: ISC */
/*
 * codes.c - the code points of TLS, and what OpenSSL calls them.
 *
 * Runs in:  KEEPER (names to codes) and NET (codes to names).
 * Trusts:   its tables.
 */
#include "codes.h"

#include <string.h>
#include <strings.h>

enum suite_part { PART_COMMON, PART_RARE };

static const struct suite {
	uint16_t code;
	const char *name;
	enum suite_auth auth;
	enum suite_part part;
} suites[] = {
#define SUITE(code, name, auth, part) { code, name, SUITE_##auth, PART_##part },
#include "suite.def"
#undef SUITE
};

static const struct group {
	uint16_t code;
	const char *name, *others; /* blank between them */
} groups[] = {
#define GROUP(code, name, others) { code, name, others },
#include "group.def"
#undef GROUP
};

/* ------------------------------------------------------------------ lists */

bool
codes_has(const struct codes *codes, uint16_t code)
{
	size_t i;

	for (i = 0; i < codes->count; i++)
		if (codes->code[i] == code)
			return (true);
	return (false);
}

bool
codes_add(struct codes *codes, uint16_t code)
{
	if (codes_has(codes, code))
		return (true);
	if (codes->count == CODES_MAX)
		return (false);
	codes->code[codes->count++] = code;
	return (true);
}

/* ----------------------------------------------------------------- suites */

static const struct suite *
find_suite(uint16_t code)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].code == code)
			return (&suites[i]);
	return (NULL);
}

uint16_t
suite_code(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (strlen(suites[i].name) == len &&
		    memcmp(suites[i].name, name, len) == 0)
			return (suites[i].code);
	return (0);
}

const char *
suite_name(uint16_t code)
{
	const struct suite *s = find_suite(code);

	return (s == NULL ? NULL : s->name);
}

enum suite_auth
suite_auth(uint16_t code)
{
	const struct suite *s = find_suite(code);

	return (s == NULL ? SUITE_ANY : s->auth);
}

bool
suite_is_rare(uint16_t code)
{
	const struct suite *s = find_suite(code);

	return (s != NULL && s->part == PART_RARE);
}

/* ----------------------------------------------------------------- groups */

/*
 * Is it one of these names?
 */
static bool
is_called(const char *names, const char *name, size_t len)
{
	size_t n;

	for (; *names != '\0'; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		if (n == len && strncasecmp(names, name, len) == 0)
			return (true);
	}
	return (false);
}

uint16_t
group_code(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (is_called(groups[i].name, name, len) ||
		    is_called(groups[i].others, name, len))
			return (groups[i].code);
	return (0);
}

const char *
group_name(uint16_t code)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].code == code)
			return (groups[i].name);
	return (NULL);
}
