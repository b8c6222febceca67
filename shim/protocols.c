/* SPDX-License-Identifier: ISC */
/*
 * protocols.c - every protocol that NET can speak before TLS.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   starttls.def.
 */
#include "protocols.h"

const struct protocol *
protocol_of(enum starttls s)
{
	static const struct protocol *const protocols[STARTTLS_COUNT] = {
#define STARTTLS(id, word, kind, protocol) [STARTTLS_##id] = (protocol),
#include "starttls.def"
#undef STARTTLS
	};

	return (protocols[s]);
}
