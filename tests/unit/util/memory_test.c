/* memory_test.c - allocation that ends the program rather than fail. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(memory, exhaustion_ends_with_status_2, .exit_code = 2)
{
    memory_exhausted();
}

Test(memory, a_size_of_0_is_no_exhaustion)
{
    free(xmalloc(0));
    free(xcalloc(0, 8));
    free(xcalloc(8, 0));
    free(xreallocarray(NULL, 0, 8));
    free(xrealloc(xmalloc(1), 0));
}

Test(memory, strings_are_copied_up_to_their_end)
{
    const char unterminated[] = {'a', 'b', 'c'};
    char *copy = xstrndup(unterminated, sizeof(unterminated));

    cr_expect_str_eq(copy, "abc");
    free(copy);
    copy = xstrndup("ab", 9);
    cr_expect_str_eq(copy, "ab");
    free(copy);
}

Test(memory, arrays_grow_where_they_are_full)
{
    int *items = NULL, *others = NULL;
    size_t count = 0, capacity = 0;
    for (; count < 1000; count++) {
        GROW(items, count, capacity);
        cr_assert_lt(count, capacity);
        items[count] = (int)count;
        GROW_TO_POWER(others, count);
        others[count] = (int)count;
    }
    for (size_t i = 0; i < count; i++)
        cr_assert(items[i] == (int)i && others[i] == (int)i);
    free(items);
    free(others);
}

Test(memory, texts_are_made_in_memory)
{
    struct text text;
    fputs("a line", text_open(&text));
    fprintf(text.out, " and %d", 2);
    char *whole = text_close(&text), *made = xasprintf("%s, %s", whole, "made");
    cr_expect_eq(text.length, strlen(whole));
    cr_expect_str_eq(made, "a line and 2, made");
    free(whole);
    free(made);
}
