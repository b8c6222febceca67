/* SPDX-License-Identifier: ISC */
/*
 * dialog_line.c - lines, their first words and their codes.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody: a line is read within its length.
 */
#include <string.h>
#include <strings.h>

#include "dialog.h"

size_t
dialog_line_within(const uint8_t *bytes, size_t len, size_t most)
{
	const uint8_t *end = memchr(bytes, '\n', len < most ? len : most);

	if (end != NULL)
		return ((size_t)(end - bytes) + 1);
	return (len < most ? UNIT_PARTIAL : UNIT_BAD);
}

size_t
dialog_line(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	(void)d;
	return (dialog_line_within(bytes, len, DIALOG_LINE_MAX));
}

size_t
dialog_app_line(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	size_t most = len < DIALOG_APP_LINE_MAX ? len : DIALOG_APP_LINE_MAX;
	const uint8_t *end = memchr(bytes, '\n', most);

	if (end != NULL)
		return ((size_t)(end - bytes) + 1);
	return (len < DIALOG_APP_LINE_MAX && !d->mid_line ? UNIT_PARTIAL :
							    most);
}

size_t
dialog_text_len(const uint8_t *line, size_t len)
{
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	return (len);
}

bool
dialog_line_is_clean(const uint8_t *line, size_t len)
{
	return (len >= 2 && line[len - 2] == '\r' && line[len - 1] == '\n' &&
	    memchr(line, '\0', len) == NULL &&
	    memchr(line, '\r', len) == line + len - 2);
}

static bool
is_blank(uint8_t byte)
{
	return (byte == ' ' || byte == '\t');
}

static bool
is_verb_byte(uint8_t byte)
{
	return ((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	    (byte >= '0' && byte <= '9') || byte == '-');
}

bool
dialog_has_verb(const uint8_t *line, size_t len)
{
	size_t n = 0;

	while (n < len && is_verb_byte(line[n]))
		n++;
	return (n > 0 && n < len &&
	    (is_blank(line[n]) || line[n] == '\r' || line[n] == '\n'));
}

bool
dialog_verb(const uint8_t *line, size_t len, const char *verb,
    const uint8_t **rest, size_t *rest_len)
{
	size_t at = strlen(verb);

	while (len > 0 &&
	    (line[len - 1] == '\n' || line[len - 1] == '\r' ||
		is_blank(line[len - 1])))
		len--;
	if (len < at || strncasecmp((const char *)line, verb, at) != 0 ||
	    (len > at && !is_blank(line[at])))
		return (false);
	while (at < len && is_blank(line[at]))
		at++;
	if (rest != NULL) {
		*rest = line + at;
		*rest_len = len - at;
	}
	return (true);
}

bool
dialog_verb_among(const uint8_t *line, size_t len, const char *const verbs[])
{
	while (*verbs != NULL && !dialog_verb(line, len, *verbs, NULL, NULL))
		verbs++;
	return (*verbs != NULL);
}

unsigned int
dialog_code(const uint8_t *line, size_t len)
{
	unsigned int code = 0;
	size_t i;

	if (len <= DIALOG_CODE_LEN)
		return (0);
	for (i = 0; i < DIALOG_CODE_LEN; i++) {
		if (line[i] < '0' || line[i] > '9')
			return (0);
		code = code * 10 + (unsigned int)(line[i] - '0');
	}
	return (code);
}
