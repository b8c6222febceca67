/* SPDX-License-Identifier: ISC */
/*
 * starttls_postgres_test.c - PostgreSQL before TLS.
 */
#include <stdbool.h>

#include "check.h"
#include "dialog.h"
#include "protocols.h"
#include "talker.h"

#define SSL_REQUEST "\0\0\0\x08\x04\xd2\x16\x2f"
#define GSS_REQUEST "\0\0\0\x08\x04\xd2\x16\x30"
#define CANCEL "\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"
#define STARTUP "\0\0\0\x12\0\x03\0\0user\0ann\0\0"
#define OK "R\0\0\0\x08\0\0\0\0"
#define READY "Z\0\0\0\x05I"

/*
 * The peer has heard ErrorResponse with this code, and nothing else.
 */
static void
fails(struct talk *t, const char *code)
{
	const uint8_t *bytes = buf_head(&t->to_peer);
	size_t len = t->to_peer.len;

	CHECK(len > 26 && memcmp(bytes, "E\0\0", 3) == 0);
	CHECK(len == 1 + ((size_t)bytes[3] << 8 | bytes[4]));
	CHECK(memcmp(bytes + 5, "SFATAL\0VFATAL\0C", 15) == 0);
	CHECK(memcmp(bytes + 20, code, 6) == 0 && bytes[26] == 'M');
	CHECK(memcmp(bytes + len - 2, "\0", 2) == 0);
	CHECK(memchr(bytes + 27, '\0', len - 27) == bytes + len - 2);
	buf_taken(&t->to_peer, len);
}

static void
ends(struct talk *t, const char *code)
{
	talk_state(t, DIALOG_ENDS);
	fails(t, code);
	talk_app_hears(t, "");
}

/* ------------------------------------------------------------ the requests */

TALK(a_request_for_tls_is_granted)
{
	struct talk *t = talk_begin(&protocol_postgres, true);

	talk_hears(t, "");
	talk_peer(t, SSL_REQUEST);
	talk_upgrades(t);
	talk_hears(t, "S");
}

TALK(encryption_by_gssapi_is_refused_and_tls_may_follow)
{
	struct talk *t = talk_begin(&protocol_postgres, true);

	talk_peer(t, GSS_REQUEST);
	talk_hears(t, "N");
	talk_peer(t, SSL_REQUEST);
	talk_upgrades(t);
	talk_hears(t, "S");

	t = talk_begin(&protocol_postgres, true);
	talk_peer(t, GSS_REQUEST);
	talk_hears(t, "N");
	talk_peer(t, GSS_REQUEST);
	ends(t, "08P01");
}

TALK(what_stands_behind_the_request_is_an_error)
{
	struct talk *t = talk_begin(&protocol_postgres, true);

	talk_peer(t, SSL_REQUEST STARTUP);
	talk_state(t, DIALOG_UPGRADES);
	CHECK(t->from_peer.len > 0);
	talk_hears(t, "");
	talk_refused(t, DIALOG_FAULT_BEHIND);
	fails(t, "08P01");
	talk_refused(t, DIALOG_FAULT_FAILED);
	fails(t, "58000");
	talk_refused(t, DIALOG_FAULT_LATE);
	fails(t, "57P05");
}

TALK(what_stands_inside_the_request_is_an_error)
{
	struct talk *t = talk_begin(&protocol_postgres, false);

	talk_peer(t, "\0\0\0\x09\x04\xd2\x16\x2fx");
	ends(t, "08P01");
}

TALK(who_wants_no_tls_is_told_so)
{
	struct talk *t = talk_begin(&protocol_postgres, true);

	talk_peer(t, STARTUP);
	ends(t, "28000");
	t = talk_begin(&protocol_postgres, true);
	talk_peer(t, GSS_REQUEST);
	talk_hears(t, "N");
	talk_peer(t, STARTUP);
	ends(t, "28000");
}

TALK(a_request_to_cancel_is_the_end)
{
	struct talk *t = talk_begin(&protocol_postgres, true);

	talk_peer(t, CANCEL);
	talk_state(t, DIALOG_ENDS);
	talk_hears(t, "");
}

TALK(tls_may_be_the_first_thing)
{
	struct talk *t = talk_begin(&protocol_postgres, true);

	talk_peer(t, "\x16\x03\x01");
	talk_state(t, DIALOG_IS_TLS);
	t = talk_begin(&protocol_postgres, true);
	talk_peer(t, GSS_REQUEST "\x16\x03\x01");
	talk_state(t, DIALOG_ENDS);
}

/* ---------------------------------------------------------------- nonsense */

