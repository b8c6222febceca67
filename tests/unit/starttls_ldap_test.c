/* SPDX-License-Identifier: ISC */
/*
 * starttls_ldap_test.c - LDAP before TLS: what is answered, and with what.
 */
#include <stdbool.h>

#include "check.h"
#include "dialog.h"
#include "ldap.h"
#include "protocols.h"
#include "talker.h"

/* in the order of the wire; the numbers before them are their lengths */
#define OID "1.3.6.1.4.1.1466.20037"
#define STARTTLS(id) "\x30\x1d\x02\x01" id "\x77\x18\x80\x16" OID
#define STARTTLS_DONE(id, code)                                                \
	"\x30\x24\x02\x01" id "\x78\x1f\x0a\x01" code "\x04\0\x04\0\x8a\x16" OID
#define ANONYMOUS(id) "\x30\x0c\x02\x01" id "\x60\x07\x02\x01\x03\x04\0\x80\0"
#define BIND_DONE(id) "\x30\x0c\x02\x01" id "\x61\x07\x0a\x01\0\x04\0\x04\0"
#define SEARCH_DONE(id) "\x30\x0c\x02\x01" id "\x65\x07\x0a\x01\0\x04\0\x04\0"

/* base "", this object alone, (objectClass=*), and what is given */
#define ROOT(id, all, inside, types_only, list)                                \
	"\x30" all "\x02\x01" id "\x63" inside                                 \
	"\x04\0\x0a\x01\0\x0a\x01\0\x02\x01\0\x02\x01\0\x01\x01" types_only    \
	"\x87\x0b"                                                             \
	"objectClass\x30" list
#define ROOT_ALL(id) ROOT(id, "\x28", "\x23", "\0", "\x03\x04\x01+")
#define ROOT_EXTENSIONS(id)                                                    \
	ROOT(id, "\x39", "\x34", "\0", "\x14\x04\x12supportedExtension")

/*
 * The peer has heard one PDU with this operation and result.
 */
static struct ldap_pdu
heard(struct talk *t, unsigned int op, unsigned int code)
{
	struct der d = { buf_head(&t->to_peer), t->to_peer.len };
	struct der_value v, result;
	struct ldap_pdu pdu;

	CHECK(der_next(&d, &v));
	CHECK(ldap_pdu_read(v.whole, &pdu));
	CHECK(pdu.op == op);
	if (op != LDAP_SEARCH_ENTRY) {
		CHECK(der_take(&pdu.body, DER_ENUMERATED, &result));
		CHECK(result.inside.len == 1 && *result.inside.at == code);
	}
	buf_taken(&t->to_peer, v.whole.len);
	return (pdu);
}

static void
closes(struct talk *t, const char *oid, unsigned int code)
{
	struct ldap_pdu pdu = heard(t, LDAP_EXTENDED_RESPONSE, code);
	struct der_value v;

	CHECK(pdu.id == 0);
	CHECK(der_next(&pdu.body, &v) && der_next(&pdu.body, &v));
	CHECK(der_take(&pdu.body, 0x8a, &v) && ldap_is_text(v.inside, oid));
	CHECK(t->state == DIALOG_ENDS && t->to_peer.len == 0);
}

#define NOTICE "1.3.6.1.4.1.1466.20036"
#define malformed(t) closes((t), NOTICE, LDAP_PROTOCOL_ERROR)

/* --------------------------------------------------------------- StartTLS */

TALK(starttls_is_answered_with_its_own_id)
{
	struct talk *t = talk_begin(&protocol_ldap, true);

	talk_hears(t, "");
	talk_peer(t, STARTTLS("\x07"));
	talk_upgrades(t);
	talk_hears(t, STARTTLS_DONE("\x07", "\0"));

	t = talk_begin(&protocol_ldap, true);
	talk_peer(t, "\x30\x20\x02\x04\x7f\xff\xff\xff\x77\x18\x80\x16" OID);
	talk_upgrades(t);
	talk_hears(t,
	    "\x30\x27\x02\x04\x7f\xff\xff\xff\x78\x1f\x0a\x01\0\x04\0\x04\0"
	    "\x8a\x16" OID);
}

