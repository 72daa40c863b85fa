/* series_test.c - growth over units, in bounded memory. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/series.h"

#include <criterion/criterion.h>

/* A series over units 1 to UNITS in which the value after unit U is VALUE(U). */
static struct series_growth growth_of(uint32_t units, uint64_t (*value)(uint32_t unit))
{
    struct series series;
    uint64_t now = 0;
    series_start(&series, 1);
    for (uint32_t unit = 1; unit <= units; unit++) {
        if (value(unit) != now)
            series_push(&series, unit, now = value(unit));
    }
    struct series_growth growth = series_end(&series, units);
    series_free(&series);
    return growth;
}

static uint64_t one_each(uint32_t unit)
{
    return unit;
}

static uint64_t once(uint32_t unit)
{
    return unit >= 2 ? 16384 : 0;
}

static uint64_t cache_of_ten(uint32_t unit)
{
    return unit < 10 ? unit : 10;
}

static uint64_t one_each_from_60_on(uint32_t unit)
{
    return unit > 60 ? unit - 60 : 0;
}

static uint64_t cache_of_ten_from_60_on(uint32_t unit)
{
    return cache_of_ten(one_each_from_60_on(unit));
}

static uint64_t one_each_from_95_on(uint32_t unit)
{
    return unit > 95 ? unit - 95 : 0;
}

static uint64_t at_13_40_and_81(uint32_t unit)
{
    return (unit >= 13) + (unit >= 40) + (unit >= 81);
}

static uint64_t fills_most_of_the_run(uint32_t unit)
{
    return unit < 70 ? unit : 70;
}

static uint64_t every_seventh(uint32_t unit)
{
    return unit / 7 * 24;
}

static uint64_t doubling(uint32_t unit)
{
    uint64_t size = 1;
    while (size < unit)
        size *= 2;
    return size;
}

static uint64_t constant(uint32_t unit)
{
    return unit ? 5 : 0;
}

static uint64_t to_and_fro(uint32_t unit)
{
    return unit % 2;
}

static uint64_t uneven_steps(uint32_t unit)
{
    return 8 * (uint64_t)unit + (unit >= 2 ? 100000 : 0);
}

Test(series, grows_in_each_unit)
{
    struct series_growth growth = growth_of(20, one_each);
    cr_expect_eq(growth.units, 20);
    cr_expect_eq(growth.grew, 20);
    cr_expect_eq(growth.total, 20);
    cr_expect_float_eq(growth.median, 1, 1e-9);
    cr_expect(growth.growing);
    cr_expect(growth.steady);
    cr_expect(growth.rising);
}

Test(series, three_units_are_enough_and_two_are_not)
{
    cr_expect(growth_of(3, one_each).steady);
    cr_expect(growth_of(3, one_each).rising);
    cr_expect_not(growth_of(2, one_each).growing);
    cr_expect_not(growth_of(1, one_each).growing);
}

Test(series, growth_once_is_none)
{
    struct series_growth growth = growth_of(100, once);
    cr_expect_eq(growth.grew, 1);
    cr_expect_float_eq(growth.median, 16384, 1e-9);
    cr_expect_not(growth.growing);
    cr_expect_not(growth.rising);
}

Test(series, what_stops_growing_is_no_growth)
{
    cr_expect_not(growth_of(40, cache_of_ten).growing);
    cr_expect_not(growth_of(100, fills_most_of_the_run).growing);
    cr_expect(growth_of(72, fills_most_of_the_run).growing, "two units of rest are chance");
}

Test(series, what_begins_late_is_judged_by_the_units_since)
{
    struct series_growth growth = growth_of(100, one_each_from_60_on);
    cr_expect(growth.growing && growth.steady && growth.rising);
    cr_expect_eq(growth.grew, 40);
    cr_expect_eq(growth.units, 100);
    cr_expect(growth_of(1000, one_each_from_60_on).growing);
    cr_expect_not(growth_of(100, cache_of_ten_from_60_on).growing);
    cr_expect_not(growth_of(100, one_each_from_95_on).growing);
}

