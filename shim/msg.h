/* SPDX-License-Identifier: ISC */
/*
 * msg.h - what NET and KEEPER may say to each other.
 *
 * One SOCK_SEQPACKET pair: a message is whole or absent.  msg.def is the
 * policy; a message that it does not allow now, in this direction, this
 * often and this long is never looked into.  Fields have fixed widths, big
 * endian; reading fails closed and must consume everything.
 */
#ifndef SHIM_MSG_H
#define SHIM_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deadline.h"

enum msg_type {
#define MSG(name, from, to, phase, most, cap) MSG_##name,
#include "msg.def"
#undef MSG
	MSG_TYPES
};

/*
 * How often at most, as msg.def says: MSG_MOST_CHAIN.
 */
enum msg_most {
#define MSG(name, from, to, phase, most, cap) MSG_MOST_##name = (most),
#include "msg.def"
#undef MSG
};

enum msg_side { SIDE_NET, SIDE_KEEPER };
enum msg_phase {
	PHASE_START,
	PHASE_CLEAR,
	PHASE_HELLO,
	PHASE_HANDSHAKE,
	PHASE_DONE,
	PHASE_ANY /* of a message, not of a connection */
};

/* a block of a message has a length of 16 bits */
enum { MSG_BODY_MAX = 65000 };

/*
 * What an application that speaks in clear itself has said: COMMAND.
 */
enum clear_command {
	CLEAR_GOES_ON, /* it closed the control descriptor */
	CLEAR_TLS,     /* TLS is to begin */
	CLEAR_NONSENSE /* a byte that is no command */
};

struct msg {
	enum msg_type type;
	size_t len; /* bytes of the body */
	size_t at;  /* bytes read so far */
	bool bad;   /* read or written past an end */
	union {
		uint8_t packet[1 + MSG_BODY_MAX]; /* as it is sent */
		struct {
			uint8_t first; /* the type */
			uint8_t body[MSG_BODY_MAX];
		};
	};
};

struct channel {
	int fd;
	enum msg_side self;
	enum msg_phase phase;
	uint16_t seen[MSG_TYPES];
};

const char *msg_name(enum msg_type);

/*
 * Begin a message; add fields; send it.
 */
void msg_begin(struct msg *, enum msg_type);
void msg_put_u8(struct msg *, uint8_t);
void msg_put_u16(struct msg *, uint16_t);
void msg_put_u32(struct msg *, uint32_t);
void msg_put_string(struct msg *, const char *);	/* u16 length first */
void msg_put_block(struct msg *, const void *, size_t); /* u16 length first */
void msg_put_rest(struct msg *, const void *, size_t);	/* no length */

/*
 * Read the fields again.  Past the end: 0, "" or NULL, and msg.bad.
 * A string's bytes are copied to `to` (size bytes, NUL added); one that does
 * not fit or contains a NUL makes the message bad.
 */
uint8_t msg_get_u8(struct msg *);
uint16_t msg_get_u16(struct msg *);
uint32_t msg_get_u32(struct msg *);
void msg_get_string(struct msg *, char *to, size_t size);
const uint8_t *msg_get_block(struct msg *, size_t *len);
const uint8_t *msg_get_rest(struct msg *, size_t *len);

/*
 * True if every field was there and nothing is left.
 */
bool msg_complete(const struct msg *);

/*
 * Send a message that the gate allows.  0; -1 if the other process is gone.
 * One that the gate does not allow is our own mistake: ends the process.
 */
int channel_send(struct channel *, const struct msg *);

enum channel_result {
	CHANNEL_MESSAGE,
	CHANNEL_GONE,  /* the other process closed its end */
	CHANNEL_LATE,  /* the deadline passed first */
	CHANNEL_BROKEN /* refused by the gate; logged: which, and why */
};

/*
 * Wait for the next message.  A deadline of 0 waits for ever (KEEPER).
 */
enum channel_result channel_receive(struct channel *, struct msg *, deadline);

#endif
