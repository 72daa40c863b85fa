/*
 * forks.h - a program forks by syscall(), of which the C library tells nobody.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_LIBC_FORKS_H
#define PRELOAD_LIBC_FORKS_H

/* Called before it does; NULL: nobody is to know. Async-signal-safe; errno stays. */
extern void (*forks_watch)(void);

/* What syscall() calls before the call NUMBER, of those that may fork, with that first argument. */
void forks_call(unsigned long number, unsigned long argument);

#endif
