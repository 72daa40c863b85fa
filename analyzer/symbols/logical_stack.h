/*
 * logical_stack.h - a backtrace as a person reads it: names instead of addresses, inlined calls
 * expanded, and where in it the pool library ends and the program's own work begins.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_LOGICAL_STACK_H
#define ANALYZER_SYMBOLS_LOGICAL_STACK_H

#include "analyzer/symbols/stacks.h"
#include "analyzer/symbols/symbols.h"
#include "analyzer/trace/api_set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct logical_stack {
    struct symbol_frame *frames; /* innermost first; owned, its strings are the struct symbols' */
    size_t count;
    size_t top;    /* frames before this one are the recorder's and the pool library's own */
    size_t bottom; /* from here on: main and what called it; at least `top` */
    bool cut;      /* there were deeper frames that were not kept */
};

/* Whose names are used; APIS may be NULL. */
struct name_source {
    const struct stacks *stacks;
    struct symbols *symbols;
    const struct api_set *apis;
};

struct logical_stack logical_stack(const struct name_source *names, uint32_t number);

/* Finds top and bottom of a stack whose frames are there; APIS may be NULL. */
void logical_stack_bound(struct logical_stack *stack, const struct api_set *apis);

/* The innermost frame of stack NUMBER, not empty, that is not the pool library's alone; where all
 * are, the innermost. */
struct code_frame stack_site(const struct name_source *names, uint32_t number);

/* The nearest function outside the pool library that has a name, or an empty slice. */
struct slice nearest_caller(const struct name_source *names, uint32_t number);

void logical_stack_free(struct logical_stack *stack);

/*
 * The same for stacks that a person takes for the same place: the same functions outside the pool
 * library, at the same lines where those are known; the same offsets where there is no name.
 */
uint64_t logical_stack_key(const struct logical_stack *stack);

/* The same by no more than the LIMIT innermost of these frames; 1: by its site alone. */
uint64_t logical_stack_key_to(const struct logical_stack *stack, size_t limit);
/* The same for all that were taken in one function, wherever in it, *NAMED, or else in functions
 * without a name that the same one of their module called. Where there is none, at one place. */
uint64_t logical_stack_function_key(const struct logical_stack *stack, bool *named);

/* FUNCTION without what compilers and linkers append (@VERSION, .isra.0, .part.0, .cold ...). */
struct slice plain_function_name(const char *function);

#endif
