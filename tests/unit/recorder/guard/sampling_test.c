/* sampling_test.c - the first of each backtrace is served, then ever fewer. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/sampling.h"

#include <criterion/criterion.h>

/* One more at STACK. */
static bool take(uint32_t stack, bool *front)
{
    return sampling_may_take(stack) && sampling_take(stack, front);
}

static unsigned served(uint32_t stack, unsigned calls, unsigned *fronts)
{
    unsigned count = 0;
    for (unsigned i = 0; i < calls; i++) {
        bool front = false;
        if (!take(stack, &front))
            continue;
        count++;
        *fronts += front;
    }
    return count;
}

Test(sampling, what_runs_once_is_served)
{
    unsigned fronts = 0;
    sampling_setup(1000);
    sampling_at_work();
    for (uint32_t stack = 1; stack < 500; stack++)
        cr_assert_eq(served(stack, 1, &fronts), 1);
    cr_expect_eq(fronts, 0, "what is behind counts most");
}

Test(sampling, what_runs_often_is_served_ever_more_rarely)
{
    unsigned fronts = 0;
    sampling_setup(1000);
    sampling_at_work();
    const unsigned first = served(7, 1000, &fronts), second = served(7, 100000, &fronts);
    cr_expect(first >= 1 && first <= 4, "%u", first);
    cr_expect(second >= 1 && second <= 101, "%u", second);
}

Test(sampling, the_rate_bounds_what_came_before)
{
    unsigned count = 0, fronts = 0;
    sampling_setup(1000);
    sampling_at_work();
    for (unsigned round = 0; round < 200; round++)
        for (uint32_t stack = 1; stack <= 100; stack++)
            count += served(stack, 1, &fronts);
    cr_expect_leq(count, 100 + 20000 / 1000 + 1);
}

Test(sampling, all_are_all)
{
    unsigned fronts = 0;
    sampling_setup(1);
    cr_expect_eq(served(3, 80, &fronts), 80);
    cr_expect_eq(fronts, 10);
}

static unsigned served_once(void)
{
    bool front = false;
    unsigned count = 0;
    for (uint32_t stack = 1; stack <= 400; stack++)
        count += sampling_may_take(stack) && sampling_take(stack, &front);
    return count;
}

Test(sampling, few_are_served_before_the_program_is_at_work)
{
    sampling_setup(1000);
    cr_expect_eq(served_once(), 100);
    cr_expect_eq(served_once(), 0, "each backtrace once");
    sampling_at_work();
    cr_expect_eq(served_once(), 300, "... and those that were not, then");
    cr_expect_eq(served_once(), 0);
}
