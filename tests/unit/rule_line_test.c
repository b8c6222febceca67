/* SPDX-License-Identifier: ISC */
/*
 * rule_line_test.c - one line of rules: where its address ends, its data, the
 * keys that it stands for.
 */
#include "check.h"
#include "complaint.h"
#include "rule.h"
#include "rule_keys.h"
#include "seen.h"

static struct rule rule;
static struct keys keys;
static struct complaint complaint;

static enum rule_line
parse(const char *line)
{
	return (rule_parse(&rule, line, strlen(line), &complaint));
}

static bool
address_is(const char *address)
{
	return (rule.address_len == strlen(address) &&
	    memcmp(rule.address, address, rule.address_len) == 0);
}

static bool
data_is(const char *data, size_t len)
{
	return (rule.data_len == len && memcmp(rule.data, data, len) == 0);
}

CASE(an_address_ends_at_its_action)
{
	CHECK(parse(":allow") == RULE_READ && address_is(""));
	CHECK(parse("2001:db8::1:deny") == RULE_READ &&
	    address_is("2001:db8::1") && rule.deny);
	CHECK(parse("issuer=CN=a,O=b:allow") == RULE_READ &&
	    address_is("issuer=CN=a,O=b"));
	CHECK(parse("cn=:allowed:allow") == RULE_READ &&
	    address_is("cn=:allowed"));
	CHECK(parse("10.:allow,A=\":deny\"") == RULE_READ &&
	    address_is("10.") && !rule.deny);
}

CASE(data_is_as_in_a_cdb)
{
	CHECK(parse("10.:allow") == RULE_READ && data_is("", 0));
	CHECK(parse("10.:deny") == RULE_READ && data_is("D", 2));
	CHECK(parse("10.:deny,A=\"b\"") == RULE_READ && data_is("D\0+A=b", 7));
	CHECK(parse("10.:allow,A=/\"/,B=\"\"  ") == RULE_READ &&
	    data_is("+A=\"\0+B=", 9));
}

CASE(remarks_and_empty_lines_are_no_rules)
{
	CHECK(parse("") == RULE_NONE);
	CHECK(parse(" \t") == RULE_NONE);
	CHECK(parse("# 10.:deny") == RULE_NONE);
}

CASE(settings_have_their_form)
{
	CHECK(parse("10.:allow,") == RULE_BAD);
	CHECK(parse("10.:allow,A") == RULE_BAD);
	CHECK(parse("10.:allow,A=") == RULE_BAD);
	CHECK(parse("10.:allow,A=\"") == RULE_BAD);
	CHECK(parse("10.:allow,A=\"b") == RULE_BAD);
	CHECK(parse("10.:allow,A=\"b\"B=\"c\"") == RULE_BAD);
	CHECK(parse("10.:allow,A=\"b\",") == RULE_BAD);
	CHECK(parse("10.:allow,1A=\"b\"") == RULE_BAD);
	CHECK(parse("10.:allow,A=\"\",A=\"\"") == RULE_BAD);
	CHECK(parse("10.:allow,A=\"\",AA=\"\"") == RULE_READ);
	CHECK(rule_parse(&rule, "10.:allow,A=\"\0\"", 15, &complaint) ==
	    RULE_BAD);
}

static size_t
count_of(const char *address)
{
	if (keys_of(&keys, address, strlen(address), &complaint) == -1)
		return (0);
	return (keys.count);
}

CASE(a_range_has_a_key_for_each)
{
	CHECK(count_of("0-255.") == KEYS_MAX);
	CHECK(count_of("10.0.0.0-255") == KEYS_MAX);
	CHECK(count_of("10.7-7.") == 1);
	CHECK(count_of("10.0-256.") == 0);
	CHECK(count_of("10.8-7.") == 0);
}

CASE(an_address_too_long_is_refused)
{
	char text[2 * RULES_KEY_MAX];

	memset(text, 'a', sizeof(text));
	memcpy(text, "cn=", 3);
	CHECK(keys_of(&keys, text, RULES_KEY_MAX - 1, &complaint) == 0);
	CHECK(keys_of(&keys, text, RULES_KEY_MAX, &complaint) == -1);
	CHECK(keys_of(&keys, text, sizeof(text), &complaint) == -1);
	memcpy(text, "a@", 2);
	CHECK(keys_of(&keys, text, RULES_KEY_MAX - 1, &complaint) == -1);
}

CASE(a_key_is_found_among_many)
{
	struct seen seen = { 0 };
	char key[16];
	size_t i;
	int len;

	CHECK(seen_line(&seen, "", 0) == 0);
	for (i = 1; i <= 10000; i++) {
		len = snprintf(key, sizeof(key), "%zu", i);
		CHECK(seen_line(&seen, key, (size_t)len) == 0);
		CHECK(seen_add(&seen, key, (size_t)len, i) == 0);
	}
	for (i = 1; i <= 10000; i++) {
		len = snprintf(key, sizeof(key), "%zu", i);
		CHECK(seen_line(&seen, key, (size_t)len) == i);
	}
	CHECK(seen_add(&seen, "", 0, 7) == 0 && seen_line(&seen, "", 0) == 7);
	seen_free(&seen);
}

static const struct check_case cases[] = { C(an_address_ends_at_its_action),
	C(data_is_as_in_a_cdb), C(remarks_and_empty_lines_are_no_rules),
	C(settings_have_their_form), C(a_range_has_a_key_for_each),
	C(an_address_too_long_is_refused), C(a_key_is_found_among_many),
	{ 0 } };

RUN(cases)
