/*
 * entry.h - where the stubs of patched functions lead (entry.S), and what is found there.
 *
 * entry.S knows the layout of both structures.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_ENTRY_H
#define PRELOAD_HOOKS_ENTRY_H

#include "preload/unwind/backtrace.h"

#include <stdbool.h>
#include <stdint.h>

#define ENTRY_KEPT 5

/* The registers at the entry of a hooked function, but for those of vectors. */
struct entry_frame {
    struct unwind_start start; /* the caller, as after the return */
    uint64_t rax, r10, r11;    /* around the function: the last two at the return, and no rax */
    uint64_t result;           /* rax at the return, where the hook is around the function */
    uint64_t result2;          /* rdx at the return */
    uint64_t left[5];          /* of entry.S: rdi rsi rcx r8 r9 at the return */
    /* What stays on the stack while the function runs. Where that is entered twice, for
     * hooks_after(), by hooks_before(): */
    uint64_t kept[ENTRY_KEPT];
    uint64_t known; /* bits: which of those */
    /* Wherever the hook is around the function: */
    uint64_t original;     /* of entry.S: where the function is */
    uint64_t arguments[6]; /* rdi rsi rdx rcx r8 r9 at the entry */
};

/* What a stub hands over; each hook's description begins with it. */
struct entry_context {
    uint64_t original; /* code that does what the function did */
};

/* Not to be called: stubs jump there. */
void entry_before(void);
void entry_young(void);
void entry_around(void);
void entry_twice(void);
void entry_instead(void);
void entry_or_before(void);
void entry_or_twice(void);

/*
 * What entry.S calls, before the function runs or after it returned. First hooks_try(), which does
 * what is usual, quickly: of FRAME it does not have the caller's rbx and r12-r15. Where it returns
 * false, hooks_before() or hooks_after(). For who is entered twice hooks_before() comes first, with
 * what hooks_after() will see of the frame, and hooks_try() must return false; but entry_or_twice
 * asks hooks_try() first, before the function runs, and if that returns true, no more is done. None
 * of these changes a vector register.
 */
bool hooks_try(const struct entry_context *context, const struct entry_frame *frame);
void hooks_before(const struct entry_context *context, struct entry_frame *frame);
void hooks_after(const struct entry_context *context, const struct entry_frame *frame);

/*
 * What entry_young calls before hooks_try(), which it is instead of where it returns true: the
 * function's first two arguments, and an address on the stack above which it leaves all as it is.
 */
bool hooks_young(uint64_t pool, uint64_t size, const void *frame);

/*
 * What entry_instead calls before a function that allocates runs; all else is as around it. And
 * entry_or_before, which does not come back when the function has run.
 * hooks_ask() is as hooks_try(): whether hooks_serve() is to be asked. What that returns is what
 * the function would; 0: the function is to run.
 */
bool hooks_ask(const struct entry_context *context, const struct entry_frame *frame);
uint64_t hooks_serve(const struct entry_context *context, const struct entry_frame *frame);

#endif
