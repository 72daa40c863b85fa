/* filters.h - a program sets a filter of system calls (preload/libc/seccomp.h): what it leaves is
 * learnt, and prepared for. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_HOOKS_FILTERS_H
#define PRELOAD_HOOKS_FILTERS_H

#include <stdint.h>

/* Once, before main. */
void filters_setup(void);

/* Where prctl() and syscall() are not this library's, the program is about to call one of them with
 * these ARGUMENTS. */
void filters_prctl(const uint64_t *arguments);
void filters_syscall(const uint64_t *arguments);

#endif
