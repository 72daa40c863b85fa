/* suppressions_generate.c - suppressions made of findings, for a person to look at. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/suppressions.h"

#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* A star for whatever a line of suppressions cannot hold as it is. */
static void put_literal(FILE *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        bool blank_before = at > text && at[-1] == ' ';
        bool word = strncmp(at, "expires=", 8) == 0 || strncmp(at, "reason=", 7) == 0;
        bool plain = (unsigned char)*at >= ' ' && *at != 0x7f && (unsigned char)*at < 0x80;
        putc(plain && !(blank_before && (word || *at == '#')) ? *at : '*', out);
    }
}

static const char *named_caller(const struct logical_stack *stack)
{
    for (size_t i = stack->top; i < stack->bottom; i++) {
        if (stack->frames[i].function)
            return stack->frames[i].function;
    }
    return NULL;
}

static bool has_own_name(const struct logical_stack *stack)
{
    return stack->top < stack->bottom && stack->frames[stack->top].function;
}

/* What tells the finding from most others. A named function that calls one without a name may be
 * anybody's: the pool's own name comes before it. */
static const char *best_mark(const char *tag, const struct logical_stack *stack)
{
    if (!has_own_name(stack) && tag && *tag)
        return tag;
    const char *caller = named_caller(stack);
    if (caller)
        return caller;
    return stack->top < stack->count ? stack->frames[stack->top].module : NULL;
}

static void put_suppression(FILE *out, const char *rule, const char *mark)
{
    fprintf(out, "%s:", rule);
    if (mark) {
        putc('^', out);
        put_literal(out, mark);
        putc('$', out);
    } else {
        putc('*', out);
    }
    putc('\n', out);
}

static bool is_in(const char *mark, const char *const *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (marks[i] && strcmp(marks[i], mark) == 0)
            return true;
    }
    return false;
}

/* A line for each of the ways to a place that has no name. */
static void generate_parts(FILE *out, const struct finding *finding,
                           const struct name_source *names)
{
    const char **marks = xcalloc(finding->places.count, sizeof *marks);
    for (size_t i = 0; i < finding->places.count; i++) {
        const struct growth_place *part = &finding->places.items[i];
        struct logical_stack stack = logical_stack(names, part->stack);
        marks[i] = best_mark(part->tag, &stack);
        if (!marks[i] || !is_in(marks[i], marks, i))
            put_suppression(out, finding->rule, marks[i]);
        logical_stack_free(&stack);
    }
    free(marks);
}

void suppression_generate(FILE *out, const struct finding *finding, const struct name_source *names)
{
    struct logical_stack stack = logical_stack(names, finding->culprit);
    if (finding->places.count > 1 && !has_own_name(&stack))
        generate_parts(out, finding, names);
    else
        put_suppression(out, finding->rule, best_mark(finding->tag, &stack));
    logical_stack_free(&stack);
}

/* What tells a place from others: the nearest function of a module that the program loaded, or that
 * module; else the place's own function. NULL: it has no name, and the program's own module is in
 * every backtrace. */
static const char *place_mark(const struct logical_stack *stack)
{
    const char *program =
        stack->bottom > stack->top ? stack->frames[stack->bottom - 1].module : NULL;
    for (size_t i = stack->top; program && i < stack->bottom; i++) {
        const struct symbol_frame *frame = &stack->frames[i];
        if (frame->module && strcmp(frame->module, program) != 0)
            return frame->function ? frame->function : frame->module;
    }
    return has_own_name(stack) ? stack->frames[stack->top].function : NULL;
}

bool suppressions_generate_places(FILE *out, const char *rule,
                                  const struct growth_place *const *places, size_t count,
                                  const struct name_source *names)
{
    const char **marks = xcalloc(count, sizeof *marks);
    bool all = true;
    for (size_t i = 0; i < count; i++) {
        struct logical_stack stack = logical_stack(names, places[i]->stack);
        marks[i] = place_mark(&stack);
        all &= marks[i] != NULL;
        if (marks[i] && !is_in(marks[i], marks, i))
            put_suppression(out, rule, marks[i]);
        logical_stack_free(&stack);
    }
    free(marks);
    return all;
}
