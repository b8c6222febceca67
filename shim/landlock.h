/* SPDX-License-Identifier: ISC */
/*
 * landlock.h - forbid everything that Landlock can forbid.
 */
#ifndef SHIM_LANDLOCK_H
#define SHIM_LANDLOCK_H

/*
 * From now on this process opens no file, binds or connects no TCP socket,
 * reaches no abstract Unix socket and signals nobody, as far as the kernel's
 * ABI knows these.  What is open stays usable.  no_new_privs must be set.
 * Returns the kernel's ABI; 0 if it has no Landlock, or not switched on; -1
 * with errno set if it has, but did not let us.  Needs one free descriptor.
 */
int landlock_enter(void);

#endif
