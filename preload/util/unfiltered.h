/*
 * unfiltered.h - whether this thread may make any system call, or a filter of them may kill it for
 * one.
 */
#ifndef PRELOAD_UTIL_UNFILTERED_H
#define PRELOAD_UTIL_UNFILTERED_H

#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/*
 * Is there no filter? The question is a call of prctl() itself, which hardly any filter kills for,
 * but one may: only for what was asked for. Async-signal-safe; errno stays.
 */
static inline bool is_unfiltered(void)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_prctl), "D"((long)PR_GET_SECCOMP)
                     : "rcx", "r11", "memory");
    return result == 0;
}

#endif
