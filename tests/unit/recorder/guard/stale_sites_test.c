/* stale_sites_test.c - which allocations are sampled: the first of each backtrace, and what lives.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/guard/stale_sites.h"

#include <criterion/criterion.h>

/* How many of COUNT allocations at STACK are, of which all outlive their unit, or none. */
static unsigned sampled(uint32_t stack, unsigned count, bool outlive)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!stale_sites_may_take(stack) || !stale_sites_take(stack))
            continue;
        taken++;
        stale_sites_learn(stack, outlive);
    }
    return taken;
}

Test(stale_sites, all_are_where_all_are_asked_for)
{
    stale_sites_setup(1);
    cr_expect_eq(sampled(3, 1000, false), 1000);
    cr_expect_eq(sampled(4, 1000, true), 1000);
}

Test(stale_sites, the_first_of_each_is)
{
    stale_sites_setup(1000);
    for (uint32_t stack = 1; stack < 100; stack++)
        cr_expect_eq(sampled(stack, 1, false), 1);
}

Test(stale_sites, what_outlives_its_unit_is_as_often_as_the_rate_allows)
{
    stale_sites_setup(100);
    const unsigned taken = sampled(3, 10000, true);
    cr_expect(taken >= 95 && taken <= 102, "%u", taken);
}

Test(stale_sites, what_does_not_is_ever_more_seldom)
{
    stale_sites_setup(2);
    cr_expect_leq(sampled(3, 100000, false), 8);
}

Test(stale_sites, what_lives_is_found_beside_much_that_does_not)
{
    unsigned taken = 0;
    stale_sites_setup(100);
    for (unsigned i = 0; i < 1000; i++) {
        sampled(3, 99, false);
        taken += sampled(4, 1, true);
    }
    cr_expect(taken >= 500, "%u", taken);
}
