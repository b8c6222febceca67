/* SPDX-License-Identifier: ISC */
/*
 * starttls_imap.c - IMAP before TLS (RFC 9051, 3501, 2595).
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the application, with its answers.
 * Refuses:  credentials in clear text; an application that says PREAUTH, since
 *           an attacker in the middle would choose whose mailbox it is;
 *           non-synchronizing literals (RFC 7888), since an application that
 *           answers before it reads one takes it for commands.
 *
 * A unit is a line.  A command is one line, or several with literals between
 * them (RFC 9051, 4.3), which are counted and never looked at.  Nobody is
 * logged in before TLS, so a literal is never long.
 */
#include <string.h>

#include "dialog.h"
#include "imap_line.h"
#include "log.h"
#include "protocols.h"

#define CAPABILITIES "IMAP4rev1 STARTTLS LOGINDISABLED"

enum { LITERAL_MAX = 16 * 1024 };

/*
 * dialog.mode: what the peer's next line is.
 * dialog.tag: of the command that is forwarded, or answered; "": none.
 * dialog.flag: the application's next line is the rest of one, behind a
 * literal.
 */
enum {
	COMMAND,  /* the first of a command */
	ARGUMENT, /* the rest of a forwarded command, behind a literal */
	REFUSED,  /* the rest of a refused one; dialog.answers: our answer */
	LITERAL,  /* after "+" a literal of dialog.answers bytes comes first */
	ANSWER	  /* to a "+" that is for no literal: IDLE, say */
};

/*
 * Our answer to a refused command, when its last line has come.
 */
enum { SAY_BAD, SAY_NO, SAY_NO_CREDENTIALS };

/* -------------------------------------------------------------------- tags */

static void
set_tag(struct dialog *d, struct imap_word w)
{
	_Static_assert(sizeof(d->tag) > IMAP_NAME_MAX, "a tag fits");

	memcpy(d->tag, w.bytes, w.len);
	d->tag[w.len] = '\0';
}

static bool
word_is_tag(const struct dialog *d, struct imap_word w)
{
	return (w.len > 0 && w.len == strlen(d->tag) &&
	    memcmp(w.bytes, d->tag, w.len) == 0);
}

/*
 * "* BAD" where a command has no tag.
 */
static const char *
tag_of(const struct dialog *d)
{
	return (d->tag[0] == '\0' ? "*" : d->tag);
}

/* ----------------------------------------------------------- refused ones */

static enum dialog_next
say_refused(struct dialog *d)
{
	static const char *const answers[] = {
		[SAY_BAD] = "BAD Not a command, or not with these arguments",
		[SAY_NO] = "NO [PRIVACYREQUIRED] STARTTLS first",
		[SAY_NO_CREDENTIALS] =
		    "NO [PRIVACYREQUIRED] Not without TLS: STARTTLS first",
	};

	if (d->answers == SAY_NO_CREDENTIALS)
		dialog_credentials(d);
	dialog_say(d, "%s %s\r\n", tag_of(d), answers[d->answers]);
	d->mode = COMMAND;
	return (DIALOG_ANSWERED);
}

static enum dialog_next
too_long(struct dialog *d)
{
	dialog_say(d, "* BYE The literal is too long\r\n");
	return (DIALOG_CLOSE);
}

/*
 * A line of a refused command.  If it ends in a synchronizing literal, our
 * answer comes in place of "+" and ends the command (RFC 9051, 7.6); a
 * non-synchronizing one is on its way already, and is thrown away.
 */
static enum dialog_next
drop(struct dialog *d, const uint8_t *line, size_t len)
{
	struct imap_literal l = imap_literal(line, len);

	if (!l.there || l.synchronizing)
		return (say_refused(d));
	if (l.len > LITERAL_MAX)
		return (too_long(d));
	d->mode = REFUSED;
	d->drop = l.len;
	d->bytes += l.len;
	return (DIALOG_ANSWERED);
}

