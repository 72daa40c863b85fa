/* address_ranges.c - see address_ranges.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/address_ranges.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

void address_ranges_add(struct address_ranges *ranges, uint64_t start, uint64_t end, size_t item)
{
    GROW(ranges->ranges, ranges->count, ranges->capacity);
    ranges->ranges[ranges->count++] =
        (struct address_range){.start = start, .end = end, .item = item};
}

static int by_start(const void *left, const void *right)
{
    const struct address_range *a = left, *b = right;

    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return (a->item > b->item) - (a->item < b->item);
}

void address_ranges_sort(struct address_ranges *ranges)
{
    uint64_t reach = 0;

    if (ranges->count != 0)
        qsort(ranges->ranges, ranges->count, sizeof(ranges->ranges[0]), by_start);
    for (size_t i = 0; i < ranges->count; i++) {
        if (ranges->ranges[i].end > reach)
            reach = ranges->ranges[i].end;
        ranges->ranges[i].reach = reach;
    }
}

/* How many ranges start at or below ADDRESS. */
static size_t count_below(const struct address_ranges *ranges, uint64_t address)
{
    size_t low = 0, high = ranges->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->ranges[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct address_range *address_ranges_next(const struct address_ranges *ranges,
                                                uint64_t address, const struct address_range *after)
{
    size_t i = after == NULL ? count_below(ranges, address) : (size_t)(after - ranges->ranges);

    while (i-- > 0 && ranges->ranges[i].reach > address)
        if (ranges->ranges[i].end > address)
            return &ranges->ranges[i];
    return NULL;
}

void address_ranges_free(struct address_ranges *ranges)
{
    free(ranges->ranges);
    *ranges = (struct address_ranges){NULL, 0, 0};
}