TALK(a_length_of_four_bytes_is_one_too)
{
	struct talk *t = talk_begin(&protocol_ldap, true);

	talk_peer(t,
	    "\x30\x84\0\0\0\x25\x02\x01\x07\x77\x84\0\0\0\x1c\x80\x84\0\0\0"
	    "\x16" OID);
	talk_upgrades(t);
	talk_hears(t, STARTTLS_DONE("\x07", "\0"));
}

TALK(a_value_is_a_protocol_error_and_no_upgrade)
{
	struct talk *t = talk_begin(&protocol_ldap, true);

	talk_peer(t, "\x30\x1f\x02\x01\x01\x77\x1a\x80\x16" OID "\x81\0");
	heard(t, LDAP_EXTENDED_RESPONSE, LDAP_PROTOCOL_ERROR);
	talk_hears(t, "");
	talk_peer(t, STARTTLS("\x02"));
	talk_upgrades(t);
}

TALK(a_critical_control_is_not_passed_by)
{
	struct talk *t = talk_begin(&protocol_ldap, true);

	talk_peer(t,
	    "\x30\x29\x02\x01\x01\x77\x18\x80\x16" OID
	    "\xa0\x0a\x30\x08\x04\x03"
	    "1.2\x01\x01\xff");
	heard(t, LDAP_EXTENDED_RESPONSE, LDAP_UNAVAILABLE_CRITICAL_EXTENSION);
	talk_peer(t,
	    "\x30\x29\x02\x01\x01\x77\x18\x80\x16" OID
	    "\xa0\x0a\x30\x08\x04\x03"
	    "1.2\x01\x01\0");
	talk_upgrades(t);
}

TALK(what_stands_behind_is_an_operations_error)
{
	struct talk *t = talk_begin(&protocol_ldap, true);

	talk_peer(t, STARTTLS("\x05") ANONYMOUS("\x06"));
	talk_state(t, DIALOG_UPGRADES);
	CHECK(t->from_peer.len > 0);
	talk_refused(t, DIALOG_FAULT_BEHIND);
	CHECK(heard(t, LDAP_EXTENDED_RESPONSE, LDAP_OPERATIONS_ERROR).id == 5);
	talk_refused(t, DIALOG_FAULT_FAILED);
	CHECK(heard(t, LDAP_EXTENDED_RESPONSE, LDAP_UNAVAILABLE).id == 5);
	talk_hears(t, "");
}

/* ---------------------------------------------------------- before StartTLS */

TALK(every_request_gets_its_own_answer)
{
	static const struct {
		unsigned int request, response;
	} ops[] = { { 0x66, 0x67 }, { 0x68, 0x69 }, { 0x4a, 0x6b },
		{ 0x6c, 0x6d }, { 0x6e, 0x6f } };
	struct talk *t = talk_begin(&protocol_ldap, true);
	char text[] = "\x30\x05\x02\x01\x09?";
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		text[5] = (char)ops[i].request;
		talk_bytes(t, &t->from_peer, text, sizeof(text));
		CHECK(heard(t, ops[i].response, LDAP_CONFIDENTIALITY_REQUIRED)
			  .id == 9);
	}
	talk_peer(t, ANONYMOUS("\x01"));
	heard(t, LDAP_BIND_RESPONSE, LDAP_CONFIDENTIALITY_REQUIRED);
	CHECK(!t->d.warned);
	/* "Who am I?" (RFC 4532) */
	talk_peer(t,
	    "\x30\x1e\x02\x01\x02\x77\x19\x80\x17"
	    "1.3.6.1.4.1.4203.1.11.3");
	heard(t, LDAP_EXTENDED_RESPONSE, LDAP_CONFIDENTIALITY_REQUIRED);
	/* a base that is not the root's */
	talk_peer(t,
	    "\x30\x28\x02\x01\x03\x63\x23\x04\x03o=x\x0a\x01\0\x0a\x01\0"
	    "\x02\x01\0\x02\x01\0\x01\x01\0\x87\x0b"
	    "objectClass\x30\0");
	heard(t, LDAP_SEARCH_DONE, LDAP_CONFIDENTIALITY_REQUIRED);
	talk_hears(t, "");
	talk_state(t, DIALOG_WAITS);
}

