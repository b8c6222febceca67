/* SPDX-License-Identifier: ISC */
/*
 * starttls_smtp.c - SMTP and LMTP before TLS: RFC 3207, 5321, 2033, 3030.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the application for what its answers mean: 354 begins a message.
 * Refuses:  AUTH; lines that the application may read otherwise than we do.
 *
 * A message passes as it is, and CRLF.CRLF ends it, nothing like it: whoever
 * mends LF.LF or LF.CRLF on the way lets a client smuggle a message past
 * whoever looked at the one before.
 */
#include <string.h>
#include <strings.h>

#include "data_block.h"
#include "protocols.h"
#include "required.h"

/*
 * Optional mode.  dialog.mode: which answer of the application's is awaited, or
 * that the peer's next bytes are a message.
 * dialog.flag: the application offered CHUNKING.
 * dialog.answers: LMTP: how many recipients it has accepted, and so how many
 * answers it owes to the message.
 */
enum {
	SMTP_COMMAND,
	SMTP_HELLO,	 /* to EHLO or LHLO */
	SMTP_HELLO_REST, /* the same, behind its first line */
	SMTP_RESET,	 /* to HELO, MAIL, RSET: 2xx forgets all recipients */
	SMTP_RECIPIENT,	 /* to RCPT: 2xx adds one */
	SMTP_CHUNK,	 /* to BDAT without LAST */
	SMTP_SENT,	 /* to a whole message: one, or one a recipient */
	SMTP_MESSAGE	 /* the peer's, behind 354 */
};

enum { CODE_OK = 250, CODE_MESSAGE = 354, CHUNK_DIGITS_MAX = 18 };

/* -------------------------------------------------------------- a message */

static size_t
unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	if (d->mode == SMTP_MESSAGE)
		return (data_block_unit(d, bytes, len));
	return (dialog_line(d, bytes, len));
}

static enum dialog_next
forward_message(struct dialog *d, const uint8_t *bytes, size_t len)
{
	enum dialog_next next = data_block_command(d, bytes, len);

	if (next == DIALOG_FORWARD)
		d->mode = SMTP_SENT;
	return (next);
}

/* ----------------------------------------------------------- what we answer */

static const char no_parameter[] = "501 5.5.4 No parameter is allowed\r\n";
static const char missing[] = "501 5.5.4 A parameter is missing\r\n";
static const char say_lhlo[] = "500 5.5.1 This is LMTP: LHLO\r\n";

/*
 * Behind our name.  PIPELINING and ENHANCEDSTATUSCODES are true, and LMTP has
 * to offer them (RFC 2033, 5).
 */
static const char offer[] = "\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES"
			    "\r\n250 STARTTLS\r\n";

#define ROWS_OF_BOTH                                                           \
	{ "NOOP", ANY_PARAMETER, DIALOG_ANSWERED, "250 2.0.0 Ok\r\n", NULL },  \
	    { "RSET", NO_PARAMETER, DIALOG_ANSWERED, "250 2.0.0 Ok\r\n",       \
		    NULL },                                                    \
	    { "HELP", ANY_PARAMETER, DIALOG_ANSWERED,                          \
		    "214 2.0.0 STARTTLS comes first\r\n", NULL },              \
	    { "QUIT", NO_PARAMETER, DIALOG_CLOSE, "221 2.0.0 ", " Bye\r\n" },  \
	{                                                                      \
		NULL, ANY_PARAMETER, DIALOG_ANSWERED,                          \
		    "530 5.7.0 Must issue a STARTTLS command first\r\n", NULL  \
	}

static const struct required_row smtp_rows[] = {
	{ "EHLO", A_PARAMETER, DIALOG_ANSWERED, "250-", offer },
	{ "HELO", A_PARAMETER, DIALOG_ANSWERED, "250 ", "\r\n" },
	ROWS_OF_BOTH,
};

static const struct required_row lmtp_rows[] = {
	{ "LHLO", A_PARAMETER, DIALOG_ANSWERED, "250-", offer },
	{ "EHLO", ANY_PARAMETER, DIALOG_ANSWERED, say_lhlo, NULL },
	{ "HELO", ANY_PARAMETER, DIALOG_ANSWERED, say_lhlo, NULL },
	ROWS_OF_BOTH,
};

static const struct required smtp = { smtp_rows, no_parameter, missing };
static const struct required lmtp = { lmtp_rows, no_parameter, missing };

/* ------------------------------------------------------- what we forward */

static const struct {
	const char *verb;
	unsigned int awaited;
} forwarded[] = {
	{ "EHLO", SMTP_HELLO },
	{ "LHLO", SMTP_HELLO },
	{ "HELO", SMTP_RESET },
	{ "MAIL", SMTP_RESET },
	{ "RSET", SMTP_RESET },
	{ "RCPT", SMTP_RECIPIENT },
};

