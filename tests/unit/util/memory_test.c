/* memory_test.c - allocation that ends the program rather than fail. */
#include "analyzer/util/memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>

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
