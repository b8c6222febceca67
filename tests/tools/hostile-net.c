/* SPDX-License-Identifier: ISC */
/*
 * hostile-net.c - a NET that has been taken over, against a real KEEPER.
 *
 *	hostile-net GROUP [option of tlsshim ...] -- PROGRAM...
 *
 * Each attack forks keeper_run() with these options, behaves up to a point,
 * then does something that NET never does.  Afterwards the KEEPER must have
 * ended with 111, given no signature (or, after the one that it may give, no
 * other), not started PROGRAM, which must print something, and named the
 * message and the reason in the log.  GROUP well-behaved and gone have ends
 * of their own.  Prints what came out differently, then how many attacks
 * there were.
 */
#include "taken_over.h"
#include "ticket_keys.h"

#include <openssl/rsa.h>

#include "sign.h"

static const struct fact_row {
	const char *name, *variable, *alphabet;
	size_t cap;
} fact_rows[FACT_COUNT] = {
#define FACT(id, variable, alphabet, cap)                                      \
	[FACT_##id] = { #id, variable, #alphabet, cap },
#include "fact.def"
};

static const struct client_row {
	const char *variable, *tail, *alphabet;
	size_t cap;
	const char *whose;
} client_rows[] = {
#define CLIENT(variable, tail, alphabet, cap, whose)                           \
	{ variable, #tail, #alphabet, cap, #whose },
#include "fact.def"
};

enum { CLIENT_ROWS = sizeof(client_rows) / sizeof(client_rows[0]) };

static const char *
titled(const char *what, const char *which, size_t number)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s, %s, %zu", what, which, number);
	return (text);
}

/* ----------------------------------------------------------- out of phase */

static enum msg_phase
phase_at(enum point point)
{
	return (point >= AT_HANDSHAKE ? PHASE_HANDSHAKE :
		point == AT_HELLO     ? PHASE_HELLO :
					PHASE_START);
}

static const char *
gate_refuses(unsigned int type, enum point point)
{
	/* what is sent before POLICY is read after it */
	enum point read = point == AT_ONCE ? AT_HELLO : point;

	if (type >= MSG_TYPES)
		return ("no such message");
	if (rows[type].from != SIDE_NET)
		return ("from the wrong side");
	if (rows[type].phase == PHASE_ANY)
		return ("nobody waits for it");
	if (rows[type].phase != phase_at(read))
		return ("out of phase");
	/* once is enough */
	return (type == MSG_SIGN && read == AT_SIGNED ? "repeated" : NULL);
}

static void
try_type(unsigned int type, enum point point)
{
	static struct msg m;
	const char *why = gate_refuses(type, point);
	struct session s;

	if (why == NULL)
		return;
	good(&m, type < MSG_TYPES ? (enum msg_type)type : MSG_TYPES);
	meet(&s);
	behave_until(&s, point);
	throw(&s, datagram_of(&m, type), m.len + 1, -1);
	must_fail(&s, point == AT_SIGNED,
	    titled(type < MSG_TYPES ? rows[type].name : "unknown",
		point_names[point], type),
	    type < MSG_TYPES ? rows[type].name : "unknown", why);
}

static void
group_phase(void)
{
	unsigned int type;
	int point;

	for (point = AT_ONCE; point < POINTS; point++) {
		for (type = 0; type < MSG_TYPES; type++)
			try_type(type, (enum point)point);
		try_type(MSG_TYPES, (enum point)point);
		try_type(127, (enum point)point);
		try_type(255, (enum point)point);
	}
}

/* --------------------------------------------------------------- repeated */

/*
 * Of the three that the gate lets pass, one is to seal and two to open.
 */
static void
too_many_tickets(enum ticket_question what, size_t times)
{
	static const uint8_t name[TICKET_NAME_LEN];
	static struct msg m;
	struct session s;
	size_t n;

	msg_begin(&m, MSG_TICKET);
	msg_put_u8(&m, (uint8_t)what);
	msg_put_rest(&m, name, sizeof(name));
	meet(&s);
	behave_until(&s, AT_SIGNED);
	for (n = 0; n < times; n++)
		throw_msg(&s, &m, m.len);
	must_fail(&s, 1, titled("TICKET", "of one kind", times), "TICKET",
	    "repeated");
}

static void
group_repeated(void)
{
	static struct msg m;
	const struct row *row;
	struct session s;
	int type, n;

	too_many_tickets(TICKET_SEAL, TICKET_SEALS_MAX + 1);
	too_many_tickets(TICKET_OPEN, TICKET_OPENS_MAX + 1);
	for (type = 0; type < MSG_TYPES; type++) {
		row = &rows[type];
		if (!is_awaited((enum msg_type)type))
			continue;
		good(&m, (enum msg_type)type);
		if (type == MSG_FACTS)
			begin_facts(&m, false);
		meet(&s);
		behave_until(&s, point_of((enum msg_type)type));
		for (n = 0; n <= row->most; n++)
			throw_msg(&s, &m, m.len);
		/* the answer to HELLO ends its phase */
		must_fail(&s, row->phase == PHASE_HANDSHAKE,
		    titled(row->name, "too often", (size_t)n), row->name,
		    type == MSG_HELLO ? "out of phase" : "repeated");
	}
}

/* ----------------------------------------------------------------- length */

static void
try_length(enum msg_type type, size_t len, const char *why)
{
	static struct msg m;
	struct session s;

	good(&m, type);
	meet(&s);
	behave_until(&s, point_of(type));
	throw_msg(&s, &m, len);
	must_fail(&s, point_of(type) == AT_SIGNED,
	    titled(rows[type].name, "bytes", len), rows[type].name, why);
}

static void
group_long(void)
{
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		if (!is_awaited((enum msg_type)type))
			continue;
		try_length((enum msg_type)type, rows[type].cap + 1, "too long");
		if (rows[type].cap < MSG_BODY_MAX)
			try_length((enum msg_type)type, MSG_BODY_MAX,
			    "too long");
		try_length((enum msg_type)type, MSG_BODY_MAX + 1, "too long");
		try_length((enum msg_type)type, HUGE_LENGTH, "too long");
	}
}