TALK(a_password_is_refused_and_logged)
{
	bool required = false;

	do {
		struct talk *t = talk_begin(&protocol_ldap, required);

		talk_peer(t,
		    "\x30\x0f\x02\x01\x01\x60\x0a\x02\x01\x03\x04\0\x80\x03"
		    "pwd");
		heard(t, LDAP_BIND_RESPONSE, LDAP_CONFIDENTIALITY_REQUIRED);
		CHECK(t->d.warned);
		/* SASL */
		talk_peer(t,
		    "\x30\x13\x02\x01\x02\x60\x0e\x02\x01\x03\x04\0\xa3\x07"
		    "\x04\x05PLAIN");
		heard(t, LDAP_BIND_RESPONSE, LDAP_CONFIDENTIALITY_REQUIRED);
		/* password modify */
		talk_peer(t,
		    "\x30\x1e\x02\x01\x03\x77\x19\x80\x17"
		    "1.3.6.1.4.1.4203.1.11.1");
		heard(t, LDAP_EXTENDED_RESPONSE, LDAP_CONFIDENTIALITY_REQUIRED);
		talk_app_hears(t, "");
		required = !required;
	} while (required);
}

TALK(unbind_closes_and_abandon_is_passed_by)
{
	struct talk *t = talk_begin(&protocol_ldap, true);

	talk_peer(t, "\x30\x06\x02\x01\x02\x50\x01\x01");
	talk_hears(t, "");
	talk_state(t, DIALOG_WAITS);
	talk_peer(t, "\x30\x05\x02\x01\x03\x42\0");
	talk_hears(t, "");
	talk_state(t, DIALOG_ENDS);
}

TALK(the_root_dse_tells_of_starttls)
{
	struct talk *t = talk_begin(&protocol_ldap, true);

	talk_peer(t, ROOT_ALL("\x01"));
	talk_hears(t,
	    "\x30\x56\x02\x01\x01\x64\x51\x04\0\x30\x4d\x30\x1b\x04\x14"
	    "supportedLDAPVersion\x31\x03\x04\x01\x33\x30\x2e\x04\x12"
	    "supportedExtension\x31\x18\x04\x16" OID SEARCH_DONE("\x01"));
	/* no attribute at all: those of users */
	talk_peer(t, ROOT("\x02", "\x25", "\x20", "\0", "\0"));
	talk_hears(t,
	    "\x30\x1f\x02\x01\x02\x64\x1a\x04\0\x30\x16\x30\x14\x04\x0b"
	    "objectClass\x31\x05\x04\x03top" SEARCH_DONE("\x02"));
	/* their names alone */
	talk_peer(t,
	    ROOT("\x03", "\x39", "\x34", "\xff",
		"\x14\x04\x12SUPPORTEDextension"));
	talk_hears(t,
	    "\x30\x21\x02\x01\x03\x64\x1c\x04\0\x30\x18\x30\x16\x04\x12"
	    "supportedExtension\x31\0" SEARCH_DONE("\x03"));
	/* none: "1.1" */
	talk_peer(t, ROOT("\x04", "\x2a", "\x25", "\0", "\x05\x04\x03\x31.1"));
	talk_hears(t,
	    "\x30\x09\x02\x01\x04\x64\x04\x04\0\x30\0" SEARCH_DONE("\x04"));
}

/* ---------------------------------------------------------------- nonsense */

