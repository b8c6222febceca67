/* SPDX-License-Identifier: ISC */
/*
 * net_proxy.c - read a PROXY header off the connection, and nothing else.
 *
 * Runs in:  NET, inside the jail, before anything is said to the peer.
 * Trusts:   nobody: who may send one is the KEEPER's to know.
 * Refuses:  whoever sends none, a wrong one, or not all of it in time: without
 *           a byte of an answer.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "log.h"
#include "net_local.h"
#include "proxy.h"

struct reading {
	uint8_t bytes[PROXY_HEADER_MAX];
	size_t len;
};

/*
 * Wait for bytes, and look at as many as there are room for, which stay where
 * they are: what is behind the header is not ours to take.  How many there are
 * now; 0, with n->ending, if none will come.
 */
static size_t
look_ahead(struct net *n, struct reading *r, deadline until)
{
	struct pollfd p = { .fd = FD_CONNECTION, .events = POLLIN };
	ssize_t got;

	do {
		if (deadline_poll(&p, 1, until) <= 0 &&
		    (deadline_sigterm || deadline_left(until) == 0)) {
			n->ending.kind = ENDING_TIMEOUT;
			return (0);
		}
		got = recv(FD_CONNECTION, r->bytes + r->len,
		    sizeof(r->bytes) - r->len, MSG_PEEK | MSG_DONTWAIT);
	} while (got == -1 && (errno == EAGAIN || errno == EINTR));
	if (got > 0)
		return ((size_t)got);
	n->ending.kind = got == -1 ? ENDING_RESET : ENDING_TRUNCATED;
	return (0);
}

/*
 * Take `count` of them for good.
 */
static bool
take(struct net *n, struct reading *r, size_t count)
{
	ssize_t got = recv(FD_CONNECTION, r->bytes + r->len, count,
	    MSG_DONTWAIT);

	if (got != (ssize_t)count) {
		n->ending.kind = ENDING_RESET;
		return (false);
	}
	r->len += count;
	return (true);
}

/*
 * Who begins TLS, or another protocol, at once is no proxy, and the summary
 * says what it is; of one that is, the proxy's administrator wants to know
 * more.
 */
static void
refuse(struct net *n, const struct reading *r, const char *why)
{
	const char *probe = ending_probe(r->bytes, r->len);
	char text[ENDPOINT_TEXT_MAX];

	n->ending.kind = ENDING_PROBE;
	n->ending.probe = probe == NULL ? "tls" : probe;
	log_warnx("proxy: %s: no PROXY header that can be taken: %s",
	    endpoint_text(&n->peer, &n->peer.remote, text), why);
}

static bool
read_header(struct net *n, struct reading *r, struct proxy_header *h,
    enum proxy_mode mode, deadline until)
{
	size_t seen;

	for (;;) {
		seen = look_ahead(n, r, until);
		if (seen == 0)
			break;
		switch (proxy_parse(h, mode, r->bytes, r->len + seen)) {
		case PROXY_WHOLE:
			return (take(n, r, h->len - r->len));
		case PROXY_BAD:
			r->len += seen;
			refuse(n, r, h->why);
			return (false);
		case PROXY_MORE:
			if (!take(n, r, seen))
				return (false);
			break;
		}
	}
	/* a health check, or somebody who looks whether we are here */
	if (r->len == 0 && n->ending.kind == ENDING_TRUNCATED) {
		n->ending.kind = ENDING_PROBE;
		n->ending.probe = "eof";
	}
	return (false);
}

bool
net_take_header(struct net *n, deadline until)
{
	struct msg *m = &n->handshake.ask.msg;
	enum proxy_mode mode = (enum proxy_mode)msg_get_u8(m);
	static struct reading r;
	struct proxy_header h;

	if (!msg_complete(m) || mode == PROXY_OFF || mode >= PROXY_MODES)
		fatalx(EXIT_SYSTEM, "message: HEADER: wrong form");
	n->stage = "proxy";
	if (!read_header(n, &r, &h, mode, until))
		return (false);
	n->conveyed = h.conveys;
	if (h.conveys)
		n->peer = h.peer;
	msg_begin(m, MSG_PEER);
	proxy_put(m, &h);
	if (channel_send(&n->channel, m) == 0)
		return (true);
	n->ending.kind = ENDING_ERROR;
	return (false);
}
