/* births.c - a histogram of units whose buckets double their width, see births.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/births.h"

#include <string.h>

#define THIRDS 3

static void double_width(struct births *births)
{
    uint32_t count[BIRTH_BUCKETS] = {0};
    const uint32_t first = births->first / 2;
    for (uint32_t i = 0; i < BIRTH_BUCKETS; i++)
        count[(births->first + i) / 2 - first] += births->count[i];
    memcpy(births->count, count, sizeof(count));
    births->first = first;
    births->width *= 2;
}

static uint32_t last_used(const struct births *births)
{
    uint32_t last = BIRTH_BUCKETS - 1;
    while (last > 0 && births->count[last] == 0)
        last--;
    return last;
}

/* Lets the buckets begin with number FIRST, which is before the first one. */
static void begin_with(struct births *births, uint32_t first)
{
    const uint32_t more = births->first - first;
    memmove(births->count + more, births->count, (BIRTH_BUCKETS - more) * sizeof(*births->count));
    memset(births->count, 0, more * sizeof(*births->count));
    births->first = first;
}

/* Whether bucket NUMBER, and all that are used, have room. */
static bool has_room(const struct births *births, uint32_t number)
{
    if (number >= births->first)
        return number - births->first < BIRTH_BUCKETS;
    return births->first + last_used(births) - number < BIRTH_BUCKETS;
}

void births_add(struct births *births, uint32_t unit)
{
    if (births->width == 0) {
        births->width = 1;
        births->first = births->lowest = unit;
    }
    births->lowest = unit < births->lowest ? unit : births->lowest;
    while (!has_room(births, unit / births->width))
        double_width(births);
    const uint32_t number = unit / births->width;
    if (number < births->first)
        begin_with(births, number);
    births->count[number - births->first]++;
    births->total++;
}

static uint32_t units_of(const struct births *births, uint32_t bucket)
{
    const uint32_t count = births->count[bucket];
    return count < births->width ? count : births->width;
}

uint32_t births_units(const struct births *births)
{
    uint32_t units = 0;
    for (uint32_t i = 0; i < BIRTH_BUCKETS; i++)
        units += units_of(births, i);
    return units;
}

bool births_are_spread(const struct births *births, uint32_t first, uint32_t last)
{
    uint64_t thirds[THIRDS] = {0};
    const uint64_t units = (uint64_t)last - first + 1;
    for (uint32_t i = 0; i < BIRTH_BUCKETS; i++) {
        const uint64_t unit = ((uint64_t)births->first + i) * births->width;
        const uint64_t at = unit > first ? unit - first : 0;
        thirds[at < units ? at * THIRDS / units : THIRDS - 1] += births->count[i];
    }
    for (unsigned i = 0; i < THIRDS; i++)
        if (thirds[i] < births->total / (THIRDS + 1))
            return false;
    return true;
}

/* Those of one bucket, as evenly spread as can be. */
static void push_bucket(struct series *series, const struct births *births, uint32_t bucket,
                        uint64_t *value)
{
    const uint32_t units = units_of(births, bucket), count = births->count[bucket];
    const uint64_t begin = (uint64_t)(births->first + bucket) * births->width;
    for (uint32_t i = 0; i < units; i++) {
        const uint64_t unit = begin + (uint64_t)i * births->width / units;
        *value += count / units + (i < count % units);
        series_push(series, unit < UINT32_MAX ? (uint32_t)unit : UINT32_MAX, *value);
    }
}

struct series births_series(const struct births *births, uint32_t first, uint32_t last)
{
    struct series series;
    uint64_t value = 0;
    const uint64_t lowest = (uint64_t)births->first * births->width;
    series_start(&series, first < lowest ? first : (uint32_t)lowest);
    for (uint32_t i = 0; i < BIRTH_BUCKETS; i++)
        push_bucket(&series, births, i, &value);
    series_end(&series, last);
    return series;
}
