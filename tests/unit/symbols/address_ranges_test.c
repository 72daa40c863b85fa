/* address_ranges_test.c - every range that holds an address is found, and no other. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/address_ranges.h"

#include <criterion/criterion.h>

static const struct {
    uint64_t start, end;
} given[] = {
    {0x100, 0x900}, {0x200, 0x300}, {0x400, 0x500}, {0x420, 0x430},
    {0x100, 0x110}, {0x420, 0x440}, {0xA00, 0xA01}, {0xFFFFFFFFFFFFFFF0, UINT64_MAX},
};

#define GIVEN (sizeof(given) / sizeof(given[0]))

/* The items whose ranges hold ADDRESS, as a set of bits, by asking each. */
static unsigned expected_at(uint64_t address)
{
    unsigned items = 0;

    for (size_t i = 0; i < GIVEN; i++)
        if (address >= given[i].start && address < given[i].end)
            items |= 1U << i;
    return items;
}

static unsigned found_at(const struct address_ranges *ranges, uint64_t address)
{
    const struct address_range *range = NULL;
    unsigned items = 0;

    while ((range = address_ranges_next(ranges, address, range)) != NULL) {
        cr_expect_eq(items & 1U << range->item, 0, "%zu is found twice", range->item);
        items |= 1U << range->item;
    }
    return items;
}

Test(address_ranges, those_around_an_address_are_found)
{
    struct address_ranges ranges = {.count = 0};

    for (size_t i = 0; i < GIVEN; i++)
        address_ranges_add(&ranges, given[i].start, given[i].end, i);
    address_ranges_sort(&ranges);
    for (uint64_t address = 0; address < 0xB00; address++)
        cr_expect_eq(found_at(&ranges, address), expected_at(address), "%#lx", (long)address);
    cr_expect_eq(found_at(&ranges, UINT64_MAX - 1), 1U << (GIVEN - 1));
    cr_expect_eq(found_at(&ranges, UINT64_MAX), 0);
    address_ranges_free(&ranges);
}

Test(address_ranges, none_are_found_in_none)
{
    struct address_ranges ranges = {.count = 0};

    address_ranges_sort(&ranges);
    cr_expect_null(address_ranges_next(&ranges, 0, NULL));
    address_ranges_free(&ranges);
}
