/* SPDX-License-Identifier: ISC */
/*
 * rule.c - one line of rules, taken apart.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   nothing: lists of addresses come from anywhere.
 * Refuses:  what tcprules swallows: lines without ":allow" or ":deny",
 *           variables without a name or given twice.
 */
#include "rule.h"

#include <string.h>

#include "complaint.h"

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t');
}

static bool
begins(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return ((size_t)(end - at) >= len && memcmp(at, word, len) == 0);
}

/* -------------------------------------------------------------- address */

/*
 * Behind the action at `at`, which is its colon; NULL if none is there.
 */
static const char *
behind_action(const char *at, const char *end)
{
	const char *behind;

	if (begins(at, end, ":allow"))
		behind = at + strlen(":allow");
	else if (begins(at, end, ":deny"))
		behind = at + strlen(":deny");
	else
		return (NULL);
	return (behind == end || *behind == ',' ? behind : NULL);
}

/*
 * Addresses have colons (2001:db8::1, cert=sha256:HEX), and commas where they
 * are names (issuer=CN=..,O=..): the first colon with an action behind it
 * ends them.
 */
static const char *
find_action(const char *line, const char *end)
{
	const char *at;

	for (at = line; at < end; at++) {
		at = memchr(at, ':', (size_t)(end - at));
		if (at == NULL || behind_action(at, end) != NULL)
			return (at);
	}
	return (NULL);
}

static bool
has_word(const char *line, size_t len, const char *word)
{
	return (memmem(line, len, word, strlen(word)) != NULL);
}

static int
explain_no_action(const char *line, size_t len, struct complaint *c)
{
	static const char *const blanks[] = { ": allow", ": deny", " :allow",
		" :deny", ":allow ", ":deny ", ":\tallow", ":\tdeny" };
	size_t i;

	for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++)
		if (has_word(line, len, blanks[i]))
			return (complain(c,
			    "no blanks go around \":allow\" and \":deny\""));
	if (has_word(line, len, ",allow") || has_word(line, len, ",deny"))
		return (complain(c,
		    "write \":allow\" or \":deny\", with a colon"));
	if (memchr(line, ':', len) == NULL)
		return (complain(c,
		    "no colon: write ADDRESS:allow or ADDRESS:deny"));
	return (complain(c,
	    "no \":allow\" or \":deny\" (lower case, then a comma or the end "
	    "of the line)"));
}

/* ------------------------------------------------------------- settings */

static bool
is_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!(name[i] >= 'A' && name[i] <= 'Z') &&
		    !(name[i] >= 'a' && name[i] <= 'z') && name[i] != '_' &&
		    (i == 0 || name[i] < '0' || name[i] > '9'))
			return (false);
	return (len > 0);
}

static int
add(struct rule *r, const char *bytes, size_t len, struct complaint *c)
{
	if (len > sizeof(r->data) - r->data_len)
		return (complain(c,
		    "the settings are too long: more than %d "
		    "bytes",
		    RULES_DATA_MAX));
	memcpy(r->data + r->data_len, bytes, len);
	r->data_len += len;
	return (0);
}

/*
 * Is NAME= among the items already?
 */
static bool
is_set(const struct rule *r, const char *name, size_t len)
{
	size_t at, item;

	for (at = 0; at < r->data_len; at += item + 1) {
		item = strlen(r->data + at);
		if (item > len + 1 && r->data[at] == '+' &&
		    memcmp(r->data + at + 1, name, len) == 0 &&
		    r->data[at + 1 + len] == '=')
			return (true);
	}
	return (false);
}

static int
add_setting(struct rule *r, const char *name, size_t name_len,
    const char *value, size_t value_len, struct complaint *c)
{
	if (is_set(r, name, name_len))
		return (complain(c, "%.*s is set twice: take one out",
		    (int)name_len, name));
	if (memchr(value, '\0', value_len) != NULL)
		return (complain(c, "%.*s: a NUL cannot be in a value",
		    (int)name_len, name));
	if (add(r, "+", 1, c) == -1 || add(r, name, name_len, c) == -1 ||
	    add(r, "=", 1, c) == -1 || add(r, value, value_len, c) == -1)
		return (-1);
	return (add(r, "", 1, c));
}

/*
 * One setting behind its comma: behind it, or NULL.
 */
static const char *
take_setting(struct rule *r, const char *at, const char *end,
    struct complaint *c)
{
	const char *equals = memchr(at, '=', (size_t)(end - at)), *close;
	size_t len = (size_t)((equals == NULL ? end : equals) - at);
	int wrong;

	if (equals == NULL || !is_name(at, len)) {
		complain(c,
		    "\"%.*s\": no variable: write ,NAME=\"VALUE\" "
		    "without blanks",
		    (int)(end - at), at);
		return (NULL);
	}
	if (equals + 1 == end ||
	    (close = memchr(equals + 2, equals[1],
		 (size_t)(end - equals - 2))) == NULL) {
		complain(c,
		    "%.*s: the value does not end with the byte it "
		    "begins with: write ,NAME=\"VALUE\"",
		    (int)len, at);
		return (NULL);
	}
	wrong = add_setting(r, at, len, equals + 2,
	    (size_t)(close - equals - 2), c);
	return (wrong == -1 ? NULL : close + 1);
}

static int
take_settings(struct rule *r, const char *at, const char *end,
    struct complaint *c)
{
	while (at < end) {
		if (*at != ',')
			return (complain(c,
			    "\"%.*s\": what is behind a value "
			    "has to begin with a comma",
			    (int)(end - at), at));
		if ((at = take_setting(r, at + 1, end, c)) == NULL)
			return (-1);
		if (at + 1 == end)
			return (complain(c, "ends with \"%c\": take it out",
			    *at));
	}
	return (0);
}

/* ----------------------------------------------------------------- line */

static int
take_apart(struct rule *r, const char *line, size_t len, struct complaint *c)
{
	const char *end = line + len, *colon;

	if (line[len - 1] == '\r')
		return (complain(c,
		    "ends with a carriage return: take them out, "
		    "as dos2unix does"));
	if (is_blank(line[0]))
		return (complain(c, "begins with a blank: take it out"));
	if ((colon = find_action(line, end)) == NULL)
		return (explain_no_action(line, len, c));
	r->address = line;
	r->address_len = (size_t)(colon - line);
	r->deny = begins(colon, end, ":deny");
	r->data_len = 0;
	if (r->deny && add(r, "D", 2, c) == -1)
		return (-1);
	return (take_settings(r, behind_action(colon, end), end, c));
}

enum rule_line
rule_parse(struct rule *r, const char *line, size_t len, struct complaint *c)
{
	while (len > 0 && is_blank(line[len - 1]))
		len--;
	if (len == 0 || line[0] == '#')
		return (RULE_NONE);
	return (take_apart(r, line, len, c) == -1 ? RULE_BAD : RULE_READ);
}
