/* unit_growth_test.c - in how many single units something grew, where findings become one. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/unit_growth.h"

#include <criterion/criterion.h>

static struct unit_growth in_unit(int32_t pid, uint32_t unit, double bytes)
{
    return (struct unit_growth){.unit = API_MARK_COMMAND,
                                .pid = pid,
                                .units = unit,
                                .grew = 1,
                                .largest = true,
                                .listed = unit_list_of(unit),
                                .count = 300,
                                .bytes = bytes};
}

/* A place that took in units FROM to TO, each time more. */
static struct unit_growth in_units(int32_t pid, uint32_t from, uint32_t to)
{
    struct unit_growth growth = in_unit(pid, from, from);
    for (uint32_t i = from + 1; i <= to; i++) {
        struct unit_growth next = in_unit(pid, i, i);
        unit_growth_absorb(&growth, &next);
    }
    return growth;
}

static void expect_joined(struct unit_growth a, struct unit_growth b, uint64_t grew)
{
    struct unit_growth both = a, other = b;
    unit_growth_absorb(&both, &other);
    cr_expect_eq(both.grew, grew, "%lu", both.grew);
    both = b;
    unit_growth_absorb(&both, &a);
    cr_expect_eq(both.grew, grew, "the other way round: %lu", both.grew);
    cr_expect_geq(both.units, both.grew);
}

Test(unit_growth, two_places_took_in_one_unit)
{
    expect_joined(in_unit(1, 7, 100), in_unit(1, 7, 200), 1);
}

Test(unit_growth, two_places_took_in_units_of_their_own)
{
    expect_joined(in_units(1, 1, 10), in_units(1, 11, 20), 20);
    expect_joined(in_units(1, 1, 10), in_units(1, 6, 15), 15);
    expect_joined(in_units(1, 1, 30), in_units(1, 21, 50), 50);
}

Test(unit_growth, one_place_takes_in_many_units)
{
    struct unit_growth growth = in_units(1, 1, 1000), again = in_unit(1, 1000, 1);
    cr_expect_eq(growth.grew, 1000);
    unit_growth_absorb(&growth, &again);
    cr_expect_eq(growth.grew, 1000, "two pools of one unit");
    cr_expect_eq(growth.bytes, 1000);
}

Test(unit_growth, two_places_took_in_many_units)
{
    expect_joined(in_units(1, 1, 100), in_units(1, 1, 90), 100);
}

Test(unit_growth, of_two_processes_the_one_with_more_is_told)
{
    expect_joined(in_units(1, 1, 10), in_units(2, 1, 6), 10);
}

Test(unit_growth, units_that_nobody_listed_are_others)
{
    struct unit_growth growth = in_units(1, 1, 10), others = in_unit(1, 50, 1);
    others.grew = 39;
    others.listed.count = 0;
    unit_growth_absorb(&growth, &others);
    cr_expect_eq(growth.grew, 49);
    cr_expect_eq(growth.units, 50);
}
