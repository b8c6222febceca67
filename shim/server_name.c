/* SPDX-License-Identifier: ISC */
/*
 * server_name.c - what is a host's name, and what is none.
 *
 * Runs in:  NET, KEEPER and tlsshim-names.
 * Trusts:   nothing: the name is a client's or its name server's.
 */
#include "server_name.h"

#include <string.h>

enum { LABEL_MAX = 63 };

/* not isalnum(3), which asks the locale */
static bool
is_name_byte(uint8_t c)
{
	return ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
}

/*
 * RFC 6066, 3 has no addresses.  No top-level domain is a number, and what
 * ends with one ("127.1") some take for an address.
 */
static bool
is_address(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot == NULL ? name : dot + 1;

	return (last[strspn(last, "0123456789")] == '\0');
}

/*
 * Lower-cased into `to`; false if it is no name.
 */
static bool
copy_labels(char *to, const uint8_t *from, size_t len)
{
	size_t i, label = 0;
	uint8_t c;

	for (i = 0; i < len; i++) {
		c = from[i];
		if (c >= 'A' && c <= 'Z')
			c = (uint8_t)(c - 'A' + 'a');
		if (c == '.' && label == 0)
			return (false);
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX || (c != '.' && !is_name_byte(c)))
			return (false);
		to[i] = (char)c;
	}
	to[len] = '\0';
	return (label > 0 && !is_address(to));
}

bool
server_name_copy(char to[SERVER_NAME_MAX + 1], const uint8_t *from, size_t len)
{
	bool copied;

	if (len > 0 && from[len - 1] == '.')
		len--;
	copied = len <= SERVER_NAME_MAX && copy_labels(to, from, len);
	if (!copied)
		to[0] = '\0';
	return (copied);
}
