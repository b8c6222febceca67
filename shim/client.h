/* SPDX-License-Identifier: ISC */
/*
 * client.h - what is asked of clients' certificates.
 *
 * A part of the policy: the KEEPER judges options and rules, NET verifies.
 */
#ifndef SHIM_CLIENT_H
#define SHIM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "hello.h"
#include "msg.h"

struct complaint;
struct options;

/* mod_ssl's SSLVerifyClient */
enum client_mode {
	CLIENT_NONE,	       /* none is asked for */
	CLIENT_OPTIONAL,       /* one that is shown must be good */
	CLIENT_OPTIONAL_NO_CA, /* ... but its issuer may be unknown */
	CLIENT_REQUIRE,
	CLIENT_MODES
};

struct client_policy {
	enum client_mode mode;
	uint8_t depth;	 /* the last position of a chain that is trusted */
	bool check_crls; /* of the whole chain */
	bool ask_cas, ask_crls;		/* LOOKUP finds some in a directory */
	char host[SERVER_NAME_MAX + 1]; /* must be covered; "": none must */
};

/* TRUST: what a thing is good for */
enum trust_kind {
	TRUST_ANCHOR = 1, /* a certificate to verify by */
	TRUST_NAME = 2,	  /* its subject is told to clients */
	TRUST_CRL = 4
};

/* LOOKUP: what is wanted */
enum lookup_kind { LOOKUP_CA, LOOKUP_CRL, LOOKUP_KINDS };

/* FOUND: what follows */
enum found_flag { FOUND_MORE = 1, FOUND_ANOTHER = 2 };

/*
 * KEEPER: what options and rules come to, but for the host and the
 * directories (client_host, trust_read).  0; -1 with the complaint.
 */
int client_from_options(struct client_policy *, const struct options *,
    struct complaint *);

/*
 * KEEPER: take the peer's name, if a certificate must cover it.  False if it
 * must, and there is none: host is NULL, or not a name.
 */
bool
client_host(struct client_policy *, const struct options *, const char *host);

void client_put(struct msg *, const struct client_policy *);

/*
 * NET.  What is no policy makes the message bad.
 */
void client_get(struct client_policy *, struct msg *);

#endif
