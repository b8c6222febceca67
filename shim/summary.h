/* SPDX-License-Identifier: ISC */
/*
 * summary.h - the one line a connection leaves at its end.
 *
 * A stable format: people's scripts and fail2ban read it.  summary.def is
 * the one table of its keys, in their order; kv, json and journal fields
 * (TLSSHIM_ and the key in capitals) are derived from it.
 */
#ifndef SHIM_SUMMARY_H
#define SHIM_SUMMARY_H

#include <stdint.h>

/*
 * Values as text; NULL or "" leaves the key out.  Nothing here needs to be
 * escaped by the caller.
 */
struct summary {
#define SUMMARY(key) const char *key;
#include "summary.def"
#undef SUMMARY
};

/*
 * Write the line at `priority` (LOG_NOTICE; LOG_DEBUG for scanners' noise;
 * LOG_ERR with --strict-close on a truncated end).  Called once, by NET.
 */
void summary_write(const struct summary *, int priority);

#endif
