/* SPDX-License-Identifier: ISC */
/*
 * policy.c - versions, cipher suites, groups, limits: nowhere else.
 *
 * Runs in:  KEEPER (from_options, put, questions) and NET (get).
 * Trusts:   the administrator's options, each after a look.
 */
#include "policy.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "complaint.h"
#include "hello.h"
#include "options.h"
#include "policy_list.h"
#include "protocols.h"
#include "scheme.h"

/*
 * Mozilla's recommendations (Server Side TLS 5.7), with forward secrecy
 * throughout: no static RSA, so the key can never be asked to decrypt, and no
 * triple DES, which was there with static RSA alone.
 */
#define INTERMEDIATE                                                           \
	"ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 "           \
	"ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384 "           \
	"ECDHE-ECDSA-CHACHA20-POLY1305 ECDHE-RSA-CHACHA20-POLY1305 "           \
	"DHE-RSA-AES128-GCM-SHA256 DHE-RSA-AES256-GCM-SHA384 "                 \
	"DHE-RSA-CHACHA20-POLY1305"

#define OLD                                                                    \
	INTERMEDIATE                                                           \
	" ECDHE-ECDSA-AES128-SHA256 ECDHE-RSA-AES128-SHA256 "                  \
	"ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA "                         \
	"ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES256-SHA384 "                   \
	"ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES256-SHA "                         \
	"DHE-RSA-AES128-SHA256 DHE-RSA-AES256-SHA256"

/*
 * TLS 1.3, in its order too: processors that know AES know SHA-256, and not
 * SHA-384.  ChaCha20 is first for who has it first (policy_apply.c).
 */
static const char ciphersuites[] = "TLS_AES_128_GCM_SHA256 "
				   "TLS_AES_256_GCM_SHA384 "
				   "TLS_CHACHA20_POLY1305_SHA256";

static const struct preset {
	const char *name;
	uint16_t min_version;
	const char *ciphers;
} presets[] = {
	{ "intermediate", TLS1_2_VERSION, INTERMEDIATE },
	{ "modern", TLS1_3_VERSION, INTERMEDIATE },
	{ "old", TLS1_VERSION, OLD },
};

/* --------------------------------------------------------------- versions */

static uint16_t
version_code(const char *text)
{
	static const char *const names[] = { "1.0", "1.1", "1.2", "1.3" };
	size_t i;

	if (strncmp(text, "TLSv", 4) == 0)
		text += 4;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i]) == 0)
			return ((uint16_t)(TLS1_VERSION + i));
	return (0);
}

static int
read_version(uint16_t *version, const struct options *o, enum option_id id,
    struct complaint *c)
{
	const char *text = o->text[id];

	if (text == NULL)
		return (0);
	*version = version_code(text);
	if (*version != 0)
		return (0);
	return (complain(c, "--%s: %s: want 1.0, 1.1, 1.2 or 1.3",
	    options_name(id), text));
}

static int
read_versions(struct policy *p, const struct options *o, struct complaint *c)
{
	if (read_version(&p->min_version, o, OPTION_MIN_VERSION, c) == -1 ||
	    read_version(&p->max_version, o, OPTION_MAX_VERSION, c) == -1)
		return (-1);
	if (p->min_version <= p->max_version)
		return (0);
	return (complain(c,
	    "--max-version: 1.%d: below the lowest version, 1.%d: give "
	    "--min-version, too",
	    p->max_version - TLS1_VERSION, p->min_version - TLS1_VERSION));
}

/* ------------------------------------------------------------------ lists */

/*
 * TLS 1.1 signs with MD5 and SHA-1, which is nothing above security level 0.
 */
static int
judge_level(struct policy *p, struct complaint *c)
{
	if (p->min_version >= TLS1_2_VERSION)
		return (0);
	if (p->level != 0 && p->level != POLICY_LEVEL_OWN)
		return (complain(c,
		    "--ciphers: @SECLEVEL=%d: TLS 1.0 and 1.1 need level 0",
		    p->level));
	p->level = 0;
	return (0);
}

static int
read_ciphers(struct policy *p, const struct options *o, const struct preset *of,
    struct complaint *c)
{
	const char *list = o->text[OPTION_CIPHERS];

	if (list == NULL)
		list = p->min_version < TLS1_2_VERSION ? OLD : of->ciphers;
	if (list_ciphers(&p->ciphers, &p->level, list, c) == -1)
		return (-1);
	return (judge_level(p, c));
}

static int
read_sigalgs(struct policy *p, const char *list, struct complaint *c)
{
	size_t i;

	if (list == NULL)
		return (0);
	if (list_sigalgs(&p->sigalgs, list, c) == -1)
		return (-1);
	for (i = 0; i < p->sigalgs.count; i++)
		if (scheme_is_legacy(p->sigalgs.code[i]) &&
		    p->min_version >= TLS1_2_VERSION)
			return (complain(c,
			    "--sigalgs: %s: only where --min-version is 1.0 or "
			    "1.1",
			    scheme_name(p->sigalgs.code[i])));
	return (0);
}

static int
read_lists(struct policy *p, const struct options *o, struct complaint *c)
{
	const char *suites = o->text[OPTION_CIPHERSUITES];
	const char *groups = o->text[OPTION_GROUPS];
	const char *alpn = o->text[OPTION_ALPN];

	if (alpn == NULL && protocol_of(o->starttls) != NULL)
		/* who may begin with TLS must be told that it is heard */
		alpn = protocol_of(o->starttls)->direct_alpn;
	if (list_ciphersuites(&p->ciphersuites,
		suites == NULL ? ciphersuites : suites, c) == -1)
		return (-1);
	if (groups != NULL && list_groups(&p->groups, groups, c) == -1)
		return (-1);
	if (alpn != NULL &&
	    list_alpn(p->alpn, sizeof(p->alpn), &p->alpn_len, alpn, c) == -1)
		return (-1);
	return (read_sigalgs(p, o->text[OPTION_SIGALGS], c));
}

