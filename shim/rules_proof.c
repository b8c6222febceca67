/* SPDX-License-Identifier: ISC */
/*
 * rules_proof.c - the keys of what a handshake proved, in order.
 *
 * Runs in:  the KEEPER (SSL_USER).
 * Trusts:   fact.c to have let through only what may be told, and nothing of
 *           a certificate that is not verified.
 * Refuses:  a value that is no name: it is not looked up.
 */
#include "rules_proof.h"

#include <string.h>

#include "fact.h"
#include "sha256.h"

/*
 * What a value of this kind may be made of, besides printable ASCII.
 */
enum bytes {
	ASCII,	/* nothing */
	UTF8,	/* what is beyond ASCII */
	ESCAPED /* that, and backslashes, which say what they stand before */
};

/*
 * What is in lower case.
 */
enum fold { AS_IT_IS, ALL, BEHIND_AT };

struct kind {
	const char *prefix;
	enum bytes bytes;
	enum fold fold;
};

/*
 * A name in the client's certificate: its variable, to which a number may be
 * added (SSL_CLIENT_SAN_DNS_0; SSL_CLIENT_S_DN_CN, _CN_1).
 */
static const struct name_kind {
	struct kind kind;
	const char *variable;
} name_kinds[] = {
	{ { "san=email:", ASCII, BEHIND_AT }, "SSL_CLIENT_SAN_Email" },
	{ { "san=dns:", ASCII, ALL }, "SSL_CLIENT_SAN_DNS" },
	{ { "san=uri:", ASCII, AS_IT_IS }, "SSL_CLIENT_SAN_URI" },
	{ { "san=ip:", ASCII, AS_IT_IS }, "SSL_CLIENT_SAN_IP" },
	{ { "cn=", UTF8, AS_IT_IS }, "SSL_CLIENT_S_DN_CN" },
	{ { "issuer=", ESCAPED, AS_IT_IS }, "SSL_CLIENT_I_DN" },
};

static const struct kind cert_kind = { "cert=sha256:", ASCII, AS_IT_IS };
static const struct kind spki_kind = { "spki=sha256:", ASCII, AS_IT_IS };
static const struct kind sni_kind = { "sni=", ASCII, ALL };
static const struct kind alpn_kind = { "alpn=", ESCAPED, AS_IT_IS };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct search {
	key_try *try;
	struct lookup *lookup;
};

/*
 * Where a backslash is no byte of a name's, it is the library's: it writes
 * one for a control character or a NUL, and two for one.
 */
static bool
is_allowed(enum bytes bytes, const char *value, size_t len)
{
	unsigned char byte;
	size_t i;

	for (i = 0; i < len; i++) {
		byte = (unsigned char)value[i];
		if (byte < 0x20 || byte == 0x7f ||
		    (byte > 0x7f && bytes == ASCII) ||
		    (byte == '\\' && bytes != ESCAPED))
			return (false);
	}
	return (len > 0);
}

static void
lower(char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
}

static void
fold_case(enum fold fold, char *value, size_t len)
{
	char *at;

	if (fold == ALL)
		lower(value, len);
	else if (fold == BEHIND_AT && (at = memrchr(value, '@', len)) != NULL)
		lower(at, len - (size_t)(at - value));
}

/*
 * The key of a value; 0 if it is not looked up.
 */
static size_t
put_key(char key[RULES_KEY_MAX], const struct kind *kind, const char *value,
    size_t len)
{
	size_t prefix_len = strlen(kind->prefix);

	if (len >= RULES_KEY_MAX - prefix_len ||
	    !is_allowed(kind->bytes, value, len))
		return (0);
	memcpy(key, kind->prefix, prefix_len);
	memcpy(key + prefix_len, value, len);
	fold_case(kind->fold, key + prefix_len, len);
	return (prefix_len + len);
}

static bool
try_value(const struct search *s, const struct kind *kind, const char *value,
    size_t len)
{
	char key[RULES_KEY_MAX];
	size_t key_len = put_key(key, kind, value, len);

	return (key_len > 0 &&
	    s->try(s->lookup, RULES_BY_TCPRULES, key, key_len));
}

static bool
try_hash(const struct search *s, const struct kind *kind,
    const unsigned char *bytes, size_t len)
{
	char text[SHA256_HEX_MAX];

	return (len > 0 &&
	    try_value(s, kind, sha256_hex(text, bytes, len),
		SHA256_HEX_MAX - 1));
}

/*
 * The variable itself, or that and a number.
 */
static bool
is_of(const struct env_entry *e, const char *variable)
{
	size_t len = strlen(variable);

	return (e->name_len >= len && memcmp(e->text, variable, len) == 0 &&
	    (e->name_len == len ||
		(e->text[len] == '_' && e->text[len + 1] >= '0' &&
		    e->text[len + 1] <= '9')));
}

static bool
try_names(const struct search *s, const struct name_kind *n,
    const struct envlist *named)
{
	const struct env_entry *e;
	size_t i;

	for (i = 0; i < named->count; i++) {
		e = &named->entries[i];
		if (is_of(e, n->variable) &&
		    try_value(s, &n->kind, e->text + e->name_len + 1,
			e->len - e->name_len - 1))
			return (true);
	}
	return (false);
}

static bool
try_certificate(const struct search *s, const struct certificate_facts *c)
{
	const unsigned char *leaf = c->certificate[0].der;
	size_t i;

	if (try_hash(s, &cert_kind, leaf, c->certificate[0].len) ||
	    try_hash(s, &spki_kind, leaf + c->spki_begin, c->spki_len))
		return (true);
	for (i = 0; i < COUNT(name_kinds); i++)
		if (try_names(s, &name_kinds[i], &c->named))
			return (true);
	return (false);
}

static bool
try_fact(const struct search *s, const struct kind *kind, const char *value)
{
	return (try_value(s, kind, value, strlen(value)));
}

bool
rules_each_proof(const struct facts *f, key_try *try, struct lookup *lookup)
{
	const struct search s = { try, lookup };

	if (facts_proved(f) && f->client.count > 0 &&
	    try_certificate(&s, &f->client))
		return (true);
	return (try_fact(&s, &sni_kind, f->text[FACT_SNI]) ||
	    try_fact(&s, &alpn_kind, f->text[FACT_ALPN]));
}

static bool
begins(const char *key, size_t len, const char *prefix)
{
	return (len >= strlen(prefix) &&
	    memcmp(key, prefix, strlen(prefix)) == 0);
}

/*
 * The kind that such a key is of, or NULL.
 */
static const struct kind *
kind_of(const char *key, size_t len)
{
	static const struct kind *const others[] = { &cert_kind, &spki_kind,
		&sni_kind, &alpn_kind };
	size_t i;

	for (i = 0; i < COUNT(name_kinds); i++)
		if (begins(key, len, name_kinds[i].kind.prefix))
			return (&name_kinds[i].kind);
	for (i = 0; i < COUNT(others); i++)
		if (begins(key, len, others[i]->prefix))
			return (others[i]);
	return (NULL);
}

bool
rules_key_is_proof(const char *key, size_t len)
{
	return (kind_of(key, len) != NULL);
}

size_t
rules_proof_key(char key[RULES_KEY_MAX], const char *typed, size_t len)
{
	const struct kind *kind = kind_of(typed, len);
	size_t prefix_len;

	if (kind == NULL)
		return (0);
	prefix_len = strlen(kind->prefix);
	return (put_key(key, kind, typed + prefix_len, len - prefix_len));
}
