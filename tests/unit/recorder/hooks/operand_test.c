/* operand_test.c - the value of an expression at a call. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/operand.h"

#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>

static struct entry_frame frame;
static struct expression expression;
static struct operand operand;

static void prepare(const char *text)
{
    const struct image none = {.path = ""};
    cr_assert(expression_parse((struct slice){text, strlen(text)}, &expression), "%s", text);
    cr_assert(operand_prepare(&operand, &expression, &none), "%s", text);
}

static void expect(const char *text, uint64_t expected)
{
    uint64_t value = 0;
    prepare(text);
    cr_expect(operand_read(&operand, &frame, &value), "%s", text);
    cr_expect_eq(value, expected, "%s: %lx", text, value);
}

static void expect_no_value(const char *text)
{
    uint64_t value;
    prepare(text);
    cr_expect(!operand_read(&operand, &frame, &value), "%s", text);
}

static uint64_t address(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

Test(operand, words_of_the_call)
{
    frame = (struct entry_frame){.arguments = {10, 11, 12, 13, 14, 15}, .result = 20};
    expect("a0", 10);
    expect("a5", 15);
    expect("ret", 20);
    expect("7", 7);
    cr_expect_null(operand.expression, "a number takes no steps");
    expect("a0-a1", UINT64_MAX);
    expect("a1*a2+1", 133);
    expect("a1*(a2+1)", 143);
}

Test(operand, memory)
{
    uint64_t chunk[] = {100, 200, 300};
    uint64_t *pointer = &chunk[1];
    const char *text = "four";
    frame = (struct entry_frame){.arguments = {address(&chunk[2]), address(&pointer)},
                                 .result = address("four")};
    expect("*(a0-16)", 100);
    expect("*(a0-8)", 200);
    expect("*a0", 300);
    expect("**a1", 200);
    expect("strlen(ret)+1", 5);
    frame.arguments[2] = address(&text);
    expect("strlen(*a2)", 4);
}

Test(operand, an_address_that_is_none_has_no_value)
{
    frame = (struct entry_frame){.arguments = {0, 8, 4095, UINT64_C(1) << 47}, .result = 0};
    expect_no_value("*a0");
    expect_no_value("*(a0+16)");
    expect_no_value("*(a0-16)");
    expect_no_value("*a1");
    expect_no_value("*a2");
    expect_no_value("*a3");
    expect_no_value("strlen(ret)+1");
    expect_no_value("1+*(ret-8)");
}

static bool takes_steps(const char *text)
{
    prepare(text);
    return operand.expression != NULL;
}

Test(operand, what_is_simple_takes_no_steps)
{
    uint64_t chunk[] = {100, 200, 300};
    static const char *const simple[] = {"a0",        "ret-8+4", "7+1-2",   "*a0",
                                         "*(a0-8+4)", "*ret",    "(a3)+16", "*(ret-16)"};
    static const char *const others[] = {"a0*4", "5-a0",      "a0-(5-1)", "a0+a1",
                                         "**a0", "*(a0-8)-1", "7*8",      "a0*(5*a1)"};
    for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++) {
        cr_expect(!takes_steps(simple[i]), "%s", simple[i]);
        cr_expect(takes_steps(others[i]), "%s", others[i]);
    }
    frame = (struct entry_frame){.arguments = {address(&chunk[2]), 3}, .result = 20};
    expect("ret-8+4", 16);
    expect("7+1-2", 6);
    expect("*(a0-12+4)", 200);
    expect("a1*4", 12);
    expect("5-a1", 2);
    expect("a1-(5-1)", UINT64_MAX);
    expect("*(a0-8)-1", 199);
    expect("7*8", 56);
    expect("a1*(5*a1)", 45);
}

Test(operand, a_value_not_given_is_zero)
{
    const struct image none = {.path = ""};
    uint64_t value = 1;
    expression = (struct expression){.count = 0};
    cr_assert(operand_prepare(&operand, &expression, &none));
    cr_expect(operand_read(&operand, &frame, &value));
    cr_expect_eq(value, 0);
}

static bool is_c_library(struct image *image, void *data)
{
    static const struct slice variable = {"environ", 7};
    *(struct image *)data = *image;
    return image_defines(image, &variable, 1);
}

Test(operand, variables)
{
    static const char text[] = "global:environ+1";
    struct image image;
    uint64_t value = 0;
    images_visit(is_c_library, &image);
    cr_assert(expression_parse((struct slice){text, strlen(text)}, &expression));
    cr_assert(operand_prepare(&operand, &expression, &image));
    for (unsigned i = 0; i < 2; i++) {
        cr_expect(operand_read(&operand, NULL, &value));
        cr_expect_eq(value, address(environ) + 1);
        clearenv();
    }
}

Test(operand, a_variable_takes_no_steps)
{
    static const char text[] = "global:environ";
    struct image image;
    uint64_t value = 0;
    images_visit(is_c_library, &image);
    cr_assert(expression_parse((struct slice){text, strlen(text)}, &expression));
    cr_assert(operand_prepare(&operand, &expression, &image));
    cr_expect_null(operand.expression);
    for (unsigned i = 0; i < 2; i++) {
        cr_expect(operand_read(&operand, NULL, &value));
        cr_expect_eq(value, address(environ));
        clearenv();
    }
}

Test(operand, a_variable_that_is_not_there)
{
    static const char text[] = "global:environ+global:no_such_variable";
    struct image image;
    images_visit(is_c_library, &image);
    cr_assert(expression_parse((struct slice){text, strlen(text)}, &expression));
    cr_expect(!operand_prepare(&operand, &expression, &image));
}