#define MALFORMED(text)                                                        \
	do {                                                                   \
		struct talk *t_ = talk_begin(&protocol_ldap, true);            \
                                                                               \
		talk_peer(t_, text);                                           \
		malformed(t_);                                                 \
		t_ = talk_begin(&protocol_ldap, false);                        \
		talk_peer(t_, text);                                           \
		malformed(t_);                                                 \
		talk_app_hears(t_, "");                                        \
	} while (0)

CASE(what_is_no_pdu_ends_it)
{
	MALFORMED("GET / HTTP/1.1\r\n");
	MALFORMED("\x30\x80\x02\x01\x01\x42\0\0\0"); /* no definite length */
	MALFORMED("\x30\xff");			     /* reserved */
	MALFORMED("\x30\x85\0\0\0\0\x05");	     /* too many bytes */
	MALFORMED("\x30\x84\xff\xff\xff\xff");	     /* 4 GiB */
	MALFORMED("\x30\x84\x80\0\0\0");	     /* 2 GiB */
	MALFORMED("\x30\x84\x7f\xff\xff\xff");
	MALFORMED("\x30\x82\x40\0");		   /* 16 KiB and four */
	MALFORMED("\x31\x05\x02\x01\x01\x42\0");   /* no SEQUENCE */
	MALFORMED("\x30\0");			   /* empty */
	MALFORMED("\x30\x03\x02\x01\x01");	   /* no operation */
	MALFORMED("\x30\x05\x02\x01\x01\x42\x01"); /* longer than its place */
	MALFORMED("\x30\x05\x02\x01\0\x42\0");	   /* messageID 0, */
	MALFORMED("\x30\x05\x02\x01\xff\x42\0");   /* negative, */
	MALFORMED("\x30\x08\x02\x04\x80\0\0\0\x42\0");	 /* negative, */
	MALFORMED("\x30\x09\x02\x05\0\x80\0\0\0\x42\0"); /* too large, */
	MALFORMED("\x30\x06\x02\x02\0\x01\x42\0");	 /* too long, */
	MALFORMED("\x30\x04\x02\0\x42\0");		 /* empty */
	MALFORMED("\x30\x05\x02\x01\x01\x65\0");	 /* a response */
	MALFORMED("\x30\x05\x02\x01\x01\x7e\0");	 /* unknown */
	MALFORMED("\x30\x06\x02\x01\x01\x7f\x21\0");	 /* a long tag */
	MALFORMED("\x30\x06\x02\x01\x01\x42\0\x30"); /* half a value behind */
	MALFORMED("\x30\x05\x02\x01\x01\x60\0");     /* a bind of nothing */
	MALFORMED("\x30\x05\x02\x01\x01\x77\0");     /* nothing extended */
	MALFORMED("\x30\x05\x02\x01\x01\x63\0");     /* a search of nothing */
	/* attributes that are no strings */
	MALFORMED(ROOT("\x01", "\x27", "\x22", "\0", "\x02\x30\0"));
	/* controls that are none */
	MALFORMED("\x30\x09\x02\x01\x01\x42\0\xa0\x02\x30\x05");
}

CASE(whatever_byte_is_changed_nothing_is_read_beyond)
{
	static const char good[] = ROOT_EXTENSIONS("\x01") ANONYMOUS("\x02");
	char text[sizeof(good)];
	size_t at;
	int byte;

	for (at = 0; at < sizeof(good) - 1; at++)
		for (byte = 0; byte < 256; byte++) {
			struct talk *t = talk_begin(&protocol_ldap, byte & 1);

			memcpy(text, good, sizeof(good));
			text[at] = (char)byte;
			talk_bytes(t, &t->from_peer, text, sizeof(good) - 1);
			CHECK(t->state != DIALOG_IS_TLS);
		}
}

CASE(too_many_requests_end_it)
{
	struct talk *t = talk_begin(&protocol_ldap, true);
	int i;

	for (i = 0; i < DIALOG_UNITS_MAX; i++) {
		talk_peer(t, ANONYMOUS("\x01"));
		heard(t, LDAP_BIND_RESPONSE, LDAP_CONFIDENTIALITY_REQUIRED);
	}
	talk_peer(t, ANONYMOUS("\x01"));
	closes(t, NOTICE, LDAP_ADMIN_LIMIT_EXCEEDED);
}