Test(series, few_growths_at_no_regular_distance_are_scattered)
{
    cr_expect(growth_of(100, at_13_40_and_81).scattered);
    cr_expect_not(growth_of(3, one_each).scattered);
    cr_expect_not(growth_of(100, one_each).scattered);
}

Test(series, growth_in_some_units_only)
{
    struct series_growth growth = growth_of(700, every_seventh);
    cr_expect_eq(growth.units, 700);
    cr_expect_eq(growth.grew, 100);
    cr_expect_eq(growth.total, 2400);
    cr_expect_float_eq(growth.median, 24, 1e-9);
    cr_expect(growth.steady);
}

Test(series, an_array_that_doubles_grows_in_bursts)
{
    cr_expect_not(growth_of(100, doubling).steady);
}

Test(series, a_constant_and_a_to_and_fro_do_not_rise)
{
    cr_expect_not(growth_of(50, constant).growing);
    cr_expect_not(growth_of(50, constant).rising);
    cr_expect_not(growth_of(50, to_and_fro).rising);
    cr_expect_not(growth_of(1000, to_and_fro).rising);
}

Test(series, the_median_looks_past_a_single_large_step)
{
    struct series_growth growth = growth_of(50, uneven_steps);
    cr_expect_float_eq(growth.median, 8, 1e-9);
    cr_expect_eq(growth.total, 100400);
}

Test(series, what_comes_and_goes_within_a_unit_leaves_no_trace)
{
    struct series series;
    series_start(&series, 1);
    for (uint32_t unit = 1; unit <= 30; unit++) {
        series_push(&series, unit, 1000);
        series_push(&series, unit, 0);
    }
    struct series_growth growth = series_end(&series, 30);
    series_free(&series);
    cr_expect_eq(growth.grew, 0);
    cr_expect_eq(growth.total, 0);
}

Test(series, buckets_lose_no_unit)
{
    const uint32_t units[] = {63, 64, 65, 127, 128, 129, 1000, 4097, 100000};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct series_growth growth = growth_of(units[i], one_each);
        cr_expect_eq(growth.units, units[i]);
        cr_expect_eq(growth.grew, units[i]);
        cr_expect_eq(growth.total, units[i]);
        cr_expect_float_eq(growth.median, 1, 1e-9);
        cr_expect(growth.steady && growth.rising);
    }
}

Test(series, a_gap_of_a_billion_units_is_bounded)
{
    struct series series;
    series_start(&series, 7);
    series_push(&series, 8, 10);
    series_push(&series, 2000000000, 20);
    series_push(&series, 4000000000, 30);
    struct series_growth growth = series_end(&series, 4294967295);
    series_free(&series);
    cr_expect_eq(growth.units, 4294967295 - 7 + 1);
    cr_expect_eq(growth.grew, 3);
    cr_expect_eq(growth.total, 30);
    cr_expect(growth.growing, "one in each third");
}

Test(series, a_late_push_for_an_old_unit_counts_for_the_open_one)
{
    struct series series;
    series_start(&series, 5);
    series_push(&series, 6, 1);
    series_push(&series, 2, 9);
    struct series_growth growth = series_end(&series, 3);
    series_free(&series);
    cr_expect_eq(growth.units, 2);
    cr_expect_eq(growth.total, 9);
}

Test(series, what_starts_late_is_judged_from_its_start)
{
    struct series series;
    series_start(&series, 91);
    for (uint32_t unit = 91; unit <= 100; unit++)
        series_push(&series, unit, unit - 90);
    struct series_growth growth = series_end(&series, 100);
    series_free(&series);
    cr_expect_eq(growth.units, 10);
    cr_expect(growth.steady && growth.rising);
}

