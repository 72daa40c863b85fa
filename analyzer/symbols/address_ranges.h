/*
 * address_ranges.h - address ranges, which may overlap, and which of them hold an address.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_ADDRESS_RANGES_H
#define ANALYZER_SYMBOLS_ADDRESS_RANGES_H

#include <stddef.h>
#include <stdint.h>

struct address_range {
    uint64_t start, end; /* END is the first address behind it */
    uint64_t reach;      /* highest end of this range and of all before it in the table */
    size_t item;         /* what it belongs to: the caller's number */
};

struct address_ranges {
    struct address_range *ranges; /* by start once sorted */
    size_t count, capacity;
};

/* Adds [START, END), START < END. Ends the program when memory is out. */
void address_ranges_add(struct address_ranges *ranges, uint64_t start, uint64_t end, size_t item);

/* Between the last address_ranges_add() and the first address_ranges_next(). */
void address_ranges_sort(struct address_ranges *ranges);

/* The range with ADDRESS that follows AFTER, the first one for NULL; NULL where there is no more.
 */
const struct address_range *address_ranges_next(const struct address_ranges *ranges,
                                                uint64_t address,
                                                const struct address_range *after);

void address_ranges_free(struct address_ranges *ranges);

#endif
