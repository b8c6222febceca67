/* SPDX-License-Identifier: ISC */
/*
 * policy_test.c - what options come to, and what is wrong with a list.
 */
#include "policy.h"

#include <openssl/ssl.h>
#include <unistd.h>

#include "check.h"
#include "complaint.h"
#include "hello.h"
#include "library.h"
#include "options.h"

static struct options options;
static struct policy policy;
static struct complaint complaint;

/*
 * Options that are given as pairs of id and text, with a NULL behind them.
 */
struct given {
	enum option_id id;
	const char *text;
};

static int
judge(const struct given *given)
{
	static bool started;
	size_t i;

	if (!started)
		library_start();
	started = true;
	memset(&options, 0, sizeof(options));
	for (i = 0; i < OPTION_COUNT; i++)
		options.text[i] = options_preset((enum option_id)i);
	for (; given->text != NULL; given++)
		options.text[given->id] = given->text;
	return (policy_from_options(&policy, &options, &complaint));
}

#define GIVEN(...)                                                             \
	((const struct given[]){ __VA_ARGS__, { OPTION_COUNT, NULL } })
#define ONE(id, text) GIVEN({ OPTION_##id, text })

static void
refused(const struct given *given, const char *why)
{
	CHECK(judge(given) == -1);
	CHECK_STR(complaint.text, why);
}

/*
 * The suites up to TLS 1.2, as OpenSSL would write them.
 */
static const char *
ciphers(void)
{
	static char text[2048];
	size_t i, len = 0;

	for (i = 0; i < policy.ciphers.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i == 0 ? "" : ":", suite_name(policy.ciphers.code[i]));
	return (text);
}

/* --------------------------------------------------------------- versions */

CASE(without_options_it_is_intermediate)
{
	CHECK(judge(GIVEN({ OPTION_COUNT, NULL })) == 0);
	CHECK(policy.min_version == TLS1_2_VERSION);
	CHECK(policy.max_version == TLS1_3_VERSION);
	CHECK(policy.level == POLICY_LEVEL_OWN);
	CHECK(policy.ciphers.count == 9 && policy.ciphersuites.count == 3);
	CHECK(policy.groups.count == 0 && policy.sigalgs.count == 0);
	CHECK(policy.alpn_len == 0 && policy.dh.len == 0);
	CHECK(!policy_is_rare(&policy));
}

CASE(each_preset_has_its_versions_and_suites)
{
	CHECK(judge(ONE(POLICY, "modern")) == 0);
	CHECK(policy.min_version == TLS1_3_VERSION);
	CHECK(judge(ONE(POLICY, "old")) == 0);
	CHECK(policy.min_version == TLS1_VERSION && policy.level == 0);
	CHECK(policy.ciphers.count == 19 && policy_is_rare(&policy));
}

CASE(a_version_is_written_either_way)
{
	static const char *const names[] = { "1.0", "TLSv1.0", "1.1", "TLSv1.1",
		"1.2", "TLSv1.2", "1.3", "TLSv1.3" };
	size_t i;

	for (i = 0; i < 8; i++) {
		CHECK(judge(ONE(MIN_VERSION, names[i])) == 0);
		CHECK(policy.min_version == TLS1_VERSION + i / 2);
	}
	refused(ONE(MIN_VERSION, "1.4"),
	    "--min-version: 1.4: want 1.0, 1.1, 1.2 or 1.3");
	refused(ONE(MIN_VERSION, ""),
	    "--min-version: : want 1.0, 1.1, 1.2 or 1.3");
	refused(ONE(MAX_VERSION, "SSLv3"),
	    "--max-version: SSLv3: want 1.0, 1.1, 1.2 or 1.3");
	refused(ONE(MAX_VERSION, "1.2 "),
	    "--max-version: 1.2 : want 1.0, 1.1, 1.2 or 1.3");
}

