/* operand.c - the value of an expression at a call; see operand.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/operand.h"

#include "preload/util/readable.h"

#include <stddef.h>
#include <string.h>

static uint32_t argument_offset(uint32_t number)
{
    return (uint32_t)(offsetof(struct entry_frame, arguments) + sizeof(uint64_t) * number);
}

static struct operand_direct first_of(const struct operand *operand, struct expression_step step)
{
    switch (step.kind) {
    case EXPRESSION_ARGUMENT:
        return (struct operand_direct){.word = true, .offset = argument_offset(step.number)};
    case EXPRESSION_RESULT:
        return (struct operand_direct){.word = true,
                                       .offset = offsetof(struct entry_frame, result)};
    case EXPRESSION_VARIABLE:
        return (struct operand_direct){.loads = true,
                                       .plus = (uintptr_t)operand->variables[step.number]};
    default:
        return (struct operand_direct){.plus = step.number};
    }
}

/* Adds the number that the two steps add or subtract; false: they do something else. */
static bool add_number(struct operand_direct *direct, const struct expression_step steps[2])
{
    const enum expression_kind kind = steps[1].kind;
    if (steps[0].kind != EXPRESSION_NUMBER ||
        (kind != EXPRESSION_ADD && kind != EXPRESSION_SUBTRACT))
        return false;
    direct->plus += kind == EXPRESSION_ADD ? steps[0].number : -(uint64_t)steps[0].number;
    return true;
}

/* Does without the expression where it is a word or a number, numbers added or subtracted, and what
 * is in memory there, in that order. */
static void simplify(struct operand *operand)
{
    const struct expression_step *steps = operand->expression->steps;
    const unsigned count = operand->expression->count;
    struct operand_direct direct = {.plus = 0};
    unsigned i = 1;
    if (count > 0)
        direct = first_of(operand, steps[0]);
    while (i + 1 < count && !direct.loads && add_number(&direct, steps + i))
        i += 2;
    if (i + 1 == count && !direct.loads && steps[i].kind == EXPRESSION_LOAD) {
        direct.loads = true;
        i++;
    }
    if (i < count)
        return;
    operand->direct = direct;
    operand->expression = NULL;
}

/*
 * In IMAGE or, where that does not define it, in the program that uses the pool system. A variable
 * of a library may lie in the executable, which was linked to have it there: then all use that one.
 */
static const uint64_t *find_variable(const struct image *image,
                                     const struct expression_variable *variable)
{
    struct image other;
    struct image_symbol symbol = image_symbol(image, variable->symbol), elsewhere = {0};
    /* Another may be unloaded by itself, if any can be. */
    if (!image->map)
        elsewhere = images_symbol(image, variable->symbol, &other);
    const bool in_executable = elsewhere.address && !*other.path && !variable->access;
    if (elsewhere.address && (!symbol.address || in_executable)) {
        symbol = elsewhere;
        image = &other;
    }
    if (symbol.address && variable->access)
        symbol.address = image_variable(image, symbol, variable->access);
    return (const uint64_t *)symbol.address;
}

const char *operand_fault(const struct expression *expression, const struct image *image,
                          struct slice *symbol)
{
    struct image other;
    const struct expression_variable *variable = expression->variables;
    unsigned i = 0;
    while (i + 1 < expression->variable_count && find_variable(image, &variable[i]))
        i++;
    *symbol = variable[i].symbol;
    if (image_symbol(image, *symbol).address ||
        (!image->map && images_symbol(image, *symbol, &other).address))
        return "no such access in ";
    return variable[i].access ? "there is no function " : "there is no variable ";
}

bool operand_prepare(struct operand *operand, const struct expression *expression,
                     const struct image *image)
{
    *operand = (struct operand){.expression = expression};
    for (unsigned i = 0; i < expression->variable_count; i++) {
        operand->variables[i] = find_variable(image, &expression->variables[i]);
        if (!operand->variables[i])
            return false;
    }
    simplify(operand);
    return true;
}

static uint64_t calculate(enum expression_kind kind, uint64_t a, uint64_t b)
{
    if (kind == EXPRESSION_MULTIPLY)
        return a * b;
    return kind == EXPRESSION_ADD ? a + b : a - b;
}

#define PAGE 4096u

static bool can_read(uint64_t *asked, uint64_t address)
{
    if (*asked == address / PAGE + 1)
        return true;
    if (!is_readable_often(address))
        return false;
    *asked = address / PAGE + 1;
    return true;
}

static bool can_read_word(uint64_t *asked, uint64_t address)
{
    return can_read(asked, address) && can_read(asked, address + sizeof(uint64_t) - 1);
}

/* Replaces the address in *TOP by what is there. */
static bool follow(enum expression_kind kind, uint64_t *asked, uint64_t *top)
{
    if (!operand_is_address(*top) || (asked && !can_read_word(asked, *top)))
        return false;
    if (kind == EXPRESSION_LENGTH)
        *top = strlen((const char *)*top);
    else
        *top = operand_load(*top);
    return true;
}

/* Takes STEP on a stack of DEPTH numbers; returns the new depth, 0: there is no value. */
static unsigned take_step(const struct expression_step *step, const struct operand *operand,
                          const struct entry_frame *frame, uint64_t *stack, unsigned depth)
{
    switch (step->kind) {
    case EXPRESSION_ARGUMENT:
        stack[depth] = frame->arguments[step->number];
        return depth + 1;
    case EXPRESSION_RESULT:
        stack[depth] = frame->result;
        return depth + 1;
    case EXPRESSION_NUMBER:
        stack[depth] = step->number;
        return depth + 1;
    case EXPRESSION_VARIABLE:
        stack[depth] = __atomic_load_n(operand->variables[step->number], __ATOMIC_RELAXED);
        return depth + 1;
    case EXPRESSION_LOAD:
    case EXPRESSION_LENGTH:
        return follow(step->kind, operand->asked, &stack[depth - 1]) ? depth : 0;
    default:
        stack[depth - 2] = calculate(step->kind, stack[depth - 2], stack[depth - 1]);
        return depth - 1;
    }
}

bool operand_evaluate(const struct operand *operand, const struct entry_frame *frame,
                      uint64_t *value)
{
    uint64_t stack[EXPRESSION_DEPTH];
    unsigned depth = 0;
    for (unsigned i = 0; i < operand->expression->count; i++) {
        depth = take_step(&operand->expression->steps[i], operand, frame, stack, depth);
        if (depth == 0)
            return false;
    }
    *value = stack[0];
    return true;
}
