/* SPDX-License-Identifier: ISC */
/*
 * client.c - what is asked of clients' certificates.
 *
 * Runs in:  KEEPER (from_options, host, put) and NET (get).
 * Trusts:   the administrator's options; the caller for the peer's name.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "options.h"

enum { DEPTH_MAX = 100 };

static const struct {
	const char *name;
	enum client_mode mode;
} modes[] = {
	{ "none", CLIENT_NONE },
	{ "optional", CLIENT_OPTIONAL },
	{ "optional-no-ca", CLIENT_OPTIONAL_NO_CA },
	{ "require", CLIENT_REQUIRE },
	{ "require-host", CLIENT_REQUIRE },
};

/*
 * sslserver's CCAFILE=- asks for no certificate on this connection.
 */
static enum client_mode
mode_of(const struct options *o)
{
	const char *text = o->text[OPTION_CLIENT_CERT];
	const char *names = o->text[OPTION_CLIENT_CA];
	size_t i;

	if (names != NULL && strcmp(names, "-") == 0)
		return (CLIENT_NONE);
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(modes[i].name, text) == 0)
			return (modes[i].mode);
	/* options_check_choices lets no other through */
	return (CLIENT_REQUIRE);
}

static int
parse_depth(uint8_t *depth, const char *text, struct complaint *c)
{
	char *end;
	unsigned long number;

	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || number > DEPTH_MAX)
		return (complain(c,
		    "--verify-depth: %s: not a number from 0 to %d", text,
		    DEPTH_MAX));
	*depth = (uint8_t)number;
	return (0);
}

static bool
has_trust(const struct options *o)
{
	return (o->text[OPTION_CA] != NULL || o->text[OPTION_CA_DIR] != NULL ||
	    o->text[OPTION_CLIENT_CA] != NULL);
}

int
client_from_options(struct client_policy *p, const struct options *o,
    struct complaint *c)
{
	*p = (struct client_policy){ .mode = mode_of(o) };
	if (parse_depth(&p->depth, o->text[OPTION_VERIFY_DEPTH], c) == -1)
		return (-1);
	if (p->mode == CLIENT_NONE)
		return (0);
	if (p->mode != CLIENT_OPTIONAL_NO_CA && !has_trust(o))
		return (complain(c,
		    "client certificate: %s: no CA to verify it by: name one "
		    "with --ca, --ca-dir or --client-ca",
		    o->text[OPTION_CLIENT_CERT]));
	p->check_crls = o->text[OPTION_CRL] != NULL;
	return (0);
}

bool
client_host(struct client_policy *p, const struct options *o, const char *host)
{
	if (mode_of(o) != CLIENT_REQUIRE ||
	    strcmp(o->text[OPTION_CLIENT_CERT], "require-host") != 0)
		return (true);
	/* one with a leading dot would stand for all hosts below it */
	return (host != NULL &&
	    server_name_copy(p->host, (const uint8_t *)host, strlen(host)));
}

void
client_put(struct msg *m, const struct client_policy *p)
{
	msg_put_u8(m, (uint8_t)p->mode);
	msg_put_u8(m, p->depth);
	msg_put_u8(m, p->check_crls);
	msg_put_u8(m, p->ask_cas);
	msg_put_u8(m, p->ask_crls);
	msg_put_string(m, p->host);
}

void
client_get(struct client_policy *p, struct msg *m)
{
	uint8_t mode = msg_get_u8(m);

	if (mode >= CLIENT_MODES)
		m->bad = true;
	p->mode = mode >= CLIENT_MODES ? CLIENT_REQUIRE :
					 (enum client_mode)mode;
	p->depth = msg_get_u8(m);
	p->check_crls = msg_get_u8(m) != 0;
	p->ask_cas = msg_get_u8(m) != 0;
	p->ask_crls = msg_get_u8(m) != 0;
	msg_get_string(m, p->host, sizeof(p->host));
}
