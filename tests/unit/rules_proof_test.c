/* SPDX-License-Identifier: ISC */
/*
 * rules_proof_test.c - the keys of what a handshake proved: which, in what
 * order, and that no value is a key of another kind.
 */
#include "rules_proof.h"

#include <cdb.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "fact.h"
#include "peer.h"

/* SHA-256 of "certificate", and of its first four bytes */
#define CERT_HASH                                                              \
	"03d66dd08835c1ca3f128cceacd1f31ac94163096b20f445ae84285bc0832d72"
#define SPKI_HASH                                                              \
	"06298432e8066b29e2223bcc23aa9504b56ae508fabf3435508869b9c3190e22"

enum { KEYS_MAX = 64 };

struct lookup {
	char key[KEYS_MAX][RULES_KEY_MAX];
	size_t count;
	const char *end; /* the key that ends the search */
};

static struct lookup keys;
static struct facts facts;

static bool
note(struct lookup *l, enum rules_writer writer, const char *key, size_t len)
{
	CHECK(writer == RULES_BY_TCPRULES);
	CHECK(l->count < KEYS_MAX && len < RULES_KEY_MAX);
	memcpy(l->key[l->count], key, len);
	l->key[l->count++][len] = '\0';
	return (l->end != NULL && strcmp(l->end, l->key[l->count - 1]) == 0);
}

static bool
walk(const char *end)
{
	memset(&keys, 0, sizeof(keys));
	keys.end = end;
	return (rules_each_proof(&facts, note, &keys));
}

static bool
offered(const char *key)
{
	size_t i;

	for (i = 0; i < keys.count; i++)
		if (strcmp(keys.key[i], key) == 0)
			return (true);
	return (false);
}

/* -------------------------------------------------------------- fixtures */

static void
fresh(const char *verdict)
{
	memset(&facts, 0, sizeof(facts));
	snprintf(facts.text[FACT_VERIFY], FACT_MAX, "%s", verdict);
	CHECK(facts_add_certificate(&facts,
	    (const unsigned char *)"certificate", 11));
	facts.client.spki_begin = 0;
	facts.client.spki_len = 4;
}

static void
name_bytes(const char *variable, const char *value, size_t len)
{
	CHECK(facts_add_named(&facts, variable,
		  (struct env_value){ value, len }) == NULL);
}

static void
name(const char *variable, const char *value)
{
	name_bytes(variable, value, strlen(value));
}

static void
text(enum fact_id id, const char *value)
{
	snprintf(facts.text[id], FACT_MAX, "%s", value);
}

/* ----------------------------------------------------------------- order */

CASE(the_keys_come_in_their_order)
{
	static const char *const wanted[] = {
		("cert=sha256:" CERT_HASH),
		("spki=sha256:" SPKI_HASH),
		"san=email:Ann.Lee@example.org",
		"san=email:other@example.org",
		"san=dns:client.example.org",
		"san=uri:spiffe://Example/a",
		"san=ip:192.0.2.7",
		"cn=Ann Lee",
		"cn=second",
		"issuer=CN=A CA\\, of ours,O=x",
		"sni=mail.example.org",
		"alpn=imap",
	};
	size_t i;

	fresh("SUCCESS");
	/* as they never come: the order is not NET's to choose */
	name("SSL_CLIENT_I_DN_CN", "A CA, of ours");
	name("SSL_CLIENT_I_DN", "CN=A CA\\, of ours,O=x");
	name("SSL_CLIENT_S_DN", "CN=Ann Lee");
	name("SSL_CLIENT_S_DN_CN", "Ann Lee");
	name("SSL_CLIENT_S_DN_CN_1", "second");
	name("SSL_CLIENT_S_DN_O", "an organisation");
	name("SSL_CLIENT_SAN_IP_0", "192.0.2.7");
	name("SSL_CLIENT_SAN_URI_0", "spiffe://Example/a");
	name("SSL_CLIENT_SAN_DNS_0", "Client.EXAMPLE.org");
	name("SSL_CLIENT_SAN_Email_0", "Ann.Lee@Example.ORG");
	name("SSL_CLIENT_SAN_Email_1", "other@example.org");
	text(FACT_SNI, "Mail.example.org");
	text(FACT_ALPN, "imap");
	CHECK(!walk(NULL));
	CHECK(keys.count == sizeof(wanted) / sizeof(wanted[0]));
	for (i = 0; i < keys.count; i++)
		CHECK_STR(keys.key[i], wanted[i]);
}