/*
 * FACTS may end behind any fact: then there are fewer.
 */
static bool
is_whole(enum msg_type type, size_t len)
{
	return (type == MSG_FACTS && (len == 1 || len == 1 + 3 + 7));
}

static void
group_truncated(void)
{
	static struct msg m;
	size_t len;
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		if (!is_awaited((enum msg_type)type))
			continue;
		good(&m, (enum msg_type)type);
		for (len = 0; len < m.len; len++)
			if (!is_whole((enum msg_type)type, len))
				try_length((enum msg_type)type, len, NULL);
	}
}

static void
group_trailing(void)
{
	static const uint8_t tails[][4] = { { 0 }, { 0xff }, { 0, 0, 0, 0 },
		{ 3, 0, 1, 0 } };
	static struct msg m;
	struct session s;
	size_t i, n;
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		for (i = 0; i < 4 && is_awaited((enum msg_type)type); i++) {
			n = i < 2 ? 1 : 4;
			good(&m, (enum msg_type)type);
			msg_put_rest(&m, tails[i], n);
			meet(&s);
			behave_until(&s, point_of((enum msg_type)type));
			throw_msg(&s, &m, m.len);
			must_fail(&s,
			    point_of((enum msg_type)type) == AT_SIGNED,
			    titled(rows[type].name, "tail", i), rows[type].name,
			    NULL);
		}
	}
}

/* ---------------------------------------------------- of no bytes, of more */

static void
group_empty(void)
{
	struct session s;
	int point;

	for (point = AT_ONCE; point < POINTS; point++) {
		meet(&s);
		behave_until(&s, (enum point)point);
		throw(&s, "", 0, -1);
		must_fail(&s, point == AT_SIGNED,
		    titled("empty", point_names[point], 0), "unknown", "empty");
	}
}

static void
group_descriptor(void)
{
	static struct msg m;
	struct session s;
	int type;

	for (type = 0; type < MSG_TYPES; type++) {
		if (!is_awaited((enum msg_type)type))
			continue;
		good(&m, (enum msg_type)type);
		meet(&s);
		behave_until(&s, point_of((enum msg_type)type));
		throw(&s, datagram_of(&m, (unsigned int)type), m.len + 1, 0);
		must_fail(&s, point_of((enum msg_type)type) == AT_SIGNED,
		    titled(rows[type].name, "descriptor", 0), rows[type].name,
		    "with a descriptor");
	}
}

/* ------------------------------------------------------------------- sign */

static const struct form servers[] = { FORMS_OF_SERVERS };
static const struct form foreign[] = { FOREIGN_FORMS };
static const struct form own_group = { "own group", FORM_DHE,
	.prime = PRIME_RANDOM, .p = 256, .g = 1, .y = 256 };

static void
try_sign(uint16_t scheme, const struct blob *b, const char *what)
{
	static struct msg m;
	struct session s;

	put_sign(&m, scheme, b);
	meet(&s);
	behave_until(&s, AT_HANDSHAKE);
	throw_msg(&s, &m, m.len);
	must_fail(&s, 0, titled("SIGN", what, scheme), "SIGN", NULL);
}

static void
try_foreign(const struct blob *b, const char *what)
{
	try_sign(own_scheme(false), b, what);
	if (own_scheme(true) != own_scheme(false))
		try_sign(own_scheme(true), b, what);
}

static void
try_certificate(void)
{
	unsigned char *der = NULL;
	struct blob b = { 0 };
	int n;

	n = i2d_X509(certificate, &der);
	blob_add(&b, der, (size_t)n);
	try_foreign(&b, "a certificate");
	OPENSSL_free(der);

	der = NULL;
	b.len = 0;
	n = i2d_re_X509_tbs(certificate, &der);
	blob_add(&b, der, (size_t)n);
	try_foreign(&b, "what a CA signs");
	OPENSSL_free(der);
}

