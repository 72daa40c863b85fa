/* rhythm_test.c - growth that repeats itself, and that of a cache. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/rhythm.h"

#include <criterion/criterion.h>

/* A unit for each letter: 'x' grew. */
static struct rhythm rhythm_of(const char *units)
{
    struct rhythm rhythm = {0};
    for (; *units; units++)
        rhythm_add(&rhythm, 1, *units == 'x');
    return rhythm;
}

static bool repeats(const char *units)
{
    const struct rhythm rhythm = rhythm_of(units);
    return rhythm_repeats(&rhythm);
}

static bool fills(const char *units)
{
    const struct rhythm rhythm = rhythm_of(units);
    return rhythm_fills(&rhythm);
}

Test(rhythm, what_comes_in_each_round_repeats)
{
    cr_assert(repeats("xxxxxx"));
    cr_assert(repeats("x--x--x--"));
    cr_assert(repeats("xx--xxx--xxx--x"), "from the first one on, whatever came before");
    cr_assert(repeats("----xx-xx-xx-"));
}

static bool is_even(const char *units)
{
    const struct rhythm rhythm = rhythm_of(units);
    return rhythm_is_even(&rhythm);
}

Test(rhythm, what_is_as_far_from_each_other_is_even)
{
    cr_assert(is_even("---x----x----x--"));
    cr_assert(is_even("xxx"));
    cr_assert(is_even("----------x-----------x----------x"), "by one of ten or eleven");
    cr_assert_not(is_even("---x----x-------x--"));
    cr_assert_not(is_even("----------x---x---x--"), "it began late");
    cr_assert_not(is_even("--x---x---x----------"), "it stopped");
    cr_assert_not(is_even("------x-----"), "once is nothing");
}

Test(rhythm, two_rounds_may_be_chance)
{
    cr_assert_not(repeats("xx-x-xx-x-"));
}

Test(rhythm, a_cache_repeats_nothing)
{
    cr_assert_not(repeats("xxxxxxx-xx-x--x-x---"));
}

Test(rhythm, a_short_rest_in_the_end_is_no_part_of_it)
{
    cr_assert(repeats("xxxxxxxxxxxxxxxxxx--"));
    cr_assert_not(repeats("xxxxxxxxxxxxxxxx----"));
}

Test(rhythm, stretches_repeat_as_far_as_they_show)
{
    struct rhythm rhythm = {0};
    rhythm_add(&rhythm, 1, 1); /* as buckets that begin in the middle do */
    for (int i = 0; i < 12; i++)
        rhythm_add(&rhythm, 2, i % 4 < 2 ? 2 : 0);
    cr_assert(rhythm_repeats(&rhythm));
    rhythm_add(&rhythm, 2, 1);
    cr_assert_not(rhythm_repeats(&rhythm));
}

Test(rhythm, nothing_is_no_rhythm)
{
    const struct rhythm none = rhythm_of("------");
    cr_assert_eq(none.count, 0);
    cr_assert_not(rhythm_repeats(&none));
    cr_assert_not(rhythm_fills(&none));
}

Test(rhythm, ever_fewer_fill_a_cache)
{
    cr_assert(fills("xxxxxxx-xx-x--x-x---"));
    cr_assert(fills("xxxxxxxxxx-xxxx-x-xx"));
    cr_assert(fills("xx-x--x-----x-------------x---"));
    cr_assert(fills("x-xx-x--x-xx-x---x-x"), "less than twice as likely by chance, over few units");
}

Test(rhythm, what_comes_by_chance_does_not)
{
    cr_assert_not(fills("x--x--xx-x-xxx--x-xx-x-xx-x-xx-x"));
    cr_assert_not(fills("x-------x-----x---------x-----x--x-----x-----x-----------x--"));
}

Test(rhythm, what_grows_in_nearly_every_unit_does_not_fill)
{
    cr_assert_not(fills("xxxxx-xxxxxxxx-xxxxx"));
    cr_assert_not(fills("xxxxxxxxx-xxxx-xxxxx"));
    cr_assert_not(fills("xx-xxxxxxxxxxxxx-xxxxxxxxx-xxx"));
}

Test(rhythm, nor_what_comes_in_each_of_many_units)
{
    struct rhythm rhythm = {0};
    for (int i = 0; i < RHYTHM_STRETCHES; i++)
        rhythm_add(&rhythm, 100, 95);
    cr_assert_not(rhythm_fills(&rhythm));
}

Test(rhythm, there_is_room_for_so_many_stretches)
{
    struct rhythm rhythm = {0};
    for (int i = 0; i < 2 * RHYTHM_STRETCHES; i++)
        rhythm_add(&rhythm, 1, 3);
    cr_assert_eq(rhythm.count, RHYTHM_STRETCHES);
    cr_assert_eq(rhythm.grew[0], 1);
}
