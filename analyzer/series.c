#include "series.h"

#include "memory.h"

#include <stdlib.h>

#define THIRDS 3
/* Growth in so many units is steady if it is spread evenly, even if most units did not grow. */
#define STEADY_UNITS 6
/* At rest in the end: without growth for so many times the mean distance of two growths, and for
 * more than this part of all units. */
#define REST_DISTANCES 4
#define REST_PART      8

void series_start(struct series *series, uint32_t first)
{
    *series = (struct series){.first = first, .unit = first, .width = 1};
}

void series_free(struct series *series)
{
    free(series->buckets);
    series->buckets = NULL;
}

static void clear_buckets(struct series_bucket *buckets, unsigned from)
{
    for (unsigned i = from; i < SERIES_BUCKETS; i++)
        buckets[i] = (struct series_bucket){.minimum = UINT64_MAX};
}

static void double_width(struct series *series)
{
    struct series_bucket *buckets = series->buckets;
    for (unsigned i = 0; i < SERIES_BUCKETS / 2; i++) {
        struct series_bucket a = buckets[2 * i], b = buckets[2 * i + 1];
        buckets[i] = (struct series_bucket){a.minimum < b.minimum ? a.minimum : b.minimum,
                                            a.growth + b.growth, a.grew + b.grew};
    }
    clear_buckets(buckets, SERIES_BUCKETS / 2);
    series->width *= 2;
}

/* Makes room for UNIT and gives its bucket. */
static struct series_bucket *bucket_of(struct series *series, uint32_t unit)
{
    if (!series->buckets) {
        series->buckets = xmalloc(SERIES_BUCKETS * sizeof *series->buckets);
        clear_buckets(series->buckets, 0);
    }
    while ((unit - series->first) / series->width >= SERIES_BUCKETS)
        double_width(series);
    return &series->buckets[(unit - series->first) / series->width];
}

/* The open unit and all up to LAST are over, with the value as it is. */
static void close_units(struct series *series, uint32_t last)
{
    struct series_bucket *end = bucket_of(series, last);
    struct series_bucket *bucket = bucket_of(series, series->unit);
    if (series->value > series->before) {
        bucket->growth += series->value - series->before;
        bucket->grew++;
        series->last_grew = series->unit;
    }
    for (; bucket <= end; bucket++) {
        if (bucket->minimum > series->value)
            bucket->minimum = series->value;
    }
    series->before = series->value;
}

void series_push(struct series *series, uint32_t unit, uint64_t value)
{
    if (unit > series->unit) {
        close_units(series, unit - 1);
        series->unit = unit;
    }
    series->value = value;
}

/* Which third of the series the middle of bucket INDEX lies in. */
static unsigned third_of(const struct series *series, unsigned index, uint32_t units)
{
    uint64_t from = (uint64_t)index * series->width;
    uint64_t to = from + series->width < units ? from + series->width : units;
    return (unsigned)((from + (to - 1 - from) / 2) * THIRDS / units);
}

static int compare_growth(const void *left, const void *right)
{
    const struct series_bucket *a = left, *b = right;
    double x = (double)a->growth / a->grew, y = (double)b->growth / b->grew;
    return (x > y) - (x < y);
}

/* Of the units that grew; those of one bucket count with their mean. */
static double median_growth(const struct series *series, uint32_t grew)
{
    struct series_bucket sorted[SERIES_BUCKETS];
    size_t count = 0;
    for (unsigned i = 0; i < SERIES_BUCKETS; i++) {
        if (series->buckets[i].grew)
            sorted[count++] = series->buckets[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_growth);
    uint64_t passed = 0;
    for (size_t i = 0; i < count; i++) {
        passed += sorted[i].grew;
        if (2 * passed > grew)
            return (double)sorted[i].growth / sorted[i].grew;
    }
    return 0;
}

static bool at_rest(const struct series *series, const struct series_growth *growth)
{
    uint64_t active = series->last_grew - series->first + 1;
    uint64_t rest = growth->units - active;
    return rest * growth->grew > REST_DISTANCES * active && rest * REST_PART > growth->units;
}

/* Judges the thirds: GREW units grew in each, MINIMUM was its lowest value. */
static void judge(const struct series *series, struct series_growth *growth,
                  const uint32_t grew[THIRDS], const uint64_t minimum[THIRDS])
{
    uint32_t least = growth->grew;
    for (unsigned i = 0; i < THIRDS; i++)
        least = grew[i] < least ? grew[i] : least;
    growth->growing = growth->grew >= SERIES_UNITS_LEAST && least > 0 && !at_rest(series, growth);
    bool even = (uint64_t)least * THIRDS * 2 >= growth->grew;
    bool often = growth->grew >= STEADY_UNITS || growth->grew >= growth->units / 2;
    growth->steady = growth->growing && even && often;
    growth->rising = minimum[0] < minimum[1] && minimum[1] < minimum[2];
}

static void draw_shape(const struct series *series, struct series_growth *growth)
{
    uint64_t buckets = (growth->units + series->width - 1) / series->width;
    growth->shape_count = buckets < SERIES_SHAPE ? (unsigned)buckets : SERIES_SHAPE;
    for (unsigned i = 0; i < growth->shape_count; i++)
        growth->shape[i] = series->buckets[(i + 1) * buckets / growth->shape_count - 1].minimum;
}

struct series_growth series_end(struct series *series, uint32_t last)
{
    if (last < series->unit)
        last = series->unit;
    close_units(series, last);
    struct series_growth growth = {.units = last - series->first + 1};
    uint32_t grew[THIRDS] = {0};
    uint64_t minimum[THIRDS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    for (unsigned i = 0; (uint64_t)i * series->width < growth.units; i++) {
        const struct series_bucket *bucket = &series->buckets[i];
        unsigned third = third_of(series, i, growth.units);
        growth.grew += bucket->grew;
        growth.total += bucket->growth;
        grew[third] += bucket->grew;
        if (bucket->minimum < minimum[third])
            minimum[third] = bucket->minimum;
    }
    growth.median = median_growth(series, growth.grew);
    judge(series, &growth, grew, minimum);
    draw_shape(series, &growth);
    return growth;
}
