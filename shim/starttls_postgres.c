/* SPDX-License-Identifier: ISC */
/*
 * starttls_postgres.c - PostgreSQL before TLS (its frontend/backend protocol,
 * version 3).
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody.
 * Refuses:  passwords in clear text, in whatever form the application asks for
 *           them, and a second request of a kind.
 */
#include <string.h>

#include "dialog.h"
#include "protocols.h"

/*
 * A connection begins with one of these: int32 length, that of itself
 * included, and int32 code.  A StartupMessage's code is the version.
 */
enum {
	REQUEST_LEN = 8,
	STARTUP_MAX = 10000, /* PostgreSQL's own MAX_STARTUP_PACKET_LENGTH */
	CODE_CANCEL = 80877102,
	CODE_SSL = 80877103,
	CODE_GSSENC = 80877104,
	VERSION_MAJOR = 3
};

/*
 * The application's messages: a byte for the type, int32 length, that of
 * itself included; of Authentication* we look at the int32 behind it as well.
 */
enum {
	TYPE_AUTHENTICATION = 'R',
	APP_HEAD = 5,
	APP_LENGTH_MIN = 4,
	AUTHENTICATION_HEAD = 9,
	AUTHENTICATION_LENGTH_MIN = 8
};

/* what Authentication* asks for */
enum {
	ASKS_NOTHING = 0, /* AuthenticationOk */
	ASKS_PASSWORD = 3,
	ASKS_CRYPT = 4,
	ASKS_MD5 = 5,
	ASKS_SASL = 10
};

/* dialog.mode: the peer has sent GSSENCRequest; or 0 */
enum { ASKED_GSSENC = 1 };

#define VIOLATION "08P01"      /* protocol_violation */
#define NOT_AUTHORIZED "28000" /* invalid_authorization_specification */
#define LIMIT "54000"	       /* program_limit_exceeded */
#define UNSUPPORTED "0A000"    /* feature_not_supported */
#define SYSTEM "58000"	       /* system_error */
#define IDLE "57P05"	       /* idle_session_timeout */

static uint32_t
int32_at(const uint8_t *bytes)
{
	return ((uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	    (uint32_t)bytes[2] << 8 | bytes[3]);
}

/*
 * ErrorResponse: fields of a letter and a string with its NUL, and a NUL.
 */
static void
say_error(struct dialog *d, const char *code, const char *text)
{
	size_t len = 4 + sizeof("SFATAL") + sizeof("VFATAL") + 1 +
	    strlen(code) + 1 + 1 + strlen(text) + 1 + 1;

	dialog_say(d, "E%c%c%c%cSFATAL%cVFATAL%cC%s%cM%s%c%c", 0, 0,
	    (int)(len >> 8), (int)(len & 0xff), 0, 0, code, 0, text, 0, 0);
}

/* --------------------------------------------------------------- the peer's */

static size_t
unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	uint32_t size;

	(void)d;
	if (bytes[0] != 0)
		return (UNIT_BAD);
	if (len < 4)
		return (UNIT_PARTIAL);
	size = int32_at(bytes);
	if (size < REQUEST_LEN || size > STARTUP_MAX)
		return (UNIT_BAD);
	return (size <= len ? size : UNIT_PARTIAL);
}

/*
 * From here on nothing is ours: no upgrade can come any more.
 */
static enum dialog_next
forward(struct dialog *d)
{
	d->pass = UINT64_MAX;
	return (DIALOG_PASS);
}

static enum dialog_next
leave(struct dialog *d, const char *code, const char *text)
{
	say_error(d, code, text);
	return (DIALOG_CLOSE);
}

/*
 * Nothing but a request may be where it is: what a client says behind it, it
 * says inside TLS (CVE-2021-23214).
 */