/* ---------------------------------------------------- with an application */

TALK(a_request_waits_for_the_answer_to_the_one_before)
{
	struct talk *t = talk_begin(&protocol_ldap, false);

	talk_peer(t, ANONYMOUS("\x01") ROOT_ALL("\x02"));
	talk_app_hears(t, ANONYMOUS("\x01"));
	/* another's, and a notice: not the answer */
	talk_app(t, BIND_DONE("\x05"));
	talk_app(t, "\x30\x0c\x02\x01\0\x78\x07\x0a\x01\x34\x04\0\x04\0");
	talk_app_hears(t, "");
	talk_app(t, BIND_DONE("\x01"));
	talk_hears(t,
	    BIND_DONE("\x05") "\x30\x0c\x02\x01\0\x78\x07\x0a\x01\x34\x04\0"
			      "\x04\0" BIND_DONE("\x01"));
	talk_app_hears(t, ROOT_ALL("\x02"));
	talk_peer(t, "\x30\x05\x02\x01\x03\x42\0");
	talk_app(t, SEARCH_DONE("\x02"));
	talk_app_hears(t, "\x30\x05\x02\x01\x03\x42\0");
	talk_hears(t, SEARCH_DONE("\x02"));
}

TALK(starttls_is_the_wrappers_and_refused_while_an_answer_is_awaited)
{
	struct talk *t = talk_begin(&protocol_ldap, false);

	talk_peer(t, ROOT_ALL("\x01") STARTTLS("\x02"));
	talk_app_hears(t, ROOT_ALL("\x01"));
	talk_app(t, SEARCH_DONE("\x01"));
	talk_hears(t,
	    SEARCH_DONE("\x01") "\x30\x47\x02\x01\x02\x78\x42\x0a\x01\x01\x04\0"
				"\x04#StartTLS came before another answer"
				"\x8a\x16" OID);
	talk_peer(t, STARTTLS("\x03"));
	talk_upgrades(t);
	talk_app_hears(t, "");
	talk_hears(t, STARTTLS_DONE("\x03", "\0"));
}

#define ENTRY_WITH(id, all, inside, list, extensions)                          \
	"\x30" all "\x02\x01" id "\x64" inside "\x04\0\x30" list               \
	"\x30\x07\x04\x01\x61\x31\x02\x04\0" extensions                        \
	"\x30\x07\x04\x01\x62\x31\x02\x04\0"

TALK(starttls_is_added_to_the_applications_root_dse)
{
	struct talk *t = talk_begin(&protocol_ldap, false);

	/* to those that are there */
	talk_peer(t, ROOT_ALL("\x01"));
	talk_app(t,
	    ENTRY_WITH("\x01", "\x36", "\x31", "\x2d",
		"\x30\x19\x04\x12supportedExtension\x31\x03\x04\x01x"));
	talk_app(t, SEARCH_DONE("\x01"));
	talk_hears(t,
	    ENTRY_WITH("\x01", "\x4e", "\x49", "\x45",
		"\x30\x31\x04\x12supportedExtension\x31\x1b"
		"\x04\x01x\x04\x16" OID) SEARCH_DONE("\x01"));
	/* never twice */
	talk_peer(t, ROOT_ALL("\x01"));
	talk_app(t,
	    ENTRY_WITH("\x01", "\x4b", "\x46", "\x42",
		"\x30\x2e\x04\x12supportedExtension\x31\x18\x04\x16" OID));
	talk_hears(t,
	    ENTRY_WITH("\x01", "\x4b", "\x46", "\x42",
		"\x30\x2e\x04\x12supportedExtension\x31\x18\x04\x16" OID));
	talk_app(t, SEARCH_DONE("\x01"));
	talk_hears(t, SEARCH_DONE("\x01"));
	/* where there are none */
	talk_peer(t, ROOT_EXTENSIONS("\x02"));
	talk_app(t, "\x30\x09\x02\x01\x02\x64\x04\x04\0\x30\0");
	talk_hears(t,
	    "\x30\x39\x02\x01\x02\x64\x34\x04\0\x30\x30\x30\x2e\x04\x12"
	    "supportedExtension\x31\x18\x04\x16" OID);
	talk_app(t, SEARCH_DONE("\x02"));
	talk_hears(t, SEARCH_DONE("\x02"));
	/* unless nobody asked */
	talk_peer(t, ROOT("\x03", "\x28", "\x23", "\0", "\x03\x04\x01*"));
	talk_app(t, "\x30\x09\x02\x01\x03\x64\x04\x04\0\x30\0");
	talk_hears(t, "\x30\x09\x02\x01\x03\x64\x04\x04\0\x30\0");
}

