/* SPDX-License-Identifier: ISC */
/*
 * explain.c - what the rules say of a peer, and why.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   what is typed: a certificate is taken as one that verified.
 *
 * The answers are the reader's own; its walk over the keys is gone through
 * once more to show what was tried before the hit.
 */
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "exit.h"
#include "fact.h"
#include "handshake.h"
#include "rule_keys.h"
#include "rules_key.h"
#include "rules_proof.h"
#include "server_name.h"
#include "tool.h"

struct lookup {
	const struct rules_hit *hit; /* where the walk ends */
};

static void
print(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] >= ' ' && text[i] <= '~' && text[i] != '\\')
			putchar(text[i]);
		else
			printf("\\x%02x", (unsigned char)text[i]);
}

/*
 * The walk of another writer's key leaves the same bytes behind.
 */
static bool
show_key(struct lookup *l, enum rules_writer writer, const char *key,
    size_t len)
{
	const struct rules_hit *hit = l->hit;
	bool found = hit->answer != RULES_NONE && hit->key_len == len &&
	    memcmp(hit->key, key, len) == 0;

	(void)writer;
	fputs(found ? "hit \"" : "no  \"", stdout);
	print(key, len);
	puts("\"");
	return (found);
}

static int
show_answer(struct rules_hit *hit, const char *what, const char *cdb)
{
	const char *name, *value;
	size_t at = 0;

	switch (hit->answer) {
	case RULES_ABSENT:
	case RULES_BROKEN:
		tool_say("%s: %s", cdb,
		    hit->why == NULL ? strerror(errno) : hit->why);
		return (EXIT_SYSTEM);
	case RULES_NONE:
		printf("%s: no rule\n", what);
		return (0);
	case RULES_ALLOW:
	case RULES_DENY:
		break;
	}
	printf("%s: %s\n", what, hit->answer == RULES_DENY ? "deny" : "allow");
	while (hit->answer == RULES_ALLOW &&
	    rules_setting(hit, &at, &name, &value)) {
		printf("    ");
		print(name, strlen(name));
		putchar('=');
		print(value, strlen(value));
		putchar('\n');
	}
	return (0);
}

/* ------------------------------------------------------------ look-ups */

static int
explain_address(const struct explain_order *o, enum rules_answer *answer)
{
	char host[SERVER_NAME_MAX + 1];
	struct rules_subject subject = { .info = o->info };
	struct rules_hit hit;
	struct lookup l = { .hit = &hit };
	struct peer peer = { .family = PEER_UNIX };
	int status;

	if (strcmp(o->ip, "unix") != 0 && !keys_peer(&peer, o->ip)) {
		tool_say("%s: no address", o->ip);
		return (EXIT_USAGE);
	}
	if (o->host != NULL &&
	    !server_name_copy(host, (const uint8_t *)o->host,
		strlen(o->host))) {
		tool_say("%s: no name of a host", o->host);
		return (EXIT_USAGE);
	}
	subject.peer = &peer;
	subject.host = o->host == NULL ? NULL : host;
	rules_find(&hit, o->cdb, o->match, &subject);
	*answer = hit.answer;
	if (hit.answer != RULES_ABSENT && hit.answer != RULES_BROKEN)
		rules_each_key(&subject, o->match, show_key, &l);
	status = show_answer(&hit, "by address", o->cdb);
	rules_free(&hit);
	return (status);
}

static int
read_certificate(struct facts *f, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned char *der = NULL;
	X509 *leaf = NULL;
	int len = 0;

	if (file == NULL) {
		tool_say("%s: %s", path, strerror(errno));
		return (EXIT_SYSTEM);
	}
	leaf = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	if (leaf != NULL)
		len = i2d_X509(leaf, &der);
	if (len <= 0) {
		tool_say("%s: no certificate in PEM", path);
		X509_free(leaf);
		return (EXIT_USAGE);
	}
	snprintf(f->text[FACT_VERIFY], FACT_MAX, "SUCCESS");
	facts_add_certificate(f, der, (size_t)len);
	handshake_leaf(f, leaf, ENV_MOD_SSL);
	OPENSSL_free(der);
	X509_free(leaf);
	return (0);
}

static int
explain_handshake(const struct explain_order *o)
{
	static struct facts f;
	struct rules_hit hit;
	struct lookup l = { .hit = &hit };
	int status;

	if (o->cert != NULL && (status = read_certificate(&f, o->cert)) != 0)
		return (status);
	snprintf(f.text[FACT_SNI], FACT_MAX, "%s",
	    o->sni == NULL ? "" : o->sni);
	snprintf(f.text[FACT_ALPN], FACT_MAX, "%s",
	    o->alpn == NULL ? "" : o->alpn);
	rules_find_proved(&hit, o->cdb, &f);
	if (hit.answer != RULES_ABSENT && hit.answer != RULES_BROKEN)
		rules_each_proof(&f, show_key, &l);
	status = show_answer(&hit, "by handshake", o->cdb);
	rules_free(&hit);
	return (status);
}

int
tool_explain(const struct explain_order *o)
{
	enum rules_answer answer;
	int status = explain_address(o, &answer);

	if (status == 0 && answer != RULES_DENY &&
	    (o->cert != NULL || o->sni != NULL || o->alpn != NULL))
		status = explain_handshake(o);
	if (status == 0 && fflush(stdout) == EOF) {
		tool_say("standard output: %s", strerror(errno));
		status = EXIT_SYSTEM;
	}
	return (status);
}
