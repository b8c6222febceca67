/* SPDX-License-Identifier: ISC */
/*
 * summary.h - the one line a connection leaves at its end.
 *
 * A stable format: people's scripts and fail2ban read it.  summary.def is
 * the one table of its keys, in their order; kv, json and journal fields
 * (TLSSHIM_ and the key in capitals) are derived from it.
 *
 *	tlsshim: id=0123456789abcdef peer=192.0.2.1:50000 ... end=clean app=0
 *
 * In key=value a blank, '"', '\', '=' and every byte outside 0x21 to 0x7e
 * of a value is written as \xHH (two lower-case hex digits), so that a blank
 * always ends a value and the first '=' always ends a key.  In JSON and in
 * journal fields a value is limited by other means, and only backslash and
 * the bytes outside 0x20 to 0x7e are written so.  In JSON there is "level"
 * before the keys, and in, out, handshake_ms and secs are numbers.  A value
 * that takes more than 512 bytes ends in "...".
 */
#ifndef SHIM_SUMMARY_H
#define SHIM_SUMMARY_H

/*
 * Values as text; NULL or "" leaves the key out.  Nothing here needs to be
 * escaped by the caller.
 */
struct summary {
#define SUMMARY(key, number) const char *key;
#include "summary.def"
#undef SUMMARY
};

/*
 * Write the line at `priority` (LOG_NOTICE; LOG_DEBUG for scanners' noise;
 * LOG_ERR with --strict-close on a truncated end).  Called once, by NET.
 */
void summary_write(const struct summary *, int priority);

#endif