CASE(the_first_hit_ends_the_search)
{
	fresh("SUCCESS");
	name("SSL_CLIENT_SAN_DNS_0", "a.example.org");
	name("SSL_CLIENT_SAN_DNS_1", "b.example.org");
	name("SSL_CLIENT_S_DN_CN", "x");
	text(FACT_SNI, "mail.example.org");
	CHECK(walk("san=dns:a.example.org"));
	CHECK(keys.count == 3);
}

/* ---------------------------------------------------------- what is proved */

CASE(a_certificate_that_is_not_verified_has_no_key)
{
	static const char *const verdicts[] = { "", "NONE", "GENEROUS",
		"FAILED:self-signed certificate", "SUCCESSFUL" };
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		fresh(verdicts[i]);
		name("SSL_CLIENT_I_DN", "CN=ca");
		text(FACT_SNI, "mail.example.org");
		text(FACT_ALPN, "imap");
		CHECK(!walk(NULL));
		CHECK(keys.count == 2);
		CHECK_STR(keys.key[0], "sni=mail.example.org");
		CHECK_STR(keys.key[1], "alpn=imap");
	}
}

CASE(without_a_certificate_and_names_there_is_no_key)
{
	memset(&facts, 0, sizeof(facts));
	CHECK(!walk(NULL));
	CHECK(keys.count == 0);
}

CASE(a_public_key_that_is_not_known_is_not_looked_up)
{
	fresh("SUCCESS");
	facts.client.spki_len = 0;
	walk(NULL);
	CHECK(keys.count == 1);
}

/* ------------------------------------------------------------- collisions */

/*
 * Each kind's key but its own may be anybody's name.
 */
CASE(a_name_is_never_a_key_of_another_kind)
{
	static const char *const evil[] = { "x,=", "=", "=.example.org",
		"sni=mail.example.org", "san=dns:client.example.org",
		"cert=sha256:00", "issuer=cn=ca", "10.", "10.0.0.1", "::1",
		"10.0.0.0/8", "_0000e0g0", "ip4/0.0.0.0_0", "reversedns/@",
		"joe@10.0.0.1", "a:b", ":", "cn=boss" };
	static const struct {
		const char *variable, *prefix;
	} names[] = { { "SSL_CLIENT_S_DN_CN", "cn=" },
		{ "SSL_CLIENT_SAN_Email_0", "san=email:" },
		{ "SSL_CLIENT_SAN_DNS_0", "san=dns:" },
		{ "SSL_CLIENT_SAN_URI_0", "san=uri:" },
		{ "SSL_CLIENT_I_DN", "issuer=" } };
	char wanted[128];
	size_t i, n;

	for (i = 0; i < sizeof(evil) / sizeof(evil[0]); i++)
		for (n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
			fresh("SUCCESS");
			facts.client.spki_len = 0;
			name(names[n].variable, evil[i]);
			walk(NULL);
			CHECK(keys.count == 2);
			CHECK(!offered(evil[i]));
			snprintf(wanted, sizeof(wanted), "%s%s",
			    names[n].prefix, evil[i]);
			CHECK_STR(keys.key[1], wanted);
		}
}

