/* SPDX-License-Identifier: ISC */
/*
 * ident_reply.c - a line of the peer's ident daemon.
 *
 * A user id is none of the bytes that end lines, and not longer than the
 * protocol has it.
 */
#include <string.h>

#include "fuzz.h"
#include "ident_reply.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct ident_ports ports = { 6193, 23 };
	char info[NAMES_INFO_MAX + 1] = "";
	const uint8_t *lf = memchr(bytes, '\n', len);

	/* ident.c hands over lines */
	if (lf != NULL)
		len = (size_t)(lf - bytes);
	if (ident_reply(info, (const char *)bytes, len, ports)) {
		HOLDS(info[0] != '\0');
		HOLDS(strlen(info) <= NAMES_INFO_MAX);
		HOLDS(strpbrk(info, "\r\n") == NULL);
		HOLDS(len <= IDENT_LINE_MAX);
	} else {
		HOLDS(info[0] == '\0');
	}
	return (0);
}