static enum dialog_next
refused(struct dialog *d, unsigned int answer, const uint8_t *line, size_t len)
{
	d->answers = answer;
	return (drop(d, line, len));
}

/* --------------------------------------------------------- forwarded ones */

/*
 * A line of a forwarded command: its last, or one with a literal behind it.
 */
static enum dialog_next
forward(struct dialog *d, const uint8_t *line, size_t len)
{
	struct imap_literal l = imap_literal(line, len);

	d->mode = COMMAND;
	if (l.there && l.len > LITERAL_MAX)
		return (too_long(d));
	/* the application has answered before it had the whole command */
	if (d->tag[0] == '\0')
		return (DIALOG_PASS);
	if (l.there) {
		d->mode = LITERAL;
		d->answers = (unsigned int)l.len;
	}
	return (DIALOG_FORWARD);
}

static bool
has_non_sync_literal(const uint8_t *line, size_t len)
{
	struct imap_literal l = imap_literal(line, len);

	return (l.there && !l.synchronizing);
}

/*
 * Within a command a malformed line cannot be answered: the connection ends.
 */
static enum dialog_next
forward_more(struct dialog *d, const uint8_t *line, size_t len)
{
	if (!dialog_line_is_clean(line, len) ||
	    has_non_sync_literal(line, len)) {
		dialog_say(d, "* BYE Not a line, or an uninvited literal\r\n");
		return (DIALOG_CLOSE);
	}
	if (d->mode == ARGUMENT)
		return (forward(d, line, len));
	d->mode = COMMAND;
	return (DIALOG_FORWARD);
}

/* ----------------------------------------------------------------- commands */

/*
 * Required mode: the commands that RFC 9051, 6.1 allows in any state.
 */
static enum dialog_next
answer(struct dialog *d, struct imap_word verb)
{
	if (imap_word_is(verb, "CAPABILITY"))
		dialog_say(d, "* CAPABILITY " CAPABILITIES "\r\n");
	if (imap_word_is(verb, "LOGOUT"))
		dialog_say(d, "* BYE %s closes the connection\r\n", d->host);
	dialog_say(d, "%s OK Done\r\n", d->tag);
	return (imap_word_is(verb, "LOGOUT") ? DIALOG_CLOSE : DIALOG_ANSWERED);
}

static bool
is_answered(struct imap_word verb)
{
	return (imap_word_is(verb, "CAPABILITY") ||
	    imap_word_is(verb, "NOOP") || imap_word_is(verb, "LOGOUT"));
}

static bool
is_login(struct imap_word verb)
{
	return (imap_word_is(verb, "LOGIN") ||
	    imap_word_is(verb, "AUTHENTICATE"));
}

/*
 * The first line of a command that has a tag and a name.
 */
static enum dialog_next
obey(struct dialog *d, const uint8_t *line, size_t len)
{
	const uint8_t *at = line, *end = line + dialog_text_len(line, len);
	struct imap_word verb;
	bool alone;

	imap_word(&at, end);
	verb = imap_word(&at, end);
	alone = imap_word(&at, end).len == 0;
	if (is_login(verb))
		return (refused(d, SAY_NO_CREDENTIALS, line, len));
	if (imap_word_is(verb, "STARTTLS"))
		return (alone ? DIALOG_UPGRADE :
				refused(d, SAY_BAD, line, len));
	if (!d->required)
		return (has_non_sync_literal(line, len) ?
			refused(d, SAY_BAD, line, len) :
			forward(d, line, len));
	if (!is_answered(verb))
		return (refused(d, SAY_NO, line, len));
	return (alone ? answer(d, verb) : refused(d, SAY_BAD, line, len));
}

