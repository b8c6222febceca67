/* SPDX-License-Identifier: ISC */
/*
 * talker.h - hold a conversation with a protocol, for unit tests.
 *
 *	TALK(starttls_is_answered)
 *	{
 *		struct talk *t = talk_begin(&protocol_smtp, true);
 *
 *		talk_hears(t, "220 tls.test ESMTP\r\n");
 *		talk_peer(t, "STARTTLS\r\n");
 *		talk_upgrades(t);
 *		talk_hears(t, "220 2.0.0 Ready to start TLS\r\n");
 *	}
 *
 * A TALK is a CASE that is run many times: what the peer and the application
 * say comes as a whole, then in pieces of one byte, of two, and so on; so it
 * is cut once at every byte.  The texts are string literals and may have NULs.
 */
#ifndef TALKER_H
#define TALKER_H

#include <stdbool.h>

#include "buf.h"
#include "check.h"
#include "dialog.h"

enum { TALK_QUEUE = 32768, TALK_PIECES_MAX = 512 };

struct talk {
	struct dialog d;
	struct buf from_peer, to_peer, from_app, to_app;
	enum dialog_state state;
};

static struct talk talk_only;
static size_t talk_piece = SIZE_MAX; /* bytes that come at once */
static size_t talk_longest;	     /* text in this case */

#define TALK(name)                                                             \
	static void name##_once(void);                                         \
	CASE(name)                                                             \
	{                                                                      \
		talk_every_way(name##_once);                                   \
	}                                                                      \
	static void name##_once(void)

/*
 * Texts of more than TALK_PIECES_MAX bytes are not cut at every byte: they
 * are long because they are too long.
 */
static inline void
talk_every_way(void (*once)(void))
{
	size_t most;

	talk_piece = SIZE_MAX;
	once();
	most = talk_longest < TALK_PIECES_MAX ? talk_longest : TALK_PIECES_MAX;
	for (talk_piece = 1; talk_piece <= most; talk_piece++)
		once();
}

static inline void
talk_queue_empty(struct buf *b)
{
	if (b->bytes == NULL)
		buf_init(b, TALK_QUEUE);
	b->head = b->len = 0;
}

/*
 * A conversation begins; in required mode there is no application.
 */
static inline struct talk *
talk_begin(const struct protocol *protocol, bool required)
{
	struct talk *t = &talk_only;

	talk_queue_empty(&t->from_peer);
	talk_queue_empty(&t->to_peer);
	talk_queue_empty(&t->from_app);
	talk_queue_empty(&t->to_app);
	t->d = (struct dialog){ .protocol = protocol,
		.host = "tls.test",
		.required = required,
		.from_peer = &t->from_peer,
		.to_peer = &t->to_peer };
	if (!required) {
		t->d.from_app = &t->from_app;
		t->d.to_app = &t->to_app;
	}
	dialog_begin(&t->d);
	t->state = dialog_run(&t->d);
	return (t);
}

static inline void
talk_bytes(struct talk *t, struct buf *to, const char *bytes, size_t len)
{
	size_t n;

	if (len > talk_longest)
		talk_longest = len;
	for (; len > 0; bytes += n, len -= n) {
		n = len < talk_piece ? len : talk_piece;
		CHECK(buf_put(to, bytes, n) == n);
		/* what comes behind the command is not the dialog's */
		if (t->state == DIALOG_WAITS)
			t->state = dialog_run(&t->d);
	}
}

#define talk_peer(t, text)                                                     \
	talk_bytes((t), &(t)->from_peer, "" text, sizeof(text) - 1)
#define talk_app(t, text)                                                      \
	talk_bytes((t), &(t)->from_app, "" text, sizeof(text) - 1)

/*
 * With escapes, so that a failure can be read.
 */
static inline void
talk_print(const char *what, const char *bytes, size_t len)
{
	fprintf(stderr, "\t%s: ", what);
	for (; len > 0; bytes++, len--) {
		if (*bytes >= ' ' && *bytes <= '~' && *bytes != '\\')
			fputc(*bytes, stderr);
		else
			fprintf(stderr, "\\x%02x", (unsigned char)*bytes);
	}
	fputc('\n', stderr);
}

/*
 * The queue holds this and nothing else; it is taken from it.
 */
static inline void
talk_got(struct buf *b, const char *wanted, size_t len, int line)
{
	const char *got = (const char *)buf_head(b);

	if (b->len != len || (len > 0 && memcmp(got, wanted, len) != 0)) {
		fprintf(stderr, "line %d, in pieces of %zu:\n", line,
		    talk_piece);
		talk_print("got", got, b->len);
		talk_print("wanted", wanted, len);
		exit(1);
	}
	buf_taken(b, len);
}

/* what the peer has heard, and the application, since the last question */
#define talk_hears(t, text)                                                    \
	talk_got(&(t)->to_peer, "" text, sizeof(text) - 1, __LINE__)
#define talk_app_hears(t, text)                                                \
	talk_got(&(t)->to_app, "" text, sizeof(text) - 1, __LINE__)

/*
 * The conversation has gone so far.
 */
#define talk_state(t, wanted) CHECK((t)->state == (wanted))

/*
 * One command to the application and its whole answer, both unchanged.
 */
#define talk_passes(t, command, answer)                                        \
	do {                                                                   \
		talk_peer(t, command);                                         \
		talk_app_hears(t, command);                                    \
		CHECK((t)->d.awaiting);                                        \
		talk_app(t, answer);                                           \
		talk_hears(t, answer);                                         \
		CHECK(!(t)->d.awaiting);                                       \
	} while (0)

/*
 * The command was taken, nothing is behind it, and we say so.
 */
#define talk_upgrades(t)                                                       \
	do {                                                                   \
		CHECK((t)->state == DIALOG_UPGRADES);                          \
		CHECK((t)->from_peer.len == 0);                                \
		CHECK((t)->to_peer.len == 0);                                  \
		(t)->d.protocol->go_ahead(&(t)->d);                            \
	} while (0)

/*
 * The command was taken, or the conversation still goes on, and we refuse.
 */
#define talk_refused(t, fault) (t)->d.protocol->refuse(&(t)->d, (fault))

/*
 * TLS has begun: new queues, and a fresh application.
 */
static inline void
talk_inside(struct talk *t)
{
	talk_queue_empty(&t->from_peer);
	talk_queue_empty(&t->to_peer);
	talk_queue_empty(&t->from_app);
	talk_queue_empty(&t->to_app);
	t->d.from_app = &t->from_app;
	t->d.to_app = &t->to_app;
	dialog_begin_inside(&t->d);
	t->state = dialog_run(&t->d);
}

#endif
