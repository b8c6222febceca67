/* SPDX-License-Identifier: ISC */
/*
 * policy_list.c - the administrator's lists, judged item by item.
 *
 * Runs in:  KEEPER.
 * Trusts:   the administrator to mean something; not to have typed it right.
 * Refuses:  what OpenSSL would pass over in silence.
 */
#include "policy_list.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "complaint.h"
#include "library.h"
#include "scheme.h"

static const char divides[] = ":,; ";

enum { RULES_MAX = 4096, PROTOCOL_MAX = 255 };

struct item {
	const char *text;
	size_t len;
	bool may_lack; /* a question mark stood before it */
};

static bool
next_item(const char **list, const char *dividers, struct item *item)
{
	*list += strspn(*list, dividers);
	item->text = *list;
	item->len = strcspn(*list, dividers);
	*list += item->len;
	item->may_lack = item->text[0] == '?' && item->len > 1;
	if (item->may_lack) {
		item->text++;
		item->len--;
	}
	return (item->len != 0);
}

static bool
is_word(const struct item *item, const char *word)
{
	return (strlen(word) == item->len &&
	    memcmp(item->text, word, item->len) == 0);
}

static int
complain_of(struct complaint *c, const char *option, const struct item *item,
    const char *why)
{
	return (complain(c, "--%s: %.*s: %s", option, (int)item->len,
	    item->text, why));
}

/* ------------------------------------------------------------ plain lists */

struct kind {
	const char *option;
	uint16_t (*code)(const char *name, size_t len);
	bool (*is_there)(uint16_t code);
	const char *otherwise; /* what an item is that is not there */
};

static int
read_names(struct codes *codes, const struct kind *kind, const char *list,
    struct complaint *c)
{
	const char *at = list;
	struct item item;
	uint16_t code;

	codes->count = 0;
	while (next_item(&at, divides, &item)) {
		code = kind->code(item.text, item.len);
		if (code != 0 && kind->is_there(code)) {
			if (!codes_add(codes, code))
				return (complain_of(c, kind->option, &item,
				    "too many"));
		} else if (!item.may_lack) {
			return (complain_of(c, kind->option, &item,
			    kind->otherwise));
		}
	}
	if (codes->count == 0)
		return (complain(c, "--%s: %s: nothing in it can be offered",
		    kind->option, list));
	return (0);
}

static bool
is_of_tls13(uint16_t code)
{
	return (suite_auth(code) == SUITE_ANY);
}

/* what we can sign with, every OpenSSL can */
static bool
is_always_there(uint16_t code)
{
	(void)code;
	return (true);
}

int
list_ciphersuites(struct codes *codes, const char *list, struct complaint *c)
{
	static const struct kind kind = { "ciphersuites", suite_code,
		is_of_tls13, "not a cipher suite of TLS 1.3" };

	return (read_names(codes, &kind, list, c));
}

int
list_groups(struct codes *codes, const char *list, struct complaint *c)
{
	static const struct kind kind = { "groups", group_code,
		library_has_group,
		"not a group that this OpenSSL has and tlsshim offers" };

	return (read_names(codes, &kind, list, c));
}

int
list_sigalgs(struct codes *codes, const char *list, struct complaint *c)
{
	static const struct kind kind = { "sigalgs", scheme_code,
		is_always_there,
		"not a signature scheme that tlsshim can sign with" };

	return (read_names(codes, &kind, list, c));
}

/* ---------------------------------------------------------------- ciphers */

/*
 * What OpenSSL once had, or has only where it was built so, may be taken
 * away from a list even where there is none: old configurations do.
 */
static bool
is_gone(const struct item *item)
{
	static const char *const words[] = { "3DES", "DES", "RC4", "RC2",
		"IDEA", "SEED", "EXP", "EXPORT", "EXPORT40", "EXPORT56", "LOW",
		"MEDIUM", "MD5", "SSLv2", "SSLv3", "CAMELLIA", "CAMELLIA128",
		"CAMELLIA256", "ARIA", "ARIA128", "ARIA256", "ARIAGCM", "GOST",
		"aGOST", "aGOST01", "aGOST12", "kGOST", "kGOST18", "GOST94",
		"GOST89", "GOST89MAC", "FZA", "aFZA", "eFZA", "kFZA", "KRB5",
		"aKRB5", "kKRB5", "DH", "aDH", "kDH", "kDHd", "kDHr", "aDSS",
		"DSS", "DSA", "kECDH", "kECDHe", "kECDHr", "aECDH", "SRP",
		"aSRP", "kSRP", "PSK", "aPSK", "kPSK", "ADH", "AECDH", "NULL",
		"aNULL", "eNULL" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(item, words[i]))
			return (true);
	return (false);
}

static bool
is_level(const struct item *item)
{
	static const char word[] = "@SECLEVEL=";
	const char *digit = item->text + sizeof(word) - 1;

	return (item->len == sizeof(word) &&
	    memcmp(item->text, word, sizeof(word) - 1) == 0 && *digit >= '0' &&
	    *digit <= '5');
}

/*
 * Of those that OpenSSL finds by these rules, add ours; how many there are.
 */
static size_t
resolve(SSL_CTX *ctx, const char *rules, struct codes *codes)
{
	STACK_OF(SSL_CIPHER) * found;
	uint16_t code;
	int i;

	codes->count = 0;
	if (SSL_CTX_set_cipher_list(ctx, rules) != 1)
		return (0);
	found = SSL_CTX_get_ciphers(ctx);
	for (i = 0; i < sk_SSL_CIPHER_num(found); i++) {
		code = SSL_CIPHER_get_protocol_id(sk_SSL_CIPHER_value(found,
		    i));
		if (suite_auth(code) != SUITE_ANY)
			codes_add(codes, code);
	}
	return (codes->count);
}

