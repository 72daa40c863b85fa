/* expression_text.h - the steps of an expression in words, for tests to compare. */
/* SPDX-License-Identifier: MIT */
#ifndef LIFEGUARD_EXPRESSION_TEXT_H
#define LIFEGUARD_EXPRESSION_TEXT_H

#include "preload/api/expression.h"

#include <stdio.h>

/* "current", or "current.2" of an access. */
static inline size_t put_variable(char *to, size_t room, const char *gap,
                                  const struct expression_variable *variable)
{
    int used =
        snprintf(to, room, "%s%.*s", gap, (int)variable->symbol.length, variable->symbol.text);
    if (variable->access)
        used += snprintf(to + used, room - (size_t)used, ".%u", variable->access);
    return (size_t)used;
}

/* Such as "a0 16 - load"; "" where no value is given. Valid until the next call. */
static inline const char *expression_text(const struct expression *expression)
{
    static const char *const words[] = {
        [EXPRESSION_RESULT] = "ret", [EXPRESSION_LOAD] = "load",  [EXPRESSION_LENGTH] = "len",
        [EXPRESSION_ADD] = "+",      [EXPRESSION_SUBTRACT] = "-", [EXPRESSION_MULTIPLY] = "*"};
    static char text[512];
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < expression->count; i++) {
        const struct expression_step *step = &expression->steps[i];
        const char *gap = i ? " " : "";
        char *to = text + used;
        size_t room = sizeof(text) - used;
        const struct expression_variable *variable =
            &expression->variables[step->number % EXPRESSION_VARIABLES];
        if (step->kind == EXPRESSION_ARGUMENT)
            used += (size_t)snprintf(to, room, "%sa%u", gap, step->number);
        else if (step->kind == EXPRESSION_NUMBER)
            used += (size_t)snprintf(to, room, "%s%u", gap, step->number);
        else if (step->kind == EXPRESSION_VARIABLE)
            used += put_variable(to, room, gap, variable);
        else
            used += (size_t)snprintf(to, room, "%s%s", gap, words[step->kind]);
    }
    return text;
}

#endif
