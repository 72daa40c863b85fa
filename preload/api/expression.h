/*
 * expression.h - values in an API description, as in `a0`, `*(a0-16)` or `strlen(ret)+1`: parsed
 * once, to steps that a stack of EXPRESSION_DEPTH numbers suffices for.
 *
 * All arithmetic is that of uint64_t. Parsing allocates nothing: names point into the text.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_API_EXPRESSION_H
#define PRELOAD_API_EXPRESSION_H

#include "preload/api/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPRESSION_STEPS     12
#define EXPRESSION_DEPTH     4
#define EXPRESSION_VARIABLES 2

enum expression_kind {
    EXPRESSION_ARGUMENT, /* 0-5 */
    EXPRESSION_RESULT,   /* what the function returned */
    EXPRESSION_NUMBER,
    EXPRESSION_VARIABLE, /* what the variable with that index holds, 8 bytes */
    EXPRESSION_LOAD,     /* 8 bytes at the address on top */
    EXPRESSION_LENGTH,   /* of the string at the address on top */
    EXPRESSION_ADD,      /* the two on top */
    EXPRESSION_SUBTRACT,
    EXPRESSION_MULTIPLY
};

struct expression_step {
    enum expression_kind kind;
    uint32_t number;
};

/* By its symbol or, where it has none, by code that accesses it. */
struct expression_variable {
    struct slice symbol; /* of the variable, or of a function */
    uint32_t access;     /* which one in the function's code, from 1, see image_variable(); 0: the
                            symbol is the variable's own */
};

struct expression {
    struct expression_step steps[EXPRESSION_STEPS];
    unsigned count; /* of steps; 0: no value is given */
    struct expression_variable variables[EXPRESSION_VARIABLES];
    unsigned variable_count;
};

/* False: TEXT is no such value, or one with more steps, depth or variables than there is room. */
bool expression_parse(struct slice text, struct expression *expression);

/* Is there a step of this KIND? */
bool expression_has(const struct expression *expression, enum expression_kind kind);

/* Is it a single argument? */
bool expression_is_argument(const struct expression *expression);

#endif