#define NONSENSE(code, text)                                                   \
	do {                                                                   \
		struct talk *t_ = talk_begin(&protocol_postgres, true);        \
                                                                               \
		talk_peer(t_, text);                                           \
		ends(t_, code);                                                \
		t_ = talk_begin(&protocol_postgres, false);                    \
		talk_peer(t_, text);                                           \
		ends(t_, code);                                                \
	} while (0)

CASE(what_is_no_request_ends_it)
{
	NONSENSE("08P01", "GET / HTTP/1.1\r\n");
	NONSENSE("08P01", "\0\0\0\0");
	NONSENSE("08P01", "\0\0\0\x07");
	NONSENSE("08P01", "\0\0\x27\x11");
	NONSENSE("08P01", "\0\xff\xff\xff");
	NONSENSE("08P01", "\xff\xff\xff\xff");
	/* version 2, version 4, and a request that nobody knows */
	NONSENSE("0A000", "\0\0\0\x08\0\x02\0\0");
	NONSENSE("0A000", "\0\0\0\x08\0\x04\0\0");
	NONSENSE("0A000", "\0\0\0\x08\x04\xd2\x16\x31");
}

/* ---------------------------------------------------- with an application */

TALK(a_client_without_tls_reaches_the_application)
{
	struct talk *t = talk_begin(&protocol_postgres, false);

	talk_peer(t, GSS_REQUEST);
	talk_hears(t, "N");
	talk_peer(t, STARTUP);
	talk_app_hears(t, STARTUP);
	/* NegotiateProtocolVersion, then no question */
	talk_app(t, "v\0\0\0\x0c\0\x03\0\0\0\0\0\0" OK READY);
	talk_hears(t, "v\0\0\0\x0c\0\x03\0\0\0\0\0\0" OK READY);
	/* from now on nothing is read, whatever it looks like */
	talk_peer(t, SSL_REQUEST "\x16\x03\x01");
	talk_app_hears(t, SSL_REQUEST "\x16\x03\x01");
	talk_app(t, "R\0\0\0\x08\0\0\0\x03");
	talk_hears(t, "R\0\0\0\x08\0\0\0\x03");
	talk_state(t, DIALOG_WAITS);
	/* nobody knows where in a message it is too late */
	talk_refused(t, DIALOG_FAULT_LATE);
	talk_hears(t, "");
}

TALK(a_request_to_cancel_reaches_the_application)
{
	struct talk *t = talk_begin(&protocol_postgres, false);

	talk_peer(t, CANCEL);
	talk_app_hears(t, CANCEL);
	talk_hears(t, "");
}

#define ASKS(text)                                                             \
	do {                                                                   \
		struct talk *t_ = talk_begin(&protocol_postgres, false);       \
                                                                               \
		talk_peer(t_, STARTUP);                                        \
		talk_app_hears(t_, STARTUP);                                   \
		talk_app(t_, text);                                            \
		ends(t_, "28000");                                             \
		CHECK(t_->d.warned);                                           \
	} while (0)

TALK(a_question_for_a_password_is_not_passed_on)
{
	ASKS("R\0\0\0\x08\0\0\0\x03");			/* in clear */
	ASKS("R\0\0\0\x0a\0\0\0\x04sa");		/* crypt */
	ASKS("R\0\0\0\x0c\0\0\0\x05salt");		/* MD5 */
	ASKS("R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"); /* SASL */
}

TALK(an_application_that_speaks_another_protocol_is_left)
{
	struct talk *t = talk_begin(&protocol_postgres, false);

	talk_peer(t, STARTUP);
	talk_app_hears(t, STARTUP);
	talk_app(t, "R\0\0\0\x04\0\0\0\x03");
	ends(t, "58000");
	t = talk_begin(&protocol_postgres, false);
	talk_peer(t, STARTUP);
	talk_app_hears(t, STARTUP);
	talk_app(t, "E\0\0\0\0");
	ends(t, "58000");
}

static const struct check_case cases[] = { C(a_request_for_tls_is_granted),
	C(encryption_by_gssapi_is_refused_and_tls_may_follow),
	C(what_stands_behind_the_request_is_an_error),
	C(what_stands_inside_the_request_is_an_error),
	C(who_wants_no_tls_is_told_so), C(a_request_to_cancel_is_the_end),
	C(tls_may_be_the_first_thing), C(what_is_no_request_ends_it),
	C(a_client_without_tls_reaches_the_application),
	C(a_request_to_cancel_reaches_the_application),
	C(a_question_for_a_password_is_not_passed_on),
	C(an_application_that_speaks_another_protocol_is_left), { 0 } };
RUN(cases)
