/* SPDX-License-Identifier: ISC */
/*
 * starttls_pop3.c - POP3 before TLS: RFC 1939, 2449, 2595.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the application for which of its answers have many lines.
 * Refuses:  whatever logs in.  So STLS comes in the AUTHORIZATION state, as it
 *           has to (RFC 2595, 4), and in no other.
 *
 * An application that knows APOP puts a timestamp into its greeting, another
 * for each process.  The peer is told none: the one that counts would be that
 * of the process behind TLS, whose greeting is swallowed.  APOP then fails as
 * with a server that does not know it; inside TLS nobody needs it.
 */
#include <string.h>

#include "data_block.h"
#include "protocols.h"
#include "required.h"

/*
 * dialog.mode: what the application's next line is to be.
 */
enum {
	POP3_GREETING,
	POP3_ANSWER,
	POP3_LISTED,  /* an answer with lines behind it, if it is +OK */
	POP3_OFFERED, /* the same, to CAPA */
	POP3_LIST,    /* such a line */
	POP3_OFFER    /* such a line, of CAPA */
};

static const char say_stls[] = "-ERR Say STLS first\r\n";
static const char no_parameter[] = "-ERR No parameter here\r\n";
static const char our_offer[] = "+OK Capabilities follow\r\nSTLS\r\n.\r\n";

struct verb {
	const char *name;
	bool logs_in;
	unsigned int answer; /* forwarded: dialog.mode while it is answered */
	unsigned int alone;  /* the same, where it has no parameter */
};

static const struct verb verbs[] = {
	{ "USER", true, 0, 0 },
	{ "PASS", true, 0, 0 },
	{ "APOP", true, 0, 0 },
	{ "AUTH", true, 0, 0 },
	{ "CAPA", false, POP3_OFFERED, POP3_OFFERED },
	{ "LIST", false, POP3_ANSWER, POP3_LISTED },
	{ "UIDL", false, POP3_ANSWER, POP3_LISTED },
	{ "LANG", false, POP3_ANSWER, POP3_LISTED }, /* RFC 6856, 3 */
	{ "RETR", false, POP3_LISTED, POP3_LISTED },
	{ "TOP", false, POP3_LISTED, POP3_LISTED },
	{ NULL, false, POP3_ANSWER, POP3_ANSWER },
};

/* ------------------------------------------------------------------ saying */

static void
greet(struct dialog *d)
{
	dialog_say(d, "+OK %s POP3\r\n", d->host);
}

static void
go_ahead(struct dialog *d)
{
	dialog_say(d, "+OK Begin TLS\r\n");
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	static const char *const words[] = {
		[DIALOG_FAULT_UNIT] = "Syntax error",
		[DIALOG_FAULT_LONG] = "Line too long",
		[DIALOG_FAULT_LIMIT] = "Too much without TLS",
		[DIALOG_FAULT_BEHIND] = "STLS must come last",
		[DIALOG_FAULT_FAILED] = "TLS not available now",
		[DIALOG_FAULT_LATE] = "Timeout",
	};

	dialog_say(d, "-ERR %s\r\n", words[fault]);
}

/* --------------------------------------------------------------- the peer's */

static const struct required_row rows[] = {
	{ "CAPA", NO_PARAMETER, DIALOG_ANSWERED, our_offer, NULL },
	{ "QUIT", NO_PARAMETER, DIALOG_CLOSE, "+OK Bye\r\n", NULL },
	{ NULL, ANY_PARAMETER, DIALOG_ANSWERED, say_stls, NULL },
};

static const struct required required = { rows, no_parameter, NULL };

