/*
 * eh_expression.c - DWARF expressions in unwind tables, as far as they can be told beforehand; see
 * eh_expression.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/code/eh_expression.h"

#define VALUES_MAX 16 /* on the expression's stack */

enum {
    OP_CONST1U = 0x08, /* unsigned and signed in turn, of 1, 2, 4 and 8 bytes */
    OP_CONST8S = 0x0f,
    OP_CONSTU = 0x10,
    OP_CONSTS = 0x11,
    OP_AND = 0x1a,
    OP_MINUS = 0x1c,
    OP_MUL = 0x1e,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_SHR = 0x25,
    OP_XOR = 0x27,
    OP_EQ = 0x29,
    OP_GE = 0x2a,
    OP_GT = 0x2b,
    OP_LE = 0x2c,
    OP_LT = 0x2d,
    OP_NE = 0x2e,
    OP_LIT0 = 0x30,
    OP_LIT31 = 0x4f,
    OP_BREG0 = 0x70,
    OP_BREG31 = 0x8f
};

struct evaluation {
    struct cursor from;
    uint64_t pc;
    struct eh_value values[VALUES_MAX];
    unsigned depth;
};

static bool push(struct evaluation *evaluation, enum eh_base base, uint64_t offset)
{
    if (evaluation->depth == VALUES_MAX)
        return false;
    evaluation->values[evaluation->depth++] = (struct eh_value){base, offset};
    return true;
}

static bool push_register(struct evaluation *evaluation, unsigned reg)
{
    uint64_t offset = (uint64_t)read_sleb(&evaluation->from);
    if (reg == DWARF_RSP)
        return push(evaluation, EH_RSP, offset);
    if (reg == DWARF_RBP)
        return push(evaluation, EH_RBP, offset);
    return reg == DWARF_RETURN && push(evaluation, EH_CONSTANT, evaluation->pc + offset);
}

static uint64_t read_constant(struct cursor *from, uint8_t opcode)
{
    unsigned size = 1u << (opcode - OP_CONST1U) / 2, unused = 64 - 8 * size;
    uint64_t value = read_word(from, size);
    if (opcode % 2 == 0)
        return value;
    return (uint64_t)((int64_t)(value << unused) >> unused);
}

/* The operations on two constants; false: OPCODE is another one. */
static bool combine(uint8_t opcode, uint64_t a, uint64_t b, uint64_t *result)
{
    switch (opcode) {
    case OP_AND:
        *result = a & b;
        return true;
    case OP_OR:
        *result = a | b;
        return true;
    case OP_XOR:
        *result = a ^ b;
        return true;
    case OP_MUL:
        *result = a * b;
        return true;
    case OP_SHL:
        *result = b < 64 ? a << b : 0;
        return true;
    case OP_SHR:
        *result = b < 64 ? a >> b : 0;
        return true;
    default:
        return false;
    }
}

/* Signed, as DWARF has it; false: OPCODE is no comparison. */
static bool compare(uint8_t opcode, int64_t a, int64_t b, uint64_t *result)
{
    const bool results[] = {a == b, a >= b, a > b, a <= b, a < b, a != b};
    if (opcode < OP_EQ || opcode > OP_NE)
        return false;
    *result = results[opcode - OP_EQ];
    return true;
}

/* The two values on top become one. */
static bool operate(struct evaluation *evaluation, uint8_t opcode)
{
    if (evaluation->depth < 2)
        return false;
    const struct eh_value b = evaluation->values[--evaluation->depth];
    struct eh_value *a = &evaluation->values[evaluation->depth - 1];
    if (opcode == OP_PLUS && (a->base == EH_CONSTANT || b.base == EH_CONSTANT)) {
        *a = (struct eh_value){a->base == EH_CONSTANT ? b.base : a->base, a->offset + b.offset};
        return true;
    }
    if (b.base != EH_CONSTANT)
        return false;
    if (opcode == OP_MINUS) {
        a->offset -= b.offset;
        return true;
    }
    return a->base == EH_CONSTANT &&
           (combine(opcode, a->offset, b.offset, &a->offset) ||
            compare(opcode, (int64_t)a->offset, (int64_t)b.offset, &a->offset));
}

static bool step(struct evaluation *evaluation, uint8_t opcode)
{
    struct cursor *from = &evaluation->from;
    if (opcode >= OP_LIT0 && opcode <= OP_LIT31)
        return push(evaluation, EH_CONSTANT, opcode - OP_LIT0);
    if (opcode >= OP_BREG0 && opcode <= OP_BREG31)
        return push_register(evaluation, opcode - OP_BREG0);
    if (opcode >= OP_CONST1U && opcode <= OP_CONST8S)
        return push(evaluation, EH_CONSTANT, read_constant(from, opcode));
    if (opcode == OP_CONSTU)
        return push(evaluation, EH_CONSTANT, read_uleb(from));
    if (opcode == OP_CONSTS)
        return push(evaluation, EH_CONSTANT, (uint64_t)read_sleb(from));
    if (opcode != OP_PLUS_UCONST)
        return operate(evaluation, opcode);
    return push(evaluation, EH_CONSTANT, read_uleb(from)) && operate(evaluation, OP_PLUS);
}

bool eh_expression_value(struct cursor expression, uint64_t pc, struct eh_value *value)
{
    struct evaluation evaluation = {.from = expression, .pc = pc};
    while (evaluation.from.at < evaluation.from.end)
        if (!step(&evaluation, *evaluation.from.at++))
            return false;
    if (evaluation.depth == 0)
        return false;
    *value = evaluation.values[evaluation.depth - 1];
    return true;
}