static void
group_foreign(void)
{
	struct blob b;
	size_t i;

	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		form_make(&foreign[i], &b);
		try_foreign(&b, foreign[i].name);
	}
	make_client_transcript(&b);
	try_foreign(&b, "a client's TLS 1.2 handshake");
	try_certificate();
}

/*
 * The schemes of TLS that this key does not have, its own digests with
 * another curve, and what TLS 1.3 has no more.
 */
static void
group_scheme(void)
{
	static const uint16_t schemes[] = { 0, 0x0101, 0x0201, 0x0202, 0x0203,
		0x0301, 0x0303, 0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0603,
		0x0804, 0x0805, 0x0806, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
		0x081a, 0x0840, 0xffff };
	bool rsa = EVP_PKEY_is_a(public_key, "RSA") == 1;
	bool pss = EVP_PKEY_is_a(public_key, "RSA-PSS") == 1;
	struct blob b;
	size_t i;

	form_make(&servers[0], &b);
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (schemes[i] != own_scheme(false) &&
		    !(rsa && schemes[i] >= 0x0804 && schemes[i] <= 0x0806) &&
		    !(pss && schemes[i] >= 0x0809 && schemes[i] <= 0x080b))
			try_sign(schemes[i], &b, "TLS 1.3");
}

/*
 * MD5 and SHA-1 in a handshake of TLS 1.2, for a policy that has no TLS 1.1.
 */
static void
group_digests(void)
{
	static const uint16_t schemes[] = { 0x0201, 0x0203, 0xff01 };
	struct blob b;
	size_t i, k;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		for (k = 0; k < sizeof(servers) / sizeof(servers[0]); k++) {
			form_make(&servers[k], &b);
			try_sign(schemes[i], &b, servers[k].name);
		}
}

/*
 * For one that has: neither in the form of TLS 1.3, nor in a foreign one.
 */
static void
group_digests_asked_for(void)
{
	uint16_t scheme = EVP_PKEY_is_a(public_key, "RSA") == 1 ? 0xff01 :
								  0x0203;
	struct blob b;
	size_t i;

	for (i = 0; i < 2; i++) {
		form_make(&servers[i], &b);
		try_sign(scheme, &b, servers[i].name);
	}
	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		form_make(&foreign[i], &b);
		try_sign(scheme, &b, foreign[i].name);
	}
	make_client_transcript(&b);
	try_sign(scheme, &b, "a client's TLS 1.2 handshake");
}

/*
 * The key's own schemes, for a policy without them.
 */
static void
group_left_out(void)
{
	struct blob b;

	form_make(&servers[0], &b);
	try_sign(own_scheme(false), &b, servers[0].name);
	form_make(&servers[2], &b);
	try_sign(own_scheme(true), &b, servers[2].name);
}

/*
 * A byte of the administrator's prime or generator is another.
 */
static void
group_primes(void)
{
	struct blob b;
	size_t at;

	for (at = 64 + 2; at < 64 + 2 + 256 + 2 + 1; at += 7) {
		form_make(&own_group, &b);
		b.bytes[at] ^= 2;
		try_sign(own_scheme(true), &b, "another group");
	}
	form_make(&own_group, &b);
	b.bytes[64 + 2 + 256 + 2] ^= 1;
	try_sign(own_scheme(true), &b, "another generator");
}

/* ------------------------------------------------------------------ facts */

static void
try_facts(const struct msg *m, const char *what, const char *which)
{
	struct session s;

	meet(&s);
	behave_until(&s, AT_SIGNED);
	throw_msg(&s, m, m->len);
	must_fail(&s, 1, titled("FACTS", what, 0), "FACTS", which);
}

static void
try_fact(unsigned int id, const char *text, size_t len, const char *why)
{
	static struct msg m;

	begin_facts(&m, true);
	put_fact(&m, id, text, len);
	try_facts(&m, id < FACT_COUNT ? fact_rows[id].name : "unknown", why);
}

static bool
is_text(int id)
{
	return (strcmp(fact_rows[id].alphabet, "TEXT") == 0);
}

/* for PRINT, those before the blank */
static const char *const foreign_texts[] = { "x\nRELAYCLIENT=", "\n", "1\n",
	"1\t", "1\x7f", "1\x80", "\xc3\xbc", "1/../1\n", "1 1", "1\"", "1'",
	"1$1", "1\\1" };

static size_t
foreign_count(const char *alphabet)
{
	size_t n = 0;

	if (strcmp(alphabet, "PRINT") != 0)
		return (sizeof(foreign_texts) / sizeof(foreign_texts[0]));
	while (strcmp(foreign_texts[n], "1 1") != 0)
		n++;
	return (n);
}