CASE(no_prefix_begins_another)
{
	static const char *const prefixes[] = { "cert=sha256:", "spki=sha256:",
		"san=email:", "san=dns:", "san=uri:", "san=ip:", "cn=",
		"issuer=", "sni=", "alpn=" };
	size_t count = sizeof(prefixes) / sizeof(prefixes[0]), i, n;

	for (i = 0; i < count; i++) {
		CHECK(rules_key_is_proof(prefixes[i], strlen(prefixes[i])));
		for (n = 0; n < count; n++)
			CHECK(i == n ||
			    strncmp(prefixes[i], prefixes[n],
				strlen(prefixes[i])) != 0);
	}
	CHECK(!rules_key_is_proof("", 0));
	CHECK(!rules_key_is_proof("=cn=x", 5));
	CHECK(!rules_key_is_proof("10.0.0.1", 8));
	CHECK(!rules_key_is_proof("cn=", 2));
}

CASE(a_value_that_is_no_name_is_not_looked_up)
{
	static const struct {
		const char *variable, *value;
	} odd[] = { { "SSL_CLIENT_S_DN_CN", "" },
		{ "SSL_CLIENT_S_DN_CN", "a\nb" },
		{ "SSL_CLIENT_S_DN_CN", "a\x7f" },
		/* a NUL, as the library writes it, and a backslash */
		{ "SSL_CLIENT_S_DN_CN", "boss\\00.evil" },
		{ "SSL_CLIENT_S_DN_CN", "boss\\\\00" },
		{ "SSL_CLIENT_SAN_DNS_0", "client.example.org\\00.evil.org" },
		{ "SSL_CLIENT_SAN_DNS_0", "cl\xc3\xa9.example.org" },
		{ "SSL_CLIENT_SAN_Email_0", "a\tb@example.org" },
		{ "SSL_CLIENT_I_DN", "CN=a\nb" } };
	size_t i;

	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		fresh("SUCCESS");
		facts.client.spki_len = 0;
		name(odd[i].variable, odd[i].value);
		walk(NULL);
		CHECK(keys.count == 1);
	}
}

CASE(a_name_beyond_ascii_is_looked_up_where_names_may_be_so)
{
	fresh("SUCCESS");
	name("SSL_CLIENT_S_DN_CN", "Zo\xc3\xab");
	name("SSL_CLIENT_I_DN", "CN=\xc3\x89tat");
	walk(NULL);
	CHECK(offered("cn=Zo\xc3\xab"));
	CHECK(offered("issuer=CN=\xc3\x89tat"));
}

CASE(a_key_that_would_be_too_long_is_not_cut)
{
	char value[RULES_KEY_MAX];
	size_t room = RULES_KEY_MAX - 1 - strlen("cn=");

	memset(value, 'x', sizeof(value));
	fresh("SUCCESS");
	facts.client.spki_len = 0;
	name_bytes("SSL_CLIENT_S_DN_CN", value, room);
	name_bytes("SSL_CLIENT_S_DN_CN_1", value, room + 1);
	walk(NULL);
	CHECK(keys.count == 2);
	CHECK(strlen(keys.key[1]) == RULES_KEY_MAX - 1);
}

/* ----------------------------------------------------------------- look-up */

static char path[64];

