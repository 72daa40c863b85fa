/*
 * operand.h - the value of an expression at a call: prepared when its function is hooked, so that
 * a hook parses and looks up nothing.
 */
#ifndef LIFEGUARD_OPERAND_H
#define LIFEGUARD_OPERAND_H

#include "entry.h"
#include "expression.h"
#include "image.h"

#include <stdbool.h>
#include <stdint.h>

/* Without an expression, a value that takes no branch: a word of the frame, or a constant. */
struct operand {
    uint32_t offset; /* of the word */
    uint64_t mask;   /* what counts of it; 0: nothing */
    uint64_t constant;
    const struct expression *expression; /* NULL: the above tells all */
    const uint64_t *variables[EXPRESSION_VARIABLES];
};

/* EXPRESSION must live as long as the operand. NULL, or the variable that is nowhere defined, in
 * IMAGE, where it is looked for first, or another. */
const struct slice *operand_prepare(struct operand *operand, const struct expression *expression,
                                    const struct image *image);

/* The value of an operand without an expression; 0 where none was given. */
static inline uint64_t operand_word(const struct operand *operand, const struct entry_frame *frame)
{
    const char *words = (const char *)frame;
    return (*(const uint64_t *)(const void *)(words + operand->offset) & operand->mask) |
           operand->constant;
}

/* The value of any operand. False: an address on the way is NULL or next to it, or no address.
 * FRAME may be NULL for an expression of variables and numbers. Async-signal-safe. */
bool operand_read(const struct operand *operand, const struct entry_frame *frame, uint64_t *value);

#endif