static void
try_bytes(int id)
{
	const char *text;
	size_t i;

	for (i = 0; i < foreign_count(fact_rows[id].alphabet); i++) {
		text = foreign_texts[i];
		if (strlen(text) <= fact_rows[id].cap)
			try_fact((unsigned int)id, text, strlen(text),
			    "a fact has bytes that it cannot have");
	}
}

static void
try_repeated(int id)
{
	static struct msg m;

	begin_facts(&m, true);
	put_fact(&m, (unsigned int)id, "1", 1);
	put_fact(&m, (unsigned int)id, "1", 1);
	try_facts(&m, fact_rows[id].name, "a fact is repeated");
}

static void
group_facts(void)
{
	static const char ones[FACT_MAX] = { [0 ... FACT_MAX - 1] = '1' };
	static const char cut[] = "a fact is cut off, too long, or contains a "
				  "NUL";
	unsigned int id;

	for (id = 0; id < FACT_COUNT; id++) {
		try_fact(id, ones, fact_rows[id].cap + 1, cut);
		try_fact(id, "1\0001", 3, cut);
		try_fact(id, "", 0, "a fact is empty");
		try_repeated((int)id);
		if (!is_text((int)id))
			try_bytes((int)id);
	}
	try_fact(FACT_COUNT, "1", 1, "no such fact");
	try_fact(FACT_CERTIFICATE - 1, "1", 1, "no such fact");
	try_fact(FACT_CLIENT + 1, "1", 1, "no such fact");
	try_fact(255, "1", 1, "no such fact");
}

/* ------------------------------------------- a certificate of a client */

/*
 * Facts with this verdict, and a certificate unless there is to be none.
 */
static void
begin_client(struct msg *m, const char *verdict, bool shown)
{
	begin_facts(m, true);
	put_fact(m, FACT_VERIFY, verdict, strlen(verdict));
	if (shown)
		put_fact(m, FACT_CERTIFICATE, "leaf", 4);
}

static void
put_named(struct msg *m, const char *name, const char *value, size_t len)
{
	msg_put_u8(m, FACT_CLIENT);
	msg_put_string(m, name);
	msg_put_block(m, value, len);
}

static void
try_named(const char *name, const char *value, size_t len, const char *why)
{
	static struct msg m;

	begin_client(&m, "SUCCESS", true);
	put_named(&m, name, value, len);
	try_facts(&m, name, why);
}

/*
 * The row's variable; a family's first.
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

static void
try_client_bytes(const struct client_row *row)
{
	const char *text;
	size_t i;

	try_named(first_of(row), "1\0001", 3,
	    strcmp(row->alphabet, "TEXT") == 0 ?
		"a fact has bytes that it cannot have" :
		NULL);
	if (strcmp(row->alphabet, "TEXT") == 0)
		return;
	for (i = 0; i < foreign_count(row->alphabet); i++) {
		text = foreign_texts[i];
		try_named(first_of(row), text,
		    strlen(text) > row->cap ? row->cap : strlen(text),
		    "a fact has bytes that it cannot have");
	}
}

static void
try_client_row(const struct client_row *row)
{
	static char ones[40000];
	static struct msg m;

	memset(ones, '1', sizeof(ones));
	try_named(first_of(row), ones, row->cap + 1,
	    "a fact is cut off, too long, or contains a NUL");
	try_client_bytes(row);

	begin_client(&m, "SUCCESS", true);
	put_named(&m, first_of(row), "1", 1);
	put_named(&m, first_of(row), "1", 1);
	try_facts(&m, row->variable, "a fact is repeated");

	begin_client(&m, "SUCCESS", false);
	put_named(&m, first_of(row), "1", 1);
	try_facts(&m, row->variable,
	    "a fact of a certificate that there is not");

	if (strcmp(row->whose, "PROVED") != 0)
		return;
	begin_client(&m, "GENEROUS", true);
	put_named(&m, first_of(row), "1", 1);
	try_facts(&m, row->variable,
	    "a fact of a certificate that is not trusted");
}

static void
try_names(void)
{
	static const char *const names[] = { "", "PATH", "LD_PRELOAD",
		"RELAYCLIENT", "SSL_CLIENT_", "SSL_CLIENT_VERIFY",
		"SSL_CLIENT_CERT", "SSL_CLIENT_CERT_CHAIN_0",
		"SSL_CLIENT_FINGERPRINT_SHA256", "SSL_CLIENT_SPKI_SHA256",
		"SSL_CLIENT_S_DN_CN=", "SSL_CLIENT_S_DN_CN\n",
		"SSL_CLIENT_S_DN_XX", "SSL_CLIENT_SAN_DNS_",
		"SSL_CLIENT_SAN_DNS_00", "SSL_CLIENT_SAN_DNS_99999",
		"SSL_SERVER_S_DN", "TCPREMOTEIP" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		try_named(names[i], "1", 1, "no such fact");
}

static void
put_spki(struct msg *m, uint16_t begin, uint16_t len)
{
	msg_put_u8(m, FACT_SPKI);
	msg_put_u16(m, begin);
	msg_put_u16(m, len);
}

static void
try_keys(void)
{
	static const uint16_t keys[][2] = { { 0, 0 }, { 0, 5 }, { 4, 1 },
		{ 3, 2 }, { 65535, 1 }, { 1, 65535 }, { 65535, 65535 } };
	static struct msg m;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		begin_client(&m, "SUCCESS", true);
		put_spki(&m, keys[i][0], keys[i][1]);
		try_facts(&m, "a public key",
		    "a public key is not in the certificate");
	}
	begin_client(&m, "SUCCESS", true);
	put_spki(&m, 0, 1);
	put_spki(&m, 0, 1);
	try_facts(&m, "two public keys", "a fact is repeated");
	begin_client(&m, "SUCCESS", false);
	put_spki(&m, 0, 1);
	try_facts(&m, "a public key",
	    "a fact of a certificate that there is not");
}

static void
try_certificates(void)
{
	static struct msg m;
	int i;

	begin_client(&m, "SUCCESS", true);
	put_fact(&m, FACT_CERTIFICATE, "", 0);
	try_facts(&m, "a certificate", "a certificate is cut off or empty");
	begin_client(&m, "SUCCESS", true);
	for (i = 0; i < FACT_CERTIFICATES_MAX; i++)
		put_fact(&m, FACT_CERTIFICATE, "x", 1);
	try_facts(&m, "certificates", "too many certificates");
	begin_client(&m, "SUCCESS", true);
	put_named(&m, "SSL_CLIENT_M_VERSION", "3", 1);
	put_fact(&m, FACT_CERTIFICATE, "x", 1);
	try_facts(&m, "a late certificate",
	    "a certificate behind what is said of it");
	begin_client(&m, "SUCCESS", false);
	try_facts(&m, "SUCCESS alone",
	    "a verdict on a certificate that there is not");
}

/*
 * More than an environment can carry, each of them good.
 */
