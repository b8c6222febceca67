/* SPDX-License-Identifier: ISC */
/*
 * data_block.c - what ends with a dot alone on a line.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody.
 */
#include "data_block.h"

/*
 * dialog.block: what the last bytes were.
 */
enum block {
	BLOCK_LINE,   /* CRLF, or nothing: a line begins */
	BLOCK_DOT,    /* CRLF. */
	BLOCK_DOT_CR, /* CRLF.CR */
	BLOCK_CR,
	BLOCK_TEXT,
	BLOCK_END
};

static enum block
step(enum block state, uint8_t byte)
{
	if (state == BLOCK_LINE && byte == '.')
		return (BLOCK_DOT);
	if (state == BLOCK_DOT && byte == '\r')
		return (BLOCK_DOT_CR);
	if (state == BLOCK_DOT_CR && byte == '\n')
		return (BLOCK_END);
	if (state == BLOCK_CR && byte == '\n')
		return (BLOCK_LINE);
	return (byte == '\r' ? BLOCK_CR : BLOCK_TEXT);
}

static size_t
advance(enum block *state, const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && n < DATA_BLOCK_PART_MAX && *state != BLOCK_END)
		*state = step(*state, bytes[n++]);
	return (n);
}

void
data_block_begin(struct dialog *d)
{
	d->block = BLOCK_LINE;
}

size_t
data_block_unit(const struct dialog *d, const uint8_t *bytes, size_t len)
{
	enum block state = (enum block)d->block;

	return (advance(&state, bytes, len));
}

enum dialog_next
data_block_command(struct dialog *d, const uint8_t *bytes, size_t len)
{
	enum block state = (enum block)d->block;

	advance(&state, bytes, len);
	d->block = state;
	return (state == BLOCK_END ? DIALOG_FORWARD : DIALOG_PASS);
}

bool
data_block_is_end(const uint8_t *line, size_t len)
{
	return (dialog_text_len(line, len) == 1 && line[0] == '.');
}
