/* SPDX-License-Identifier: ISC */
/*
 * rule_keys.h - the keys of a cdb that the address of a rule stands for.
 *
 *	192.0.2.1  192.0.2.  192.0.2.3-17  192.0.3-17.
 *	192.0.2.0/24  2001:db8::1  2001:db8:  2001:db8::/32  ::/0
 *	=HOST  =.SUFFIX  =  INFO@ADDRESS  INFO@=HOST  (nothing)
 *	and what a handshake proves (rules_proof.h)
 */
#ifndef RULETOOL_RULE_KEYS_H
#define RULETOOL_RULE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "peer.h"
#include "rules.h"

struct complaint;

enum { KEYS_MAX = 256 /* of a range */ };

struct keys {
	size_t count;
	struct {
		char bytes[RULES_KEY_MAX];
		size_t len;
	} key[KEYS_MAX];
	/* of ADDRESS/LEN; else no network */
	bool is_network;
	struct peer network;
	unsigned int len;
};

/*
 * 0, or -1 with a complaint that has the mend.
 */
int keys_of(struct keys *, const char *address, size_t, struct complaint *);

/*
 * An address as the reader of rules would have it from the kernel; false if
 * the text is none.  An IPv6 address that maps IPv4 is taken as that.
 */
bool keys_peer(struct peer *, const char *ip);

#endif