static void
try_too_much(void)
{
	static char text[32768];
	static struct msg m;
	struct session s;
	char name[64];
	int i;

	memset(text, 'x', sizeof(text));
	meet(&s);
	behave_until(&s, AT_SIGNED);
	begin_client(&m, "SUCCESS", true);
	m.body[0] = false;
	throw_msg(&s, &m, m.len);
	for (i = 0; i < 4; i++) {
		begin_facts(&m, i == 3);
		snprintf(name, sizeof(name), "SSL_CLIENT_SAN_DNS_%d", i);
		put_named(&m, name, text, sizeof(text));
		throw_msg(&s, &m, m.len);
	}
	must_fail(&s, 1, "128 KiB of names", "FACTS", "too many facts");
}

static void
group_client(void)
{
	size_t i;

	for (i = 0; i < CLIENT_ROWS; i++)
		try_client_row(&client_rows[i]);
	try_names();
	try_keys();
	try_certificates();
	try_too_much();
}

/*
 * Where the administrator wants it otherwise.
 */
static void
group_not_asked(void)
{
	static struct msg m;

	begin_client(&m, "SUCCESS", true);
	try_facts(&m, "a certificate",
	    "a certificate, where none was asked for");
	begin_client(&m, "NONE", true);
	try_facts(&m, "a certificate",
	    "a certificate, where none was asked for");
}

static void
group_required(void)
{
	static const char *const verdicts[] = { "NONE", "GENEROUS",
		"FAILED:certificate has expired" };
	static struct msg m;
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		begin_client(&m, verdicts[i], i > 0);
		try_facts(&m, verdicts[i],
		    "no trusted certificate, where one is required");
	}
	good(&m, MSG_FACTS);
	try_facts(&m, "no verdict",
	    "no trusted certificate, where one is required");
}

/* ---------------------------------------------------------------- look-ups */

/*
 * The directory that there is not; and no name but a hash can be asked for.
 */
static void
group_lookup(void)
{
	static const unsigned int kinds[] = { LOOKUP_CRL, LOOKUP_KINDS, 127,
		255 };
	static struct msg m;
	struct session s;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		good_lookup(&m, kinds[i]);
		meet(&s);
		behave_until(&s, AT_HANDSHAKE);
		throw_msg(&s, &m, m.len);
		must_fail(&s, 0, titled("LOOKUP", "kind", kinds[i]), "LOOKUP",
		    "no directory to look it up in");
	}
}

/* ------------------------------------------------------------ well-behaved */

static const struct scheme {
	uint16_t code;
	const char *key, *digest;
	bool pss, tls13;
} schemes[] = {
	{ 0x0401, "RSA", "SHA256", false, false },
	{ 0x0501, "RSA", "SHA384", false, false },
	{ 0x0601, "RSA", "SHA512", false, false },
	{ 0x0804, "RSA", "SHA256", true, true },
	{ 0x0805, "RSA", "SHA384", true, true },
	{ 0x0806, "RSA", "SHA512", true, true },
	{ 0x0403, "EC", "SHA256", false, false },
	{ 0x0503, "EC", "SHA384", false, false },
	{ 0x0603, "EC", "SHA512", false, false },
	{ 0x0807, "ED25519", NULL, false, true },
	{ 0x0809, "RSA-PSS", "SHA256", true, true },
	{ 0x080a, "RSA-PSS", "SHA384", true, true },
	{ 0x080b, "RSA-PSS", "SHA512", true, true },
};

