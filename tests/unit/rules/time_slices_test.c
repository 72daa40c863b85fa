/* time_slices_test.c - growth over time, where nothing counts units. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/time_slices.h"

#include <criterion/criterion.h>

/* Over so many moments, in which the value after moment M is VALUE(M). */
static struct series_growth growth_of(uint32_t moments, uint64_t (*value)(uint32_t moment))
{
    struct series series;
    uint64_t now = 0;
    series_start(&series, 1);
    for (uint32_t moment = 1; moment <= moments; moment++) {
        if (value(moment) != now)
            series_push(&series, moment, now = value(moment));
    }
    series_end(&series, moments);
    struct series_growth growth = time_slices_growth(&series, NULL);
    series_free(&series);
    return growth;
}

static uint64_t rises(uint32_t moment)
{
    return moment / 10;
}

static uint64_t is_loaded_first(uint32_t moment)
{
    return moment < 900 ? moment : 900;
}

static uint64_t rises_from_the_middle_on(uint32_t moment)
{
    return moment > 5000 ? moment - 5000 : 0;
}

static uint64_t is_loaded_in_the_middle(uint32_t moment)
{
    return moment > 6000 ? 1000 : rises_from_the_middle_on(moment);
}

static uint64_t comes_and_goes(uint32_t moment)
{
    return moment % 500;
}

static uint64_t rises_and_falls_back(uint32_t moment)
{
    return moment / 100 + moment % 50;
}

static uint64_t is_freed_in_the_end(uint32_t moment)
{
    return moment < 9990 ? moment : 0;
}

Test(time_slices, a_rise_is_sixteen_steps)
{
    struct series_growth growth = growth_of(10000, rises);
    cr_expect_eq(growth.units, TIME_SLICES);
    cr_expect_eq(growth.grew, TIME_SLICES);
    cr_expect(growth.growing);
    cr_expect(growth.steady);
    cr_expect(growth.median > 50 && growth.median < 75, "%f", growth.median);
}

Test(time_slices, what_begins_late_is_judged_by_the_slices_since)
{
    struct series_growth growth = growth_of(10000, rises_from_the_middle_on);
    cr_expect(growth.growing && growth.steady && growth.rising);
    cr_expect_not(growth_of(10000, is_loaded_in_the_middle).growing);
}

Test(time_slices, what_is_loaded_at_the_start_is_no_growth)
{
    cr_expect_not(growth_of(10000, is_loaded_first).growing);
}

/* In two pieces of time, the second of which is the end; in one, and then it waits. */
Test(time_slices, what_comes_in_two_pieces_is_not_at_once)
{
    uint64_t pieces[TIME_SLICES], once[TIME_SLICES], late[TIME_SLICES];
    for (unsigned i = 0; i < TIME_SLICES; i++) {
        pieces[i] = i < TIME_SLICES - 1 ? 50 : 100;
        once[i] = i < TIME_SLICES - 1 ? 99 : 100;
        late[i] = i < TIME_SLICES - 1 ? 0 : 100;
    }
    cr_expect_not(time_slices_at_once(pieces, TIME_SLICES, 0));
    cr_expect(time_slices_at_once(once, TIME_SLICES, 0), "what came later is next to nothing");
    cr_expect_not(time_slices_at_once(late, TIME_SLICES, 0), "it may go on");
    cr_expect(time_slices_at_once(once, TIME_SLICES, 50));
}

/* As much in each part of the work, which all came in the first eighth of the time. */
Test(time_slices, a_short_life_is_judged_by_its_work_alone)
{
    struct moment_events events = {.width = 8, .life_ns = TIME_LIFE_LEAST - 1, .now = 4096};
    struct series series;
    series_start(&series, 1);
    for (uint32_t moment = 1; moment < 512; moment++) {
        series_push(&series, moment, moment);
        if (events.before[moment / 8] == 0)
            events.before[moment / 8] = events.time[moment / 8] = moment;
    }
    series_end(&series, 512);
    cr_expect(time_slices_growth(&series, &events).growing);
    events.life_ns = TIME_LIFE_LEAST;
    cr_expect_not(time_slices_growth(&series, &events).growing, "it was loaded");
    series_free(&series);
}

/* It always has work, but the machine gives it its time in three pieces. */
Test(time_slices, a_long_life_in_three_pieces)
{
    struct moment_events events = {.width = 8, .life_ns = TIME_LIFE_LEAST, .now = 9000};
    struct series series;
    series_start(&series, 1);
    for (uint32_t moment = 1; moment < 512; moment++) {
        series_push(&series, moment, moment);
        if (events.before[moment / 8] == 0) {
            events.before[moment / 8] = moment;
            events.time[moment / 8] = moment / 171 * 4000 + moment;
        }
    }
    series_end(&series, 512);
    const struct series_growth growth = time_slices_growth(&series, &events);
    cr_expect(growth.growing && growth.steady);
    cr_expect_eq(growth.grew, TIME_SLICES, "%u", growth.grew);
    series_free(&series);
}

Test(time_slices, what_comes_and_goes_is_no_growth)
{
    cr_expect_not(growth_of(10000, comes_and_goes).growing);
}

Test(time_slices, a_rise_below_what_comes_and_goes)
{
    cr_expect(growth_of(10000, rises_and_falls_back).growing);
}

Test(time_slices, what_was_given_back_in_the_end_is_not_here_any_more)
{
    cr_expect_not(growth_of(10000, is_freed_in_the_end).growing);
}

static uint64_t fills_slowly(uint32_t moment)
{
    uint64_t root = 1;
    while (root * root < moment)
        root++;
    return root;
}

static uint64_t rises_three_times(uint32_t moment)
{
    return moment / 3000;
}

Test(time_slices, what_fills_ever_more_slowly_is_a_cache)
{
    cr_expect_not(growth_of(10000, fills_slowly).growing);
}

Test(time_slices, three_steps_are_chance)
{
    cr_expect_not(growth_of(10000, rises_three_times).growing);
}

Test(time_slices, a_life_of_few_moments)
{
    struct series_growth growth = growth_of(8, is_loaded_first);
    cr_expect_eq(growth.units, 8);
    cr_expect_eq(growth.grew, 7);
    cr_expect(growth.growing);
}
