/* readable.c - where the heap begins that need not be asked for; see readable.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/util/readable.h"

uint64_t readable_heap;

void readable_setup(void)
{
    readable_heap = (uint64_t)(uintptr_t)sbrk(0);
}
