/*
 * entry.h - where the stubs of patched functions lead (entry.S), and what is found there.
 *
 * entry.S knows the layout of both structures.
 */
#ifndef LIFEGUARD_ENTRY_H
#define LIFEGUARD_ENTRY_H

#include <stdint.h>

/* The registers at the entry of a hooked function. */
struct entry_frame {
    uint64_t vectors[16];  /* xmm0-7: a variadic function's arguments, kept for it */
    uint64_t arguments[6]; /* rdi rsi rdx rcx r8 r9 */
    uint64_t rax, r10, r11;
    uint64_t rbx, rbp, r12, r13, r14, r15;
    uint64_t result;  /* rax at the return, where the hook is around the function */
    uint64_t result2; /* rdx at the return */
    uint64_t sp;      /* the caller's stack pointer, as after the return */
    uint64_t returns_to;
};

/* What a stub hands over; each hook's description begins with it. */
struct entry_context {
    uint64_t original; /* code that does what the function did */
};

/* Not to be called: stubs jump there. */
void entry_before(void);
void entry_around(void);

/* What entry.S calls: before the function runs, and after it returned. */
void hooks_before(const struct entry_context *context, const struct entry_frame *frame);
void hooks_after(const struct entry_context *context, const struct entry_frame *frame);

#endif
