/* threads.h - whether this process has more than one thread. Before main; errno stays. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UTIL_THREADS_H
#define PRELOAD_UTIL_THREADS_H

#include <stdbool.h>

/* Asked of the kernel, if a thread was ever begun. What cannot be told counts as several. */
bool threads_are_several(void);

#endif
