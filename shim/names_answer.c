/* SPDX-License-Identifier: ISC */
/*
 * names_answer.c - what tlsshim-names tells the KEEPER.
 *
 * Runs in:  tlsshim-names (write) and KEEPER (read).
 * Trusts:   nothing: peers' name servers and ident daemons may have taken
 *           tlsshim-names over.
 * Refuses:  an answer that is not whole, a key twice, a name that is none.
 */
#include "names_answer.h"

#include <stdio.h>
#include <string.h>

static const char the_end[] = "end\n";

/* ------------------------------------------------------------------ write */

static size_t
put_line(char answer[NAMES_ANSWER_MAX], size_t at, const char *key,
    const char *value)
{
	if (*value == '\0')
		return (at);
	return (at +
	    (size_t)snprintf(answer + at, NAMES_ANSWER_MAX - at, "%s=%s\n", key,
		value));
}

_Static_assert(NAMES_ANSWER_MAX >
	2 * SERVER_NAME_MAX + NAMES_INFO_MAX + NAMES_TROUBLE_MAX + 64,
    "the longest answer fits");

size_t
names_write(char answer[NAMES_ANSWER_MAX], const struct names *n)
{
	size_t at = 0;

	at = put_line(answer, at, "host", n->host);
	at = put_line(answer, at, "confirmed", n->confirmed ? "yes" : "");
	at = put_line(answer, at, "local", n->local);
	at = put_line(answer, at, "info", n->info);
	at = put_line(answer, at, "trouble", n->trouble);
	memcpy(answer + at, the_end, sizeof(the_end) - 1);
	return (at + sizeof(the_end) - 1);
}

/* ------------------------------------------------------------------- read */

struct value {
	const char *bytes;
	size_t len;
};

/*
 * Each takes a value, once: NULL, or what is wrong with it.
 */
static const char *
take_name(char to[SERVER_NAME_MAX + 1], struct value v)
{
	if (*to != '\0')
		return ("a name twice");
	if (!server_name_copy(to, (const uint8_t *)v.bytes, v.len) ||
	    strlen(to) != v.len || memcmp(to, v.bytes, v.len) != 0)
		return ("a name that is none");
	return (NULL);
}

static const char *
take_text(char *to, size_t most, struct value v)
{
	if (*to != '\0')
		return ("a text twice");
	if (v.len == 0 || v.len > most)
		return ("a text that is empty, or too long");
	if (memchr(v.bytes, '\0', v.len) != NULL ||
	    memchr(v.bytes, '\r', v.len) != NULL)
		return ("a text with a NUL or CR");
	memcpy(to, v.bytes, v.len);
	to[v.len] = '\0';
	return (NULL);
}

static const char *
take_confirmed(struct names *n, struct value v)
{
	if (n->confirmed || *n->host == '\0')
		return ("confirmed, twice or without a name");
	if (v.len != 3 || memcmp(v.bytes, "yes", 3) != 0)
		return ("confirmed, but not yes");
	n->confirmed = true;
	return (NULL);
}

static bool
is_key(const char *line, size_t key_len, const char *key)
{
	return (key_len == strlen(key) && memcmp(line, key, key_len) == 0);
}

static const char *
take_line(struct names *n, const char *line, size_t len)
{
	const char *equals = memchr(line, '=', len);
	size_t key_len = equals == NULL ? 0 : (size_t)(equals - line);
	struct value v = { line + key_len + 1, len - key_len - 1 };

	if (equals == NULL)
		return ("a line without =");
	if (is_key(line, key_len, "host"))
		return (take_name(n->host, v));
	if (is_key(line, key_len, "confirmed"))
		return (take_confirmed(n, v));
	if (is_key(line, key_len, "local"))
		return (take_name(n->local, v));
	if (is_key(line, key_len, "info"))
		return (take_text(n->info, NAMES_INFO_MAX, v));
	if (is_key(line, key_len, "trouble"))
		return (take_text(n->trouble, NAMES_TROUBLE_MAX, v));
	return ("an unknown key");
}

static const char *
take_lines(struct names *n, const char *at, const char *end)
{
	const char *line_end, *why = NULL;

	while (why == NULL && at < end) {
		line_end = memchr(at, '\n', (size_t)(end - at));
		if (line_end == NULL)
			return ("cut off");
		why = take_line(n, at, (size_t)(line_end - at));
		at = line_end + 1;
	}
	return (why);
}

const char *
names_read(struct names *n, const char *answer, size_t len)
{
	static const size_t end_len = sizeof(the_end) - 1;
	const char *why;

	*n = (struct names){ .confirmed = false };
	if (len < end_len ||
	    memcmp(answer + len - end_len, the_end, end_len) != 0)
		return ("cut off, or more than an answer");
	why = take_lines(n, answer, answer + len - end_len);
	if (why != NULL)
		*n = (struct names){ .confirmed = false };
	return (why);
}
