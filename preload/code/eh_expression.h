/*
 * eh_expression.h - DWARF expressions in unwind tables, as far as they can be told beforehand.
 *
 * A procedure linkage table has one row for all of its entries, with a CFA by an expression of the
 * instruction's address; at one instruction that is a fixed distance from rsp.
 *
 * Takes no lock, allocates nothing; async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_EH_EXPRESSION_H
#define PRELOAD_CODE_EH_EXPRESSION_H

#include "preload/code/cursor.h"

#include <stdbool.h>
#include <stdint.h>

enum eh_base { EH_CONSTANT, EH_RSP, EH_RBP };

struct eh_value {
    enum eh_base base; /* the register that OFFSET is added to, or none */
    uint64_t offset;   /* modulo 2^64 */
};

/*
 * What EXPRESSION is at the instruction at PC. False: it depends on memory, on another register or
 * on one in another way, or has operations that no unwind table needs.
 */
bool eh_expression_value(struct cursor expression, uint64_t pc, struct eh_value *value);

#endif
