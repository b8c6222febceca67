/* SPDX-License-Identifier: ISC */
/*
 * app_link.c - the application's fd 0 and fd 1, from NET's side.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody; each queue is bounded, a full one stops its source.
 */
#include "app_link.h"

#include <errno.h>
#include <sys/socket.h>

enum { APP_BUFFER = 64 * 1024 };

void
app_link_init(struct app_link *l, int to_fd, int from_fd)
{
	*l = (struct app_link){
		.to_fd = to_fd,
		.from_fd = from_fd,
		.writable = true,
	};
	buf_init(&l->to, APP_BUFFER);
	buf_init(&l->from, APP_BUFFER);
}

void
app_link_deaf(struct app_link *l)
{
	l->deaf = true;
	buf_taken(&l->to, l->to.len);
}

bool
app_link_feed(struct app_link *l)
{
	bool moved = false;
	ssize_t n;

	if (l->deaf)
		buf_taken(&l->to, l->to.len);
	while (l->to.len > 0 && l->writable) {
		n = send(l->to_fd, buf_head(&l->to), l->to.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			l->writable = false;
			break;
		}
		if (n == -1 && errno != EINTR)
			app_link_deaf(l);
		else if (n > 0)
			buf_taken(&l->to, (size_t)n);
		moved = true;
	}
	return (moved);
}

bool
app_link_end(struct app_link *l)
{
	if (l->eof_sent)
		return (false);
	shutdown(l->to_fd, SHUT_WR);
	l->eof_sent = true;
	return (true);
}

bool
app_link_drain(struct app_link *l, struct buf *into)
{
	size_t room;
	uint8_t *to = buf_tail(into, &room);
	ssize_t n;

	if (l->done || !l->readable || room == 0)
		return (false);
	n = recv(l->from_fd, to, room, MSG_DONTWAIT);
	if (n == -1 && errno == EINTR)
		return (false);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		l->readable = false;
		return (false);
	}
	if (n <= 0)
		/* ECONNRESET: it ended without reading what we sent */
		l->done = true;
	else
		buf_added(into, (size_t)n);
	if (n < (ssize_t)room)
		l->readable = false;
	return (true);
}

void
app_link_cut_off(struct app_link *l)
{
	buf_taken(&l->from, l->from.len);
	if (!l->done)
		shutdown(l->from_fd, SHUT_RD);
	l->done = true;
}

void
app_link_wanted(const struct app_link *l, struct pollfd p[APP_LINK_FDS],
    bool room)
{
	/* POLLHUP, which cannot be asked away, tells that fd 0 is closed */
	p[APP_LINK_TO] = (struct pollfd){ .fd = l->deaf ? -1 : l->to_fd };
	if (l->to.len > 0)
		p[APP_LINK_TO].events = POLLOUT;
	p[APP_LINK_FROM] = (struct pollfd){
		.fd = !l->done && room ? l->from_fd : -1,
		.events = POLLIN,
	};
}

void
app_link_woke(struct app_link *l, const struct pollfd p[APP_LINK_FDS])
{
	if ((p[APP_LINK_TO].revents & (POLLHUP | POLLERR)) != 0)
		app_link_deaf(l);
	else if (p[APP_LINK_TO].revents != 0)
		l->writable = true;
	if (p[APP_LINK_FROM].revents != 0)
		l->readable = true;
}
