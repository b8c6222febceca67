/* SPDX-License-Identifier: ISC */
/*
 * alert.h - the names of TLS alerts (RFC 8446, 6; IANA's registry).
 */
#ifndef SHIM_ALERT_H
#define SHIM_ALERT_H

#include <stdint.h>

enum {
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_HANDSHAKE_FAILURE = 40,
	ALERT_MISSING_EXTENSION = 109,
	ALERT_UNRECOGNIZED_NAME = 112
};

/*
 * "handshake_failure", ...; "unknown" for a code that no RFC names.
 */
const char *alert_name(uint8_t description);

#endif