CASE(a_long_answer_passes_as_it_is)
{
	struct talk *t;
	static char entry[20004] = "\x30\x82\x4e\x20\x02\x01\x01\x64\x82\x4e"
				   "\x19";
	static char done[20004] = "\x30\x82\x4e\x20\x02\x01\x01\x65\x82\x4e"
				  "\x19";

	t = talk_begin(&protocol_ldap, false);
	talk_peer(t, ROOT_ALL("\x01") ANONYMOUS("\x02"));
	talk_app_hears(t, ROOT_ALL("\x01"));
	talk_bytes(t, &t->from_app, entry, sizeof(entry));
	talk_got(&t->to_peer, entry, sizeof(entry), __LINE__);
	talk_app_hears(t, "");
	/* its last byte comes before anything of our own */
	talk_bytes(t, &t->from_app, done, sizeof(done) - 1);
	talk_peer(t,
	    "\x30\x0f\x02\x01\x01\x60\x0a\x02\x01\x03\x04\0\x80\x03pwd");
	talk_got(&t->to_peer, done, sizeof(done) - 1, __LINE__);
	talk_bytes(t, &t->from_app, done + sizeof(done) - 1, 1);
	talk_hears(t, "\0");
	talk_app_hears(t, ANONYMOUS("\x02"));
}

TALK(an_application_that_speaks_another_protocol_is_left)
{
	struct talk *t = talk_begin(&protocol_ldap, false);

	talk_peer(t, ANONYMOUS("\x01"));
	talk_app(t, "sh: slapd: not found\n");
	talk_hears(t, "");
	talk_state(t, DIALOG_ENDS);
}

TALK(inside_tls_nothing_is_read)
{
	struct talk *t = talk_begin(&protocol_ldap, false);

	talk_peer(t, STARTTLS("\x01"));
	talk_upgrades(t);
	talk_inside(t);
	talk_peer(t, STARTTLS("\x02") "nonsense");
	talk_app(t, "more of it");
	talk_app_hears(t, STARTTLS("\x02") "nonsense");
	talk_hears(t, "more of it");
}

static const struct check_case cases[] = {
	C(starttls_is_answered_with_its_own_id),
	C(a_length_of_four_bytes_is_one_too),
	C(a_value_is_a_protocol_error_and_no_upgrade),
	C(a_critical_control_is_not_passed_by),
	C(what_stands_behind_is_an_operations_error),
	C(every_request_gets_its_own_answer),
	C(a_password_is_refused_and_logged),
	C(unbind_closes_and_abandon_is_passed_by),
	C(the_root_dse_tells_of_starttls), C(what_is_no_pdu_ends_it),
	C(whatever_byte_is_changed_nothing_is_read_beyond),
	C(too_many_requests_end_it),
	C(a_request_waits_for_the_answer_to_the_one_before),
	C(starttls_is_the_wrappers_and_refused_while_an_answer_is_awaited),
	C(starttls_is_added_to_the_applications_root_dse),
	C(a_long_answer_passes_as_it_is),
	C(an_application_that_speaks_another_protocol_is_left),
	C(inside_tls_nothing_is_read), { 0 }
};
RUN(cases)
