/*
 * seccomp.h - a program sets a filter of system calls, as of seccomp(2): noticed where it calls
 * prctl() or syscall() for it, as the C library has no other function for that, nor libseccomp.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_LIBC_SECCOMP_H
#define PRELOAD_LIBC_SECCOMP_H

#include <stdbool.h>
#include <stdint.h>

struct sock_fprog;

/* Who is to know. */
struct seccomp_watch {
    /* FILTER is about to be set; NULL: the strict one. */
    uint32_t (*begin)(const struct sock_fprog *filter);
    /* It was not set. BEFORE is what begin() returned. */
    void (*failed)(uint32_t before);
    /* The process is about to be ended for reading the time stamp counter, or is not any more. */
    void (*counter)(bool ends);
};

/* NULL: nobody. */
extern const struct seccomp_watch *seccomp_watch;

/* What syscall() calls for seccomp(OPERATION, FLAGS, ARGUMENT): makes the call, with its result as
 * of the kernel. */
long seccomp_call(unsigned long operation, unsigned long flags, const void *argument);

#endif