CASE(the_highest_version_is_not_below_the_lowest)
{
	refused(ONE(MAX_VERSION, "1.1"),
	    "--max-version: 1.1: below the lowest version, 1.2: give "
	    "--min-version, too");
	CHECK(judge(GIVEN({ OPTION_MAX_VERSION, "1.1" },
		  { OPTION_MIN_VERSION, "1.1" })) == 0);
	CHECK(judge(GIVEN({ OPTION_MAX_VERSION, "1.2" },
		  { OPTION_POLICY, "modern" })) == -1);
	CHECK(judge(GIVEN({ OPTION_MIN_VERSION, "1.2" },
		  { OPTION_POLICY, "modern" })) == 0);
	CHECK(policy.ciphers.count == 9);
}

CASE(TLS_1_1_comes_with_what_it_needs)
{
	CHECK(judge(ONE(MIN_VERSION, "1.1")) == 0);
	CHECK(policy.level == 0 && policy.ciphers.count == 19);
	CHECK(judge(GIVEN({ OPTION_MIN_VERSION, "1.1" },
		  { OPTION_CIPHERS, "ECDHE-RSA-AES128-SHA" })) == 0);
	CHECK(policy.level == 0 && policy.ciphers.count == 1);
	refused(GIVEN({ OPTION_MIN_VERSION, "1.0" },
		    { OPTION_CIPHERS, "ECDHE-RSA-AES128-SHA:@SECLEVEL=1" }),
	    "--ciphers: @SECLEVEL=1: TLS 1.0 and 1.1 need level 0");
}

/* ---------------------------------------------------------------- ciphers */

CASE(names_of_suites_stay_in_their_order)
{
	CHECK(judge(ONE(CIPHERS,
		  "ECDHE-RSA-AES256-SHA,DHE-RSA-AES128-GCM-SHA256 "
		  "ECDHE-RSA-AES256-SHA:@SECLEVEL=2")) == 0);
	CHECK_STR(ciphers(), "ECDHE-RSA-AES256-SHA:DHE-RSA-AES128-GCM-SHA256");
	CHECK(policy.level == 2);
}

/*
 * In all of them there are suites of static RSA and more that must go.
 */
CASE(what_is_never_offered_is_lost_in_silence_from_a_class)
{
	static const char *const lists[] = { "ALL", "DEFAULT", "HIGH", "AES",
		"aRSA:@STRENGTH", "ALL:!RC4:!3DES:!MD5:!EXPORT:-SRP" };
	const char *name;
	size_t i, k;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		CHECK(judge(ONE(CIPHERS, lists[i])) == 0);
		CHECK(policy.ciphers.count > 5);
		for (k = 0; k < policy.ciphers.count; k++) {
			name = suite_name(policy.ciphers.code[k]);
			CHECK(strncmp(name, "ECDHE-", 6) == 0 ||
			    strncmp(name, "DHE-RSA-", 8) == 0);
		}
	}
}

CASE(what_is_taken_away_or_moved_is)
{
	CHECK(judge(ONE(CIPHERS, "DEFAULT:!aNULL:!RC4:!kRSA:-DHE")) == 0);
	CHECK(strstr(ciphers(), "ECDHE-RSA-AES") != NULL);
	CHECK(strstr(ciphers(), ":DHE") == NULL);
	CHECK(judge(ONE(CIPHERS, "HIGH:+AES256:@SECLEVEL=0")) == 0);
	CHECK(policy.level == 0);
	CHECK(strstr(strstr(ciphers(), "AES256"), "AES128") == NULL);
}

