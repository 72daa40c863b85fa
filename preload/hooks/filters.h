/* filters.h - a program sets a filter of system calls (preload/libc/seccomp.h): what it leaves is
 * learnt, and prepared for. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_HOOKS_FILTERS_H
#define PRELOAD_HOOKS_FILTERS_H

/* Once, before main. */
void filters_setup(void);

#endif
