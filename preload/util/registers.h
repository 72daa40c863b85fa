/* registers.h - where the program was when it came into the recorder: what it can still refer to by
 * its registers and its stack. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UTIL_REGISTERS_H
#define PRELOAD_UTIL_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

#define REGISTERS_MAX 16

struct registers {
    uint64_t sp; /* what lies below is the recorder's */
    size_t count;
    uint64_t words[REGISTERS_MAX];
};

/* Those that a function leaves to its caller. A function that the program calls, directly or by the
 * C library, takes them first of all: what its own prologue saved lies right below its frame. */
static inline __attribute__((always_inline)) void registers_take(struct registers *registers)
{
    enum { SAVED = 6 * sizeof(uint64_t) };
    __asm__ volatile("movq %%rbx, 0(%0)\n\tmovq %%r12, 8(%0)\n\tmovq %%r13, 16(%0)\n\t"
                     "movq %%r14, 24(%0)\n\tmovq %%r15, 32(%0)"
                     :
                     : "r"(registers->words)
                     : "memory");
    registers->count = 5;
    registers->sp = (uint64_t)(uintptr_t)__builtin_frame_address(0) - SAVED;
}

#endif