static enum dialog_next
forward(struct dialog *d, const uint8_t *line, size_t len)
{
	size_t i;

	/* without EHLO there is no CHUNKING */
	if (dialog_verb(line, len, "HELO", NULL, NULL))
		d->flag = false;
	for (i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		if (dialog_verb(line, len, forwarded[i].verb, NULL, NULL))
			d->mode = forwarded[i].awaited;
	return (DIALOG_FORWARD);
}

/*
 * SIZE, or SIZE LAST: RFC 3030, 2.
 */
static bool
parse_chunk(const uint8_t *text, size_t len, uint64_t *size, bool *is_last)
{
	size_t n = 0, last;

	for (*size = 0; n < len && text[n] >= '0' && text[n] <= '9'; n++)
		if (n < CHUNK_DIGITS_MAX)
			*size = *size * 10 + (uint64_t)(text[n] - '0');
	for (last = n; last < len && (text[last] == ' ' || text[last] == '\t');)
		last++;
	*is_last = n < len;
	if (n == 0 || n > CHUNK_DIGITS_MAX || (*is_last && last == n))
		return (false);
	return (!*is_last ||
	    (len - last == 4 &&
		strncasecmp((const char *)text + last, "LAST", 4) == 0));
}

/*
 * If we cannot tell how long the chunk is, or the application does not know
 * BDAT, the chunk would be taken for commands: so the connection ends.
 */
static enum dialog_next
forward_chunk(struct dialog *d, const uint8_t *parameter, size_t len)
{
	uint64_t size;
	bool is_last;

	if (!d->flag)
		return (dialog_answer(d, DIALOG_CLOSE,
		    "503 5.5.1 BDAT was not offered\r\n"));
	if (!parse_chunk(parameter, len, &size, &is_last))
		return (dialog_answer(d, DIALOG_CLOSE,
		    "501 5.5.4 BDAT takes a size, and LAST\r\n"));
	d->pass = size;
	d->mode = is_last ? SMTP_SENT : SMTP_CHUNK;
	return (DIALOG_FORWARD);
}

/* ------------------------------------------------------------ the peer's */

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	switch (fault) {
	case DIALOG_FAULT_UNIT:
		dialog_say(d, "500 5.5.2 Syntax error\r\n");
		break;
	case DIALOG_FAULT_LONG:
		dialog_say(d, "500 5.5.2 Line too long\r\n");
		break;
	case DIALOG_FAULT_LIMIT:
		dialog_say(d, "421 4.7.0 %s Too much before TLS\r\n", d->host);
		break;
	case DIALOG_FAULT_BEHIND:
		dialog_say(d, "503 5.5.1 STARTTLS has to come last\r\n");
		break;
	case DIALOG_FAULT_FAILED:
		dialog_say(d, "454 4.7.0 TLS not available now\r\n");
		break;
	case DIALOG_FAULT_LATE:
		dialog_say(d, "421 4.4.2 %s Timeout\r\n", d->host);
		break;
	}
}

/*
 * AUTH is refused in both modes: RFC 4954, 4.
 */
static enum dialog_next
hear_command(struct dialog *d, const struct required *required,
    const uint8_t *line, size_t len)
{
	const uint8_t *rest;
	size_t rest_len;
	bool is_auth = dialog_verb(line, len, "AUTH", NULL, NULL);

	if (is_auth)
		dialog_credentials(d);
	if (dialog_verb(line, len, "STARTTLS", &rest, &rest_len))
		return (rest_len == 0 ?
			DIALOG_UPGRADE :
			dialog_answer(d, DIALOG_ANSWERED, no_parameter));
	if (d->required)
		return (required_answer(d, required, line, len));
	if (is_auth)
		return (dialog_answer(d, DIALOG_ANSWERED,
		    "538 5.7.11 STARTTLS comes before AUTH\r\n"));
	if (dialog_verb(line, len, "BDAT", &rest, &rest_len))
		return (forward_chunk(d, rest, rest_len));
	return (forward(d, line, len));
}

static enum dialog_next
hear(struct dialog *d, const struct required *required, const uint8_t *bytes,
    size_t len)
{
	if (d->mode == SMTP_MESSAGE)
		return (forward_message(d, bytes, len));
	if (dialog_line_is_clean(bytes, len) && dialog_has_verb(bytes, len))
		return (hear_command(d, required, bytes, len));
	refuse(d, DIALOG_FAULT_UNIT);
	return (DIALOG_ANSWERED);
}

static enum dialog_next
smtp_command(struct dialog *d, const uint8_t *bytes, size_t len)
{
	return (hear(d, &smtp, bytes, len));
}

static enum dialog_next
lmtp_command(struct dialog *d, const uint8_t *bytes, size_t len)
{
	return (hear(d, &lmtp, bytes, len));
}

/* -------------------------------------------------------- the application's */

/*
 * Three digits, then '-' if there is more, a blank or the end if not.  The
 * code; 0: it is no line of an answer.
 */
static unsigned int
parse_reply(const uint8_t *line, size_t len, bool *is_last)
{
	unsigned int code = dialog_code(line, len);

	*is_last = false;
	if (code == 0)
		return (0);
	if (line[DIALOG_CODE_LEN] != '-' &&
	    strchr(" \r\n", line[DIALOG_CODE_LEN]) == NULL)
		return (0);
	*is_last = line[DIALOG_CODE_LEN] != '-';
	return (code);
}

