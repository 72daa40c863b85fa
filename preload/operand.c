#include "operand.h"

#include <stddef.h>
#include <string.h>

#define ADDRESS_MIN 4096u
#define ADDRESS_MAX (UINT64_C(1) << 47)

static uint32_t argument_offset(uint32_t number)
{
    return (uint32_t)(offsetof(struct entry_frame, arguments) + sizeof(uint64_t) * number);
}

/* Makes do without the expression where it is one word. */
static void simplify(struct operand *operand)
{
    const struct expression_step *only = operand->expression->steps;
    if (operand->expression->count > 1)
        return;
    if (operand->expression->count == 0 || only->kind == EXPRESSION_NUMBER)
        *operand = (struct operand){.constant = operand->expression->count ? only->number : 0};
    else if (only->kind == EXPRESSION_ARGUMENT)
        *operand = (struct operand){.offset = argument_offset(only->number), .mask = UINT64_MAX};
    else if (only->kind == EXPRESSION_RESULT)
        *operand =
            (struct operand){.offset = offsetof(struct entry_frame, result), .mask = UINT64_MAX};
}

/* In IMAGE or, where that does not define it, in the program that uses the pool system. */
static const uint64_t *find_variable(const struct image *image, struct slice name)
{
    struct image other;
    struct image_symbol symbol = image_symbol(image, name);
    if (!symbol.address)
        symbol = images_symbol(name, &other);
    return (const uint64_t *)symbol.address;
}

const struct slice *operand_prepare(struct operand *operand, const struct expression *expression,
                                    const struct image *image)
{
    *operand = (struct operand){.expression = expression};
    for (unsigned i = 0; i < expression->variable_count; i++) {
        operand->variables[i] = find_variable(image, expression->variables[i]);
        if (!operand->variables[i])
            return &expression->variables[i];
    }
    simplify(operand);
    return NULL;
}

static bool is_address(uint64_t address)
{
    return address >= ADDRESS_MIN && address < ADDRESS_MAX;
}

static uint64_t calculate(enum expression_kind kind, uint64_t a, uint64_t b)
{
    if (kind == EXPRESSION_MULTIPLY)
        return a * b;
    return kind == EXPRESSION_ADD ? a + b : a - b;
}

/* Replaces the address in *TOP by what is there. */
static bool follow(enum expression_kind kind, uint64_t *top)
{
    if (!is_address(*top))
        return false;
    if (kind == EXPRESSION_LENGTH)
        *top = strlen((const char *)*top);
    else
        memcpy(top, (const void *)*top, sizeof(*top));
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
        return follow(step->kind, &stack[depth - 1]) ? depth : 0;
    default:
        stack[depth - 2] = calculate(step->kind, stack[depth - 2], stack[depth - 1]);
        return depth - 1;
    }
}

bool operand_read(const struct operand *operand, const struct entry_frame *frame, uint64_t *value)
{
    if (!operand->expression) {
        *value = operand_word(operand, frame);
        return true;
    }
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
