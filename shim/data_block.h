/* SPDX-License-Identifier: ISC */
/*
 * data_block.h - what ends with a dot alone on a line: a message of SMTP
 * (RFC 5321, 4.5.2), an article of NNTP (RFC 3977, 3.1.1), the multi-line
 * responses of POP3 (RFC 1939, 3).
 *
 * Runs in NET, inside the jail.  What the peer sends ends with CRLF.CRLF and
 * with nothing else: a reader that also stops at LF.LF or LF.CRLF lets a
 * second message be smuggled past whoever checked the first.
 */
#ifndef SHIM_DATA_BLOCK_H
#define SHIM_DATA_BLOCK_H

#include <stdbool.h>

#include "dialog.h"

/*
 * The peer's next byte is the first of a data block.
 */
void data_block_begin(struct dialog *);

/*
 * Within a block.  The next unit: as much of the block as there is, at most
 * DATA_BLOCK_PART_MAX bytes, and never beyond its end.
 */
enum { DATA_BLOCK_PART_MAX = 2048 };
size_t data_block_unit(const struct dialog *, const uint8_t *, size_t len);

/*
 * What becomes of that unit: DIALOG_PASS, or, if the block ends with it,
 * DIALOG_FORWARD: now the application answers.
 */
enum dialog_next
data_block_command(struct dialog *, const uint8_t *, size_t len);

/*
 * Is this line of the application's the end of a block?  Here a bare LF is
 * enough, since the line is passed to the peer as it is.
 */
bool data_block_is_end(const uint8_t *line, size_t len);

#endif