static enum dialog_next
obey_if_clean(struct dialog *d, const uint8_t *line, size_t len)
{
	const uint8_t *at = line, *end = line + dialog_text_len(line, len);
	struct imap_word tag = imap_word(&at, end), verb = imap_word(&at, end);

	d->tag[0] = '\0';
	if (tag.bytes != line || !imap_is_name(tag))
		return (refused(d, SAY_BAD, line, len));
	set_tag(d, tag);
	if (!imap_is_name(verb) || !dialog_line_is_clean(line, len))
		return (refused(d, SAY_BAD, line, len));
	return (obey(d, line, len));
}

static enum dialog_next
command(struct dialog *d, const uint8_t *line, size_t len)
{
	switch (d->mode) {
	case REFUSED:
		return (drop(d, line, len));
	case ARGUMENT:
	case ANSWER:
		return (forward_more(d, line, len));
	default:
		return (obey_if_clean(d, line, len));
	}
}

/* ------------------------------------------------------------- capabilities */

static bool
is_kept(struct imap_word w)
{
	return (!imap_word_begins(w, "AUTH=") && !imap_word_is(w, "STARTTLS") &&
	    !imap_word_is(w, "LOGINDISABLED") && !imap_word_is(w, "LITERAL+") &&
	    !imap_word_is(w, "LITERAL-"));
}

static void
say_capabilities(struct dialog *d, const uint8_t *at, const uint8_t *end)
{
	struct imap_word w;

	while ((w = imap_word(&at, end)).len > 0)
		if (is_kept(w)) {
			dialog_say_bytes(d, " ", 1);
			dialog_say_bytes(d, w.bytes, w.len);
		}
	dialog_say(d, " STARTTLS LOGINDISABLED");
}

static void
say_from(struct dialog *d, const uint8_t *from, const uint8_t *to)
{
	dialog_say_bytes(d, from, (size_t)(to - from));
}

/*
 * A status response; at is behind its OK, NO, BAD or BYE.  Where its response
 * code lists capabilities (RFC 9051, 7.1), these are changed.
 */
static void
say_status(struct dialog *d, const uint8_t *line, size_t len, const uint8_t *at)
{
	const uint8_t *end = line + dialog_text_len(line, len), *bracket;

	bracket = memchr(at, ']', (size_t)(end - at));
	if (bracket == NULL ||
	    !imap_word_is(imap_word(&at, bracket), "[CAPABILITY"))
		dialog_say_bytes(d, line, len);
	else {
		say_from(d, line, at);
		say_capabilities(d, at, bracket);
		say_from(d, bracket, line + len);
	}
}

/* ------------------------------------------------------------------ answers */

/*
 * Any other line of the application's, which may have a literal behind it.
 */
static void
say_data(struct dialog *d, const uint8_t *line, size_t len)
{
	struct imap_literal l = imap_literal(line, len);

	dialog_say_bytes(d, line, len);
	d->flag = l.there;
	d->app_pass = l.there ? l.len : 0;
}

static bool
is_status(struct imap_word w)
{
	return (imap_word_is(w, "OK") || imap_word_is(w, "NO") ||
	    imap_word_is(w, "BAD") || imap_word_is(w, "BYE"));
}

/*
 * Nobody may be logged in before TLS (RFC 9051, 7.1.4 and 11.1).
 */
static void
no_preauth(struct dialog *d)
{
	log_warnx("imap: the application says PREAUTH: refused");
	dialog_say(d, "* BYE The server is not set up for TLS\r\n");
	d->closing = true;
}

/*
 * An untagged response.  While there is no command's tag a status is the
 * greeting, and ends what is awaited.
 */
static enum dialog_reply
hear_untagged(struct dialog *d, const uint8_t *line, size_t len,
    const uint8_t *at)
{
	const uint8_t *end = line + dialog_text_len(line, len);
	struct imap_word w = imap_word(&at, end);

	if (imap_word_is(w, "PREAUTH"))
		no_preauth(d);
	else if (is_status(w)) {
		say_status(d, line, len, at);
		return (d->tag[0] == '\0' ? DIALOG_REPLY_DONE :
					    DIALOG_REPLY_MORE);
	} else if (imap_word_is(w, "CAPABILITY")) {
		say_from(d, line, at);
		say_capabilities(d, at, end);
		dialog_say(d, "\r\n");
	} else
		say_data(d, line, len);
	return (DIALOG_REPLY_MORE);
}

