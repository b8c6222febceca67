/* SPDX-License-Identifier: ISC */
/*
 * starttls_sieve.c - ManageSieve before TLS: RFC 5804.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the application for where its answers end: OK, NO or BYE.
 * Refuses:  AUTHENTICATE; a line of which we and an application could think
 *           differently whether a literal is behind it.
 *
 * A command with a literal is refused, and the literal counted and thrown away:
 * an application that answers before it reads a literal would take it for
 * commands, and before TLS no such command is of use.  Inside TLS the
 * application's greeting passes: the server has to tell its capabilities again
 * (2.2), and that is what it greets with.
 */
#include <string.h>

#include "protocols.h"
#include "required.h"

/*
 * dialog.mode: what the application's next line is to be; the last two are
 * bits besides.
 * dialog.flag: the peer's next line is the rest of a command, behind a literal.
 */
enum {
	SIEVE_OFFER, /* a capability: of the greeting, or upon CAPABILITY */
	SIEVE_ANSWER,
	SIEVE_BEHIND = 2, /* it is the rest of one, behind a long literal ... */
	SIEVE_LAST = 4	  /* ... and that one is the last of the answer */
};

enum {
	LITERAL_DIGITS_MAX = 10,
	LITERAL_HELD_MAX = 4096, /* the application's; longer ones pass */
	TAG_MAX = 64
};

static const char
    say_starttls[] = "NO (ENCRYPT-NEEDED) \"Say STARTTLS first\"\r\n";
static const char no_parameter[] = "NO \"No parameter here\"\r\n";

/* ---------------------------------------------------------------- literals */

/*
 * What a line ends with.  ODD: malformed, so that applications may differ in
 * whether a literal follows.
 */
enum end { END_PLAIN, END_LITERAL, END_ODD };

static bool
is_digit(uint8_t byte)
{
	return (byte >= '0' && byte <= '9');
}

/*
 * Is there a quoted string that does not end?
 */
static bool
is_in_quotes(const uint8_t *line, size_t len)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (line[i] == '"')
			quoted = !quoted;
		else if (quoted && line[i] == '\\')
			i++;
	}
	return (quoted);
}

/*
 * "{n+}", or, if no plus is wanted, "{n}" too; at the beginning of the line or
 * behind a blank.  len is without the line's end.
 */
static bool
parse_literal(const uint8_t *line, size_t len, bool plus, uint64_t *size)
{
	size_t open, i;

	for (open = len; open > 0 && line[open - 1] != '{'; open--)
		;
	*size = 0;
	for (i = open; i < len && is_digit(line[i]); i++)
		*size = *size * 10 + (uint64_t)(line[i] - '0');
	if (open == 0 || i == open || i - open > LITERAL_DIGITS_MAX ||
	    (open > 1 && line[open - 2] != ' '))
		return (false);
	if (line[i] == '+')
		i++;
	else if (plus)
		return (false);
	return (i + 1 == len);
}

/*
 * plus: a literal must have one, as those of clients must.
 */
static enum end
end_of(const uint8_t *line, size_t len, bool plus, uint64_t *size)
{
	len = dialog_text_len(line, len);
	if (is_in_quotes(line, len))
		return (END_ODD);
	if (len == 0 || line[len - 1] != '}')
		return (END_PLAIN);
	return (parse_literal(line, len, plus, size) ? END_LITERAL : END_ODD);
}

/* ------------------------------------------------------------------ saying */

/*
 * Sieve's extensions are the application's to tell, inside TLS; the row has
 * to be there (1.7).
 */
static const char offer[] = "\"IMPLEMENTATION\" \"";
static const char offer_behind_host[] =
    " ManageSieve\"\r\n\"SIEVE\" \"\"\r\n\"SASL\" \"\"\r\n"
    "\"STARTTLS\"\r\n\"VERSION\" \"1.0\"\r\nOK\r\n";

static void
greet(struct dialog *d)
{
	dialog_say(d, "%s%s%s", offer, d->host, offer_behind_host);
}