CASE(an_item_of_nothing_else_is_an_error)
{
	static const char *const items[] = { "AES128-SHA", "kRSA", "PSK",
		"kRSA+AESGCM", "RSA", "COMPLEMENTOFALL", "SRP", "aNULL",
		"ADH-AES128-SHA", "eNULL", "NULL-SHA", "PSK-AES128-CBC-SHA",
		"kDHEPSK", "RSA-PSK-AES128-GCM-SHA256", "AECDH" };
	char list[128], why[256];
	size_t i;

	for (i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		snprintf(list, sizeof(list), "HIGH:%s", items[i]);
		snprintf(why, sizeof(why),
		    "--ciphers: %s: never offered: static RSA, PSK, SRP, "
		    "without certificate or encryption, or of a cipher that is "
		    "not in use here",
		    items[i]);
		refused(ONE(CIPHERS, list), why);
		snprintf(list, sizeof(list), "HIGH:?%s", items[i]);
		CHECK(judge(ONE(CIPHERS, list)) == 0);
	}
}

CASE(a_slip_in_the_ciphers_is_named)
{
	static const struct {
		const char *list, *why;
	} faults[] = {
		{ "HIHG", "HIHG: this OpenSSL does not know it" },
		{ "HIGH:ECDHE-RSA-AES128-GCM-SHA",
		    "ECDHE-RSA-AES128-GCM-SHA: this OpenSSL does not know it" },
		{ "HIGH:!aNUL",
		    "!aNUL: this OpenSSL does not know it: leave it out" },
		{ "HIGH:ECDHE+AESCGM",
		    "ECDHE+AESCGM: this OpenSSL does not know it" },
		{ "HIGH:@STRONG",
		    "@STRONG: neither @STRENGTH nor @SECLEVEL=0 to 5" },
		{ "HIGH:@SECLEVEL=6",
		    "@SECLEVEL=6: neither @STRENGTH nor @SECLEVEL=0 to 5" },
		{ "HIGH:@SECLEVEL=",
		    "@SECLEVEL=: neither @STRENGTH nor @SECLEVEL=0 to 5" },
		{ "HIGH:TLS_AES_128_GCM_SHA256",
		    "TLS_AES_128_GCM_SHA256: a suite of TLS 1.3: it belongs in "
		    "--ciphersuites" },
		{ "HIGH:DEFAULT", "DEFAULT: can only be the first" },
		{ "SUITEB128",
		    "SUITEB128: cannot be had as a whole: name its suites" },
		{ "", ": nothing in it can be offered" },
		{ "?NONE:?AES128-SHA",
		    "?NONE:?AES128-SHA: nothing in it can be offered" },
		{ "HIGH:!ALL", "HIGH:!ALL: nothing in it can be offered" },
		{ "@SECLEVEL=1", "@SECLEVEL=1: nothing in it can be offered" },
		{ "HIGH:!", "!: this OpenSSL does not know it: leave it out" },
		{ "HIGH:?", "?: this OpenSSL does not know it" },
	};
	char why[256];
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		snprintf(why, sizeof(why), "--ciphers: %s", faults[i].why);
		refused(ONE(CIPHERS, faults[i].list), why);
	}
}

CASE(a_list_of_any_length_is_judged)
{
	static char list[8192];

	memset(list, 'A', sizeof(list) - 1);
	refused(ONE(CIPHERS, list), "--ciphers: longer than 4095 bytes");
	list[4000] = '\0';
	CHECK(judge(ONE(CIPHERS, list)) == -1);
	CHECK(judge(ONE(GROUPS, list)) == -1);
	CHECK(judge(ONE(SIGALGS, list)) == -1);
	CHECK(judge(ONE(CIPHERSUITES, list)) == -1);
	CHECK(judge(ONE(ALPN, list)) == -1);
}

