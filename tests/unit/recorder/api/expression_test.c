/* expression_test.c - values in descriptions: how they are read, and which are none. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/expression_text.h"

#include <criterion/criterion.h>
#include <string.h>

static bool parse(const char *text, struct expression *expression)
{
    return expression_parse((struct slice){text, strlen(text)}, expression);
}

static void expect_steps(const char *text, const char *steps)
{
    struct expression expression;
    cr_assert(parse(text, &expression), "%s", text);
    cr_expect_str_eq(expression_text(&expression), steps, "%s: %s", text,
                     expression_text(&expression));
}

static void expect_none(const char *text)
{
    struct expression expression;
    cr_expect(!parse(text, &expression), "accepted: %s", text);
}

Test(expression, words)
{
    expect_steps("a0", "a0");
    expect_steps("a5", "a5");
    expect_steps("ret", "ret");
    expect_steps("0x20", "32");
    expect_steps("global:current", "current");
    expect_steps("strlen(ret)", "ret len");
    expect_steps("data(enable,1)", "enable.1");
    expect_steps("*(data(enable,0x10)+8)", "enable.16 8 + load");
}

Test(expression, signs_bind_as_in_c)
{
    expect_steps("a0+a1*2", "a0 a1 2 * +");
    expect_steps("a0*a1+2", "a0 a1 * 2 +");
    expect_steps("a0-8-1", "a0 8 - 1 -");
    expect_steps("a0-(8-1)", "a0 8 1 - -");
    expect_steps("*a0+8", "a0 load 8 +");
    expect_steps("*(a0+8)", "a0 8 + load");
    expect_steps("**a0", "a0 load load");
    expect_steps("a1**a0", "a1 a0 load *");
    expect_steps("*(global:cycle+8)", "cycle 8 + load");
    expect_steps("strlen(*(a0+8))+1", "a0 8 + load len 1 +");
}

Test(expression, what_is_none)
{
    static const char *const texts[] = {"",
                                        "a6",
                                        "a",
                                        "a00",
                                        "b",
                                        "*",
                                        "**",
                                        "a0+",
                                        "+a0",
                                        "a0-",
                                        "a0*",
                                        "-1",
                                        "(a0",
                                        "a0)",
                                        "()",
                                        "*(a0",
                                        "a0a1",
                                        "a0 a1",
                                        "rets",
                                        "global:",
                                        "strlen",
                                        "strlen()",
                                        "strlen(a0",
                                        "strlen(ret)1",
                                        "4294967296",
                                        "0x",
                                        "1.5",
                                        "a0/2",
                                        "a0(1)",
                                        "data(x)",
                                        "data(x,0)",
                                        "data(x,)",
                                        "data(,1)",
                                        "data(x,1",
                                        "data(x,a0)",
                                        "data(x,1)1",
                                        "data(x,y,1)",
                                        "data(x+1,1)",
                                        "data(x,4294967296)",
                                        "data(",
                                        "data"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect_none(texts[i]);
}

Test(expression, limits)
{
    expect_steps("a0+(a1+(a2+a3))", "a0 a1 a2 a3 + + +");
    expect_none("a0+(a1+(a2+(a3+a4)))");
    expect_steps("***********a0", "a0 load load load load load load load load load load load");
    expect_none("************a0");
    expect_steps("global:a+global:b", "a b +");
    expect_none("global:a+global:b+global:c");
    expect_none("((((((((((((((((((((((((((((((((((a0");
}

Test(expression, what_it_has)
{
    struct expression expression;
    cr_assert(parse("*(ret-16)", &expression));
    cr_expect(expression_has(&expression, EXPRESSION_RESULT));
    cr_expect(expression_has(&expression, EXPRESSION_LOAD));
    cr_expect(!expression_has(&expression, EXPRESSION_ARGUMENT));
    cr_expect(!expression_is_argument(&expression));
    cr_assert(parse("a3", &expression));
    cr_expect(expression_is_argument(&expression));
}

/* Whatever is accepted keeps to the depth that the recorder has room for. */
static void expect_sound(const struct expression *expression)
{
    int depth = 0;
    cr_assert(expression->count > 0 && expression->count <= EXPRESSION_STEPS);
    for (unsigned i = 0; i < expression->count; i++) {
        const struct expression_step *step = &expression->steps[i];
        depth += step->kind <= EXPRESSION_VARIABLE ? 1 : step->kind >= EXPRESSION_ADD ? -1 : 0;
        cr_assert(depth >= 1 && depth <= EXPRESSION_DEPTH);
        cr_assert(step->kind != EXPRESSION_ARGUMENT || step->number < 6);
        cr_assert(step->kind != EXPRESSION_VARIABLE || step->number < expression->variable_count);
    }
    cr_assert_eq(depth, 1);
    cr_assert(expression->variable_count <= EXPRESSION_VARIABLES);
}

Test(expression, nonsense)
{
    static const char *const words[] = {"a0", "a5", "ret",       "global:x", "8",  "*",
                                        "+",  "-",  "data(x,1)", "data(",    ",2", "strlen(",
                                        "(",  ")",  ")",         "*",        "a",  ""};
    unsigned accepted = 0;
    srandom(1);
    for (unsigned i = 0; i < 200000; i++) {
        char text[256] = "";
        struct expression expression;
        for (unsigned j = random() % 16; j > 0; j--)
            strcat(text, words[(size_t)random() % (sizeof(words) / sizeof(words[0]))]);
        if (!parse(text, &expression))
            continue;
        expect_sound(&expression);
        accepted++;
    }
    cr_expect(accepted > 1000, "%u", accepted);
}
