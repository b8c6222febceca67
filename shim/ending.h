/* SPDX-License-Identifier: ISC */
/*
 * ending.h - how a connection ended, in the words of the summary line.
 */
#ifndef SHIM_ENDING_H
#define SHIM_ENDING_H

#include <stddef.h>
#include <stdint.h>

enum ending_kind {
	ENDING_NONE, /* it has not */
	ENDING_CLEAN,
	ENDING_TRUNCATED, /* end of file without close_notify */
	ENDING_RESET,
	ENDING_TIMEOUT,
	ENDING_DENIED,
	ENDING_ALERT_SENT,
	ENDING_ALERT_RECEIVED,
	ENDING_PROBE, /* no ClientHello: a scanner, or another protocol */
	ENDING_ERROR
};

struct ending {
	enum ending_kind kind;
	uint8_t alert;	   /* for ENDING_ALERT_* */
	const char *probe; /* for ENDING_PROBE: static */
};

enum { ENDING_TEXT_MAX = 64 };

/*
 * "clean", "alert-sent:protocol_version", "probe:http", ...  Returns text.
 */
const char *ending_text(const struct ending *, char text[ENDING_TEXT_MAX]);

/*
 * What somebody who sent no ClientHello is: by the first bytes, "eof",
 * "http", "proxy", "sslv2", "text" or "garbage"; NULL if they began a TLS
 * handshake.
 */
const char *ending_probe(const uint8_t *first, size_t len);

#endif