/* what OpenSSL does not know would be lost when NET applies it */
CASE(every_suite_and_group_of_ours_is_one_of_OpenSSLs)
{
	static const char *const suites[] = {
#define SUITE(code, name, auth, part) name,
#include "suite.def"
#undef SUITE
	};
	static const uint16_t codes[] = {
#define SUITE(code, name, auth, part) code,
#include "suite.def"
#undef SUITE
	};
	const SSL_CIPHER *cipher;
	uint8_t bytes[2];
	SSL_CTX *ctx;
	SSL *ssl;
	size_t i;

	library_start();
	library_load_rare();
	ctx = SSL_CTX_new(TLS_server_method());
	ssl = SSL_new(ctx);
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		bytes[0] = (uint8_t)(codes[i] >> 8);
		bytes[1] = (uint8_t)codes[i];
		cipher = SSL_CIPHER_find(ssl, bytes);
		CHECK(cipher != NULL);
		CHECK_STR(SSL_CIPHER_get_name(cipher), suites[i]);
		CHECK((suite_auth(codes[i]) == SUITE_ANY ?
			      SSL_CTX_set_ciphersuites(ctx, suites[i]) :
			      SSL_CTX_set_cipher_list(ctx, suites[i])) == 1);
	}
	for (i = 0; i <= UINT16_MAX; i++)
		if (group_name((uint16_t)i) != NULL &&
		    library_has_group((uint16_t)i))
			CHECK(SSL_CTX_set1_groups_list(ctx,
				  group_name((uint16_t)i)) == 1);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

CASE(none_but_names_of_the_rare_part_asks_for_it)
{
	CHECK(judge(ONE(CIPHERS, "ECDHE-RSA-AES128-SHA")) == 0);
	CHECK(policy_is_rare(&policy));
	CHECK(judge(ONE(CIPHERSUITES, "TLS_AES_128_CCM_SHA256")) == 0);
	CHECK(policy_is_rare(&policy));
	CHECK(judge(ONE(CIPHERS, "ECDHE-RSA-AES128-GCM-SHA256")) == 0);
	CHECK(!policy_is_rare(&policy));
}

/* ------------------------------------------------------------ other lists */

CASE(suites_of_TLS_1_3)
{
	CHECK(judge(ONE(CIPHERSUITES,
		  "TLS_AES_256_GCM_SHA384:?TLS_NONE:"
		  "TLS_AES_128_GCM_SHA256")) == 0);
	CHECK(policy.ciphersuites.count == 2);
	CHECK(policy.ciphersuites.code[0] == 0x1302);
	refused(ONE(CIPHERSUITES, "TLS_AES_128_GCM_SHA265"),
	    "--ciphersuites: TLS_AES_128_GCM_SHA265: not a cipher suite of "
	    "TLS 1.3");
	refused(ONE(CIPHERSUITES, "ECDHE-RSA-AES128-GCM-SHA256"),
	    "--ciphersuites: ECDHE-RSA-AES128-GCM-SHA256: not a cipher suite "
	    "of TLS 1.3");
	refused(ONE(CIPHERSUITES, "?X"),
	    "--ciphersuites: ?X: nothing in it can be offered");
}

CASE(groups_by_any_of_their_names)
{
	CHECK(judge(ONE(GROUPS, "P-384:X25519:prime256v1:secp256r1")) == 0);
	CHECK(policy.groups.count == 3 && policy.groups.code[0] == 24 &&
	    policy.groups.code[1] == 29 && policy.groups.code[2] == 23);
	refused(ONE(GROUPS, "X25519:brainpoolP256r1"),
	    "--groups: brainpoolP256r1: not a group that this OpenSSL has and "
	    "tlsshim offers");
	/* 3.0 has not, 3.5 has: with a question mark both are content */
	CHECK(judge(ONE(GROUPS, "?X25519MLKEM768:x25519")) == 0);
	CHECK(policy.groups.count == (library_has_group(4588) ? 2 : 1));
	CHECK(judge(ONE(GROUPS, "X25519MLKEM768")) ==
	    (library_has_group(4588) ? 0 : -1));
}