static void
go_ahead(struct dialog *d)
{
	dialog_say(d, "OK \"Begin TLS\"\r\n");
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	static const char *const words[] = {
		[DIALOG_FAULT_UNIT] = "NO \"Syntax error\"",
		[DIALOG_FAULT_LONG] = "BYE \"Line too long\"",
		[DIALOG_FAULT_LIMIT] = "BYE \"Too much without TLS\"",
		[DIALOG_FAULT_BEHIND] = "BYE \"STARTTLS must come last\"",
		[DIALOG_FAULT_FAILED] = "BYE (TRYLATER) \"No TLS now\"",
		[DIALOG_FAULT_LATE] = "BYE \"Timeout\"",
	};

	dialog_say(d, "%s\r\n", words[fault]);
}

/* --------------------------------------------------------------- the peer's */

/*
 * A short quoted string, of printable ASCII without escapes.
 */
static bool
is_tag(const uint8_t *tag, size_t len)
{
	size_t i;

	if (len < 2 || len > TAG_MAX || tag[0] != '"' || tag[len - 1] != '"')
		return (false);
	for (i = 1; i < len - 1; i++)
		if (tag[i] < ' ' || tag[i] > '~' || tag[i] == '"' ||
		    tag[i] == '\\')
			return (false);
	return (true);
}

/*
 * The string comes back, so that the client knows which answer this is (2.13).
 */
static enum dialog_next
answer_noop(struct dialog *d, const uint8_t *tag, size_t len)
{
	if (len == 0)
		return (dialog_answer(d, DIALOG_ANSWERED, "OK \"Done\"\r\n"));
	if (!is_tag(tag, len))
		return (dialog_answer(d, DIALOG_ANSWERED,
		    "NO \"A short quoted string, or nothing\"\r\n"));
	dialog_say(d, "OK (TAG %.*s) \"Done\"\r\n", (int)len,
	    (const char *)tag);
	return (DIALOG_ANSWERED);
}

static const struct required_row rows[] = {
	{ "CAPABILITY", NO_PARAMETER, DIALOG_ANSWERED, offer,
	    offer_behind_host },
	{ "LOGOUT", NO_PARAMETER, DIALOG_CLOSE, "OK \"Bye\"\r\n", NULL },
	{ NULL, ANY_PARAMETER, DIALOG_ANSWERED, say_starttls, NULL },
};

static const struct required required = { rows, no_parameter, NULL };

static enum dialog_next
answer_verb(struct dialog *d, const uint8_t *line, size_t len)
{
	const uint8_t *tag;
	size_t tag_len;

	if (dialog_verb(line, len, "NOOP", &tag, &tag_len))
		return (answer_noop(d, tag, tag_len));
	return (required_answer(d, &required, line, len));
}

/*
 * Optional mode: a command without a literal that is the application's.
 */
static bool
is_for_app(const struct dialog *d, const uint8_t *line, size_t len)
{
	static const char *const ours[] = { "STARTTLS", "AUTHENTICATE", NULL };

	return (!d->required && !d->flag &&
	    !dialog_verb_among(line, len, ours));
}

static enum dialog_next
hear_verb(struct dialog *d, const uint8_t *line, size_t len)
{
	const uint8_t *rest;
	size_t rest_len;

	if (dialog_verb(line, len, "STARTTLS", &rest, &rest_len))
		return (rest_len == 0 ?
			DIALOG_UPGRADE :
			dialog_answer(d, DIALOG_ANSWERED, no_parameter));
	if (d->required)
		return (answer_verb(d, line, len));
	return (dialog_answer(d, DIALOG_ANSWERED, say_starttls));
}

static enum dialog_next
hear_literal(struct dialog *d, uint64_t size)
{
	d->flag = true;
	if (size > DIALOG_BYTES_MAX) {
		refuse(d, DIALOG_FAULT_LIMIT);
		return (DIALOG_CLOSE);
	}
	d->bytes += size;
	d->drop = size;
	return (DIALOG_ANSWERED);
}

/*
 * The last line of a command.
 */
static enum dialog_next
hear_end(struct dialog *d, const uint8_t *line, size_t len)
{
	bool had_literal = d->flag, for_app = is_for_app(d, line, len);

	d->flag = false;
	if (for_app)
		return (DIALOG_FORWARD);
	if (had_literal)
		return (dialog_answer(d, DIALOG_ANSWERED, say_starttls));
	return (hear_verb(d, line, len));
}

