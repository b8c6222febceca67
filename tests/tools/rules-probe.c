/* SPDX-License-Identifier: ISC */
/*
 * rules-probe.c - say what rules_find says.
 *
 *	rules-probe CDB IP|unix [HOST|- [INFO|- [longest]]]
 *
 * Prints one line: the answer, the key that was hit, the settings; or why
 * the cdb is broken.  Bytes that are not printable ASCII are \xHH.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "rules.h"

static void
print(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] >= ' ' && text[i] <= '~')
			putchar(text[i]);
		else
			printf("\\x%02X", (unsigned char)text[i]);
}

static void
set_peer(struct peer *peer, const char *ip)
{
	struct endpoint *remote = &peer->remote;
	int family = AF_INET6;

	memset(peer, 0, sizeof(*peer));
	if (strcmp(ip, "unix") == 0) {
		peer->family = PEER_UNIX;
		return;
	}
	peer->family = PEER_IPV6;
	if (inet_pton(AF_INET, ip, remote->addr) == 1) {
		peer->family = PEER_IPV4;
		family = AF_INET;
	} else if (inet_pton(AF_INET6, ip, remote->addr) != 1) {
		fprintf(stderr, "rules-probe: %s: no address\n", ip);
		exit(2);
	}
	inet_ntop(family, remote->addr, remote->ip, sizeof(remote->ip));
}

static const char *
optional(int argc, char *argv[], int i)
{
	return (i < argc && strcmp(argv[i], "-") != 0 ? argv[i] : NULL);
}

static void
report(struct rules_hit *hit)
{
	static const char *const names[] = { [RULES_NONE] = "none",
		[RULES_ALLOW] = "allow",
		[RULES_DENY] = "deny",
		[RULES_ABSENT] = "absent",
		[RULES_BROKEN] = "broken" };
	const char *name, *value;
	size_t at = 0;

	fputs(names[hit->answer], stdout);
	if (hit->answer == RULES_BROKEN)
		printf(": %s", hit->why != NULL ? hit->why : strerror(errno));
	if (hit->answer == RULES_ALLOW || hit->answer == RULES_DENY) {
		fputs(" \"", stdout);
		print(hit->key, hit->key_len);
		putchar('"');
	}
	while (rules_setting(hit, &at, &name, &value)) {
		printf(" %s=\"", name);
		print(value, strlen(value));
		putchar('"');
	}
	putchar('\n');
}

int
main(int argc, char *argv[])
{
	struct rules_subject subject = { 0 };
	struct rules_hit hit;
	struct peer peer;

	if (argc < 3) {
		fputs("usage: rules-probe CDB IP [HOST [INFO [longest]]]\n",
		    stderr);
		return (2);
	}
	set_peer(&peer, argv[2]);
	subject.peer = &peer;
	subject.host = optional(argc, argv, 3);
	subject.info = optional(argc, argv, 4);
	rules_find(&hit, argv[1],
	    argc > 5 && strcmp(argv[5], "longest") == 0 ? RULES_LONGEST :
							  RULES_CLASSIC,
	    &subject);
	report(&hit);
	rules_free(&hit);
	return (0);
}
