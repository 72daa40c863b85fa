/*
 * readable.h - whether memory of this process can be read, asked of the kernel: reading it cannot
 * fault then, unless another thread unmaps it meanwhile.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_READABLE_H
#define PRELOAD_UTIL_READABLE_H

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* By which call: that which takes least, or, under a filter, one that it passes
 * (system_calls.h). */
enum readable_way { READABLE_BY_MASK, READABLE_BY_FUTEX, READABLE_UNKNOWN };
extern enum readable_way readable_way;

static inline long readable_ask(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                uint64_t e, uint64_t f)
{
    register uint64_t fourth __asm__("r10") = d, fifth __asm__("r8") = e, sixth __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return result;
}

enum { READABLE_NO_CHANGE = -1, READABLE_SET_SIZE = 8 };

/*
 * Is there a page at ADDRESS? A change of the signal mask that does not exist is asked for, with
 * the mask there: the kernel reads it first. Or that nobody is woken, if a word is the same as
 * there. Where neither may be asked, nothing is. Async-signal-safe; errno stays. 0 is no address.
 */
static inline bool is_readable(uint64_t address)
{
    const uint64_t at = address & ~(uint64_t)(READABLE_SET_SIZE - 1);
    if (__builtin_expect(readable_way == READABLE_UNKNOWN, false))
        return false;
    if (__builtin_expect(readable_way == READABLE_BY_FUTEX, false))
        return readable_ask(SYS_futex, at, FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG, 0, 0, at, 0) !=
               -EFAULT;
    return readable_ask(SYS_rt_sigprocmask, (uint64_t)READABLE_NO_CHANGE, at, 0, READABLE_SET_SIZE,
                        0, 0) == -EINVAL;
}

/* Is there a page before and one behind BOUNDARY, where one ends? Half of the mask lies in each.
 * False as well where that cannot be asked at once. */
static inline bool is_readable_across(uint64_t boundary)
{
    return readable_way == READABLE_BY_MASK &&
           readable_ask(SYS_rt_sigprocmask, (uint64_t)READABLE_NO_CHANGE,
                        boundary - READABLE_SET_SIZE / 2, 0, READABLE_SET_SIZE, 0, 0) == -EINVAL;
}

/* What the heap has grown by begins here; 0: not known. */
extern uint64_t readable_heap;

/* Before main. */
void readable_setup(void);

/*
 * The same as is_readable(), for what is asked again and again, and is in the heap most often: its
 * pages are there up to its end, which the C library knows, and the kernel is not asked.
 */
static inline bool is_readable_often(uint64_t address)
{
    if (readable_heap && address >= readable_heap && address < (uint64_t)(uintptr_t)sbrk(0))
        return true;
    return is_readable(address);
}

#endif
