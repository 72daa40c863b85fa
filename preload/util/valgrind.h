/*
 * valgrind.h - whether the process runs under valgrind, whose tools take memory for each page of
 * the address space that a program maps, however far from the rest.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_VALGRIND_H
#define PRELOAD_UTIL_VALGRIND_H

#include <stdbool.h>
#include <stdint.h>

/* A question by instructions that change nothing elsewhere. Async-signal-safe. */
static inline bool is_under_valgrind(void)
{
    const uint64_t running_on_valgrind[6] = {0x1001};
    uint64_t answer = 0;
    __asm__ volatile("rolq $3, %%rdi\n\t"
                     "rolq $13, %%rdi\n\t"
                     "rolq $61, %%rdi\n\t"
                     "rolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "+d"(answer)
                     : "a"(running_on_valgrind)
                     : "cc", "memory");
    return answer != 0;
}

#endif
