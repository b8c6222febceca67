/* SPDX-License-Identifier: ISC */
/*
 * fact_test.c - what NET may tell the application, byte by byte.
 */
#include "fact.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

static const struct row {
	const char *variable, *alphabet;
	size_t cap;
} rows[FACT_COUNT] = {
#define FACT(id, variable, alphabet, cap)                                      \
	[FACT_##id] = { variable, #alphabet, cap },
#include "fact.def"
};

static const struct client_row {
	const char *variable, *tail, *alphabet;
	size_t cap;
	bool proved;
} client_rows[] = {
#define CLIENT(variable, tail, alphabet, cap, whose)                           \
	{ variable, #tail, #alphabet, cap, sizeof(#whose) == sizeof("PROVED") },
#include "fact.def"
};

enum { CLIENT_ROWS = sizeof(client_rows) / sizeof(client_rows[0]) };

#define LETTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct {
	const char *name, *bytes;
} alphabets[] = {
	{ "WORD", LETTERS "._-:" },
	{ "DIGITS", "0123456789" },
	{ "HEX", "0123456789abcdef" },
	{ "SERIAL", "0123456789ABCDEF-" },
	{ "ADDRESS", "0123456789abcdef.:" },
	{ "PRINT", LETTERS " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" },
	{ "BASE64", LETTERS "+/=" },
};

static struct msg m;

/*
 * NULL if TEXT, which has all bytes but NUL.
 */
static const char *
bytes_of(const char *alphabet)
{
	size_t i;

	for (i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++)
		if (strcmp(alphabets[i].name, alphabet) == 0)
			return (alphabets[i].bytes);
	CHECK_STR(alphabet, "TEXT");
	return (NULL);
}

static void
begin(uint8_t last)
{
	msg_begin(&m, MSG_FACTS);
	msg_put_u8(&m, last);
}

static void
add(int id, const char *text, size_t len)
{
	msg_put_u8(&m, (uint8_t)id);
	msg_put_block(&m, text, len);
}

static const char *
get_one(int id, const char *text, size_t len)
{
	struct facts f = { 0 };
	const char *why;
	bool last;

	begin(1);
	add(id, text, len);
	why = facts_get(&f, &m, &last);
	CHECK(why != NULL || strcmp(f.text[id], text) == 0);
	CHECK(why == NULL || f.text[id][0] == '\0');
	return (why);
}

/*
 * From NET to KEEPER; the number of messages.
 */
static unsigned int
send_and_get(const struct facts *f, struct facts *got)
{
	struct channel net = { .self = SIDE_NET, .phase = PHASE_HANDSHAKE };
	struct channel keeper = { .self = SIDE_KEEPER,
		.phase = PHASE_HANDSHAKE };
	int fds[2], most = 4 * 1024 * 1024;
	unsigned int n = 0;
	bool last = false;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
	setsockopt(fds[0], SOL_SOCKET, SO_SNDBUFFORCE, &most, sizeof(most));
	net.fd = fds[0];
	keeper.fd = fds[1];
	if (fork() == 0)
		_exit(facts_send(f, &net, &m) == 0 ? 0 : 1);
	for (n = 0; !last; n++) {
		CHECK(channel_receive(&keeper, &m, 0) == CHANNEL_MESSAGE);
		CHECK(facts_get(got, &m, &last) == NULL);
	}
	close(fds[0]);
	close(fds[1]);
	return (n);
}

CASE(what_is_sent_is_got)
{
	struct facts f = { 0 }, got = { 0 };
	int id;

	for (id = 0; id < FACT_COUNT; id++)
		if (id != FACT_ALPN)
			memset(f.text[id], '1', rows[id].cap);
	CHECK(send_and_get(&f, &got) == 1);
	CHECK(memcmp(&f, &got, sizeof(f)) == 0);
}

CASE(every_fact_has_the_variable_of_its_row)
{
	int id;

	for (id = 0; id < FACT_COUNT; id++)
		CHECK_STR(fact_variable((enum fact_id)id), rows[id].variable);
}

CASE(every_byte_is_in_its_alphabet_or_refused)
{
	const char *bytes;
	char text[2] = "";
	int id, byte;

	for (id = 0; id < FACT_COUNT; id++)
		for (byte = 1; byte < 256; byte++) {
			bytes = bytes_of(rows[id].alphabet);
			text[0] = (char)byte;
			CHECK((get_one(id, text, 1) == NULL) ==
			    (bytes == NULL || strchr(bytes, byte) != NULL));
		}
}

CASE(every_fact_may_be_as_long_as_its_row_says)
{
	char text[FACT_MAX + 1] = "";
	int id;

	for (id = 0; id < FACT_COUNT; id++) {
		memset(text, '1', sizeof(text));
		CHECK(get_one(id, text, rows[id].cap + 1) != NULL);
		text[rows[id].cap] = '\0';
		CHECK(get_one(id, text, rows[id].cap) == NULL);
	}
}

CASE(a_NUL_or_nothing_is_no_fact)
{
	int id;

	for (id = 0; id < FACT_COUNT; id++) {
		CHECK(get_one(id, "1\0001", 3) != NULL);
		CHECK(get_one(id, "1", 2) != NULL);
		CHECK(get_one(id, "", 0) != NULL);
	}
}

CASE(an_unknown_fact_is_refused)
{
	int id;

	for (id = FACT_COUNT; id < 256; id++) {
		struct facts f = { 0 };
		bool last;

		if (id >= FACT_CERTIFICATE && id <= FACT_CLIENT)
			continue;

		begin(1);
		add(id, "1", 1);
		CHECK_STR(facts_get(&f, &m, &last), "no such fact");
	}
}

CASE(a_fact_comes_once_in_all_messages)
{
	struct facts f = { 0 };
	bool last;

	begin(0);
	add(FACT_SNI, "a", 1);
	CHECK(facts_get(&f, &m, &last) == NULL && !last);
	begin(1);
	add(FACT_SNI, "b", 1);
	CHECK_STR(facts_get(&f, &m, &last), "a fact is repeated");
	CHECK_STR(f.text[FACT_SNI], "a");
}

CASE(facts_cut_off_are_refused_but_between_two)
{
	struct facts f;
	size_t whole, len;
	bool last;

	begin(1);
	add(FACT_SNI, "name", 4);
	add(FACT_CIPHER, "cipher", 6);
	whole = m.len;
	for (len = 0; len <= whole; len++) {
		memset(&f, 0, sizeof(f));
		m.len = len;
		m.at = 0;
		m.bad = false;
		CHECK((facts_get(&f, &m, &last) == NULL) ==
		    (len == 1 || len == 1 + 3 + 4 || len == whole));
	}
}

/* ------------------------------------------------- client certificates */

static struct env_value
value_of(const char *text, size_t len)
{
	return ((struct env_value){ text, len });
}

/*
 * Facts with a certificate in them already.
 */
static struct facts *
with_certificate(const char *verdict)
{
	static struct facts f;

	memset(&f, 0, sizeof(f));
	strcpy(f.text[FACT_VERIFY], verdict);
	CHECK(facts_add_certificate(&f, (const unsigned char *)"leaf", 4));
	return (&f);
}

/*
 * The row's variable, a family's first.
 */
static const char *
first_of(const struct client_row *row)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s%s", row->variable,
	    strcmp(row->tail, "NUMBER") == 0   ? "0" :
		strcmp(row->tail, "NONE") == 0 ? "" :
						 "CN");
	return (name);
}