static enum dialog_reply
hear_tagged(struct dialog *d, const uint8_t *line, size_t len,
    const uint8_t *at)
{
	imap_word(&at, line + dialog_text_len(line, len));
	say_status(d, line, len, at);
	d->tag[0] = '\0';
	if (d->mode == LITERAL || d->mode == ANSWER)
		d->mode = COMMAND;
	return (DIALOG_REPLY_DONE);
}

static enum dialog_reply
hear_continuation(struct dialog *d, const uint8_t *line, size_t len)
{
	dialog_say_bytes(d, line, len);
	if (d->mode == LITERAL) {
		d->mode = ARGUMENT;
		d->pass = d->answers;
	} else if (d->awaiting)
		d->mode = ANSWER;
	return (DIALOG_REPLY_DONE);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *line, size_t len)
{
	const uint8_t *at = line;
	struct imap_word w = imap_word(&at, line + dialog_text_len(line, len));

	if (d->flag)
		say_data(d, line, len);
	else if (imap_word_is(w, "+"))
		return (hear_continuation(d, line, len));
	else if (imap_word_is(w, "*"))
		return (hear_untagged(d, line, len, at));
	else if (word_is_tag(d, w))
		return (hear_tagged(d, line, len, at));
	else
		dialog_say_bytes(d, line, len);
	return (DIALOG_REPLY_MORE);
}

/* ------------------------------------------------------------ what we say */

static void
greet(struct dialog *d)
{
	dialog_say(d, "* OK [CAPABILITY " CAPABILITIES "] %s ready\r\n",
	    d->host);
}

static void
go_ahead(struct dialog *d)
{
	dialog_say(d, "%s OK Begin TLS negotiation now\r\n", d->tag);
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	static const char *const texts[] = {
		[DIALOG_FAULT_UNIT] = "BAD Not a command",
		[DIALOG_FAULT_LONG] = "BYE The line is too long",
		[DIALOG_FAULT_LIMIT] = "BYE Too many commands without STARTTLS",
		[DIALOG_FAULT_BEHIND] = "BAD Something stands behind STARTTLS",
		[DIALOG_FAULT_FAILED] = "NO [UNAVAILABLE] TLS cannot begin now",
		[DIALOG_FAULT_LATE] = "BYE The time is over",
	};
	bool of_command = fault == DIALOG_FAULT_BEHIND ||
	    fault == DIALOG_FAULT_FAILED;

	dialog_say(d, "%s %s\r\n", of_command ? tag_of(d) : "*", texts[fault]);
}

/* -------------------------------------------------------------- inside TLS */

/*
 * "* OK" is thrown away, with its capabilities: after TLS a client has to ask
 * for them again (RFC 9051, 6.2.1).
 */
static size_t
greeting(struct dialog *d, const uint8_t *bytes, size_t len)
{
	const uint8_t *lf = memchr(bytes, '\n', len), *at = bytes;
	size_t n = lf == NULL ? len : (size_t)(lf - bytes) + 1;
	const uint8_t *end = bytes + dialog_text_len(bytes, n);
	struct imap_word star = imap_word(&at, end), w = imap_word(&at, end);

	if (imap_word_is(star, "*") && imap_word_is(w, "PREAUTH")) {
		no_preauth(d);
		return (n);
	}
	if (lf == NULL)
		return (UNIT_PARTIAL);
	return (imap_word_is(star, "*") && imap_word_is(w, "OK") ? n :
								   UNIT_BAD);
}

const struct protocol protocol_imap = {
	.name = "imap",
	.unit = dialog_line,
	.app_unit = dialog_app_line,
	.greet = greet,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
	.greeting = greeting,
};
