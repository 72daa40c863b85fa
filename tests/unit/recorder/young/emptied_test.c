/* emptied_test.c - pools that are cleared with nothing in them: each place is told of once, and as
 * often as another pool is made there. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/emptied.h"

#include <criterion/criterion.h>

#define POOL UINT64_C(0x7f0000001010)

TestSuite(emptied, .init = emptied_forget_all);

Test(emptied, each_place_is_told_of_once)
{
    cr_expect(!emptied_again(POOL, 1));
    cr_expect(!emptied_again(POOL, 2));
    cr_expect(emptied_again(POOL, 1));
    cr_expect(emptied_again(POOL, 2));
    cr_expect(!emptied_again(POOL, 0), "it is not known where");
    cr_expect(!emptied_again(POOL, 0));
}

Test(emptied, another_pool_at_its_address_is_another_one)
{
    emptied_again(POOL, 1);
    emptied_forget(POOL + 16);
    cr_expect(emptied_again(POOL, 1));
    emptied_forget(POOL);
    cr_expect(!emptied_again(POOL, 1));
}

Test(emptied, of_many_pools_and_places_some_are_told_of_again)
{
    unsigned again = 0;
    for (uint64_t i = 0; i < 4000; i++)
        again += emptied_again(POOL + i % 40 * 64, 1 + (uint32_t)i % 7);
    cr_expect_lt(again, 4000);
    for (uint32_t stack = 1; stack <= 5; stack++)
        cr_expect(!emptied_again(POOL - 64, stack));
    cr_expect(!emptied_again(POOL - 64, 1), "the oldest is forgotten");
}
