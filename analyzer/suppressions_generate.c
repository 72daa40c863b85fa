#include "suppressions.h"

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

/* What tells the finding from most others. A named function that calls one without a name may be
 * anybody's: the pool's own name comes before it. */
static const char *best_mark(const struct finding *finding, const struct logical_stack *stack)
{
    const char *caller = named_caller(stack);
    bool own = caller && caller == stack->frames[stack->top].function;
    if (!own && finding->tag && *finding->tag)
        return finding->tag;
    if (caller)
        return caller;
    return stack->top < stack->count ? stack->frames[stack->top].module : NULL;
}

void suppression_generate(FILE *out, const struct finding *finding, const struct name_source *names)
{
    struct logical_stack stack = logical_stack(names, finding->culprit);
    const char *mark = best_mark(finding, &stack);
    fprintf(out, "%s:", finding->rule);
    if (mark) {
        putc('^', out);
        put_literal(out, mark);
        putc('$', out);
    } else {
        putc('*', out);
    }
    putc('\n', out);
    logical_stack_free(&stack);
}