/*
 * Alone, does OpenSSL find a suite by this word, be it ours or not?
 */
static bool
is_known(SSL_CTX *ctx, const struct item *item)
{
	char word[RULES_MAX];

	snprintf(word, sizeof(word), "%.*s", (int)item->len, item->text);
	return (SSL_CTX_set_cipher_list(ctx, word) == 1);
}

static bool
is_ours(SSL_CTX *ctx, const struct item *item)
{
	char word[RULES_MAX];
	struct codes codes;

	snprintf(word, sizeof(word), "%.*s", (int)item->len, item->text);
	return (resolve(ctx, word, &codes) != 0);
}

/*
 * NULL, or why the item cannot stand in a list.
 */
static const char *
item_fault(SSL_CTX *ctx, const struct item *item, bool first)
{
	struct item name = { item->text + 1, item->len - 1, false };

	if (item->text[0] == '@')
		return (is_word(item, "@STRENGTH") ?
			NULL :
			"neither @STRENGTH nor @SECLEVEL=0 to 5");
	if (strchr("!-+", item->text[0]) != NULL)
		return (is_gone(&name) || is_known(ctx, &name) ?
			NULL :
			"this OpenSSL does not know it: leave it out");
	/* OpenSSL passes over the one, and over all others for the other */
	if (is_word(item, "DEFAULT") && !first)
		return ("can only be the first");
	if (item->len >= 6 && memcmp(item->text, "SUITEB", 6) == 0)
		return ("cannot be had as a whole: name its suites");
	if (suite_code(item->text, item->len) != 0 &&
	    suite_auth(suite_code(item->text, item->len)) == SUITE_ANY)
		return ("a suite of TLS 1.3: it belongs in --ciphersuites");
	if (is_ours(ctx, item))
		return (NULL);
	return (is_known(ctx, item) ?
		"never offered: static RSA, PSK, SRP, without certificate or "
		"encryption, or of a cipher that is not in use here" :
		"this OpenSSL does not know it");
}

/*
 * The list less what is judged here and what may lack, for OpenSSL.
 */
static int
make_rules(char rules[RULES_MAX], SSL_CTX *ctx, const char *list,
    struct complaint *c)
{
	const char *fault;
	struct item item;
	size_t len = 0;

	rules[0] = '\0';
	while (next_item(&list, divides, &item)) {
		if (is_level(&item))
			continue;
		fault = item_fault(ctx, &item, len == 0);
		if (fault != NULL && item.may_lack)
			continue;
		if (fault != NULL)
			return (complain_of(c, "ciphers", &item, fault));
		len += (size_t)snprintf(rules + len, RULES_MAX - len, "%s%.*s",
		    len == 0 ? "" : ":", (int)item.len, item.text);
	}
	return (0);
}

static int
evaluate(struct codes *codes, const char *list, struct complaint *c)
{
	char rules[RULES_MAX];
	SSL_CTX *ctx;
	int result = -1;

	if (strlen(list) >= sizeof(rules))
		return (complain(c, "--ciphers: longer than %zu bytes",
		    sizeof(rules) - 1));
	library_load_rare();
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL)
		return (complain(c, "--ciphers: no memory"));
	if (make_rules(rules, ctx, list, c) == 0 &&
	    resolve(ctx, rules, codes) != 0)
		result = 0;
	else if (c->text[0] == '\0')
		complain(c, "--ciphers: %s: nothing in it can be offered",
		    list);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return (result);
}

/*
 * Names of suites alone, as most lists are, need no OpenSSL to be understood.
 */
static bool
are_names(struct codes *codes, const char *list)
{
	struct item item;
	uint16_t code;

	codes->count = 0;
	while (next_item(&list, divides, &item)) {
		if (is_level(&item))
			continue;
		code = suite_code(item.text, item.len);
		if (suite_auth(code) == SUITE_ANY || !codes_add(codes, code))
			return (false);
	}
	return (codes->count != 0);
}

int
list_ciphers(struct codes *codes, uint8_t *level, const char *list,
    struct complaint *c)
{
	const char *at = list;
	struct item item;

	while (next_item(&at, divides, &item))
		if (is_level(&item))
			*level = (uint8_t)(item.text[item.len - 1] - '0');
	c->text[0] = '\0';
	return (are_names(codes, list) ? 0 : evaluate(codes, list, c));
}

/* ------------------------------------------------------------------- ALPN */

/*
 * No question mark here: it may be part of a name.
 */
int
list_alpn(uint8_t *wire, size_t size, size_t *len, const char *list,
    struct complaint *c)
{
	const char *at = list;
	size_t n;

	*len = 0;
	for (at += strspn(at, divides); *at != '\0';
	     at += strspn(at, divides)) {
		n = strcspn(at, divides);
		if (n > PROTOCOL_MAX)
			return (complain(c,
			    "--alpn: %.*s: longer than %d bytes", (int)n, at,
			    PROTOCOL_MAX));
		if (size - *len < 1 + n)
			return (complain(c, "--alpn: longer than %zu bytes",
			    size));
		wire[(*len)++] = (uint8_t)n;
		memcpy(wire + *len, at, n);
		*len += n;
		at += n;
	}
	if (*len == 0)
		return (complain(c, "--alpn: %s: no protocol in it", list));
	return (0);
}