static void
hear_begin(struct dialog *d, const uint8_t *line, size_t len)
{
	if (dialog_verb(line, len, "AUTHENTICATE", NULL, NULL))
		dialog_credentials(d);
	d->mode = dialog_verb(line, len, "CAPABILITY", NULL, NULL) ?
	    SIEVE_OFFER :
	    SIEVE_ANSWER;
}

/*
 * A malformed line that may have a literal behind it, or that is the rest of a
 * command, ends the connection: what follows could be anything.
 */
static enum dialog_next
command(struct dialog *d, const uint8_t *line, size_t len)
{
	uint64_t size;
	enum end end = end_of(line, len, true, &size);
	bool clean = dialog_line_is_clean(line, len);

	if (end == END_ODD || (d->flag && !clean))
		return (dialog_answer(d, DIALOG_CLOSE,
		    "BYE \"Syntax error\"\r\n"));
	if (!clean || (!d->flag && !dialog_has_verb(line, len))) {
		refuse(d, DIALOG_FAULT_UNIT);
		return (DIALOG_ANSWERED);
	}
	if (!d->flag)
		hear_begin(d, line, len);
	return (end == END_LITERAL ? hear_literal(d, size) :
				     hear_end(d, line, len));
}

/* -------------------------------------------------------- the application's */

/*
 * The length of a line with its literals, as far as those are short.  *literal
 * is the size of a long one behind it, or 0.
 */
static size_t
parse_line(const uint8_t *bytes, size_t len, uint64_t *literal)
{
	const uint8_t *end, *line = bytes;
	size_t most = len < DIALOG_APP_LINE_MAX ? len : DIALOG_APP_LINE_MAX;
	size_t at = 0;
	enum end kind;

	for (;;) {
		end = at < most ? memchr(line, '\n', most - at) : NULL;
		if (end == NULL)
			return (len < DIALOG_APP_LINE_MAX ? UNIT_PARTIAL :
							    UNIT_BAD);
		at = (size_t)(end - bytes) + 1;
		kind = end_of(line, (size_t)(end - line) + 1, false, literal);
		if (kind != END_LITERAL)
			*literal = 0;
		if (kind != END_LITERAL || *literal > LITERAL_HELD_MAX ||
		    at + *literal > LITERAL_HELD_MAX)
			return (at);
		at += (size_t)*literal;
		line = bytes + at;
	}
}

static size_t
app_unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	uint64_t literal;

	(void)d;
	return (parse_line(bytes, len, &literal));
}

static bool
is_last(const uint8_t *line, size_t len)
{
	static const char *const verbs[] = { "OK", "NO", "BYE", NULL };

	return (dialog_verb_among(line, len, verbs));
}

/*
 * A capability of the application's, or the OK behind them.  STARTTLS is ours
 * to offer, and no mechanism of SASL is.
 */
static void
say_capability(struct dialog *d, const uint8_t *line, size_t len)
{
	if (dialog_verb(line, len, "\"STARTTLS\"", NULL, NULL))
		return;
	if (dialog_verb(line, len, "\"SASL\"", NULL, NULL)) {
		dialog_say(d, "\"SASL\" \"\"\r\n");
		return;
	}
	if (dialog_verb(line, len, "OK", NULL, NULL))
		dialog_say(d, "\"STARTTLS\"\r\n");
	dialog_say_bytes(d, line, len);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *line, size_t len)
{
	bool behind = (d->mode & SIEVE_BEHIND) != 0;
	bool last = behind ? (d->mode & SIEVE_LAST) != 0 : is_last(line, len);

	d->mode &= ~(unsigned int)(SIEVE_BEHIND | SIEVE_LAST);
	parse_line(line, len, &d->app_pass);
	if (d->awaiting && d->mode == SIEVE_OFFER && !behind &&
	    d->app_pass == 0)
		say_capability(d, line, len);
	else
		dialog_say_bytes(d, line, len);
	if (d->app_pass > 0) {
		d->mode |= SIEVE_BEHIND | (last ? SIEVE_LAST : 0);
		return (DIALOG_REPLY_MORE);
	}
	return (last ? DIALOG_REPLY_DONE : DIALOG_REPLY_MORE);
}

const struct protocol protocol_sieve = {
	.name = "sieve",
	.unit = dialog_line,
	.app_unit = app_unit,
	.greet = greet,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
};
