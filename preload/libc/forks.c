/* forks.c - a program forks by syscall(); see forks.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/libc/forks.h"

#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>

void (*forks_watch)(void);

/* A child that borrows the memory is none. What clone3() is asked may not be readable. */
void forks_call(unsigned long number, unsigned long argument)
{
    if (forks_watch && !(number == SYS_clone && argument & CLONE_VM))
        forks_watch();
}
