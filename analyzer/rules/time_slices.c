/* time_slices.c - folds the buckets of a series into slices, see time_slices.h. */
#include "analyzer/rules/time_slices.h"

#include <stdlib.h>
#include <string.h>

#define THIRDS 3

struct slices {
    uint32_t count;
    uint64_t lowest[TIME_SLICES + 1]; /* value from here on; the last one is that of the end */
};

/* The moment in the series at which bucket INDEX ends, at most the last one. */
static uint64_t end_of_bucket(const struct series *series, uint32_t index)
{
    uint64_t end = ((uint64_t)(series->first / series->width) + index + 1) * series->width;
    return end > series->unit ? series->unit - series->first : end - 1 - series->first;
}

static uint32_t bucket_count(const struct series *series)
{
    return series->unit / series->width - series->first / series->width + 1;
}

/* The lowest value in each slice, and then the lowest of it and all that follow. */
static struct slices fold(const struct series *series)
{
    const uint64_t moments = (uint64_t)series->unit - series->first + 1;
    struct slices slices = {.count = moments < TIME_SLICES ? (uint32_t)moments : TIME_SLICES};
    memset(slices.lowest, 0xff, sizeof(slices.lowest));
    for (uint32_t i = 0; i < bucket_count(series); i++) {
        uint64_t slice = end_of_bucket(series, i) * slices.count / moments;
        if (series->buckets[i].minimum < slices.lowest[slice])
            slices.lowest[slice] = series->buckets[i].minimum;
    }
    slices.lowest[slices.count] = series->value;
    for (uint32_t i = slices.count; i > 0; i--)
        if (slices.lowest[i] < slices.lowest[i - 1])
            slices.lowest[i - 1] = slices.lowest[i];
    return slices;
}

static int compare(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static double median(uint64_t *growth, uint32_t count)
{
    qsort(growth, count, sizeof(*growth), compare);
    return count ? (double)growth[count / 2] : 0;
}

struct series_growth time_slices_growth(const struct series *series)
{
    const struct slices slices = fold(series);
    struct series_growth growth = {.units = slices.count, .shape_count = slices.count};
    uint64_t steps[TIME_SLICES];
    uint32_t grew[THIRDS] = {0};
    for (uint32_t i = 0; i < slices.count; i++) {
        const uint64_t step = slices.lowest[i + 1] - slices.lowest[i];
        growth.shape[i] = slices.lowest[i + 1];
        growth.total += step;
        if (step) {
            steps[growth.grew++] = step;
            grew[i * THIRDS / slices.count]++;
        }
    }
    growth.median = median(steps, growth.grew);
    growth.growing = growth.grew >= SERIES_UNITS_LEAST && grew[0] && grew[1] && grew[2];
    growth.steady = growth.growing && 2 * growth.grew >= slices.count;
    growth.rising = growth.growing;
    return growth;
}
