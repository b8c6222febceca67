/* SPDX-License-Identifier: ISC */
/*
 * ending.c - how a connection ended.
 *
 * Runs in:  NET.
 * Trusts:   nothing; only classes of the peer's bytes are named.
 */
#include "ending.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "alert.h"

enum { TLS_HANDSHAKE = 22, SSL2_CLIENT_HELLO = 1 };

const char *
ending_text(const struct ending *e, char text[ENDING_TEXT_MAX])
{
	static const char *const words[] = {
		[ENDING_NONE] = "",
		[ENDING_CLEAN] = "clean",
		[ENDING_TRUNCATED] = "truncated",
		[ENDING_RESET] = "reset",
		[ENDING_TIMEOUT] = "timeout",
		[ENDING_DENIED] = "denied",
		[ENDING_ALERT_SENT] = "alert-sent:",
		[ENDING_ALERT_RECEIVED] = "alert-received:",
		[ENDING_PROBE] = "probe:",
		[ENDING_ERROR] = "error",
	};
	const char *detail = "";

	if (e->kind == ENDING_ALERT_SENT || e->kind == ENDING_ALERT_RECEIVED)
		detail = alert_name(e->alert);
	else if (e->kind == ENDING_PROBE)
		detail = e->probe;
	snprintf(text, ENDING_TEXT_MAX, "%s%s", words[e->kind], detail);
	return (text);
}

static bool
is_http(const uint8_t *first, size_t len)
{
	static const char *const methods[] = { "GET ", "HEAD", "POST", "PUT ",
		"OPTI", "DELE", "CONN", "TRAC", "PATC", "PRI " };
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (len >= 4 && memcmp(first, methods[i], 4) == 0)
			return (true);
	return (false);
}

static bool
is_text(const uint8_t *first, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((first[i] < ' ' || first[i] > '~') && first[i] != '\r' &&
		    first[i] != '\n' && first[i] != '\t')
			return (false);
	return (true);
}

/*
 * A PROXY header, of either version, where none is wanted or a wrong one.
 */
static bool
is_proxy(const uint8_t *first, size_t len)
{
	return ((len >= 6 && memcmp(first, "PROXY ", 6) == 0) ||
	    (len >= 8 && memcmp(first, "\r\n\r\n\0\r\nQ", 8) == 0));
}

const char *
ending_probe(const uint8_t *first, size_t len)
{
	if (len == 0)
		return ("eof");
	if (first[0] == TLS_HANDSHAKE && (len < 2 || first[1] == 3))
		return (NULL);
	if (is_http(first, len))
		return ("http");
	if (is_proxy(first, len))
		return ("proxy");
	/* RFC 5246, E.2: a length with the high bit, then CLIENT-HELLO */
	if (len >= 3 && (first[0] & 0x80) != 0 && first[2] == SSL2_CLIENT_HELLO)
		return ("sslv2");
	return (is_text(first, len) ? "text" : "garbage");
}
