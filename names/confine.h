/* SPDX-License-Identifier: ISC */
/*
 * confine.h - tlsshim-names, before it hears anything of anybody's.
 */
#ifndef NAMES_CONFINE_H
#define NAMES_CONFINE_H

/*
 * No new rights, no core, no other process, little memory; and of system calls
 * those of names/seccomp.def: no file can be opened, nobody signalled.  NULL,
 * or what could not be done.
 */
const char *confine(void);

#endif
