/*
 * stacks.h - every distinct backtrace of a recording once, over all its processes.
 *
 * A frame is (module, offset), so the same code has the same frames whatever the address it was
 * loaded at. Stack numbers are dense, from 1; 0 is the empty stack. Several threads may use a
 * struct stacks at the same time: then the numbers depend on who comes first, see stacks_order().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_STACKS_H
#define ANALYZER_SYMBOLS_STACKS_H

#include <stdbool.h>
#include <stdint.h>

struct code_module {
    char *path; /* as the loader had it; "" where not known. Any bytes but NUL. */
    uint8_t build_id[64];
    unsigned build_id_length; /* bytes, 0: none */
    uint64_t image_end;       /* end of the image as an address of the file; 0 where not known */
};

struct code_frame {
    uint32_t module; /* index for stacks_module(), or FRAME_NO_MODULE */
    uint64_t offset; /* address as in the module's file (bias taken off), or the bare address */
    bool variable;   /* of a static variable, not of code */
};

#define FRAME_NO_MODULE UINT32_MAX

struct code_stack {
    uint32_t depth;
    bool cut; /* there were deeper frames that were not kept */
    const struct code_frame
        *frames; /* innermost first; return addresses, see preload/trace/format.h */
};

struct stacks;

struct stacks *stacks_new(void);
void stacks_free(struct stacks *stacks);

/* Number of the module or stack with this content, made when new. The content is copied. 0: it is
 * an empty stack, or a new one where there are as many as can be. */
uint32_t stacks_intern_module(struct stacks *stacks, const struct code_module *module);
uint32_t stacks_intern(struct stacks *stacks, const struct code_stack *stack);

uint32_t stacks_count(const struct stacks *stacks); /* the highest number */
struct code_stack stacks_get(const struct stacks *stacks, uint32_t number);

/* A number that depends on the stack's content alone, for an order that chance has no part in. */
uint64_t stacks_order(const struct stacks *stacks, uint32_t number);

/* Was stack INNER taken inside the call that OUTER was taken at: are OUTER's frames its outermost
 * ones, and not all of them? Of a stack that was cut, as far as it goes. */
bool stacks_within(const struct stacks *stacks, uint32_t inner, uint32_t outer);

uint32_t stacks_module_count(const struct stacks *stacks); /* indexes are below this */
const struct code_module *stacks_module(const struct stacks *stacks, uint32_t module);

#endif