/* where TLS 1.1 was asked for */
static const struct scheme old_schemes[] = {
	{ 0x0201, "RSA", "SHA1", false, false },
	{ 0x0203, "EC", "SHA1", false, false },
	{ 0xff01, "RSA", "MD5-SHA1", false, false },
};

static bool
is_signature(const struct scheme *scheme, const struct blob *b,
    const uint8_t *signature, size_t len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx;
	bool good;

	good = EVP_DigestVerifyInit_ex(md, &ctx, scheme->digest,
		   library_whole(), NULL, public_key, NULL) == 1 &&
	    (!scheme->pss ||
		(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
			RSA_PSS_SALTLEN_DIGEST) > 0)) &&
	    EVP_DigestVerify(md, signature, len, b->bytes, b->len) == 1;
	EVP_MD_CTX_free(md);
	return (good);
}

static void
one_handshake(const struct scheme *scheme, const struct form *form)
{
	static struct msg m;
	const uint8_t *signature;
	struct session s;
	struct blob b;
	size_t len;

	form_make(form, &b);
	meet(&s);
	behave_until(&s, AT_HANDSHAKE);
	put_sign(&m, scheme->code, &b);
	say(&s, &m);
	await(&s, &m, MSG_SIGNATURE);
	s.signatures++;
	signature = msg_get_rest(&m, &len);
	judge(is_signature(scheme, &b, signature, len), "no signature",
	    form->name, "");
	good_facts(&m, true);
	say(&s, &m);
	must_start(&s, titled("handshake", form->name, scheme->code),
	    "SSL_PROTOCOL=TLSv1.3");
}

static bool
fits(const struct scheme *scheme, const struct form *form)
{
	return (EVP_PKEY_is_a(public_key, scheme->key) == 1 &&
	    (form->kind != FORM_TLS13 || scheme->tls13 ||
		scheme->code == own_scheme(false)));
}

/*
 * Each fact as long as it may be, over as many messages as there may be.
 */
static void
longest_facts(void)
{
	static const char ones[FACT_MAX] = { [0 ... FACT_MAX - 1] = '1' };
	static struct msg m;
	struct session s;
	unsigned int id, n;

	meet(&s);
	behave_until(&s, AT_SIGNED);
	for (n = 1; n <= rows[MSG_FACTS].most; n++) {
		begin_facts(&m, n == rows[MSG_FACTS].most);
		for (id = 0; id < FACT_COUNT; id++)
			if (id % rows[MSG_FACTS].most == n - 1)
				put_fact(&m, id, ones, fact_rows[id].cap);
		say(&s, &m);
	}
	must_start(&s, "longest facts", "SSL_CIPHER_USEKEYSIZE=11111");
}

/*
 * What is free text is not refused; it becomes one variable, on one line.
 */
static void
free_text(void)
{
	static const char text[] = "x\nRELAYCLIENT=";
	static struct msg m;
	struct session s;
	char line[64];
	int id;

	for (id = 0; id < FACT_COUNT; id++) {
		if (!is_text(id))
			continue;
		snprintf(line, sizeof(line),
		    "%s=x\\0ARELAYCLIENT=", fact_rows[id].variable);
		meet(&s);
		behave_until(&s, AT_SIGNED);
		begin_facts(&m, true);
		put_fact(&m, (unsigned int)id, text, strlen(text));
		say(&s, &m);
		must_start(&s, fact_rows[id].name, line);
	}
}

static void
free_client_text(void)
{
	static const char text[] = "x\nRELAYCLIENT=";
	static struct msg m;
	struct session s;
	char line[96];
	size_t i;

	for (i = 0; i < CLIENT_ROWS; i++) {
		if (strcmp(client_rows[i].alphabet, "TEXT") != 0)
			continue;
		snprintf(line, sizeof(line),
		    "%s=x\\0ARELAYCLIENT=", first_of(&client_rows[i]));
		meet(&s);
		behave_until(&s, AT_SIGNED);
		begin_client(&m, "SUCCESS", true);
		put_named(&m, first_of(&client_rows[i]), text, strlen(text));
		say(&s, &m);
		must_start(&s, client_rows[i].variable, line);
	}
}

/*
 * Behind the last FACTS nobody reads.
 */
static void
afterwards(void)
{
	static struct msg m;
	struct session s;
	int i;

	meet(&s);
	behave_until(&s, AT_SIGNED);
	good(&m, MSG_FACTS);
	say(&s, &m);
	good(&m, MSG_SIGN);
	for (i = 0; i < 4; i++)
		throw_msg(&s, &m, m.len);
	must_start(&s, "SIGN behind the last FACTS", "SSL_PROTOCOL=TLSv1.3");
}

