/*
 * readable.h - whether memory of this process can be read, asked of the kernel: reading it cannot
 * fault then, unless another thread unmaps it meanwhile.
 */
#ifndef PRELOAD_UTIL_READABLE_H
#define PRELOAD_UTIL_READABLE_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

/*
 * Is there a page at ADDRESS? A change of the signal mask that does not exist is asked for, with
 * the mask there: the kernel reads it first. Filters of system calls let this one pass, as programs
 * cannot do without it. Async-signal-safe; errno stays. 0 is no address.
 */
static inline bool is_readable(uint64_t address)
{
    enum { NO_CHANGE = -1, SET_SIZE = 8 };
    register long size __asm__("r10") = SET_SIZE;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"((long)SYS_rt_sigprocmask), "D"((long)NO_CHANGE),
                       "S"(address & ~(uint64_t)(SET_SIZE - 1)), "d"(0L), "r"(size)
                     : "rcx", "r11", "memory");
    return result == -EINVAL;
}

#endif
