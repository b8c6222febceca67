/* SPDX-License-Identifier: ISC */
/*
 * env_local.h - what env.c shares with the files that fill an environment,
 * and with nobody else.
 */
#ifndef SHIM_ENV_LOCAL_H
#define SHIM_ENV_LOCAL_H

#include "env.h"
#include "envlist.h"

struct env {
	unsigned int sets;
	enum env_format format;
	struct envlist list;
};

/*
 * A longer value of ours is left out, with a warning.
 */
enum { ENV_VALUE_MAX = 32 * 1024 };

/*
 * env_fact for any bytes, NUL among them too.  Empty is set as well: mod_ssl
 * does so for attributes of a name.
 */
void env_store(struct env *, const char *name, struct env_value);

/*
 * A certificate that nobody parsed, as PEM.
 */
void
env_pem(struct env *, const char *name, const unsigned char *der, size_t len);

#endif