static void
group_well_behaved(void)
{
	size_t i, k;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		for (k = 0; k < sizeof(servers) / sizeof(servers[0]); k++)
			if (fits(&schemes[i], &servers[k]))
				one_handshake(&schemes[i], &servers[k]);
	longest_facts();
	free_text();
	free_client_text();
	afterwards();
}

static void
group_well_behaved_old(void)
{
	size_t i, k;

	for (i = 0; i < sizeof(old_schemes) / sizeof(old_schemes[0]); i++)
		for (k = 2; k < sizeof(servers) / sizeof(servers[0]); k++)
			if (fits(&old_schemes[i], &servers[k]))
				one_handshake(&old_schemes[i], &servers[k]);
}

static void
group_well_behaved_group(void)
{
	size_t i;

	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (fits(&schemes[i], &own_group))
			one_handshake(&schemes[i], &own_group);
}

/* ------------------------------------------------------------------- gone */

/*
 * NET leaves: nothing is wrong, and nothing goes on.
 */
static void
group_gone(void)
{
	const struct ended *e;
	struct session s;
	int point;

	for (point = AT_ONCE; point < POINTS; point++) {
		meet(&s);
		behave_until(&s, (enum point)point);
		shutdown(s.channel.fd, SHUT_WR);
		e = part(&s);
		attacks++;
		judge(e->in_time, "it goes on", point_names[point], e->log);
		judge(e->status == 0, "status", point_names[point], e->log);
		judge(e->app_len == 0, "started", point_names[point], e->log);
		judge(e->log[0] == '\0', "logged", point_names[point], e->log);
	}
}

/* ---------------------------------------------------------- in clear text */

static void
meet_in_clear(struct session *s)
{
	static struct msg m;

	meet(s);
	await(s, &m, MSG_START);
	await(s, &m, MSG_POLICY);
	s->channel.phase = PHASE_CLEAR;
}

static void
switch_over(struct session *s)
{
	static struct msg m;

	msg_begin(&m, MSG_SWITCH);
	say(s, &m);
	await(s, &m, MSG_SWITCHED);
	s->channel.phase = PHASE_HELLO;
}

/*
 * NULL: it may be sent.
 */
static const char *
refused_in_clear(unsigned int type)
{
	if (rows[type].from != SIDE_NET)
		return ("from the wrong side");
	if (rows[type].phase == PHASE_ANY)
		return ("nobody waits for it");
	return (rows[type].phase == PHASE_CLEAR ? NULL : "out of phase");
}

/*
 * --starttls of a protocol that the application does not know, required.
 */
static void
group_clear(void)
{
	static struct msg m;
	const struct ended *e;
	struct session s;
	unsigned int type;

	for (type = 0; type < MSG_TYPES; type++) {
		if (refused_in_clear(type) == NULL)
			continue;
		good(&m, (enum msg_type)type);
		meet_in_clear(&s);
		throw_msg(&s, &m, m.len);
		must_fail(&s, 0, titled(rows[type].name, "in clear", 0),
		    rows[type].name, refused_in_clear(type));
	}
	msg_begin(&m, MSG_SWITCH);
	meet_in_clear(&s);
	throw_msg(&s, &m, 1);
	must_fail(&s, 0, "SWITCH of a byte", "SWITCH", "too long");
	meet_in_clear(&s);
	switch_over(&s);
	throw_msg(&s, &m, 0);
	must_fail(&s, 0, "SWITCH twice", "SWITCH", "out of phase");
	meet_in_clear(&s);
	shutdown(s.channel.fd, SHUT_WR);
	e = part(&s);
	attacks++;
	judge(e->in_time && e->status == 0 && e->app_len == 0 &&
		e->log[0] == '\0',
	    "something else", "gone in clear", e->log);
}

/*
 * An application runs, and what becomes of it becomes of the KEEPER: what it
 * wrote, and the line in the log.
 */
static void
must_be_left(struct session *s, const char *attack, const char *log,
    const char *answer)
{
	const struct ended *e = part(s);

	attacks++;
	judge(e->in_time, "it goes on", attack, e->log);
	judge(e->status == 7, "not the program's status", attack, e->log);
	judge(s->signatures == 0, "it signed", attack, e->log);
	judge(strstr(e->log, log) != NULL, log, attack, e->log);
	judge(strcmp(e->app, answer) == 0, e->app, attack, e->log);
}

/*
 * --starttls ucspi; the program reads SSLCTLFD to its end, and exits with 7.
 */
