/* passing_test.c - what is taken from older pools and given back soon after. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/pools.h"

#include <criterion/criterion.h>

#define POOL(n)   (UINT64_C(0x7f0000000000) + (uint64_t)(n)*64)
#define OBJECT(n) (UINT64_C(0x600000000000) + (uint64_t)(n)*16)

static struct young_pools *young;
static struct passing *passing;

static void set_up(void)
{
    young = young_map();
    cr_assert(young);
    passing = &young->passing;
    passing->unit = 1;
}

static void tear_down(void)
{
    young_unmap(young);
}

TestSuite(passing, .init = set_up, .fini = tear_down);

/* By STACK, at OBJECT(n). Is it not to be written? */
static bool take(unsigned n, uint32_t stack)
{
    const struct passing_call call = {OBJECT(n), POOL(1), 40, stack};
    const bool may = passing_may(passing, &call);
    passing_take(passing, &call, !may);
    return may;
}

static void give_back(unsigned n)
{
    struct passing_item *item = passing_find(passing, OBJECT(n));
    cr_assert(item);
    passing_give_back(passing, item);
}

/* So many that stay for UNITS each. */
static void pass(uint32_t stack, unsigned count, unsigned units)
{
    for (unsigned i = 0; i < count; i++) {
        take(1, stack);
        passing->unit += units;
        give_back(1);
    }
}

static unsigned stayed(void)
{
    struct passing_item *next = passing_next(passing, NULL);
    unsigned count = 0;
    while (next) {
        struct passing_item *item = next;
        next = passing_next(passing, item);
        if (passing_goes(passing, passing_stack(passing, item), item->unit))
            continue;
        passing_tell(passing, item);
        count++;
    }
    passing_grow_old(passing);
    return count;
}

Test(passing, a_place_is_trusted_that_gave_all_back)
{
    pass(7, PASSING_TRUSTED - 1, 0);
    cr_assert(!take(1, 7), "one is missing");
    give_back(1);
    cr_assert(take(2, 7));
    cr_assert(!take(3, 8), "another one");
    give_back(2);
    cr_assert_eq(passing->passed, 2);
    cr_assert_null(passing_find(passing, OBJECT(2)));
    cr_assert(passing_find(passing, OBJECT(3))->written);
}

Test(passing, what_is_there_at_the_end_of_its_unit_is_written)
{
    pass(7, PASSING_TRUSTED, 0);
    cr_assert(take(1, 7) && take(2, 7));
    give_back(1);
    cr_assert_eq(stayed(), 1);
    cr_assert_eq(passing->count, 0);
    cr_assert(passing_find(passing, OBJECT(2))->written);
    cr_assert(!take(3, 7), "the place is to be trusted anew");
}

Test(passing, some_stay_for_more_units)
{
    pass(7, PASSING_TRUSTED, 3);
    cr_assert(take(1, 7));
    for (unsigned i = 0; i < 3; i++, passing->unit++)
        cr_assert_eq(stayed(), 0, "%u", i);
    cr_assert_eq(stayed(), 1);
    cr_assert(!passing_has(passing, POOL(1)));
}

Test(passing, a_place_that_was_trusted_wrongly_is_not_for_long)
{
    pass(7, PASSING_TRUSTED, 0);
    take(1, 9);
    passing->unit += PASSING_UNITS + 1;
    stayed();
    cr_assert_null(passing_find(passing, OBJECT(1)), "it stays on");
    cr_assert(take(2, 7));
    passing_tell(passing, passing_find(passing, OBJECT(2)));
    passing->unit += PASSING_UNITS + 1;
    stayed();
    pass(7, PASSING_TRUSTED, 0);
    cr_assert(!take(3, 7), "it takes twice as many now");
    give_back(3);
    pass(7, PASSING_TRUSTED - 1, 0);
    cr_assert(take(3, 7));
}

Test(passing, few_are_not_written_at_a_time)
{
    pass(7, PASSING_TRUSTED, 0);
    unsigned many = 0;
    while (many < 2 * PASSING_MOST && take(many, 7))
        many++;
    cr_assert_eq(many, PASSING_MOST);
    for (unsigned i = 0; i < many; i++)
        give_back(i);
    const struct passing_call large = {OBJECT(1), POOL(1), PASSING_BYTES, 7};
    cr_assert(!passing_may(passing, &large));
    cr_assert(passing->count == 0 && passing->bytes == 0);
}

Test(passing, those_that_were_written_first_make_room)
{
    for (unsigned i = 0; i < 3 * PASSING_ITEMS; i++)
        cr_assert(!take(i, 7));
    cr_assert_null(passing_find(passing, OBJECT(2 * PASSING_ITEMS - 1)));
    for (unsigned i = 2 * PASSING_ITEMS; i < 3 * PASSING_ITEMS; i++)
        give_back(i);
    cr_assert(take(1, 7));
    cr_assert(!passing->unsure);
}

Test(passing, is_forgotten_where_there_are_too_many_places)
{
    pass(7, PASSING_TRUSTED, 0);
    for (uint32_t stack = 8; stack < 2 * PASSING_PLACES; stack++)
        take(1, stack);
    cr_assert(passing->unsure, "a pool may not be known");
    cr_assert(passing_is_full(passing));
    passing_wipe(passing);
    cr_assert(!passing->unsure && !take(1, 7) && passing->passed == 0);
}

Test(passing, which_pools_were_made_after_another)
{
    struct passing_call made = passing_pool(POOL(2), 5);
    pass(7, PASSING_TRUSTED, 0);
    take(1, 7);
    passing_take(passing, &made, true);
    const struct passing_item *second = passing_find(passing, POOL(2) | 1);
    cr_assert(second && !passing_has_since(passing, second), "its pool is older");
    made = passing_pool(POOL(1), 5);
    passing_take(passing, &made, true);
    cr_assert(passing_has_since(passing, second));
}