CASE(signature_schemes_and_where_SHA_1_is_one)
{
	uint16_t codes[8];

	CHECK(judge(ONE(SIGALGS, "RSA-PSS+SHA256:ed25519")) == 0);
	CHECK(policy_schemes(&policy, codes, 8) == 2);
	CHECK(codes[0] == 0x0804 && codes[1] == 0x0807);
	CHECK(policy_schemes(&policy, codes, 1) == 1);
	refused(ONE(SIGALGS, "ed25519:RSA+SHA1"),
	    "--sigalgs: rsa_pkcs1_sha1: only where --min-version is 1.0 or "
	    "1.1");
	CHECK(judge(GIVEN({ OPTION_SIGALGS, "RSA+SHA1" },
		  { OPTION_MIN_VERSION, "1.0" })) == 0);
	refused(ONE(SIGALGS, "ed448"),
	    "--sigalgs: ed448: not a signature scheme that tlsshim can sign "
	    "with");
}

CASE(protocols_become_RFC_7301s_bytes)
{
	char list[400];

	CHECK(judge(ONE(ALPN, "h2, http/1.1")) == 0);
	CHECK(policy.alpn_len == 12);
	CHECK(memcmp(policy.alpn, "\2h2\10http/1.1", 12) == 0);
	refused(ONE(ALPN, " , "), "--alpn:  , : no protocol in it");
	memset(list, 'a', 255);
	list[255] = '\0';
	CHECK(judge(ONE(ALPN, list)) == 0 && policy.alpn_len == 256);
	memset(list, 'a', 256);
	list[256] = '\0';
	CHECK(judge(ONE(ALPN, list)) == -1);
	CHECK(strstr(complaint.text, "longer than 255 bytes") != NULL);
}

/* ------------------------------------------------------- for a choice */

CASE(a_suite_that_both_have_is_found_by_what_signs)
{
	static const struct hello_list ecdsa = { 2, { 0x1301, 0xc02b } };
	static const struct hello_list rsa = { 2, { 0xc009, 0xcca8 } };
	static const struct hello_list neither = { 3,
		{ 0x1301, 0x009c, 0x00ff } };

	CHECK(judge(GIVEN({ OPTION_COUNT, NULL })) == 0);
	CHECK(policy_suite_shared(&policy, &ecdsa, SUITE_ECDSA));
	CHECK(!policy_suite_shared(&policy, &ecdsa, SUITE_RSA));
	CHECK(policy_suite_shared(&policy, &rsa, SUITE_RSA));
	/* of CBC, which is theirs alone */
	CHECK(!policy_suite_shared(&policy, &rsa, SUITE_ECDSA));
	CHECK(!policy_suite_shared(&policy, &neither, SUITE_ECDSA));
	CHECK(!policy_suite_shared(&policy, &neither, SUITE_RSA));
}

/* ------------------------------------------------------------ the message */

CASE(a_policy_arrives_as_it_was_sent)
{
	static struct policy got;
	static struct msg m, again;
	size_t len;

	CHECK(judge(GIVEN({ OPTION_POLICY, "old" }, { OPTION_ALPN, "h2" },
		  { OPTION_GROUPS, "x25519" },
		  { OPTION_SIGALGS, "ed25519" })) == 0);
	policy.judges = true;
	policy.dh = (struct dh_group){ 6, { 0, 1, 23, 0, 1, 5 } };
	policy_put(&m, &policy);
	CHECK(policy_get(&got, &m));
	policy_put(&again, &got);
	CHECK(again.len == m.len);
	CHECK(memcmp(again.packet, m.packet, 1 + m.len) == 0);
	CHECK(got.judges && !got.tickets);
	CHECK(got.ciphers.count == 19 && got.level == 0 && got.dh.len == 6);

	len = m.len;
	for (m.len = 0; m.len < len; m.len++) {
		m.at = 0;
		m.bad = false;
		CHECK(!policy_get(&got, &m));
	}
	policy.dh.bytes[4] = 2;
	policy_put(&m, &policy);
	CHECK(!policy_get(&got, &m));
}

/* --------------------------------------------------------- Diffie-Hellman */

