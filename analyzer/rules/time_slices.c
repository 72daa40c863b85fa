/* time_slices.c - folds the buckets of a series into slices, see time_slices.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/time_slices.h"

#include <stdlib.h>
#include <string.h>

#define THIRDS 3

struct slices {
    uint32_t count;
    uint32_t steps;                   /* in so many the work is known to have come */
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

/* What is the axis of slices. */
enum axis { BY_WORK, BY_TIME };

/* The part of its work, or time, that a process had behind it before MOMENT; of which nothing more
 * is known, that of its moments. From 0 to less than 1. */
static double part_done(const struct moment_events *events, enum axis axis, uint64_t moment,
                        uint64_t moments)
{
    uint64_t before = 0, most = axis == BY_TIME && events ? events->now : 0;
    for (uint32_t i = 0; events && events->width && i < MOMENT_BUCKETS; i++) {
        const uint64_t here = axis == BY_TIME ? events->time[i] : events->before[i];
        most = here > most ? here : most;
        if (i <= moment / events->width && here)
            before = here;
    }
    return most ? (double)before / (double)(most + 1) : (double)moment / (double)moments;
}

static uint32_t steps_of(const struct series *series, const struct moment_events *events)
{
    uint32_t steps = 0;
    for (uint32_t i = 0; events && i < MOMENT_BUCKETS; i++)
        steps += events->before[i] > 0;
    return events ? steps : bucket_count(series);
}

/* The lowest value in each slice, and then the lowest of it and all that follow. */
static struct slices fold(const struct series *series, const struct moment_events *events,
                          enum axis axis)
{
    const uint64_t moments = (uint64_t)series->unit - series->first + 1;
    struct slices slices = {.count = moments < TIME_SLICES ? (uint32_t)moments : TIME_SLICES,
                            .steps = steps_of(series, events)};
    memset(slices.lowest, 0xff, sizeof(slices.lowest));
    for (uint32_t i = 0; i < bucket_count(series); i++) {
        const uint64_t end = end_of_bucket(series, i);
        const unsigned slice = (unsigned)(part_done(events, axis, end, moments) * slices.count);
        if (series->buckets[i].minimum < slices.lowest[slice])
            slices.lowest[slice] = series->buckets[i].minimum;
    }
    slices.lowest[slices.count] = series->value;
    for (uint32_t i = slices.count; i > 0; i--)
        if (slices.lowest[i] < slices.lowest[i - 1])
            slices.lowest[i - 1] = slices.lowest[i];
    return slices;
}

bool time_slices_at_once(const uint64_t *value, uint32_t count, uint64_t before)
{
    const uint64_t total = count ? value[count - 1] - before : 0;
    uint32_t rises = 0, nearly = 0;
    for (uint32_t i = 0; i < count; i++) {
        rises += value[i] > (i ? value[i - 1] : before);
        if (value[i] - before < total - total / 8)
            nearly = i + 1;
    }
    return rises < SERIES_UNITS_LEAST && 2 * (nearly + 1) <= count;
}

/* Of so short a life time tells nothing: a busy machine may have let it wait for most of it. */
static bool is_short(const struct moment_events *events)
{
    return events && events->life_ns < TIME_LIFE_LEAST;
}

/* Whether it rose in a few slices of time alone, however much was done in them, and was at rest
 * then. */
static bool at_once(const struct series *series, const struct moment_events *events)
{
    const struct slices slices = fold(series, events, BY_TIME);
    return time_slices_at_once(slices.lowest + 1, slices.count, slices.lowest[0]);
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

/* The least growth in a third, as part of what it were if it were even. The fewer slices or steps
 * of work, the less is known of when it came: a third may have a step less than its share. */
static double least_part(const struct slices *slices, uint32_t from)
{
    const double lost = slices->steps ? (double)THIRDS / slices->steps : 1;
    const double least = 2.0 / 3 - lost;
    return from ? 1.0 / 2 : least > 1.0 / 3 ? least : 1.0 / 3;
}

/* Whether there was as much growth in each third of the slices from FROM on as were it even, or
 * nearly. */
static bool is_even(const struct slices *slices, uint32_t from)
{
    uint64_t thirds[THIRDS] = {0}, total = 0;
    const uint32_t count = slices->count - from;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t step = slices->lowest[from + i + 1] - slices->lowest[from + i];
        thirds[i * THIRDS / count] += step;
        total += step;
    }
    const double least = least_part(slices, from) * (double)(total / THIRDS);
    for (unsigned i = 0; i < THIRDS; i++)
        if ((double)thirds[i] < least)
            return false;
    return true;
}

/* The slice in which growth began, where that was later than in the first third; else 0. A few that
 * come and go are no beginning. */
static uint32_t begins_in(const struct slices *slices)
{
    const uint64_t total = slices->lowest[slices->count] - slices->lowest[0];
    uint32_t first = 0;
    while (first < slices->count &&
           slices->lowest[first + 1] - slices->lowest[0] <= total / TIME_SLICES)
        first++;
    return first * THIRDS < slices->count ? 0 : first;
}

struct series_growth time_slices_growth(const struct series *series,
                                        const struct moment_events *events)
{
    const struct slices slices = fold(series, events, BY_WORK);
    struct series_growth growth = {.units = slices.count, .shape_count = slices.count};
    uint64_t steps[TIME_SLICES];
    for (uint32_t i = 0; i < slices.count; i++) {
        const uint64_t step = slices.lowest[i + 1] - slices.lowest[i];
        growth.shape[i] = slices.lowest[i + 1];
        growth.total += step;
        if (step)
            steps[growth.grew++] = step;
    }
    growth.median = median(steps, growth.grew);
    const uint32_t from = begins_in(&slices);
    growth.growing = growth.grew >= TIME_SLICES_LEAST && is_even(&slices, from) &&
                     (is_short(events) || !at_once(series, events));
    growth.steady = growth.growing && 2 * growth.grew >= slices.count - from;
    growth.rising = growth.growing;
    return growth;
}

struct series_growth time_slices_growth_throughout(const struct series *series,
                                                   const struct moment_events *events)
{
    const struct slices slices = fold(series, events, BY_WORK);
    struct series_growth growth = time_slices_growth(series, events);
    growth.growing = growth.growing && begins_in(&slices) == 0;
    growth.steady = growth.steady && growth.growing;
    growth.rising = growth.growing;
    return growth;
}
