/* prctl.c - takes the place of prctl(2) for the program: the same, but that a filter of system
 * calls is noticed; see seccomp.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/libc/seccomp.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

const struct seccomp_watch *seccomp_watch;

static long call(long number, unsigned long a, unsigned long b, unsigned long c, unsigned long d,
                 unsigned long e)
{
    register unsigned long fourth __asm__("r10") = d, fifth __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
                     : "rcx", "r11", "memory");
    return result;
}

static long set_filter(long number, unsigned long a, unsigned long b, unsigned long c,
                       const struct sock_fprog *filter)
{
    const struct seccomp_watch *watch = seccomp_watch;
    const uint32_t before = watch ? watch->begin(filter) : 0;
    const long result = call(number, a, b, c, 0, 0);
    if (watch && result != 0)
        watch->failed(before);
    return result;
}

long seccomp_call(unsigned long operation, unsigned long flags, const void *argument)
{
    const bool strict = operation == SECCOMP_SET_MODE_STRICT;
    if (!strict && operation != SECCOMP_SET_MODE_FILTER)
        return call(SYS_seccomp, operation, flags, (unsigned long)argument, 0, 0);
    return set_filter(SYS_seccomp, operation, flags, (unsigned long)argument,
                      strict ? NULL : argument);
}

/* Said before it is so, and after it was. */
static long set_counter(unsigned long what)
{
    const struct seccomp_watch *watch = seccomp_watch;
    const bool ends = what == PR_TSC_SIGSEGV;
    if (watch && ends)
        watch->counter(true);
    const long result = call(SYS_prctl, PR_SET_TSC, what, 0, 0, 0);
    if (watch && ends != (result == 0))
        watch->counter(false);
    return result;
}

__attribute__((visibility("default"))) int prctl(int option, unsigned long a, unsigned long b,
                                                 unsigned long c, unsigned long d)
{
    const unsigned long number = (unsigned long)option;
    long result;
    if (option == PR_SET_SECCOMP && a == SECCOMP_MODE_FILTER)
        result = set_filter(SYS_prctl, number, a, b, (const struct sock_fprog *)b);
    else if (option == PR_SET_SECCOMP && a == SECCOMP_MODE_STRICT)
        result = set_filter(SYS_prctl, number, a, b, NULL);
    else if (option == PR_SET_TSC)
        result = set_counter(a);
    else
        result = call(SYS_prctl, number, a, b, c, d);
    if (result >= 0)
        return (int)result;
    errno = (int)-result;
    return -1;
}