static const char *
in_file(const char *text)
{
	static char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/policy_test.%d", (int)getpid());
	f = fopen(path, "w");
	CHECK(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
	return (path);
}

static const char group[] =
    "-----BEGIN DH PARAMETERS-----\n"
    "MIIBCAKCAQEA///////////JD9qiIWjCNMTGYouA3BzRKQJOCIpnzHQCC76mOxOb\n"
    "IlFKCHmONATd75UZs806QxswKwpt8l8UN0/hNW1tUcJF5IW1dmJefsb0TELppjft\n"
    "awv/XLb0Brft7jhr+1qJn6WunyQRfEsf5kkoZlHs5Fs9wgB8uKFjvwWY2kg2HFXT\n"
    "mmkWP6j9JM9fg2VdI9yjrZYcYvNWIIVSu57VKQdwlpZtZww1Tkq8mATxdGwIyhgh\n"
    "fDKQXkYuNs474553LBgOhgObJ4Oi7Aeij7XFXfBvTFLJ3ivL9pVYFxg5lUl86pVq\n"
    "5RXSJhiY+gUQFXKOWoqsqmj//////////wIBAg==\n"
    "-----END DH PARAMETERS-----\n";

CASE(a_group_of_the_administrators_own_is_read)
{
	const char *path = in_file(group);

	CHECK(judge(ONE(DHPARAM, path)) == 0);
	unlink(path);
	CHECK(policy.dh.len == 2 + 256 + 2 + 1);
	CHECK(memcmp(policy.dh.bytes, "\1\0\377\377", 4) == 0);
	CHECK(memcmp(policy.dh.bytes + 2 + 256, "\0\1\2", 3) == 0);
}

static void
refused_file(const char *text, const char *why)
{
	const char *path = in_file(text);
	char line[256];
	int result = judge(ONE(DHPARAM, path));

	unlink(path);
	snprintf(line, sizeof(line), "--dhparam: %s: %s", path, why);
	CHECK(result == -1);
	CHECK_STR(complaint.text, line);
}

CASE(a_file_without_a_good_group_is_named)
{
	char other[sizeof(group)];

	refused_file("",
	    "no DH PARAMETERS in it: make them with openssl dhparam 2048");
	strcpy(other, group);
	other[40] = other[40] == 'A' ? 'B' : 'A';
	/* the length of the sequence or of the prime */
	memcpy(other + 30, "AAAA", 4);
	refused_file(other, "damaged, or longer than 8192 bits");
	/* PKCS #3: 23, 5 */
	refused_file("-----BEGIN DH PARAMETERS-----\nMAYCARcCAQU=\n"
		     "-----END DH PARAMETERS-----\n",
	    "a prime of 5 bits: want 2048 to 8192");
	/* a generator of 1 */
	strcpy(other, group);
	memcpy(strstr(other, "wIBAg=="), "wIBAQ==", 7);
	refused_file(other, "an even prime, or a generator that is none");
}

static const struct check_case cases[] = {
	C(without_options_it_is_intermediate),
	C(each_preset_has_its_versions_and_suites),
	C(a_version_is_written_either_way),
	C(the_highest_version_is_not_below_the_lowest),
	C(TLS_1_1_comes_with_what_it_needs),
	C(names_of_suites_stay_in_their_order),
	C(what_is_never_offered_is_lost_in_silence_from_a_class),
	C(what_is_taken_away_or_moved_is),
	C(an_item_of_nothing_else_is_an_error),
	C(a_slip_in_the_ciphers_is_named), C(a_list_of_any_length_is_judged),
	C(every_suite_and_group_of_ours_is_one_of_OpenSSLs),
	C(none_but_names_of_the_rare_part_asks_for_it), C(suites_of_TLS_1_3),
	C(groups_by_any_of_their_names),
	C(signature_schemes_and_where_SHA_1_is_one),
	C(protocols_become_RFC_7301s_bytes),
	C(a_suite_that_both_have_is_found_by_what_signs),
	C(a_policy_arrives_as_it_was_sent),
	C(a_group_of_the_administrators_own_is_read),
	C(a_file_without_a_good_group_is_named), { 0 }
};
RUN(cases)
