/* threads.h - whether this process has more than one thread. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UTIL_THREADS_H
#define PRELOAD_UTIL_THREADS_H

#include <stdbool.h>

/* The C library's __libc_single_threaded, by its name, as 2.32 and later have it; else zero. */
extern const char *threads_single __attribute__((visibility("hidden")));

/* Has there been no other thread, as far as the C library knows? Async-signal-safe. */
static inline bool threads_alone(void)
{
    return *threads_single;
}

/* Before main; errno stays. Asked of the kernel, if a thread was ever begun. What cannot be told
 * counts as several. */
bool threads_are_several(void);

#endif