/* ---------------------------------------------------------------- options */

static const struct preset *
find_preset(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(presets[i].name, name) == 0)
			return (&presets[i]);
	/* options_check_choices lets no other through */
	return (&presets[0]);
}

int
policy_from_options(struct policy *p, const struct options *o,
    struct complaint *c)
{
	const struct preset *preset = find_preset(o->text[OPTION_POLICY]);
	const char *dh = o->text[OPTION_DHPARAM];

	*p = (struct policy){
		.min_version = preset->min_version,
		.max_version = TLS1_3_VERSION,
		.level = POLICY_LEVEL_OWN,
		.idle_ms = o->idle_ms,
		.close_ms = o->close_ms,
		.strict_close = options_flag(o, OPTION_STRICT_CLOSE),
		.starttls = o->starttls,
		.optional = options_starttls_optional(o),
	};
	if (read_versions(p, o, c) == -1 ||
	    read_ciphers(p, o, preset, c) == -1 || read_lists(p, o, c) == -1)
		return (-1);
	return (dh == NULL ? 0 : dhparam_read(&p->dh, dh, c));
}

size_t
policy_schemes(const struct policy *p, uint16_t codes[], size_t room)
{
	size_t i;

	if (p->sigalgs.count == 0)
		return (scheme_list(p->min_version < TLS1_2_VERSION, codes,
		    room));
	for (i = 0; i < p->sigalgs.count && i < room; i++)
		codes[i] = p->sigalgs.code[i];
	return (i);
}

bool
policy_suite_shared(const struct policy *p, const struct hello_list *suites,
    enum suite_auth auth)
{
	size_t i;

	for (i = 0; i < suites->count; i++)
		if (suite_auth(suites->value[i]) == auth &&
		    codes_has(&p->ciphers, suites->value[i]))
			return (true);
	return (false);
}

bool
policy_is_rare(const struct policy *p)
{
	size_t i;

	/* a client's key may be of any kind */
	if (p->client.mode != CLIENT_NONE)
		return (true);
	for (i = 0; i < p->ciphers.count; i++)
		if (suite_is_rare(p->ciphers.code[i]))
			return (true);
	for (i = 0; i < p->ciphersuites.count; i++)
		if (suite_is_rare(p->ciphersuites.code[i]))
			return (true);
	return (false);
}

/* ---------------------------------------------------------------- message */

static void
put_codes(struct msg *m, const struct codes *codes)
{
	size_t i;

	msg_put_u8(m, (uint8_t)codes->count);
	for (i = 0; i < codes->count; i++)
		msg_put_u16(m, codes->code[i]);
}

static void
get_codes(struct msg *m, struct codes *codes)
{
	size_t count = msg_get_u8(m), i;

	codes->count = 0;
	for (i = 0; i < count; i++)
		if (!codes_add(codes, msg_get_u16(m)))
			m->bad = true;
}

static size_t
get_bytes(struct msg *m, uint8_t *to, size_t size)
{
	size_t len;
	const uint8_t *from = msg_get_block(m, &len);

	if (from == NULL || len > size) {
		m->bad = true;
		return (0);
	}
	memcpy(to, from, len);
	return (len);
}

static enum starttls
get_starttls(struct msg *m)
{
	uint8_t value = msg_get_u8(m);

	if (value < STARTTLS_COUNT)
		return ((enum starttls)value);
	m->bad = true;
	return (STARTTLS_NONE);
}

void
policy_put(struct msg *m, const struct policy *p)
{
	msg_begin(m, MSG_POLICY);
	msg_put_u16(m, p->min_version);
	msg_put_u16(m, p->max_version);
	msg_put_u8(m, p->level);
	put_codes(m, &p->ciphers);
	put_codes(m, &p->ciphersuites);
	put_codes(m, &p->groups);
	put_codes(m, &p->sigalgs);
	msg_put_block(m, p->alpn, p->alpn_len);
	msg_put_block(m, p->dh.bytes, p->dh.len);
	msg_put_u32(m, p->idle_ms);
	msg_put_u32(m, p->close_ms);
	msg_put_u8(m, p->strict_close);
	msg_put_u8(m, (uint8_t)p->starttls);
	msg_put_u8(m, p->optional);
	msg_put_u8(m, p->tickets);
	msg_put_u8(m, p->judges);
	client_put(m, &p->client);
}

bool
policy_get(struct policy *p, struct msg *m)
{
	p->min_version = msg_get_u16(m);
	p->max_version = msg_get_u16(m);
	p->level = msg_get_u8(m);
	get_codes(m, &p->ciphers);
	get_codes(m, &p->ciphersuites);
	get_codes(m, &p->groups);
	get_codes(m, &p->sigalgs);
	p->alpn_len = get_bytes(m, p->alpn, sizeof(p->alpn));
	p->dh.len = get_bytes(m, p->dh.bytes, sizeof(p->dh.bytes));
	p->idle_ms = msg_get_u32(m);
	p->close_ms = msg_get_u32(m);
	p->strict_close = msg_get_u8(m) != 0;
	p->starttls = get_starttls(m);
	p->optional = msg_get_u8(m) != 0;
	p->tickets = msg_get_u8(m) != 0;
	p->judges = msg_get_u8(m) != 0;
	client_get(&p->client, m);
	return (msg_complete(m) && dhparam_whole(&p->dh));
}