CASE(every_variable_of_a_certificate_is_taken_once)
{
	struct facts *f = with_certificate("SUCCESS");
	size_t i;

	for (i = 0; i < CLIENT_ROWS; i++)
		CHECK(facts_add_named(f, first_of(&client_rows[i]),
			  value_of("1", 1)) == NULL);
	CHECK(f->client.named.count == CLIENT_ROWS);
	for (i = 0; i < CLIENT_ROWS; i++)
		CHECK_STR(facts_add_named(f, first_of(&client_rows[i]),
			      value_of("2", 1)),
		    "a fact is repeated");
}

CASE(every_variable_is_held_to_its_length_and_alphabet)
{
	static char text[40000];
	const struct client_row *row;
	const char *bytes, *why;
	size_t i;
	int byte;

	for (i = 0; i < CLIENT_ROWS; i++) {
		row = &client_rows[i];
		memset(text, '1', sizeof(text));
		CHECK(facts_add_named(with_certificate("SUCCESS"),
			  first_of(row), value_of(text, row->cap)) == NULL);
		CHECK_STR(facts_add_named(with_certificate("SUCCESS"),
			      first_of(row), value_of(text, row->cap + 1)),
		    "a fact is cut off, too long, or contains a NUL");
		bytes = bytes_of(row->alphabet);
		for (byte = 0; byte < 256; byte++) {
			text[0] = (char)byte;
			why = facts_add_named(with_certificate("SUCCESS"),
			    first_of(row), value_of(text, 1));
			CHECK((why == NULL) ==
			    (byte != 0 &&
				(bytes == NULL || strchr(bytes, byte))));
		}
	}
}

