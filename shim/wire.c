/* SPDX-License-Identifier: ISC */
/*
 * wire.c - ciphertext between the connection and the TLS library.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nothing that comes from the peer; every queue is bounded.
 */
#include "wire.h"

#include <errno.h>
#include <openssl/bio.h>
#include <string.h>
#include <sys/socket.h>

#include "deadline.h"
#include "log.h"

void
wire_init(struct wire *w, int fd)
{
	*w = (struct wire){ .fd = fd, .writable = true };
	buf_init(&w->in, WIRE_IN_MAX);
	buf_init(&w->out, WIRE_OUT_MAX);
}

/* ------------------------------------------------------------------ BIO */

static int
bio_read(BIO *bio, char *to, int size)
{
	struct wire *w = BIO_get_data(bio);
	size_t n = (size_t)size < w->in.len ? (size_t)size : w->in.len;

	BIO_clear_retry_flags(bio);
	if (n == 0) {
		BIO_set_retry_read(bio);
		return (-1);
	}
	memcpy(to, buf_head(&w->in), n);
	buf_taken(&w->in, n);
	return ((int)n);
}

static int
bio_write(BIO *bio, const char *from, int size)
{
	struct wire *w = BIO_get_data(bio);
	size_t n;

	BIO_clear_retry_flags(bio);
	if (w->error != 0)
		return (size);
	n = buf_put(&w->out, from, (size_t)size);
	if (n == 0) {
		BIO_set_retry_write(bio);
		return (-1);
	}
	return ((int)n);
}

static long
bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	/* flushing is relay.c's, once a batch is complete */
	return (command == BIO_CTRL_FLUSH);
}

BIO *
wire_bio(struct wire *w)
{
	BIO_METHOD *method;
	BIO *bio = NULL;

	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
	    "wire");
	if (method != NULL && BIO_meth_set_read(method, bio_read) == 1 &&
	    BIO_meth_set_write(method, bio_write) == 1 &&
	    BIO_meth_set_ctrl(method, bio_ctrl) == 1)
		bio = BIO_new(method);
	if (bio == NULL)
		fatalx(EXIT_SYSTEM, "BIO: no memory");
	BIO_set_data(bio, w);
	BIO_set_init(bio, 1);
	return (bio);
}

/* --------------------------------------------------------------- socket */

/*
 * Nothing can be sent any more.  The queue is emptied, or poll(2) would tell
 * of the broken connection again and again.
 */
static void
broken(struct wire *w)
{
	if (w->error == 0)
		w->error = errno;
	w->writable = false;
	buf_taken(&w->out, w->out.len);
}

static void
remember_first(struct wire *w, const uint8_t *bytes, size_t n)
{
	if (n > WIRE_FIRST_MAX - w->first_len)
		n = WIRE_FIRST_MAX - w->first_len;
	memcpy(w->first + w->first_len, bytes, n);
	w->first_len += n;
}

bool
wire_fill(struct wire *w)
{
	size_t room;
	uint8_t *to = buf_tail(&w->in, &room);
	ssize_t n;

	if (room == 0 || w->eof || !w->readable)
		return (false);
	n = recv(w->fd, to, room, MSG_DONTWAIT);
	if (n == -1 && errno == EINTR)
		return (false);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		w->readable = false;
		return (false);
	}
	if (n == -1) {
		broken(w);
		w->eof = true;
		return (true);
	}
	if (n == 0)
		w->eof = true;
	if ((size_t)n < room)
		w->readable = false;
	if (w->first_len < WIRE_FIRST_MAX)
		remember_first(w, to, (size_t)n);
	buf_added(&w->in, (size_t)n);
	return (true);
}

bool
wire_flush(struct wire *w)
{
	bool moved = false;
	ssize_t n;

	while (w->out.len > 0 && w->writable) {
		n = send(w->fd, buf_head(&w->out), w->out.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			w->writable = false;
			break;
		}
		if (n == -1) {
			broken(w);
			/* what came before is read, and then the end */
			shutdown(w->fd, SHUT_RD);
			w->readable = true;
			return (true);
		}
		buf_taken(&w->out, (size_t)n);
		moved = true;
	}
	return (moved);
}

void
wire_forget_first(struct wire *w)
{
	w->first_len = w->in.len < WIRE_FIRST_MAX ? w->in.len : WIRE_FIRST_MAX;
	memcpy(w->first, buf_head(&w->in), w->first_len);
}

void
wire_wanted(const struct wire *w, struct pollfd *p)
{
	*p = (struct pollfd){ .fd = w->fd };
	if (!w->eof && buf_room(&w->in) > 0)
		p->events |= POLLIN;
	if (w->out.len > 0)
		p->events |= POLLOUT;
	if (p->events == 0)
		/* or poll would tell of a reset again and again */
		p->fd = -1;
}

void
wire_woke(struct wire *w, const struct pollfd *p)
{
	if ((p->revents & ~POLLOUT) != 0)
		w->readable = true;
	if ((p->revents & POLLOUT) != 0)
		w->writable = true;
}

void
wire_linger(struct wire *w, unsigned int ms)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	deadline until = deadline_in(ms);
	uint8_t away[4096];
	ssize_t n = 1;

	wire_flush(w);
	if (w->error != 0 || shutdown(w->fd, SHUT_WR) == -1)
		return;
	while (!w->eof && n > 0 && deadline_left(until) > 0 &&
	    poll(&p, 1, deadline_left(until)) > 0)
		n = recv(w->fd, away, sizeof(away), MSG_DONTWAIT);
}
