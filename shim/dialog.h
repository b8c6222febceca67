/* SPDX-License-Identifier: ISC */
/*
 * dialog.h - the conversation before TLS, with one protocol's knowledge of it.
 *
 * Runs in NET, inside the jail.  Between four queues and nothing else: no
 * socket, no clock.  What the peer says comes in units (lines, PDUs, packets)
 * that struct protocol knows how to tell apart; each is answered by us, goes
 * to the application, or is the command that TLS begins with.
 *
 * Two modes.  Required: there is no application before TLS, and we answer
 * everything.  Optional: there is one, and the conversation is lock-step:
 * one unit is forwarded and its whole answer awaited before the next unit is
 * looked at.  So what we say ourselves is always in its place, and what a
 * unit means is always known.
 */
#ifndef SHIM_DIALOG_H
#define SHIM_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum {
	DIALOG_LINE_MAX = 2048,	    /* of the peer's, its end included */
	DIALOG_APP_LINE_MAX = 8192, /* longer ones pass as they are, unread */
	DIALOG_UNITS_MAX = 100,	    /* required mode: of the peer's, and ... */
	DIALOG_BYTES_MAX = 65536,   /* ... their bytes */
	DIALOG_SAY_MAX = 4096,	    /* said at once, to one unit */
	DIALOG_TAG_MAX = 64,
	DIALOG_TLS_HANDSHAKE = 0x16 /* TLS begins so: RFC 8446, 5.1 */
};

/*
 * Instead of a unit's length.
 */
enum { UNIT_PARTIAL = 0 };
#define UNIT_BAD SIZE_MAX /* it is none, whatever may follow */

/*
 * What a unit of the peer's leads to.
 */
enum dialog_next {
	DIALOG_ANSWERED, /* by us, with dialog_say */
	DIALOG_FORWARD,	 /* to the application, whose answer is awaited */
	DIALOG_HOLD,	 /* looked at again when an answer is there */
	DIALOG_PASS,	 /* to the application, which does not answer it */
	DIALOG_UPGRADE,	 /* it is the command; nothing was said yet */
	DIALOG_CLOSE	 /* the connection ends when our answer is sent */
};

/*
 * Is the answer to the forwarded unit complete with this unit of the
 * application's?
 */
enum dialog_reply {
	DIALOG_REPLY_MORE, /* no */
	DIALOG_REPLY_DONE  /* yes: the peer's next unit is looked at */
};

/*
 * What protocol.refuse says.  The first leaves the conversation where it is;
 * the others end it.
 */
enum dialog_fault {
	DIALOG_FAULT_UNIT,   /* a malformed line: a bare LF or CR, a NUL */
	DIALOG_FAULT_LONG,   /* UNIT_BAD: too long, or not this protocol */
	DIALOG_FAULT_LIMIT,  /* required mode: too many units, or bytes */
	DIALOG_FAULT_BEHIND, /* something stands behind the command */
	DIALOG_FAULT_FAILED, /* TLS cannot begin: our fault */
	DIALOG_FAULT_LATE    /* a timeout */
};

struct dialog {
	const struct protocol *protocol;
	const char *host; /* our name, for a greeting: printable, no blank */
	bool required;
	bool inside; /* the conversation goes on inside TLS */

	/* the queues: whoever runs the dialog fills and empties them */
	struct buf *from_peer, *to_peer, *from_app, *to_app;

	/* the state that every protocol has */
	bool awaiting;	    /* the application owes an answer */
	bool pipelined;	    /* the peer did not wait for the answer before */
	bool greeted;	    /* inside TLS: the greeting is dealt with */
	bool mid_line;	    /* within a line of the application's, too long to
			     * be read, that passes in pieces */
	bool closing;	    /* the connection ends when to_peer is sent */
	bool warned;	    /* dialog_credentials has logged */
	uint64_t pass;	    /* so many bytes of the peer's pass unread */
	uint64_t drop;	    /* before those: so many are thrown away */
	uint64_t app_pass;  /* so many of the application's pass unread */
	unsigned int units; /* of the peer's, until now, */
	uint64_t bytes;	    /* and their bytes */

	/* for the protocol, which says what it means by them; 0 at first */
	unsigned int mode;
	unsigned int answers;
	unsigned int block; /* where in a data block: data_block.c */
	bool flag;
	char tag[DIALOG_TAG_MAX + 1];
};

struct protocol {
	const char *name; /* the word of --starttls */

	/*
	 * How many bytes the first unit has, UNIT_PARTIAL or UNIT_BAD.
	 * dialog_line and dialog_app_line are those of lines.
	 */
	size_t (*unit)(const struct dialog *, const uint8_t *, size_t len);
	size_t (*app_unit)(const struct dialog *, const uint8_t *, size_t len);

