/* births_test.c - births by unit, in bounded memory. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/births.h"

#include <criterion/criterion.h>

static struct series_growth growth_of(const struct births *births, uint32_t first, uint32_t last)
{
    struct series series = births_series(births, first, last);
    struct series_growth growth = series_growth_throughout(&series);
    series_free(&series);
    return growth;
}

/* Pools are told as a teardown meets them: the youngest first. */
Test(births, one_in_each_unit_from_the_last_to_the_first)
{
    struct births births = {0};
    for (uint32_t unit = 40; unit >= 1; unit--)
        births_add(&births, unit);
    struct series_growth growth = growth_of(&births, 1, 41);
    cr_expect_eq(births_units(&births), 40);
    cr_expect_eq(growth.units, 41);
    cr_expect_eq(growth.grew, 40);
    cr_expect(growth.growing);
    cr_expect(growth.steady);
    cr_expect_float_eq(growth.median, 1, 1e-9);
}

Test(births, so_many_units_that_buckets_are_wide)
{
    struct births births = {0};
    for (uint32_t unit = 10000; unit >= 1; unit--)
        births_add(&births, unit);
    struct series_growth growth = growth_of(&births, 1, 10000);
    cr_expect_eq(births_units(&births), 10000);
    cr_expect_eq(growth.total, 10000);
    cr_expect(growth.growing);
    cr_expect(growth.steady);
}

Test(births, from_either_end_is_the_same)
{
    struct births up = {0}, down = {0};
    for (uint32_t i = 0; i <= 3000; i += 3) {
        births_add(&up, 500 + i);
        births_add(&down, 3500 - i);
    }
    cr_expect_eq(births_units(&up), births_units(&down));
    cr_expect_eq(growth_of(&up, 500, 3500).growing, growth_of(&down, 500, 3500).growing);
    cr_expect_eq(up.total, 1001);
}

Test(births, a_cache_that_filled_early_is_at_rest)
{
    struct births births = {0};
    for (uint32_t unit = 1; unit <= 20; unit++)
        births_add(&births, unit);
    cr_expect_not(growth_of(&births, 1, 100).growing);
}

Test(births, only_the_latest_are_no_growth)
{
    struct births births = {0};
    for (uint32_t unit = 93; unit <= 100; unit++)
        births_add(&births, unit);
    cr_expect_not(growth_of(&births, 1, 100).growing);
}

Test(births, many_in_one_unit_are_one_birth)
{
    struct births births = {0};
    for (unsigned i = 0; i < 500; i++)
        births_add(&births, 7);
    cr_expect_eq(births_units(&births), 1);
    cr_expect_not(growth_of(&births, 1, 9).growing);
}
