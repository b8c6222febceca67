/* SPDX-License-Identifier: ISC */
/*
 * dns.h - the name of an address, and whether that name has the address.
 */
#ifndef NAMES_DNS_H
#define NAMES_DNS_H

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "end.h"
#include "server_name.h"

struct ares_channeldata;
struct pollfd;

enum {
	DNS_FDS_MAX = 32, /* several servers, by UDP and TCP */
	DNS_NAMES_MAX = 4 /* of those that an address has */
};

struct dns {
	struct ares_channeldata *channel;
	struct {
		int fd;
		bool read, write;
	} socket[DNS_FDS_MAX];
	size_t sockets;
	size_t running; /* look-ups */
};

/*
 * A look-up, from dns_reverse to its end.  Of several names the first that is
 * confirmed is taken, or else the first; as server_name_copy makes it.
 */
struct dns_lookup {
	struct dns *dns;
	const struct end *of;
	char *name;	 /* where the answer goes */
	bool *confirmed; /* NULL: that is not asked */
	char candidate[DNS_NAMES_MAX][SERVER_NAME_MAX + 1];
	size_t candidates, tried;
};

/*
 * Ask these servers, "IP[:PORT]" with blanks or commas between them; NULL:
 * those of /etc/resolv.conf.  Nothing is read from a file later.  NULL, or
 * what is wrong.
 */
const char *dns_open(struct dns *, const char *servers);

/*
 * Begin to look up.  name holds SERVER_NAME_MAX + 1 bytes and is "", and
 * *confirmed false, as long as there is no answer.
 */
void dns_reverse(struct dns *, struct dns_lookup *, const struct end *of,
    char *name, bool *confirmed);

/*
 * While `running`: what to wait for, how many, until when; and what came of
 * it.
 */
size_t dns_wanted(const struct dns *, struct pollfd[DNS_FDS_MAX]);
deadline dns_until(const struct dns *, deadline until);
void dns_work(struct dns *, const struct pollfd *, size_t count);

/*
 * It took too long: what has been found stays.
 */
void dns_end(struct dns *);

#endif
