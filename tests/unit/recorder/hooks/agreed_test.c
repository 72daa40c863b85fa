/* What two walks in a row found alike. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/agreed.h"

#include <criterion/criterion.h>

static bool found(uint64_t trace, uint64_t what)
{
    cr_assert(agreed_begin(trace));
    const bool before = agreed_before(what);
    agreed_end();
    return before;
}

Test(agreed, what_the_walk_before_found_too)
{
    cr_expect_not(found(1, 7));
    cr_expect(found(1, 7));
    cr_expect_not(found(1, 8));
    cr_expect_not(found(1, 7), "not in the walk right before");
}

Test(agreed, nothing_of_another_process)
{
    cr_expect_not(found(1, 7));
    cr_expect_not(found(2, 7));
    cr_expect(found(2, 7));
}

Test(agreed, one_at_a_time_in_a_process)
{
    cr_assert(agreed_begin(1));
    cr_expect_not(agreed_begin(1));
    cr_expect(agreed_begin(2), "a child of one that was at it");
    agreed_end();
    cr_expect(agreed_begin(2));
    agreed_end();
}

Test(agreed, more_than_can_be_remembered)
{
    for (unsigned walk = 0; walk < 2; walk++) {
        cr_assert(agreed_begin(1));
        for (uint64_t i = 1; i <= 2000; i++) {
            const bool before = agreed_before(i);
            cr_expect_eq(before, walk == 1 && i <= 512, "%u", (unsigned)i);
        }
        agreed_end();
    }
}