static void
write_rules(const char *const keys_and_data[][2])
{
	struct cdb_make make;
	int fd = memfd_create("rules", MFD_CLOEXEC);
	size_t i;

	CHECK(fd != -1 && cdb_make_start(&make, fd) == 0);
	for (i = 0; keys_and_data[i][0] != NULL; i++)
		CHECK(cdb_make_add(&make, keys_and_data[i][0],
			  (unsigned int)strlen(keys_and_data[i][0]),
			  keys_and_data[i][1],
			  (unsigned int)strlen(keys_and_data[i][1]) + 1) == 0);
	CHECK(cdb_make_finish(&make) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
}

CASE(the_file_answers_by_the_first_key_that_is_there)
{
	static const char *const rules[][2] = { { "sni=mail.example.org", "D" },
		{ "cn=boss", "+WHO=boss" }, { "", "D" }, { NULL, NULL } };
	const char *variable, *value;
	struct rules_hit hit;
	size_t at = 0;

	write_rules(rules);
	fresh("SUCCESS");
	name("SSL_CLIENT_S_DN_CN", "boss");
	text(FACT_SNI, "mail.example.org");
	rules_find_proved(&hit, path, &facts);
	CHECK(hit.answer == RULES_ALLOW);
	CHECK_STR(hit.key, "cn=boss");
	CHECK(rules_setting(&hit, &at, &variable, &value));
	CHECK_STR(variable, "WHO");
	CHECK_STR(value, "boss");
	rules_free(&hit);
}

CASE(without_a_key_the_catch_all_is_not_asked)
{
	static const char *const rules[][2] = { { "", "D" }, { NULL, NULL } };
	struct rules_hit hit;

	write_rules(rules);
	fresh("SUCCESS");
	rules_find_proved(&hit, path, &facts);
	CHECK(hit.answer == RULES_NONE);
}

CASE(a_file_that_s6_wrote_has_no_say)
{
	static const char *const rules[][2] = { { "ip4/10.0.0.0_8", "D" },
		{ NULL, NULL } };
	struct rules_hit hit;

	write_rules(rules);
	fresh("SUCCESS");
	rules_find_proved(&hit, path, &facts);
	CHECK(hit.answer == RULES_NONE);
}

CASE(a_file_that_is_gone_or_broken_is_told)
{
	struct rules_hit hit;

	fresh("SUCCESS");
	rules_find_proved(&hit, "/nonexistent/rules.cdb", &facts);
	CHECK(hit.answer == RULES_ABSENT);
	rules_find_proved(&hit, "/etc/passwd", &facts);
	CHECK(hit.answer == RULES_BROKEN);
}

/*
 * Its own ident server spells it.
 */
CASE(ident_cannot_spell_a_key_of_a_certificate)
{
	static const char *const rules[][2] = { { "cn=boss@192.0.2.1", "+A=1" },
		{ "san=email:boss@192.0.2.1", "+A=1" },
		{ "boss@192.0.2.1", "+A=2" }, { NULL, NULL } };
	static const char *const infos[] = { "cn=boss", "san=email:boss" };
	struct peer peer = { .family = PEER_IPV4,
		.remote = { .ip = "192.0.2.1", .addr = { 192, 0, 2, 1 } } };
	struct rules_subject subject = { &peer, NULL, NULL };
	struct rules_hit hit;
	size_t i;

	write_rules(rules);
	for (i = 0; i < 2; i++) {
		subject.info = infos[i];
		rules_find(&hit, path, RULES_CLASSIC, &subject);
		CHECK(hit.answer == RULES_NONE);
	}
	subject.info = "boss";
	rules_find(&hit, path, RULES_CLASSIC, &subject);
	CHECK(hit.answer == RULES_ALLOW);
	rules_free(&hit);
}

static const struct check_case cases[] = { C(the_keys_come_in_their_order),
	C(the_first_hit_ends_the_search),
	C(a_certificate_that_is_not_verified_has_no_key),
	C(without_a_certificate_and_names_there_is_no_key),
	C(a_public_key_that_is_not_known_is_not_looked_up),
	C(a_name_is_never_a_key_of_another_kind), C(no_prefix_begins_another),
	C(a_value_that_is_no_name_is_not_looked_up),
	C(a_name_beyond_ascii_is_looked_up_where_names_may_be_so),
	C(a_key_that_would_be_too_long_is_not_cut),
	C(the_file_answers_by_the_first_key_that_is_there),
	C(without_a_key_the_catch_all_is_not_asked),
	C(a_file_that_s6_wrote_has_no_say),
	C(a_file_that_is_gone_or_broken_is_told),
	C(ident_cannot_spell_a_key_of_a_certificate), { 0 } };

RUN(cases)
