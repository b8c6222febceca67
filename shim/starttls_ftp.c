/* SPDX-License-Identifier: ISC */
/*
 * starttls_ftp.c - FTP's control connection before TLS, and what belongs to
 * it inside (RFC 959, 2228, 2389, 4217).
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the application, with its answers.
 * Refuses:  credentials in clear text; commands that lead back to clear text;
 *           TLS on data connections, which we never see.
 *
 * In clear the conversation is lock-step.  Inside TLS it is not, since ABOR and
 * STAT come during a transfer, before RETR or STOR is answered: the answers
 * that the application owes are counted, and what we answer ourselves waits
 * until it owes none.
 */
#include <ctype.h>
#include <string.h>

#include "dialog.h"
#include "protocols.h"

/*
 * dialog.mode: inside TLS: PBSZ_SAID or 0.
 * dialog.answers: inside TLS: how many answers the application owes.
 * dialog.flag: the next answer is that to FEAT.
 * dialog.tag: of an answer of several lines that has begun: its code.
 */
enum { PBSZ_SAID = 1 };

enum {
	INSIDE_LINE_MAX = 8192 /* a path of PATH_MAX, and more */
};

/* telnet: RFC 854 */
enum { IAC = 0xff, TELNET_FIRST = 0xf0, WILL = 0xfb, DONT = 0xfe };

struct text {
	const uint8_t *bytes;
	size_t len;
};

/*
 * Is it this word, in upper or lower case, perhaps with blanks behind?
 */
static bool
text_is(struct text t, const char *word)
{
	return (dialog_verb(t.bytes, t.len, word, &t.bytes, &t.len) &&
	    t.len == 0);
}

/*
 * How long the telnet sequence is that begins with IAC, before a command.
 */
static size_t
telnet_len(uint8_t what)
{
	if (what >= WILL && what <= DONT)
		return (3);
	return (what >= TELNET_FIRST && what != IAC ? 2 : 1);
}

/*
 * A command without what telnet puts before it: ABOR comes behind IAC IP IAC
 * DM (RFC 959, 4.1.3), and the DM may be urgent, and gone.
 */
static struct text
past_telnet(const uint8_t *line, size_t len)
{
	struct text t = { line, len };
	size_t n;

	while (t.len > 1 && t.bytes[0] == IAC) {
		n = telnet_len(t.bytes[1]);
		if (n > t.len)
			n = t.len;
		t.bytes += n;
		t.len -= n;
	}
	return (t);
}

/* -------------------------------------------------------- our own answers */

/*
 * Inside TLS there is no AUTH any more.
 */
static void
say_features(struct dialog *d)
{
	if (!d->inside)
		dialog_say(d, " AUTH TLS\r\n");
	dialog_say(d, " PBSZ\r\n PROT\r\n");
}

static void
say_all_features(struct dialog *d)
{
	dialog_say(d, "211-Features:\r\n");
	say_features(d);
	dialog_say(d, "211 End\r\n");
}

/*
 * Credentials in clear.
 */
static enum dialog_next
login(struct dialog *d, struct text argument)
{
	(void)argument;
	dialog_credentials(d);
	dialog_say(d, "530 AUTH TLS first\r\n");
	return (DIALOG_ANSWERED);
}

static enum dialog_next
auth(struct dialog *d, struct text mechanism)
{
	if (text_is(mechanism, "TLS") || text_is(mechanism, "TLS-C") ||
	    text_is(mechanism, "SSL"))
		return (DIALOG_UPGRADE);
	if (mechanism.len == 0)
		dialog_say(d, "501 Which one? AUTH TLS\r\n");
	else
		dialog_say(d, "504 Nothing but AUTH TLS\r\n");
	return (DIALOG_ANSWERED);
}

static enum dialog_next
feat(struct dialog *d, struct text argument)
{
	(void)argument;
	say_all_features(d);
	return (DIALOG_ANSWERED);
}

static enum dialog_next
quit(struct dialog *d, struct text argument)
{
	(void)argument;
	dialog_say(d, "221 %s closes the connection\r\n", d->host);
	return (DIALOG_CLOSE);
}

/*
 * The application's answer is changed: hear_features.
 */
static enum dialog_next
feat_forward(struct dialog *d, struct text argument)
{
	(void)argument;
	d->flag = true;
	return (DIALOG_FORWARD);
}

/*
 * The protection buffer size: TLS has no use for one, so the answer is always 0
 * (RFC 4217, 8).
 */
static enum dialog_next
pbsz(struct dialog *d, struct text size)
{
	if (size.len == 0)
		dialog_say(d, "501 How many? PBSZ 0\r\n");
	else {
		d->mode = PBSZ_SAID;
		dialog_say(d, "200 PBSZ=0\r\n");
	}
	return (DIALOG_ANSWERED);
}

