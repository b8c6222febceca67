/* SPDX-License-Identifier: ISC */
/*
 * net_local.h - what NET's files share, and nobody else.
 */
#ifndef SHIM_NET_LOCAL_H
#define SHIM_NET_LOCAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "clear.h"
#include "connection.h"
#include "handshake.h"
#include "relay.h"
#include "rules.h"

/* NET's descriptors, all of them */
enum {
	FD_CONNECTION,
	FD_CHANNEL,
	FD_LOG,
	FD_TO_APP,
	FD_FROM_APP,
	/* only where an application may be ended when TLS begins */
	FD_TO_CLEAR,
	FD_FROM_CLEAR,
	FDS
};

enum { LINGER_MS = 2000, HOST_MAX = 256 };

struct net {
	const struct connection *connection;
	bool conveyed;	  /* a PROXY header said who the peer is */
	struct peer peer; /* whom we serve, as far as NET knows */
	struct channel channel;
	struct wire wire;
	struct handshake handshake;
	struct policy policy;
	struct facts facts;
	struct clear clear;
	struct app_link clear_app;
	struct relay relay;
	struct ending ending;
	const char *stage;
	char rule[RULES_KEY_MAX];
	char host[HOST_MAX]; /* ours */
	unsigned int fds;    /* how many there are */
	deadline began;
	pid_t keeper;
	bool app_started, app_ended;
	bool patient;	/* the application goes on without us */
	int app_status; /* as wait(2) says, once it has ended */
};

/*
 * The next message of the KEEPER's; false if none came: n->ending says why.
 */
bool net_receive(struct net *, deadline until);

/*
 * Did it come, and is it of this type?  If not, n->ending says so.
 */
bool net_is_message(struct net *, enum msg_type);

/*
 * HEADER has come: read the PROXY header, byte by byte as it is and none
 * behind it, and say PEER.  False: there was none; n->ending says what.
 */
bool net_take_header(struct net *, deadline until);

/*
 * From POLICY to the handshake, where TLS does not begin with the first byte.
 * True: TLS is to begin, and has until *until.  False: the connection is over,
 * or the application's alone; n->ending says how.
 */
bool net_serve_clear(struct net *, deadline *until);

/*
 * When all is over and the KEEPER reaped: the summary line; and the exit
 * status, which is the application's if one started.
 */
void net_report(const struct net *);
int net_status(const struct net *);

#endif