static enum dialog_next
hear_verb(struct dialog *d, const uint8_t *line, size_t len)
{
	const struct verb *v = verbs;
	const uint8_t *rest = line;
	size_t rest_len = len;

	while (v->name != NULL &&
	    !dialog_verb(line, len, v->name, &rest, &rest_len))
		v++;
	if (v->logs_in)
		dialog_credentials(d);
	if (d->required)
		return (required_answer(d, &required, line, len));
	if (v->logs_in)
		return (dialog_answer(d, DIALOG_ANSWERED, say_stls));
	d->mode = rest_len == 0 ? v->alone : v->answer;
	return (DIALOG_FORWARD);
}

static enum dialog_next
command(struct dialog *d, const uint8_t *line, size_t len)
{
	const uint8_t *rest;
	size_t rest_len;

	if (!dialog_line_is_clean(line, len) || !dialog_has_verb(line, len)) {
		refuse(d, DIALOG_FAULT_UNIT);
		return (DIALOG_ANSWERED);
	}
	if (!dialog_verb(line, len, "STLS", &rest, &rest_len))
		return (hear_verb(d, line, len));
	if (rest_len > 0)
		return (dialog_answer(d, DIALOG_ANSWERED, no_parameter));
	return (DIALOG_UPGRADE);
}

/* -------------------------------------------------------- the application's */

static bool
is_ok(const uint8_t *line, size_t len)
{
	static const char ok[] = { '+', 'O', 'K' };

	return (len > sizeof(ok) && memcmp(line, ok, sizeof(ok)) == 0);
}

/*
 * A capability of the application's.  STLS is ours to offer, and those that log
 * in are refused.
 */
static void
say_capability(struct dialog *d, const uint8_t *line, size_t len)
{
	static const char *const withheld[] = { "STLS", "USER", "SASL", NULL };

	if (!dialog_verb_among(line, len, withheld))
		dialog_say_bytes(d, line, len);
}

/*
 * A line behind +OK, or the dot that ends them.
 */
static enum dialog_reply
hear_listed(struct dialog *d, const uint8_t *line, size_t len)
{
	bool is_end = data_block_is_end(line, len);

	if (d->mode == POP3_OFFER && is_end)
		dialog_say(d, "STLS\r\n");
	if (d->mode == POP3_OFFER && !is_end)
		say_capability(d, line, len);
	else
		dialog_say_bytes(d, line, len);
	return (is_end ? DIALOG_REPLY_DONE : DIALOG_REPLY_MORE);
}

/*
 * An application without CAPA offers nothing; STLS is offered all the same.
 */
static enum dialog_reply
hear_answer(struct dialog *d, const uint8_t *line, size_t len)
{
	bool ok = is_ok(line, len);

	if (d->mode == POP3_GREETING && ok)
		greet(d);
	else if (d->mode == POP3_OFFERED && !ok)
		dialog_say(d, "%s", our_offer);
	else
		dialog_say_bytes(d, line, len);
	if (!ok || (d->mode != POP3_LISTED && d->mode != POP3_OFFERED))
		return (DIALOG_REPLY_DONE);
	d->mode = d->mode == POP3_LISTED ? POP3_LIST : POP3_OFFER;
	return (DIALOG_REPLY_MORE);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *line, size_t len)
{
	if (d->awaiting && (d->mode == POP3_LIST || d->mode == POP3_OFFER))
		return (hear_listed(d, line, len));
	if (d->awaiting)
		return (hear_answer(d, line, len));
	dialog_say_bytes(d, line, len);
	return (DIALOG_REPLY_DONE);
}

/* -------------------------------------------------------------- inside TLS */

/*
 * Whoever does not say +OK has a reason that the peer has to see.
 */
static size_t
greeting(struct dialog *d, const uint8_t *bytes, size_t len)
{
	size_t n = dialog_app_line(d, bytes, len);

	if (n == UNIT_PARTIAL)
		return (n);
	return (is_ok(bytes, n) && bytes[n - 1] == '\n' ? n : UNIT_BAD);
}

const struct protocol protocol_pop3 = {
	.name = "pop3",
	.unit = dialog_line,
	.app_unit = dialog_app_line,
	.greet = greet,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
	.greeting = greeting,
};
