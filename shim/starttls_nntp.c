/* SPDX-License-Identifier: ISC */
/*
 * starttls_nntp.c - NNTP before TLS: RFC 3977, 4642, 4643, 4644.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the application for what its answers mean: 340 begins an article.
 * Refuses:  AUTHINFO, and what would compress all that follows: nobody could
 *           look at it then, and TLS may not begin any more (RFC 8054, 2.2.2).
 *
 * In required mode the greeting is 200, "posting allowed", though we cannot
 * know: what counts is what the application says inside TLS, in its
 * capabilities and to each POST.
 */
#include <string.h>

#include "data_block.h"
#include "protocols.h"
#include "required.h"

/*
 * dialog.mode: what the application's next line is to be; or that the peer's
 * next bytes are an article.
 * dialog.flag: the application knows TAKETHIS.
 */
enum {
	NNTP_ANSWER,
	NNTP_GROUP,   /* the answer to LISTGROUP: 211 has lines behind it */
	NNTP_OFFERED, /* to CAPABILITIES: those are behind 101 */
	NNTP_SENT,    /* to an article */
	NNTP_LIST,    /* a line of a data block */
	NNTP_OFFER,   /* a line of one that lists capabilities */
	NNTP_ARTICLE  /* the peer's */
};

enum { CODE_OFFER = 101, CODE_STREAM = 203, CODE_GROUP = 211 };

/* RFC 3977, 3.2.1, with what is older than it: XGTITLE and XTHREAD */
static const unsigned int codes_of_lists[] = { 100, 101, 215, 218, 220, 221,
	222, 224, 225, 230, 231, 282, 288 };

static const char say_starttls[] = "483 Say STARTTLS first\r\n";
static const char no_parameter[] = "501 No parameter here\r\n";

/* ------------------------------------------------------------------ saying */

static void
greet(struct dialog *d)
{
	dialog_say(d, "200 %s NNTP\r\n", d->host);
}

static void
go_ahead(struct dialog *d)
{
	dialog_say(d, "382 Begin TLS\r\n");
}

/*
 * 400: the connection ends (RFC 3977, 3.2.1).
 */
static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	static const char *const words[] = {
		[DIALOG_FAULT_UNIT] = "501 Syntax error",
		[DIALOG_FAULT_LONG] = "400 Line too long",
		[DIALOG_FAULT_LIMIT] = "400 Too much without TLS",
		[DIALOG_FAULT_BEHIND] = "400 STARTTLS must come last",
		[DIALOG_FAULT_FAILED] = "580 TLS not available now",
		[DIALOG_FAULT_LATE] = "400 Timeout",
	};

	dialog_say(d, "%s\r\n", words[fault]);
}

/* --------------------------------------------------------------- the peer's */

static size_t
unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	if (d->mode == NNTP_ARTICLE)
		return (data_block_unit(d, bytes, len));
	return (dialog_line(d, bytes, len));
}

static enum dialog_next
forward_article(struct dialog *d, const uint8_t *bytes, size_t len)
{
	enum dialog_next next = data_block_command(d, bytes, len);

	if (next == DIALOG_FORWARD)
		d->mode = NNTP_SENT;
	return (next);
}

static void
begin_article(struct dialog *d)
{
	d->mode = NNTP_ARTICLE;
	data_block_begin(d);
}

/*
 * TAKETHIS has its article right behind it (RFC 4644, 2.5), which an
 * application that does not know it would take for commands.
 */
static enum dialog_next
forward_in_stream(struct dialog *d)
{
	if (!d->flag)
		return (dialog_answer(d, DIALOG_CLOSE,
		    "400 TAKETHIS was not offered\r\n"));
	begin_article(d);
	return (DIALOG_PASS);
}

static enum dialog_next
forward(struct dialog *d, const uint8_t *line, size_t len)
{
	if (dialog_verb(line, len, "TAKETHIS", NULL, NULL))
		return (forward_in_stream(d));
	if (dialog_verb(line, len, "CAPABILITIES", NULL, NULL))
		d->mode = NNTP_OFFERED;
	else if (dialog_verb(line, len, "LISTGROUP", NULL, NULL))
		d->mode = NNTP_GROUP;
	else
		d->mode = NNTP_ANSWER;
	return (DIALOG_FORWARD);
}

/*
 * CAPABILITIES may have a parameter that means nothing (RFC 3977, 5.2).
 */
static const struct required_row rows[] = {
	{ "CAPABILITIES", ANY_PARAMETER, DIALOG_ANSWERED,
	    "101 Capabilities follow\r\n"
	    "VERSION 2\r\nSTARTTLS\r\n.\r\n",
	    NULL },
	{ "HELP", ANY_PARAMETER, DIALOG_ANSWERED,
	    "100 Help follows\r\n"
	    "Say STARTTLS, then all else.\r\n.\r\n",
	    NULL },
	{ "QUIT", NO_PARAMETER, DIALOG_CLOSE, "205 Bye\r\n", NULL },
	{ NULL, ANY_PARAMETER, DIALOG_ANSWERED, say_starttls, NULL },
};