CASE(what_mail_software_believes_needs_a_trusted_certificate)
{
	static const char *const verdicts[] = { "", "NONE", "GENEROUS",
		"FAILED:certificate revoked", "success", "SUCCESS " };
	const struct client_row *row;
	size_t i, k, proved = 0;

	for (k = 0; k < sizeof(verdicts) / sizeof(verdicts[0]); k++)
		for (i = 0; i < CLIENT_ROWS; i++) {
			row = &client_rows[i];
			proved += row->proved;
			CHECK((facts_add_named(with_certificate(verdicts[k]),
				   first_of(row), value_of("1", 1)) == NULL) ==
			    !row->proved);
		}
	CHECK(proved == 7 * k);
}

CASE(names_that_are_none_of_ours_are_refused)
{
	static const char *const names[] = { "", "PATH", "LD_PRELOAD",
		"SSL_CLIENT", "SSL_CLIENT_", "SSL_CLIENT_VERIFY",
		"SSL_CLIENT_CERT", "SSL_CLIENT_CERT_CHAIN_0",
		"SSL_CLIENT_FINGERPRINT_SHA256", "SSL_CLIENT_SPKI_SHA256",
		"SSL_CLIENT_S_DNX", "SSL_CLIENT_S_DN_", "SSL_CLIENT_S_DN_X",
		"SSL_CLIENT_S_DN_CNX", "SSL_CLIENT_S_DN_CN_",
		"SSL_CLIENT_S_DN_CN_0", "SSL_CLIENT_S_DN_CN_01",
		"SSL_CLIENT_S_DN_CN_1x", "SSL_CLIENT_S_DN_CN_10000",
		"SSL_CLIENT_S_DN_CN=x", "SSL_CLIENT_SAN_DNS",
		"SSL_CLIENT_SAN_DNS_", "SSL_CLIENT_SAN_DNS_x",
		"SSL_CLIENT_SAN_DNS_00", "SSL_CLIENT_SAN_DNS_-1",
		"SSL_CLIENT_SAN_DNS_10000", "SSL_SERVER_S_DN", "HTTPS" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_STR(facts_add_named(with_certificate("SUCCESS"), names[i],
			      value_of("1", 1)),
		    "no such fact");
}

CASE(nothing_is_said_of_a_certificate_that_there_is_not)
{
	struct facts f = { .text[FACT_VERIFY] = "SUCCESS" };
	bool last;

	CHECK(facts_add_named(&f, "SSL_CLIENT_M_VERSION", value_of("3", 1)) !=
	    NULL);
	begin(1);
	msg_put_u8(&m, FACT_SPKI);
	msg_put_u16(&m, 0);
	msg_put_u16(&m, 1);
	CHECK(facts_get(&f, &m, &last) != NULL);
}

CASE(a_public_key_lies_in_the_leaf)
{
	static const struct {
		uint16_t begin, len;
		bool good;
	} keys[] = { { 0, 4, true }, { 3, 1, true }, { 0, 0, false },
		{ 0, 5, false }, { 4, 1, false }, { 65535, 65535, false },
		{ 65535, 1, false } };
	size_t i;
	bool last;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		begin(1);
		msg_put_u8(&m, FACT_SPKI);
		msg_put_u16(&m, keys[i].begin);
		msg_put_u16(&m, keys[i].len);
		CHECK((facts_get(with_certificate("SUCCESS"), &m, &last) ==
			  NULL) == keys[i].good);
	}
}

CASE(certificates_come_before_what_is_said_of_them)
{
	struct facts *f = with_certificate("SUCCESS");
	bool last;

	CHECK(facts_add_named(f, "SSL_CLIENT_M_VERSION", value_of("3", 1)) ==
	    NULL);
	begin(1);
	msg_put_u8(&m, FACT_CERTIFICATE);
	msg_put_block(&m, "other", 5);
	CHECK_STR(facts_get(f, &m, &last),
	    "a certificate behind what is said of it");
}

CASE(facts_of_a_certificate_end_somewhere)
{
	static char text[32768];
	struct facts *f = with_certificate("SUCCESS");
	char name[64];
	const char *why = NULL;
	int i;

	memset(text, 'x', sizeof(text));
	for (i = 0; why == NULL && i < 4; i++) {
		snprintf(name, sizeof(name), "SSL_CLIENT_SAN_DNS_%d", i);
		why = facts_add_named(f, name, value_of(text, sizeof(text)));
	}
	CHECK(i == 3);
	CHECK_STR(why, "too many facts");
	f = with_certificate("SUCCESS");
	for (i = 1; i < FACT_CERTIFICATES_MAX; i++)
		CHECK(facts_add_certificate(f, (const unsigned char *)"x", 1));
	CHECK(!facts_add_certificate(f, (const unsigned char *)"x", 1));
}

