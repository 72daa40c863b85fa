/*
 * operand.h - the value of an expression at a call: prepared when its function is hooked, so that
 * a hook parses and looks up nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_OPERAND_H
#define PRELOAD_HOOKS_OPERAND_H

#include "preload/api/expression.h"
#include "preload/code/image.h"
#include "preload/hooks/entry.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define OPERAND_ADDRESS_MIN 4096u
#define OPERAND_ADDRESS_MAX (UINT64_C(1) << 47)

/* What most values are: a word of the frame and a number, or what is in memory there. */
struct operand_direct {
    uint64_t plus;
    uint32_t offset; /* of the word */
    bool word;       /* else the number alone */
    bool loads;
};

struct operand {
    struct operand_direct direct;
    const struct expression *expression; /* NULL: `direct` tells all */
    const uint64_t *variables[EXPRESSION_VARIABLES];
    uint64_t *asked; /* only what can be read is: the last page that could, + 1; else NULL */
};

/* EXPRESSION must live as long as the operand. False: one of its variables is nowhere defined, in
 * IMAGE, where it is looked for first, or another. */
bool operand_prepare(struct operand *operand, const struct expression *expression,
                     const struct image *image);

/* Why one of the variables of EXPRESSION was not found: words to put *SYMBOL behind. */
const char *operand_fault(const struct expression *expression, const struct image *image,
                          struct slice *symbol);

static inline bool operand_is_address(uint64_t address)
{
    return address - OPERAND_ADDRESS_MIN < OPERAND_ADDRESS_MAX - OPERAND_ADDRESS_MIN;
}

static inline uint64_t operand_load(uint64_t address)
{
    uint64_t word;
    memcpy(&word, (const void *)(uintptr_t)address, sizeof(word));
    return word;
}

/* The value where there is a word, and nothing is loaded. */
static inline uint64_t operand_word(const struct operand_direct *direct,
                                    const struct entry_frame *frame)
{
    return direct->plus + operand_load((uintptr_t)frame + direct->offset);
}

/* The word, if there is one, and the number. */
static inline uint64_t operand_sum(const struct operand_direct *direct,
                                   const struct entry_frame *frame)
{
    return direct->word ? operand_word(direct, frame) : direct->plus;
}

/* As operand_read(). */
static inline bool operand_read_direct(const struct operand_direct *direct,
                                       const struct entry_frame *frame, uint64_t *value)
{
    *value = operand_sum(direct, frame);
    if (!direct->loads)
        return true;
    if (!operand_is_address(*value))
        return false;
    *value = operand_load(*value);
    return true;
}

/* The value of an operand with an expression. */
bool operand_evaluate(const struct operand *operand, const struct entry_frame *frame,
                      uint64_t *value);

/* The value of any operand. False: an address on the way is NULL or next to it, or no address.
 * FRAME may be NULL for an expression of variables and numbers. Async-signal-safe. */
static inline bool operand_read(const struct operand *operand, const struct entry_frame *frame,
                                uint64_t *value)
{
    return operand->expression ? operand_evaluate(operand, frame, value)
                               : operand_read_direct(&operand->direct, frame, value);
}

#endif