static const struct required required = { rows, no_parameter, NULL };

static enum dialog_next
hear_verb(struct dialog *d, const uint8_t *line, size_t len)
{
	bool logs_in = dialog_verb(line, len, "AUTHINFO", NULL, NULL);

	if (logs_in)
		dialog_credentials(d);
	if (d->required)
		return (required_answer(d, &required, line, len));
	if (logs_in || dialog_verb(line, len, "COMPRESS", NULL, NULL) ||
	    dialog_verb(line, len, "XFEATURE", NULL, NULL))
		return (dialog_answer(d, DIALOG_ANSWERED, say_starttls));
	return (forward(d, line, len));
}

static enum dialog_next
command(struct dialog *d, const uint8_t *line, size_t len)
{
	const uint8_t *rest;
	size_t rest_len;

	if (d->mode == NNTP_ARTICLE)
		return (forward_article(d, line, len));
	if (!dialog_line_is_clean(line, len) || !dialog_has_verb(line, len)) {
		refuse(d, DIALOG_FAULT_UNIT);
		return (DIALOG_ANSWERED);
	}
	if (!dialog_verb(line, len, "STARTTLS", &rest, &rest_len))
		return (hear_verb(d, line, len));
	if (rest_len > 0)
		return (dialog_answer(d, DIALOG_ANSWERED, no_parameter));
	return (DIALOG_UPGRADE);
}

/* -------------------------------------------------------- the application's */

/*
 * 0: it is no answer's first line.
 */
static unsigned int
code_of(const uint8_t *line, size_t len)
{
	unsigned int code = dialog_code(line, len);

	if (code == 0 || strchr(" \r\n", line[DIALOG_CODE_LEN]) == NULL)
		return (0);
	return (code);
}

static bool
has_list(const struct dialog *d, unsigned int code)
{
	size_t i, count = sizeof(codes_of_lists) / sizeof(codes_of_lists[0]);

	for (i = 0; i < count; i++)
		if (code == codes_of_lists[i])
			return (true);
	return (code == CODE_GROUP && d->mode == NNTP_GROUP);
}

/*
 * A capability of the application's.  STARTTLS is ours to offer, and what logs
 * in or compresses is refused.
 */
static void
say_capability(struct dialog *d, const uint8_t *line, size_t len)
{
	static const char *const withheld[] = { "STARTTLS", "AUTHINFO", "SASL",
		"COMPRESS", "XFEATURE-COMPRESS", NULL };

	if (dialog_verb(line, len, "STREAMING", NULL, NULL))
		d->flag = true;
	if (!dialog_verb_among(line, len, withheld))
		dialog_say_bytes(d, line, len);
}

static enum dialog_reply
hear_listed(struct dialog *d, const uint8_t *line, size_t len)
{
	bool is_end = data_block_is_end(line, len);

	if (d->mode == NNTP_OFFER && is_end)
		dialog_say(d, "STARTTLS\r\n");
	if (d->mode == NNTP_OFFER && !is_end)
		say_capability(d, line, len);
	else
		dialog_say_bytes(d, line, len);
	return (is_end ? DIALOG_REPLY_DONE : DIALOG_REPLY_MORE);
}

/*
 * 335, 340: an article is to come, unless it has just been.
 */
static enum dialog_reply
hear_answer(struct dialog *d, const uint8_t *line, size_t len)
{
	unsigned int code = code_of(line, len);

	dialog_say_bytes(d, line, len);
	if (code == CODE_STREAM)
		d->flag = true;
	if (has_list(d, code)) {
		d->mode = d->mode == NNTP_OFFERED && code == CODE_OFFER ?
		    NNTP_OFFER :
		    NNTP_LIST;
		return (DIALOG_REPLY_MORE);
	}
	if (code / 100 == 3 && d->mode != NNTP_SENT)
		begin_article(d);
	return (DIALOG_REPLY_DONE);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *line, size_t len)
{
	if (d->awaiting && (d->mode == NNTP_LIST || d->mode == NNTP_OFFER))
		return (hear_listed(d, line, len));
	if (d->awaiting)
		return (hear_answer(d, line, len));
	dialog_say_bytes(d, line, len);
	/* nothing was asked: it takes the article for commands; or 400 */
	if (d->mode == NNTP_ARTICLE)
		d->closing = true;
	return (DIALOG_REPLY_DONE);
}

/* -------------------------------------------------------------- inside TLS */

/*
 * 200 and 201.  Any other is a refusal that the peer has to see.
 */
static size_t
greeting(struct dialog *d, const uint8_t *bytes, size_t len)
{
	size_t n = dialog_app_line(d, bytes, len);
	unsigned int code;

	if (n == UNIT_PARTIAL)
		return (n);
	code = code_of(bytes, n);
	return ((code == 200 || code == 201) && bytes[n - 1] == '\n' ?
		n :
		UNIT_BAD);
}

const struct protocol protocol_nntp = {
	.name = "nntp",
	.unit = unit,
	.app_unit = dialog_app_line,
	.greet = greet,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
	.greeting = greeting,
};
