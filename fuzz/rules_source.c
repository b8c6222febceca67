/* SPDX-License-Identifier: ISC */
/*
 * rules_source.c - lines of rules, as tlsshim-rules compiles them.
 *
 * What is compiled has the form that readers want: "D" first where it denies,
 * then settings with a name and an end; and each key is one that they ask for.
 */
#include <string.h>

#include "complaint.h"
#include "fuzz.h"
#include "rule.h"
#include "rule_keys.h"

static struct rule rule;
static struct keys keys;
static struct complaint complaint;

static void
has_form(const char *data, size_t len, bool deny)
{
	const char *at = data, *end = data + len, *next;

	if (deny) {
		HOLDS(len >= 2 && memcmp(at, "D", 2) == 0);
		at += 2;
	}
	for (; at < end; at = next + 1) {
		next = memchr(at, '\0', (size_t)(end - at));
		HOLDS(next != NULL);
		HOLDS(*at == '+' && at[1] != '=' && strchr(at, '=') != NULL);
	}
}

static void
try_line(const char *line, size_t len)
{
	enum rule_line result = rule_parse(&rule, line, len, &complaint);
	size_t i;

	if (result == RULE_BAD)
		HOLDS(complaint.text[0] != '\0');
	if (result != RULE_READ)
		return;
	HOLDS(rule.address >= line);
	HOLDS(rule.address_len <= len && rule.data_len <= sizeof(rule.data));
	has_form(rule.data, rule.data_len, rule.deny);
	if (keys_of(&keys, rule.address, rule.address_len, &complaint) == -1)
		return;
	HOLDS(keys.count > 0 && keys.count <= KEYS_MAX);
	for (i = 0; i < keys.count; i++)
		HOLDS(keys.key[i].len < RULES_KEY_MAX);
	HOLDS(!keys.is_network || keys.len <= 128);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *at = (const char *)bytes, *end = at + len, *next;

	for (; at < end; at = next + 1) {
		next = memchr(at, '\n', (size_t)(end - at));
		if (next == NULL)
			next = end;
		try_line(at, (size_t)(next - at));
	}
	return (0);
}