/*
 * RFC 4217, 9: data connections are the application's own, in clear.
 */
static enum dialog_next
prot(struct dialog *d, struct text level)
{
	if (d->mode != PBSZ_SAID)
		dialog_say(d, "503 PBSZ first\r\n");
	else if (text_is(level, "C"))
		dialog_say(d, "200 Data connections are clear\r\n");
	else if (text_is(level, "P") || text_is(level, "S") ||
	    text_is(level, "E"))
		dialog_say(d, "536 Data connections are clear: PROT C\r\n");
	else
		dialog_say(d, "504 Nothing but PROT C\r\n");
	return (DIALOG_ANSWERED);
}

/* ---------------------------------------------------------------- commands */

struct row {
	const char *verb;
	const char *text; /* NULL: see obey */
	enum dialog_next (*obey)(struct dialog *, struct text argument);
};

/*
 * RFC 2228, 3: 503 before AUTH.
 */
static const struct row in_clear[] = {
	{ "AUTH", NULL, auth },
	{ "USER", NULL, login },
	{ "PASS", NULL, login },
	{ "ACCT", NULL, login },
	{ "ADAT", "503 AUTH TLS first", NULL },
	{ "PBSZ", "503 AUTH TLS first", NULL },
	{ "PROT", "503 AUTH TLS first", NULL },
	{ NULL, NULL, NULL },
};

static const struct row in_clear_required[] = {
	{ "FEAT", NULL, feat },
	{ "HELP", "214 AUTH TLS begins TLS; everything else is inside", NULL },
	{ "NOOP", "200 Done", NULL },
	{ "QUIT", NULL, quit },
	{ "SYST", "215 UNIX Type: L8", NULL },
	{ NULL, NULL, NULL },
};

static const struct row in_clear_optional[] = {
	{ "FEAT", NULL, feat_forward },
	{ NULL, NULL, NULL },
};

/*
 * CCC and REIN would lead back to clear text (RFC 4217, 6 and 11).
 */
static const struct row inside[] = {
	{ "AUTH", "503 TLS has begun already", NULL },
	{ "CCC", "533 The control connection stays encrypted", NULL },
	{ "FEAT", NULL, feat_forward },
	{ "PBSZ", NULL, pbsz },
	{ "PROT", NULL, prot },
	{ "REIN", "502 Begin again with another connection", NULL },
	{ NULL, NULL, NULL },
};

/*
 * The row of a command, or NULL; *argument is what stands behind the verb.
 */
static const struct row *
find(const struct row *rows, struct text t, struct text *argument)
{
	for (; rows->verb != NULL; rows++)
		if (dialog_verb(t.bytes, t.len, rows->verb, &argument->bytes,
			&argument->len))
			return (rows);
	return (NULL);
}

static enum dialog_next
obey(struct dialog *d, const struct row *row, struct text argument)
{
	if (row->text == NULL)
		return (row->obey(d, argument));
	dialog_say(d, "%s\r\n", row->text);
	return (DIALOG_ANSWERED);
}

/*
 * What we answer, and FEAT, waits for the answers that are owed.
 */
static enum dialog_next
command_inside(struct dialog *d, const uint8_t *line, size_t len)
{
	struct text t = past_telnet(line, len), argument;
	const struct row *row = find(inside, t, &argument);

	if (row != NULL)
		return (d->answers > 0 ? DIALOG_HOLD : obey(d, row, argument));
	/* an empty line has no answer */
	if (!text_is(t, ""))
		d->answers++;
	return (DIALOG_PASS);
}

/*
 * Letters, and then a blank or nothing: whatever an application may overlook
 * before or in "USER" is not there.
 */
static bool
is_command(const uint8_t *line, size_t len)
{
	size_t i = 0;

	while (i < len && isalpha(line[i]))
		i++;
	return (i > 0 && dialog_line_is_clean(line, len) &&
	    strchr(" \r", line[i]) != NULL && memchr(line, IAC, len) == NULL);
}

static enum dialog_next
command_in_clear(struct dialog *d, const uint8_t *line, size_t len)
{
	struct text t = past_telnet(line, len), argument;
	const struct row *row = find(in_clear, t, &argument);

	if (!dialog_line_is_clean(line, len)) {
		dialog_say(d, "500 Not a command\r\n");
		return (DIALOG_ANSWERED);
	}
	if (row == NULL)
		row = find(d->required ? in_clear_required : in_clear_optional,
		    t, &argument);
	if (row != NULL)
		return (obey(d, row, argument));
	if (!d->required && is_command(line, len))
		return (DIALOG_FORWARD);
	dialog_say(d, "530 AUTH TLS first\r\n");
	return (DIALOG_ANSWERED);
}