/* A series that grows by BYTES in each unit from FIRST on that leaves REST over MODULUS. */
static struct series each(uint32_t first, uint32_t last, uint32_t modulus, uint32_t rest,
                          uint64_t bytes)
{
    struct series series;
    uint64_t value = 0;
    series_start(&series, 1);
    for (uint32_t unit = first; unit <= last; unit++) {
        if (unit % modulus == rest)
            series_push(&series, unit, value += bytes);
    }
    series_end(&series, last);
    return series;
}

static void expect_sum(struct series a, struct series b, uint32_t grew, uint64_t total,
                       double median)
{
    struct series sum = {0};
    series_add(&sum, &a);
    series_add(&sum, &b);
    struct series_growth growth = series_growth(&sum);
    cr_expect_eq(growth.grew, grew);
    cr_expect_eq(growth.total, total);
    cr_expect_float_eq(growth.median, median, 1e-9);
    series_free(&a);
    series_free(&b);
    series_free(&sum);
}

Test(series, add_up_unit_by_unit)
{
    expect_sum(each(1, 30, 1, 0, 48), each(1, 30, 1, 0, 16), 30, 30 * 64, 64);
    expect_sum(each(1, 30, 3, 0, 240), each(1, 30, 3, 1, 64), 20, 10 * 304, 240);
    expect_sum(each(1, 1000, 1, 0, 48), each(1, 1000, 1, 0, 16), 1000, 64000, 64);
    expect_sum(each(1, 1000, 1, 0, 48), each(1, 40, 1, 0, 16), 1000, 48640, 48);
}

Test(series, that_began_later_adds_up_too)
{
    struct series late;
    series_start(&late, 701);
    for (uint32_t unit = 701; unit <= 1000; unit++)
        series_push(&late, unit, 8 * (unit - 700));
    series_end(&late, 1000);
    cr_expect_eq(series_growth(&late).units, 300);
    cr_expect(series_growth(&late).steady);
    expect_sum(late, each(1, 1000, 1, 0, 8), 1000, 10400, 8);
}

Test(series, a_part_grew_in_no_more_units_than_the_whole)
{
    struct series sum = {0}, whole = each(1, 1000, 4, 0, 24);
    struct series a = each(1, 1000, 4, 0, 8), b = each(1, 1000, 4, 0, 16);
    series_add(&sum, &a);
    series_add(&sum, &b);
    series_cap(&sum, &whole);
    struct series_growth growth = series_growth(&sum);
    cr_expect_eq(growth.grew, 250);
    cr_expect_float_eq(growth.median, 24, 1e-9);
    series_free(&sum);
    series_free(&whole);
    series_free(&a);
    series_free(&b);
}

static uint64_t by_turns(uint32_t unit)
{
    return unit / 2 * 128 + unit % 2 * 8;
}

Test(series, a_median_of_means_is_an_estimate)
{
    cr_expect_not(growth_of(1000, one_each).estimated, "each unit grew by the same");
    cr_expect_not(growth_of(SERIES_BUCKETS - 1, by_turns).estimated, "each is kept");
    struct series_growth growth = growth_of(1000, by_turns);
    cr_expect(growth.estimated);
    cr_expect_float_eq(growth.median, 64, 1);
}

/* So many units, of which those that are a multiple of EVERY grew by 8. */
static struct series part_of(uint32_t units, uint32_t every)
{
    struct series series;
    series_start(&series, 1);
    for (uint32_t unit = every; unit <= units; unit += every)
        series_push(&series, unit, unit / every * 8);
    series_end(&series, units);
    return series;
}

static bool is_sum_estimated(uint32_t units, uint32_t every_a, uint32_t every_b)
{
    struct series sum = part_of(units, every_a), part = part_of(units, every_b);
    series_add(&sum, &part);
    bool estimated = series_growth(&sum).estimated;
    series_free(&sum);
    series_free(&part);
    return estimated;
}

Test(series, a_sum_is_exact_where_it_is_known_which_units_grew)
{
    cr_expect_not(is_sum_estimated(60, 2, 3));
    cr_expect_not(is_sum_estimated(1000, 1, 1));
    cr_expect(is_sum_estimated(1000, 2, 3));
}
