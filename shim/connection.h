/* SPDX-License-Identifier: ISC */
/*
 * connection.h - what is known before NET and KEEPER part.
 */
#ifndef SHIM_CONNECTION_H
#define SHIM_CONNECTION_H

#include <signal.h>

#include "account.h"
#include "options.h"
#include "peer.h"

enum { CONNECTION_ID_MAX = 17 };

struct connection {
	int fd; /* 0, or 3 from systemd; in the KEEPER another, or -1 */
	struct peer peer; /* whom we serve */
	/* it said so itself: a PROXY header conveyed `peer`.  Of the KEEPER;
	 * NET's, which may be its own, is in net_local.h */
	bool conveyed;
	struct peer sender;	    /* then: the proxy's connection to us */
	char id[CONNECTION_ID_MAX]; /* 16 hex digits, random */
	struct options options;
	struct accounts accounts;
	sigset_t mask; /* the starter's, for the application */
};

/*
 * The ends of the pairs that one of the two processes owns; -1: there is no
 * such pair.
 */
struct links {
	int channel;  /* SOCK_SEQPACKET, msg.h */
	int to_app;   /* SOCK_STREAM: NET writes, the application's fd 0 */
	int from_app; /* SOCK_STREAM: NET reads, the application's fd 1 */
	/* the same of an application that serves in clear, and is ended when
	 * TLS begins: where --starttls names a protocol it does not know of */
	int to_clear, from_clear;
};

#endif
