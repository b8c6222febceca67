/* SPDX-License-Identifier: ISC */
/*
 * ident_reply.c - a reply of the Identification Protocol (RFC 1413).
 *
 * Runs in:  tlsshim-names, confined.
 * Trusts:   nothing: the peer's host says what it likes.
 * Refuses:  a reply about another connection, and one of no form.
 */
#include "ident_reply.h"

#include <string.h>

/*
 * A line that is read from its front.
 */
struct reader {
	const char *at, *end;
	bool bad;
};

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
		r->at++;
}

/*
 * A token alone, blanks on either side of it.
 */
static void
want(struct reader *r, const char *token)
{
	size_t len = strlen(token);

	skip_blanks(r);
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, token, len) != 0) {
		r->bad = true;
		return;
	}
	r->at += len;
	skip_blanks(r);
}

static void
want_number(struct reader *r, uint16_t wanted)
{
	unsigned int number = 0, digits = 0;

	skip_blanks(r);
	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++)
		if (++digits <= 5)
			number = number * 10 + (unsigned int)(*r->at - '0');
	if (digits == 0 || digits > 5 || number != wanted)
		r->bad = true;
}

/*
 * Operating system, perhaps with a character set: we make nothing of it.
 */
static void
skip_system(struct reader *r)
{
	const char *colon = memchr(r->at, ':', (size_t)(r->end - r->at));

	if (colon == NULL)
		r->bad = true;
	else
		r->at = colon;
}

bool
ident_reply(char info[NAMES_INFO_MAX + 1], const char *line, size_t len,
    struct ident_ports ports)
{
	struct reader r = { .at = line, .end = line + len };

	want_number(&r, ports.theirs);
	want(&r, ",");
	want_number(&r, ports.ours);
	want(&r, ":");
	want(&r, "USERID");
	want(&r, ":");
	skip_system(&r);
	want(&r, ":");
	while (r.end > r.at && (r.end[-1] == ' ' || r.end[-1] == '\t'))
		r.end--;
	len = (size_t)(r.end - r.at);
	if (r.bad || len == 0 || len > NAMES_INFO_MAX ||
	    memchr(r.at, '\0', len) != NULL || memchr(r.at, '\r', len) != NULL)
		return (false);
	memcpy(info, r.at, len);
	info[len] = '\0';
	return (true);
}