/*
 * The largest Certificate message, and the largest environment.
 */
CASE(a_large_certificate_takes_several_messages)
{
	static unsigned char der[30000];
	static char text[32000];
	struct facts *f = with_certificate("SUCCESS"), got = { 0 };
	size_t i;

	memset(text, 'x', sizeof(text));
	CHECK(facts_add_certificate(f, der, sizeof(der)));
	CHECK(facts_add_certificate(f, der, sizeof(der)));
	f->client.spki_begin = 1;
	f->client.spki_len = 3;
	CHECK(facts_add_named(f, "SSL_CLIENT_S_DN",
		  value_of(text, sizeof(text))) == NULL);
	CHECK(facts_add_named(f, "SSL_CLIENT_S_DN_CN",
		  value_of(text, sizeof(text))) == NULL);
	CHECK(facts_add_named(f, "SSL_CLIENT_I_DN_O", value_of("", 0)) == NULL);
	CHECK(send_and_get(f, &got) == 2);
	CHECK(got.client.count == 3);
	for (i = 0; i < got.client.count; i++)
		CHECK(got.client.certificate[i].len ==
			f->client.certificate[i].len &&
		    memcmp(got.client.certificate[i].der,
			f->client.certificate[i].der,
			got.client.certificate[i].len) == 0);
	CHECK(got.client.spki_begin == 1 && got.client.spki_len == 3);
	CHECK(got.client.named.count == 3);
	CHECK_STR(envlist_get(&got.client.named, "SSL_CLIENT_S_DN_CN"),
	    envlist_get(&f->client.named, "SSL_CLIENT_S_DN_CN"));
	CHECK_STR(envlist_get(&got.client.named, "SSL_CLIENT_I_DN_O"), "");
}

CASE(the_outcome_is_one_that_the_policy_can_have)
{
	static const struct {
		enum client_mode mode;
		const char *verdict;
		bool shown, good;
	} outcomes[] = {
		{ CLIENT_NONE, "NONE", false, true },
		{ CLIENT_NONE, "NONE", true, false },
		{ CLIENT_NONE, "SUCCESS", false, false },
		{ CLIENT_NONE, "SUCCESS", true, false },
		{ CLIENT_OPTIONAL, "NONE", false, true },
		{ CLIENT_OPTIONAL, "SUCCESS", true, true },
		{ CLIENT_OPTIONAL, "SUCCESS", false, false },
		{ CLIENT_OPTIONAL, "GENEROUS", true, false },
		{ CLIENT_OPTIONAL_NO_CA, "GENEROUS", true, true },
		{ CLIENT_OPTIONAL_NO_CA, "SUCCESS", true, true },
		{ CLIENT_OPTIONAL_NO_CA, "NONE", false, true },
		{ CLIENT_REQUIRE, "SUCCESS", true, true },
		{ CLIENT_REQUIRE, "NONE", false, false },
		{ CLIENT_REQUIRE, "GENEROUS", true, false },
		{ CLIENT_REQUIRE, "FAILED:x", true, false },
	};
	struct facts f;
	size_t i;

	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		f = *with_certificate(outcomes[i].verdict);
		f.client.count = outcomes[i].shown;
		CHECK((facts_refusal(&f, outcomes[i].mode) == NULL) ==
		    outcomes[i].good);
	}
}

static const struct check_case cases[] = { C(what_is_sent_is_got),
	C(every_fact_has_the_variable_of_its_row),
	C(every_byte_is_in_its_alphabet_or_refused),
	C(every_fact_may_be_as_long_as_its_row_says),
	C(a_NUL_or_nothing_is_no_fact), C(an_unknown_fact_is_refused),
	C(a_fact_comes_once_in_all_messages),
	C(facts_cut_off_are_refused_but_between_two),
	C(every_variable_of_a_certificate_is_taken_once),
	C(every_variable_is_held_to_its_length_and_alphabet),
	C(what_mail_software_believes_needs_a_trusted_certificate),
	C(names_that_are_none_of_ours_are_refused),
	C(nothing_is_said_of_a_certificate_that_there_is_not),
	C(a_public_key_lies_in_the_leaf),
	C(certificates_come_before_what_is_said_of_them),
	C(facts_of_a_certificate_end_somewhere),
	C(a_large_certificate_takes_several_messages),
	C(the_outcome_is_one_that_the_policy_can_have), { 0 } };
RUN(cases)
