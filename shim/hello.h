/* SPDX-License-Identifier: ISC */
/*
 * hello.h - what the client asked for, from NET to KEEPER.
 *
 * NET copies the ClientHello's lists (RFC 8446, 4.2); the KEEPER chooses a
 * certificate by them.  A list that is longer than its place here is left
 * out as a whole: an absent list never makes a choice wrong, only plain.
 */
#ifndef SHIM_HELLO_H
#define SHIM_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"
#include "server_name.h"

enum {
	HELLO_LIST_MAX = 256,	  /* entries of a list of code points */
	HELLO_ALPN_MAX = 1024,	  /* bytes, RFC 7301 wire form */
	HELLO_CA_NAMES_MAX = 8192 /* bytes, RFC 8446 4.2.4 wire form */
};

struct hello_list {
	size_t count;
	uint16_t value[HELLO_LIST_MAX];
};

struct hello {
	bool server_name_given;
	char server_name[SERVER_NAME_MAX + 1]; /* "": none, or not a name */
	bool wants_staple;		       /* status_request, RFC 6066, 8 */
	uint16_t legacy_version; /* the highest, where versions is empty */
	struct hello_list versions, suites, groups, sigalgs, sigalgs_cert;
	uint8_t alpn[HELLO_ALPN_MAX];
	size_t alpn_len;
	uint8_t ca_names[HELLO_CA_NAMES_MAX];
	size_t ca_names_len;
};

/*
 * Copy big-endian code points, len bytes of them; the list stays empty if
 * they are too many or len is odd.
 */
void hello_list_copy(struct hello_list *, const uint8_t *from, size_t len);

bool hello_list_has(const struct hello_list *, uint16_t);

/*
 * The version that client and server will agree on, if ours goes up to `max`;
 * RFC 8446, 4.2.1.
 */
uint16_t hello_version(const struct hello *, uint16_t max);

void hello_put(struct msg *, const struct hello *);

/*
 * KEEPER: NULL, or why the message is refused.
 */
const char *hello_get(struct hello *, struct msg *);

#endif