static enum dialog_next
command(struct dialog *d, const uint8_t *line, size_t len)
{
	if (d->inside)
		return (command_inside(d, line, len));
	return (command_in_clear(d, line, len));
}

static size_t
unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	return (dialog_line_within(bytes, len,
	    d->inside ? INSIDE_LINE_MAX : DIALOG_LINE_MAX));
}

/* ------------------------------------------------------------------ answers */

/*
 * Is this the last line of an answer?  code: that of one of several lines that
 * has begun, or "" (RFC 959, 4.2).
 */
static bool
is_last(char code[DIALOG_CODE_LEN + 1], const uint8_t *line, size_t len)
{
	if (dialog_code(line, len) == 0 ||
	    (code[0] != '\0' && memcmp(line, code, DIALOG_CODE_LEN) != 0))
		return (false);
	if (line[DIALOG_CODE_LEN] == '-') {
		memcpy(code, line, DIALOG_CODE_LEN);
		code[DIALOG_CODE_LEN] = '\0';
		return (false);
	}
	code[0] = '\0';
	return (true);
}

/*
 * RFC 2389, 3.2: a feature a line, behind a blank.
 */
static bool
is_ours(const uint8_t *line, size_t len)
{
	static const char *const verbs[] = { "AUTH", "CCC", "PBSZ", "PROT",
		NULL };

	if (dialog_code(line, len) != 0) {
		line += DIALOG_CODE_LEN + 1;
		len -= DIALOG_CODE_LEN + 1;
	}
	for (; len > 0 && *line == ' '; line++, len--)
		;
	return (dialog_verb_among(line, len, verbs));
}

/*
 * A line of the answer to FEAT.  The application's features pass, but those
 * that are ours to tell; ours come before the last line.  An answer of one line
 * (alone: no features, or no FEAT) is replaced by ours.
 */
static void
hear_features(struct dialog *d, const uint8_t *line, size_t len, bool alone,
    bool last)
{
	if (alone && (line[0] == '2' || line[0] == '5'))
		say_all_features(d);
	else if (last || !is_ours(line, len)) {
		if (last && !alone)
			say_features(d);
		dialog_say_bytes(d, line, len);
	}
}

/*
 * 1xx is a preliminary reply: the answer is still to come (RFC 959, 4.2).
 */
static enum dialog_reply
reply(struct dialog *d, const uint8_t *line, size_t len)
{
	bool begun = d->tag[0] != '\0', last = is_last(d->tag, line, len);

	if (d->flag)
		hear_features(d, line, len, last && !begun, last);
	else
		dialog_say_bytes(d, line, len);
	if (!last || line[0] == '1')
		return (DIALOG_REPLY_MORE);
	d->flag = false;
	if (d->answers > 0)
		d->answers--;
	return (d->answers == 0 ? DIALOG_REPLY_DONE : DIALOG_REPLY_MORE);
}

/*
 * The application's greeting: 220, perhaps after 120; not 421.
 */
static size_t
greeting(struct dialog *d, const uint8_t *bytes, size_t len)
{
	char code[DIALOG_CODE_LEN + 1] = "";
	size_t at, next;
	const uint8_t *lf;

	(void)d;
	for (at = 0;; at = next) {
		lf = memchr(bytes + at, '\n', len - at);
		if (lf == NULL)
			return (UNIT_PARTIAL);
		next = (size_t)(lf - bytes) + 1;
		if (!is_last(code, bytes + at, next - at) || bytes[at] == '1')
			continue;
		return (bytes[at] == '2' ? next : UNIT_BAD);
	}
}

/* ------------------------------------------------------------ what we say */

static void
greet(struct dialog *d)
{
	dialog_say(d, "220 %s ready\r\n", d->host);
}

static void
go_ahead(struct dialog *d)
{
	dialog_say(d, "234 Begin TLS now\r\n");
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	static const char *const texts[] = {
		[DIALOG_FAULT_UNIT] = "500 Not a command",
		[DIALOG_FAULT_LONG] = "500 The line is too long",
		[DIALOG_FAULT_LIMIT] = "421 Too many commands without AUTH",
		[DIALOG_FAULT_BEHIND] = "503 Something stands behind AUTH",
		[DIALOG_FAULT_FAILED] = "431 TLS cannot begin now",
		[DIALOG_FAULT_LATE] = "421 The time is over",
	};

	dialog_say(d, "%s\r\n", texts[fault]);
}

const struct protocol protocol_ftp = {
	.name = "ftp",
	.unit = unit,
	.app_unit = dialog_app_line,
	.greet = greet,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
	.greeting = greeting,
	.inside = true,
};
