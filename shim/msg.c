/* SPDX-License-Identifier: ISC */
/*
 * msg.c - the gate between NET and KEEPER.
 *
 * Runs in:  NET and KEEPER.
 * Trusts:   nothing that comes through the channel.
 * Refuses:  what msg.def does not allow now; such a message ends the
 *           connection, it is never repaired.
 */
#include "msg.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "log.h"

static const struct msg_row {
	const char *name;
	enum msg_side from, to;
	enum msg_phase phase;
	uint16_t most;
	size_t cap;
} rows[MSG_TYPES] = {
#define MSG(name, from, to, phase, most, cap)                                  \
	[MSG_##name] = { #name, SIDE_##from, SIDE_##to, PHASE_##phase, most,   \
		cap },
#include "msg.def"
#undef MSG
};

#define MSG(name, from, to, phase, most, cap)                                  \
	_Static_assert((cap) <= MSG_BODY_MAX, #name " is longer than a body");
#include "msg.def"
#undef MSG

const char *
msg_name(enum msg_type type)
{
	return ((unsigned int)type < MSG_TYPES ? rows[type].name : "unknown");
}

/* -------------------------------------------------------------- fields */

void
msg_begin(struct msg *m, enum msg_type type)
{
	m->type = type;
	m->first = (uint8_t)type;
	m->len = m->at = 0;
	m->bad = false;
}

void
msg_put_rest(struct msg *m, const void *bytes, size_t n)
{
	if (m->bad || n > MSG_BODY_MAX - m->len) {
		m->bad = true;
		return;
	}
	if (n > 0)
		memcpy(m->body + m->len, bytes, n);
	m->len += n;
}

void
msg_put_u8(struct msg *m, uint8_t value)
{
	msg_put_rest(m, &value, 1);
}

void
msg_put_u16(struct msg *m, uint16_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };

	msg_put_rest(m, bytes, sizeof(bytes));
}

void
msg_put_u32(struct msg *m, uint32_t value)
{
	msg_put_u16(m, (uint16_t)(value >> 16));
	msg_put_u16(m, (uint16_t)value);
}

void
msg_put_block(struct msg *m, const void *bytes, size_t n)
{
	if (n > UINT16_MAX) {
		m->bad = true;
		return;
	}
	msg_put_u16(m, (uint16_t)n);
	msg_put_rest(m, bytes, n);
}

void
msg_put_string(struct msg *m, const char *text)
{
	msg_put_block(m, text, strlen(text));
}

static const uint8_t *
take(struct msg *m, size_t n)
{
	const uint8_t *bytes = m->body + m->at;

	if (m->bad || n > m->len - m->at) {
		m->bad = true;
		return (NULL);
	}
	m->at += n;
	return (bytes);
}

uint8_t
msg_get_u8(struct msg *m)
{
	const uint8_t *b = take(m, 1);

	return (b == NULL ? 0 : b[0]);
}

uint16_t
msg_get_u16(struct msg *m)
{
	const uint8_t *b = take(m, 2);

	return (b == NULL ? 0 : (uint16_t)(b[0] << 8 | b[1]));
}

uint32_t
msg_get_u32(struct msg *m)
{
	uint32_t high = msg_get_u16(m);

	return (high << 16 | msg_get_u16(m));
}

const uint8_t *
msg_get_block(struct msg *m, size_t *len)
{
	const uint8_t *bytes;

	*len = msg_get_u16(m);
	bytes = take(m, *len);
	if (bytes == NULL)
		*len = 0;
	return (bytes);
}

void
msg_get_string(struct msg *m, char *to, size_t size)
{
	size_t len;
	const uint8_t *bytes = msg_get_block(m, &len);

	to[0] = '\0';
	if (bytes == NULL)
		return;
	if (len >= size || memchr(bytes, '\0', len) != NULL) {
		m->bad = true;
		return;
	}
	memcpy(to, bytes, len);
	to[len] = '\0';
}

const uint8_t *
msg_get_rest(struct msg *m, size_t *len)
{
	*len = m->bad ? 0 : m->len - m->at;
	return (take(m, *len));
}

bool
msg_complete(const struct msg *m)
{
	return (!m->bad && m->at == m->len);
}

/* ---------------------------------------------------------------- gate */

/*
 * NULL if the gate lets the message pass, which counts it; else why not.
 */
static const char *
refusal(struct channel *ch, unsigned int type, enum msg_side from, size_t len)
{
	const struct msg_row *row;

	if (type >= MSG_TYPES)
		return ("no such message");
	row = &rows[type];
	if (row->from != from)
		return ("from the wrong side");
	if (row->phase != PHASE_ANY && row->phase != ch->phase)
		return ("out of phase");
	if (len > row->cap)
		return ("too long");
	if (ch->seen[type] >= row->most)
		return ("repeated");
	ch->seen[type]++;
	return (NULL);
}

int
channel_send(struct channel *ch, const struct msg *m)
{
	const char *why;

	why = m->bad ? "does not fit" : refusal(ch, m->first, ch->self, m->len);
	if (why != NULL)
		fatalx(EXIT_SYSTEM, "message: %s: cannot be sent: %s",
		    msg_name(m->type), why);
	/* not sendmsg, which can name an address: NET's filter forbids it */
	while (send(ch->fd, m->packet, 1 + m->len, MSG_NOSIGNAL) == -1)
		if (errno != EINTR)
			return (-1);
	return (0);
}

static enum channel_result
wait_readable(int fd, deadline until)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = deadline_poll(&p, 1, until);
	while (n == -1 && errno == EINTR && !deadline_sigterm);
	return (n > 0 ? CHANNEL_MESSAGE : CHANNEL_LATE);
}

/*
 * recvmsg says 0 for the end, and for a message of no bytes at all, not even
 * its type.
 */
static bool
is_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return (poll(&p, 1, 0) != 0);
}

enum channel_result
channel_receive(struct channel *ch, struct msg *m, deadline until)
{
	struct iovec packet = { m->packet, sizeof(m->packet) };
	struct msghdr header = { .msg_iov = &packet, .msg_iovlen = 1 };
	enum msg_side other = ch->self == SIDE_NET ? SIDE_KEEPER : SIDE_NET;
	const char *why;
	ssize_t n;

	if (until != 0 && wait_readable(ch->fd, until) == CHANNEL_LATE)
		return (CHANNEL_LATE);
	do
		n = recvmsg(ch->fd, &header, 0);
	while (n == -1 && errno == EINTR);
	if (n == -1 || (n == 0 && is_closed(ch->fd)))
		return (CHANNEL_GONE);

	msg_begin(m, n == 0 ? MSG_TYPES : (enum msg_type)m->first);
	m->len = n == 0 ? 0 : (size_t)n - 1;
	why = n == 0				 ? "empty" :
	    (header.msg_flags & MSG_TRUNC) != 0	 ? "too long" :
	    (header.msg_flags & MSG_CTRUNC) != 0 ? "with a descriptor" :
						   NULL;
	if (why == NULL)
		why = refusal(ch, m->first, other, m->len);
	if (why == NULL)
		return (CHANNEL_MESSAGE);
	log_errx("message: %s: %s", msg_name(m->type), why);
	return (CHANNEL_BROKEN);
}