static enum dialog_next
hear_request(struct dialog *d, uint32_t code, size_t len)
{
	if (len != REQUEST_LEN)
		return (leave(d, VIOLATION, "a request with something in it"));
	if (code == CODE_SSL)
		return (DIALOG_UPGRADE);
	if (d->mode == ASKED_GSSENC)
		return (leave(d, VIOLATION, "asked for GSS encryption twice"));
	d->mode = ASKED_GSSENC;
	dialog_say(d, "N");
	return (DIALOG_ANSWERED);
}

/*
 * CancelRequest is a connection of its own; nobody answers it.
 */
static enum dialog_next
command(struct dialog *d, const uint8_t *bytes, size_t len)
{
	uint32_t code = int32_at(bytes + 4);

	if (code == CODE_SSL || code == CODE_GSSENC)
		return (hear_request(d, code, len));
	if (code == CODE_CANCEL)
		return (d->required ? DIALOG_CLOSE : forward(d));
	if (code >> 16 != VERSION_MAJOR)
		/* before it the application's answers had another form */
		return (leave(d, UNSUPPORTED, "protocol 3 only"));
	if (d->required)
		return (leave(d, NOT_AUTHORIZED,
		    "no connection without TLS here: sslmode=require"));
	return (forward(d));
}

/* -------------------------------------------------------- the application's */

/*
 * The head of a message; reply lets the rest pass unread.
 */
static size_t
app_unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	size_t head = bytes[0] == TYPE_AUTHENTICATION ? AUTHENTICATION_HEAD :
							APP_HEAD;

	(void)d;
	return (head <= len ? head : UNIT_PARTIAL);
}

/*
 * SCRAM, too, lets whoever listens guess passwords, and lets whoever is in the
 * middle have the session.
 */
static bool
asks_for_password(uint32_t what)
{
	return (what == ASKS_PASSWORD || what == ASKS_CRYPT ||
	    what == ASKS_MD5 || what == ASKS_SASL);
}

static enum dialog_reply
end(struct dialog *d, const char *code, const char *text)
{
	say_error(d, code, text);
	d->closing = true;
	return (DIALOG_REPLY_MORE);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *bytes, size_t len)
{
	bool authentication = bytes[0] == TYPE_AUTHENTICATION;
	uint32_t what, size = int32_at(bytes + 1);

	if (size <
	    (authentication ? AUTHENTICATION_LENGTH_MIN : APP_LENGTH_MIN))
		return (end(d, SYSTEM,
		    "the server speaks another protocol than PostgreSQL's"));
	what = authentication ? int32_at(bytes + APP_HEAD) : 0;
	if (authentication && asks_for_password(what)) {
		dialog_credentials(d);
		return (end(d, NOT_AUTHORIZED,
		    "no passwords without TLS: sslmode=require"));
	}
	dialog_say_bytes(d, bytes, len);
	d->app_pass = (uint64_t)size + 1 - len;
	if (authentication && what == ASKS_NOTHING)
		d->app_pass = UINT64_MAX;
	return (DIALOG_REPLY_MORE);
}

/* --------------------------------------------------------------- the change */

static void
go_ahead(struct dialog *d)
{
	dialog_say(d, "S");
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	if (d->app_pass > 0)
		/* the client has had half a message */
		return;
	switch (fault) {
	case DIALOG_FAULT_UNIT:
	case DIALOG_FAULT_LONG:
		say_error(d, VIOLATION, "not a request of PostgreSQL's");
		break;
	case DIALOG_FAULT_LIMIT:
		say_error(d, LIMIT, "too much before TLS");
		break;
	case DIALOG_FAULT_BEHIND:
		say_error(d, VIOLATION, "bytes in clear behind SSLRequest");
		break;
	case DIALOG_FAULT_FAILED:
		say_error(d, SYSTEM, "no TLS now");
		break;
	case DIALOG_FAULT_LATE:
		say_error(d, IDLE, "too late");
		break;
	}
}

const struct protocol protocol_postgres = {
	.name = "postgres",
	.unit = unit,
	.app_unit = app_unit,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
	.direct_alpn = "postgresql",
};
