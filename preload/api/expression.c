/*
 * expression.c - values in an API description, as in `a0`, `*(a0-16)` or `strlen(ret)+1`; see
 * expression.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/api/expression.h"

#include <string.h>

struct parser {
    struct slice rest;
    struct expression *to;
    unsigned depth;  /* of the stack, as far as parsed */
    unsigned nested; /* stars and parentheses around what is being parsed */
};

static bool parse_sum(struct parser *parser);

/* Adds a step that puts GROWS numbers on the stack. */
static bool add(struct parser *parser, enum expression_kind kind, uint32_t number, int grows)
{
    struct expression *to = parser->to;
    if (to->count == EXPRESSION_STEPS || (int)parser->depth + grows > EXPRESSION_DEPTH)
        return false;
    parser->depth = (unsigned)((int)parser->depth + grows);
    to->steps[to->count++] = (struct expression_step){kind, number};
    return true;
}

/* The word up to the next sign. */
static struct slice take_word(struct parser *parser)
{
    struct slice word = {parser->rest.text, 0};
    while (word.length < parser->rest.length && !strchr("+-*()", word.text[word.length]))
        word.length++;
    parser->rest.text += word.length;
    parser->rest.length -= word.length;
    return word;
}

static bool add_variable(struct parser *parser, struct slice symbol, uint32_t access)
{
    struct expression *to = parser->to;
    if (symbol.length == 0 || to->variable_count == EXPRESSION_VARIABLES)
        return false;
    to->variables[to->variable_count] = (struct expression_variable){symbol, access};
    return add(parser, EXPRESSION_VARIABLE, to->variable_count++, 1);
}

/* "SYMBOL,N)" of an access. */
static bool parse_access(struct parser *parser)
{
    struct slice number = take_word(parser);
    const struct slice symbol = slice_cut(&number, ",");
    uint32_t access;
    return slice_number(number, &access) && access > 0 && add_variable(parser, symbol, access) &&
           slice_skip(&parser->rest, ")");
}

static bool parse_word(struct parser *parser)
{
    struct slice word = take_word(parser);
    uint32_t number;
    if (slice_equals(word, "ret"))
        return add(parser, EXPRESSION_RESULT, 0, 1);
    if (word.length == 2 && word.text[0] == 'a' && word.text[1] >= '0' && word.text[1] <= '5')
        return add(parser, EXPRESSION_ARGUMENT, (uint32_t)(word.text[1] - '0'), 1);
    if (slice_skip(&word, "global:"))
        return add_variable(parser, word, 0);
    return slice_number(word, &number) && add(parser, EXPRESSION_NUMBER, number, 1);
}

/* An access, a star and its operand, a value in parentheses, or a word. */
static bool parse_factor(struct parser *parser)
{
    if (slice_skip(&parser->rest, "data("))
        return parse_access(parser);
    const bool star = slice_skip(&parser->rest, "*");
    const bool length = !star && slice_skip(&parser->rest, "strlen(");
    if (!star && !length && !slice_skip(&parser->rest, "("))
        return parse_word(parser);
    if (parser->nested == EXPRESSION_STEPS)
        return false;
    parser->nested++;
    bool parsed = star ? parse_factor(parser) && add(parser, EXPRESSION_LOAD, 0, 0)
                       : parse_sum(parser) && slice_skip(&parser->rest, ")");
    parser->nested--;
    return parsed && (!length || add(parser, EXPRESSION_LENGTH, 0, 0));
}

static bool parse_product(struct parser *parser)
{
    bool parsed = parse_factor(parser);
    while (parsed && slice_skip(&parser->rest, "*"))
        parsed = parse_factor(parser) && add(parser, EXPRESSION_MULTIPLY, 0, -1);
    return parsed;
}

static bool parse_sum(struct parser *parser)
{
    bool parsed = parse_product(parser);
    while (parsed && parser->rest.length > 0 && strchr("+-", parser->rest.text[0])) {
        bool plus = slice_skip(&parser->rest, "+");
        if (!plus)
            slice_skip(&parser->rest, "-");
        parsed = parse_product(parser) &&
                 add(parser, plus ? EXPRESSION_ADD : EXPRESSION_SUBTRACT, 0, -1);
    }
    return parsed;
}

bool expression_parse(struct slice text, struct expression *expression)
{
    struct parser parser = {.rest = text, .to = expression};
    *expression = (struct expression){.count = 0};
    return parse_sum(&parser) && parser.rest.length == 0;
}

bool expression_has(const struct expression *expression, enum expression_kind kind)
{
    for (unsigned i = 0; i < expression->count; i++) {
        if (expression->steps[i].kind == kind)
            return true;
    }
    return false;
}

bool expression_is_argument(const struct expression *expression)
{
    return expression->count == 1 && expression->steps[0].kind == EXPRESSION_ARGUMENT;
}