/*
 * STARTTLS is ours to offer, and AUTH is refused.
 */
static bool
is_withheld(const uint8_t *text, size_t len)
{
	static const char *const withheld[] = { "STARTTLS", "AUTH", NULL };
	static const char older[] = "AUTH="; /* before RFC 2554 */

	return (dialog_verb_among(text, len, withheld) ||
	    strncasecmp((const char *)text, older, sizeof(older) - 1) == 0);
}

/*
 * A line of the answer to EHLO; the first has no capability.  Our STARTTLS is
 * behind the last, so that the others all have a '-'.
 */
static void
say_capability(struct dialog *d, const uint8_t *line, size_t len, bool is_last)
{
	const uint8_t *text = line + DIALOG_CODE_LEN;
	size_t text_len = len - DIALOG_CODE_LEN;
	bool is_first = d->mode == SMTP_HELLO;

	if (is_first)
		d->flag = false;
	if (*text == ' ' || *text == '-') {
		text++;
		text_len--;
	}
	if (is_first || !is_withheld(text, text_len)) {
		dialog_say(d, "%d-", CODE_OK);
		dialog_say_bytes(d, text, text_len);
	}
	if (!is_first && dialog_verb(text, text_len, "CHUNKING", NULL, NULL))
		d->flag = true;
	if (is_last)
		dialog_say(d, "%d STARTTLS\r\n", CODE_OK);
	d->mode = SMTP_HELLO_REST;
}

/*
 * RFC 2033, 4.2: a message has an answer for every recipient that was taken.
 */
static enum dialog_reply
hear_last(struct dialog *d)
{
	if (d->answers > 1) {
		d->answers--;
		return (DIALOG_REPLY_MORE);
	}
	d->answers = 0;
	d->mode = SMTP_COMMAND;
	return (DIALOG_REPLY_DONE);
}

/*
 * A whole answer is there.
 */
static enum dialog_reply
hear_answer(struct dialog *d, unsigned int code)
{
	bool is_positive = code / 100 == 2;

	if (d->mode == SMTP_SENT)
		return (hear_last(d));
	/* the whole transaction is in doubt then: RFC 3030, 2 */
	if (d->mode == SMTP_CHUNK && !is_positive)
		d->answers = 0;
	if (d->mode == SMTP_RESET && is_positive)
		d->answers = 0;
	if (d->mode == SMTP_RECIPIENT && is_positive &&
	    d->protocol == &protocol_lmtp)
		d->answers++;
	d->mode = SMTP_COMMAND;
	if (code == CODE_MESSAGE) {
		d->mode = SMTP_MESSAGE;
		data_block_begin(d);
	}
	return (DIALOG_REPLY_DONE);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *line, size_t len)
{
	bool is_last;
	unsigned int code = parse_reply(line, len, &is_last);

	if (code == CODE_OK && d->awaiting &&
	    (d->mode == SMTP_HELLO || d->mode == SMTP_HELLO_REST))
		say_capability(d, line, len, is_last);
	else
		dialog_say_bytes(d, line, len);
	if (!is_last)
		return (DIALOG_REPLY_MORE);
	if (!d->awaiting) {
		/*
		 * nothing was asked: 421; or it took something for a command
		 * that we did not, as behind a false end of a message
		 */
		d->closing = true;
		return (DIALOG_REPLY_MORE);
	}
	return (hear_answer(d, code));
}

/* -------------------------------------------------------------- inside TLS */

/*
 * 220, in one line or more.  Any other is a refusal that the peer has to see.
 */
static size_t
greeting(struct dialog *d, const uint8_t *bytes, size_t len)
{
	static const char code[DIALOG_CODE_LEN] = "220";
	const uint8_t *line = bytes, *end = bytes + len, *lf;
	size_t n;
	bool is_last = false;

	(void)d;
	while (!is_last) {
		n = (size_t)(end - line);
		if (memcmp(line, code,
			n < DIALOG_CODE_LEN ? n : DIALOG_CODE_LEN) != 0)
			return (UNIT_BAD);
		lf = memchr(line, '\n', n);
		if (lf == NULL)
			return (UNIT_PARTIAL);
		if (parse_reply(line, (size_t)(lf - line) + 1, &is_last) == 0)
			return (UNIT_BAD);
		line = lf + 1;
	}
	return ((size_t)(line - bytes));
}

static void
smtp_greet(struct dialog *d)
{
	dialog_say(d, "220 %s ESMTP\r\n", d->host);
}

static void
lmtp_greet(struct dialog *d)
{
	dialog_say(d, "220 %s LMTP\r\n", d->host);
}

static void
go_ahead(struct dialog *d)
{
	dialog_say(d, "220 2.0.0 Ready to start TLS\r\n");
}

const struct protocol protocol_smtp = {
	.name = "smtp",
	.unit = unit,
	.app_unit = dialog_app_line,
	.greet = smtp_greet,
	.command = smtp_command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
	.greeting = greeting,
};

const struct protocol protocol_lmtp = {
	.name = "lmtp",
	.unit = unit,
	.app_unit = dialog_app_line,
	.greet = lmtp_greet,
	.command = lmtp_command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
	.greeting = greeting,
};