static void
group_clear_ucspi(void)
{
	static struct msg m;
	struct session s;
	unsigned int type;
	const char *why;
	char log[256];

	for (type = 0; type < MSG_TYPES; type++) {
		if (rows[type].phase == PHASE_ANY &&
		    rows[type].from == SIDE_NET)
			continue;
		good(&m, (enum msg_type)type);
		why = refused_in_clear(type);
		snprintf(log, sizeof(log), "message: %s: %s\n", rows[type].name,
		    why == NULL ? "before the application asked for TLS" : why);
		meet_in_clear(&s);
		throw_msg(&s, &m, why == NULL ? 0 : m.len);
		must_be_left(&s, titled(rows[type].name, "before TLS", 0), log,
		    "");
	}
}

static void
fail_with(enum point point, const uint8_t *body, size_t len, const char *log,
    const char *answer)
{
	static struct msg m;
	struct session s;

	meet_in_clear(&s);
	await(&s, &m, MSG_COMMAND);
	switch_over(&s);
	if (point == AT_HANDSHAKE) {
		good(&m, MSG_HELLO);
		say(&s, &m);
		await(&s, &m, MSG_CHOICE);
	}
	msg_begin(&m, MSG_FAILED);
	msg_put_rest(&m, body, len);
	throw_msg(&s, &m, len);
	must_be_left(&s, titled("FAILED", point_names[point], body[0]), log,
	    answer);
}

/*
 * The same program, but it has said Z before.
 */
static void
group_failed(void)
{
	static const uint8_t bodies[][3] = { { 4, 0 }, { 6, 255 }, { 8, 9 },
		{ 0, 0 }, { 10, 0 }, { 255, 255 } };
	static const char *const answers[] = { "!timeout",
		"!alert-sent:unknown", "!probe:no-tls", "!error", "!error",
		"!error" };
	size_t i;

	for (i = 0; i < 6; i++) {
		fail_with(AT_HELLO, bodies[i], 2,
		    i < 3 ? "" : "message: FAILED: of no form\n", answers[i]);
		fail_with(AT_HANDSHAKE, bodies[i], 2,
		    i < 3 ? "" : "message: FAILED: of no form\n", answers[i]);
	}
	fail_with(AT_HELLO, bodies[0], 1, "message: FAILED: of no form\n",
	    "!error");
	fail_with(AT_HELLO, bodies[0], 3, "message: FAILED: too long\n",
	    "!error");
}

/* ---------------------------------------------------------------- verdict */

static void
must_be_denied(struct session *s, const char *attack)
{
	const struct ended *e = part(s);

	attacks++;
	judge(e->in_time, "the KEEPER goes on", attack, e->log);
	judge(e->status == EXIT_DENIED, "another status", attack, e->log);
	judge(s->signatures == 1, "it signed", attack, e->log);
	judge(e->app_len == 0, "the program started", attack, e->log);
}

/*
 * The rules deny who asked for localhost.  NET hears so, or does not listen,
 * and then says whatever there is to say; the KEEPER's own word, too.
 */
static void
group_denied(void)
{
	static struct msg m;
	struct session s;
	unsigned int type;

	for (type = 0; type < MSG_TYPES; type++) {
		meet(&s);
		behave_until(&s, AT_SIGNED);
		good_facts(&m, true);
		put_fact(&m, FACT_SNI, "localhost", 9);
		say(&s, &m);
		if (type % 2 == 0) {
			s.channel.phase = PHASE_DONE;
			await(&s, &m, MSG_VERDICT);
			judge(msg_get_u8(&m) == 0, "let in", "VERDICT", "");
		}
		good(&m, (enum msg_type)type);
		throw_msg(&s, &m, m.len);
		must_be_denied(&s, rows[type].name);
	}
}

/* -------------------------------------------------------------------- main */

static const struct {
	const char *name;
	void (*run)(void);
} groups[] = {
	{ "well-behaved", group_well_behaved },
	{ "gone", group_gone },
	{ "phase", group_phase },
	{ "repeated", group_repeated },
	{ "long", group_long },
	{ "truncated", group_truncated },
	{ "trailing", group_trailing },
	{ "empty", group_empty },
	{ "descriptor", group_descriptor },
	{ "foreign", group_foreign },
	{ "scheme", group_scheme },
	{ "digests", group_digests },
	{ "digests-asked-for", group_digests_asked_for },
	{ "left-out", group_left_out },
	{ "primes", group_primes },
	{ "well-behaved-old", group_well_behaved_old },
	{ "well-behaved-group", group_well_behaved_group },
	{ "facts", group_facts },
	{ "client", group_client },
	{ "not-asked", group_not_asked },
	{ "required", group_required },
	{ "lookup", group_lookup },
	{ "clear", group_clear },
	{ "clear-ucspi", group_clear_ucspi },
	{ "failed", group_failed },
	{ "denied", group_denied },
};

int
main(int argc, char *argv[])
{
	size_t i;

	if (argc < 2)
		errx(2, "which group?");
	prepare(argc - 1, argv + 1);
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, argv[1]) == 0)
			groups[i].run();
	printf("%d attacks, %d wrong\n", attacks, failures);
	return (attacks == 0 || failures > 0);
}
