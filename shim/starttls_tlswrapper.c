/* SPDX-License-Identifier: ISC */
/*
 * starttls_tlswrapper.c - an application that speaks tlswrapper's protocol.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the application, with what it says in clear; it says by way of
 *           the KEEPER when TLS is to begin.
 */
#include "dialog.h"
#include "protocols.h"

enum { PIECE_MAX = 16 * 1024 };

/*
 * A client may have the application's go-ahead, and begin, before we have its
 * command: what begins like TLS, behind a line, waits here for it.
 * dialog.flag: the last line has not ended.
 */
static size_t
unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	if (bytes[0] == DIALOG_TLS_HANDSHAKE && !d->flag)
		return (UNIT_PARTIAL);
	return (len < PIECE_MAX ? len : PIECE_MAX);
}

static size_t
app_unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	(void)d;
	(void)bytes;
	return (len < PIECE_MAX ? len : PIECE_MAX);
}

static enum dialog_next
command(struct dialog *d, const uint8_t *piece, size_t len)
{
	d->flag = piece[len - 1] != '\n';
	return (DIALOG_PASS);
}

static enum dialog_reply
reply(struct dialog *d, const uint8_t *piece, size_t len)
{
	dialog_say_bytes(d, piece, len);
	return (DIALOG_REPLY_DONE);
}

static void
go_ahead(struct dialog *d)
{
	/* it has said so itself */
	(void)d;
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	/* nor are there words that every protocol knows */
	(void)d;
	(void)fault;
}

const struct protocol protocol_tlswrapper = {
	.unit = unit,
	.app_unit = app_unit,
	.command = command,
	.reply = reply,
	.go_ahead = go_ahead,
	.refuse = refuse,
};