	/* required mode: what we say first; NULL: the client does */
	void (*greet)(struct dialog *);

	/* a unit of the peer's: what is to be done with it? */
	enum dialog_next (*command)(struct dialog *, const uint8_t *, size_t);

	/*
	 * A unit of the application's; dialog.awaiting: of an answer.  Says
	 * what the peer is to see of it.
	 */
	enum dialog_reply (*reply)(struct dialog *, const uint8_t *, size_t);

	/* say that TLS begins; say what is wrong */
	void (*go_ahead)(struct dialog *);
	void (*refuse)(struct dialog *, enum dialog_fault);

	/*
	 * Inside TLS: the fresh application greets, though the peer has been
	 * greeted in clear.  The length of the greeting, which is thrown away;
	 * UNIT_PARTIAL; or UNIT_BAD, if the peer has to see it (a refusal).
	 * May say something in its place, and set closing.
	 * NULL: there is none, or the protocol wants it again.
	 */
	size_t (*greeting)(struct dialog *, const uint8_t *, size_t len);

	/* command and reply are called inside TLS as well */
	bool inside;

	/*
	 * TLS may begin without a command, if the client names this
	 * application protocol (ALPN); NULL: it may not.
	 */
	const char *direct_alpn;
};

/*
 * How far it went.
 */
enum dialog_state {
	DIALOG_WAITS,	 /* for bytes, or for room in a queue */
	DIALOG_UPGRADES, /* the command for TLS is taken out of from_peer */
	DIALOG_IS_TLS,	 /* direct_alpn: TLS began, from_peer has it all */
	DIALOG_ENDS	 /* to_peer is to be sent, and the end */
};

/*
 * The protocol, host, mode and queues are set; all else is 0.  Says the
 * greeting where we are to say it.
 */
void dialog_begin(struct dialog *);

/*
 * As far as it goes with what is in the queues.
 */
enum dialog_state dialog_run(struct dialog *);

/*
 * TLS has begun: protocol, host and new queues are set, all else is forgotten.
 */
void dialog_begin_inside(struct dialog *);

/*
 * Is every byte passed on unread from now on?
 */
bool dialog_is_over(const struct dialog *);

/*
 * One side ended, so a unit that is not whole never will be: the application
 * gets the peer's as it is inside TLS, and never in clear, where half a command
 * is none; the peer gets the application's.
 */
void dialog_peer_ended(struct dialog *);
void dialog_app_ended(struct dialog *);

/* ------------------------------------------------------------ for protocols */

/*
 * Say this to the peer.  There is room for DIALOG_SAY_MAX bytes upon each unit
 * of the peer's, and for that and its own length upon one of the application's.
 */
void dialog_say_bytes(struct dialog *, const void *, size_t);
void dialog_say(struct dialog *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Say this, and return next.
 */
enum dialog_next
dialog_answer(struct dialog *, enum dialog_next, const char *text);

/*
 * Log, once in a conversation, that credentials in clear text were refused.
 */
void dialog_credentials(struct dialog *);

/*
 * A line to its LF, of at most DIALOG_LINE_MAX bytes; the application's: also
 * a piece of a longer one.
 */
size_t dialog_line(const struct dialog *, const uint8_t *, size_t len);
size_t dialog_app_line(const struct dialog *, const uint8_t *, size_t len);

/*
 * A line of at most so many bytes.
 */
size_t dialog_line_within(const uint8_t *, size_t len, size_t most);

/*
 * The length of a line without its end.
 */
size_t dialog_text_len(const uint8_t *line, size_t len);

/*
 * Does it end in CRLF, without a NUL, CR or LF before that?
 */
bool dialog_line_is_clean(const uint8_t *, size_t len);

/*
 * Does it begin with a word of letters, digits and '-'?  Some applications find
 * a verb behind blanks, or before a colon, where dialog_verb does not.
 */
bool dialog_has_verb(const uint8_t *line, size_t len);

/*
 * Is this the line's first word (to a blank or the end), whatever the case?
 * Then *rest (may be NULL) are the bytes behind it without blanks around and
 * without the line's end, rest_len of them.
 */
bool dialog_verb(const uint8_t *line, size_t len, const char *verb,
    const uint8_t **rest, size_t *rest_len);

/*
 * Is the line's first word one of these?  The last of them is NULL.
 */
bool
dialog_verb_among(const uint8_t *line, size_t len, const char *const verbs[]);

/*
 * The three-digit code of an answer's line, with its end; 0: there is none.
 */
enum { DIALOG_CODE_LEN = 3 };
unsigned int dialog_code(const uint8_t *line, size_t len);

#endif
