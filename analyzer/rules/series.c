/*
 * series.c - a value over units of work (commands, restarts, connections), in bounded memory; see
 * series.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/rules/series.h"

#include "analyzer/rules/rhythm.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define THIRDS    3
#define FEW_UNITS 6
/* Growth in so many units is steady if it is spread evenly, even if most units did not grow. */
#define STEADY_UNITS 6
/* At rest in the end: without growth for so many times the mean distance of two growths, and for
 * more than this part of all units. */
#define REST_DISTANCES 4
#define REST_PART      8
#define UNEVEN         5.99 /* chi square: by chance, one of twenty is as uneven */

void series_start(struct series *series, uint32_t first)
{
    *series = (struct series){.first = first, .unit = first, .width = 1};
}

void series_free(struct series *series)
{
    free(series->buckets);
    series->buckets = NULL;
    label_counts_free(&series->grown);
}

void series_label(struct series *series, const struct unit_labels *labels)
{
    series->labels = labels;
}

static void clear_buckets(struct series_bucket *buckets, unsigned from)
{
    for (unsigned i = from; i < SERIES_BUCKETS; i++)
        buckets[i] = (struct series_bucket){.minimum = UINT64_MAX};
}

/* Buckets begin at multiples of their width, so that those of any two series can be put together.
 */
static uint32_t bucket_index(const struct series *series, uint32_t unit)
{
    const unsigned shift = (unsigned)__builtin_ctz(series->width); /* it is a power of two */
    return (unit >> shift) - (series->first >> shift);
}

/* Did the units of both grow by the same, as far as they grew? */
static bool is_alike(const struct series_bucket *a, const struct series_bucket *b)
{
    return !a->grew || !b->grew ||
           (unsigned __int128)a->growth * b->grew == (unsigned __int128)b->growth * a->grew;
}

static struct series_bucket both(struct series_bucket a, struct series_bucket b)
{
    return (struct series_bucket){a.minimum < b.minimum ? a.minimum : b.minimum,
                                  a.growth + b.growth, a.grew + b.grew,
                                  a.uneven || b.uneven || !is_alike(&a, &b)};
}

static void double_width(struct series *series)
{
    struct series_bucket *buckets = series->buckets;
    uint32_t first = series->first / series->width, last = 0;
    for (uint32_t i = 1; i < SERIES_BUCKETS; i++) {
        uint32_t to = (first + i) / 2 - first / 2;
        buckets[to] = to == last ? both(buckets[to], buckets[i]) : buckets[i];
        last = to;
    }
    clear_buckets(buckets, last + 1);
    series->width *= 2;
}

static void make_room(struct series *series, uint32_t unit)
{
    if (!series->buckets) {
        series->buckets = xmalloc(SERIES_BUCKETS * sizeof *series->buckets);
        clear_buckets(series->buckets, 0);
    }
    while (bucket_index(series, unit) >= SERIES_BUCKETS)
        double_width(series);
}

/* Makes room for UNIT and gives its bucket. */
static inline struct series_bucket *bucket_of(struct series *series, uint32_t unit)
{
    if (!series->buckets || bucket_index(series, unit) >= SERIES_BUCKETS)
        make_room(series, unit);
    return &series->buckets[bucket_index(series, unit)];
}

/* The open unit and all up to LAST are over, with the value as it is. */
static void close_units(struct series *series, uint32_t last)
{
    struct series_bucket *end = bucket_of(series, last);
    struct series_bucket *bucket = &series->buckets[bucket_index(series, series->unit)];
    if (series->value > series->before) {
        const struct series_bucket unit = {.growth = series->value - series->before, .grew = 1};
        bucket->uneven = bucket->uneven || !is_alike(bucket, &unit);
        bucket->growth += unit.growth;
        bucket->grew++;
        series->last_grew = series->unit;
        if (series->labels)
            label_counts_add(&series->grown, unit_label_number(series->labels, series->unit));
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

/* How many units of the series come before bucket INDEX. */
static uint64_t units_before(const struct series *series, uint32_t index)
{
    uint64_t start = ((uint64_t)(series->first / series->width) + index) * series->width;
    return start > series->first ? start - series->first : 0;
}

/* The units that growth is judged over: those from FROM on, counted from 0, up to but without TO.
 */
struct window {
    uint64_t from, to;
    uint32_t grew[THIRDS];
    uint64_t minimum[THIRDS];
};

/* Which third of WINDOW the middle of bucket INDEX lies in. */
static unsigned third_of(const struct series *series, uint32_t index, const struct window *window)
{
    uint64_t from = units_before(series, index), to = units_before(series, index + 1);
    from = from > window->from ? from : window->from;
    to = to < window->to ? to : window->to;
    return (unsigned)((from + (to - 1 - from) / 2 - window->from) * THIRDS /
                      (window->to - window->from));
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

/* In a window from FROM on, in which GREW units did. */
static bool at_rest(const struct series *series, const struct series_growth *growth, uint64_t from,
                    uint32_t grew)
{
    uint64_t active = series->last_grew - series->first + 1 - from;
    uint64_t rest = growth->units - from - active;
    return rest * grew > REST_DISTANCES * active && rest * REST_PART > growth->units - from;
}

/* How often each third of WINDOW grew, and its lowest value. */
static void fill_window(const struct series *series, struct window *window)
{
    for (unsigned i = 0; i < THIRDS; i++) {
        window->grew[i] = 0;
        window->minimum[i] = UINT64_MAX;
    }
    for (uint32_t i = 0; i <= bucket_index(series, series->unit); i++) {
        const struct series_bucket *bucket = &series->buckets[i];
        if (units_before(series, i + 1) <= window->from)
            continue;
        const bool over = units_before(series, i) >= window->to;
        const unsigned third = over ? THIRDS - 1 : third_of(series, i, window);
        window->grew[third] += bucket->grew;
        if (bucket->minimum < window->minimum[third])
            window->minimum[third] = bucket->minimum;
    }
}

/* In which units of WINDOW it grew, from the first one on. */
static struct rhythm rhythm_of(const struct series *series, const struct window *window)
{
    struct rhythm rhythm = {0};
    for (uint32_t i = 0; i <= bucket_index(series, series->unit); i++) {
        uint64_t from = units_before(series, i), to = units_before(series, i + 1);
        from = from > window->from ? from : window->from;
        to = to < window->to ? to : window->to;
        if (from < to)
            rhythm_add(&rhythm, (uint32_t)(to - from), series->buckets[i].grew);
    }
    return rhythm;
}

/* Whether each third of WINDOW has half of its share of all units that GREW, or they are as chance
 * spreads them: by chi square, one of twenty is less even than that. */
static bool is_even(const struct window *window, uint32_t grew)
{
    const double share = (double)grew / THIRDS;
    double square = 0;
    uint32_t fewest = grew;
    for (unsigned i = 0; i < THIRDS; i++) {
        fewest = window->grew[i] < fewest ? window->grew[i] : fewest;
        square += (window->grew[i] - share) * (window->grew[i] - share) / share;
    }
    return (uint64_t)fewest * THIRDS * 2 >= grew || square < UNEVEN;
}

/* Judges the growth over WINDOW by LEAST units. */
static void judge(const struct series *series, struct series_growth *growth,
                  const struct window *window, uint32_t least)
{
    const uint32_t *part = window->grew, grew = part[0] + part[1] + part[2];
    growth->growing = grew >= least && part[0] > 0 && part[1] > 0 && part[2] > 0 &&
                      !at_rest(series, growth, window->from, grew);
    const struct rhythm rhythm = rhythm_of(series, window);
    const bool regular = rhythm_is_even(&rhythm) || rhythm_repeats(&rhythm);
    const bool often = regular || grew >= STEADY_UNITS || grew >= (window->to - window->from) / 2;
    growth->fading =
        growth->growing &&
        (series->label_fills || (!regular && !series->turns_over && rhythm_fills(&rhythm)));
    growth->steady = growth->growing && is_even(window, grew) && often && !growth->fading;
    growth->scattered = growth->growing && !often;
    growth->rising =
        window->minimum[0] < window->minimum[1] && window->minimum[1] < window->minimum[2];
}

/* How many units came before the bucket that grew first. */
static uint64_t units_before_first(const struct series *series)
{
    uint32_t first = 0;
    while (first < bucket_index(series, series->unit) && series->buckets[first].grew == 0)
        first++;
    return units_before(series, first);
}

/* The same after the longest rest. */
static uint64_t units_before_growth(const struct series *series)
{
    const uint32_t last = bucket_index(series, series->unit);
    uint64_t longest = 0, end = 0, found = 0;
    for (uint32_t i = 0; i <= last; i++) {
        if (series->buckets[i].grew == 0)
            continue;
        const uint64_t begin = units_before(series, i);
        if (begin - end >= longest) {
            longest = begin - end;
            found = begin;
        }
        end = units_before(series, i + 1);
    }
    return found;
}

/* Where growth began late, or went on after a long rest, the units since then are WINDOW. */
static bool is_late(const struct series *series, struct window *window)
{
    const uint64_t from = units_before_growth(series);
    if (from * THIRDS < window->to || (window->grew[0] && window->grew[1]))
        return false;
    window->from = from;
    fill_window(series, window);
    return true;
}

/* Where all units of one label grew, and no other, what the others did says nothing. */
static void judge_label(const struct series *series, struct series_growth *growth)
{
    if (!label_growth_decides(&growth->label) || growth->total > series->value)
        return;
    growth->growing = growth->steady = growth->rising = true;
    growth->scattered = growth->fading = false;
}

static void draw_shape(const struct series *series, struct series_growth *growth)
{
    uint64_t buckets = bucket_index(series, series->unit) + 1;
    growth->shape_count = buckets < SERIES_SHAPE ? (unsigned)buckets : SERIES_SHAPE;
    for (unsigned i = 0; i < growth->shape_count; i++)
        growth->shape[i] = series->buckets[(i + 1) * buckets / growth->shape_count - 1].minimum;
}

/* Of a few units, the last one may be no more than the wait for what does not come. */
static uint32_t judged_units(const struct series *series, uint32_t units)
{
    const bool few = units > SERIES_UNITS_LEAST && units <= FEW_UNITS;
    return few && series->last_grew != series->unit ? units - 1 : units;
}

static bool grew_alike(const struct series *series, uint32_t grew)
{
    const struct series_bucket *first = NULL;
    for (uint32_t i = 0; i <= bucket_index(series, series->unit); i++) {
        const struct series_bucket *bucket = &series->buckets[i];
        if (bucket->grew && !first)
            first = bucket;
        if (bucket->uneven || (first && !is_alike(first, bucket)))
            return false;
    }
    return grew >= SERIES_LATE_LEAST;
}

static struct series_growth growth_of(const struct series *series, bool may_be_late)
{
    struct series_growth growth = {.units = series->unit - series->first + 1};
    for (uint32_t i = 0; i <= bucket_index(series, series->unit); i++) {
        const struct series_bucket *bucket = &series->buckets[i];
        growth.grew += bucket->grew;
        growth.total += bucket->growth;
        growth.estimated = growth.estimated || bucket->uneven;
    }
    growth.median = median_growth(series, growth.grew);
    growth.alike = grew_alike(series, growth.grew);
    growth.label = series->label;
    struct window window = {.to = judged_units(series, growth.units)};
    fill_window(series, &window);
    const bool late = may_be_late && growth.grew && is_late(series, &window);
    growth.since = growth.units - (uint32_t)(late ? window.from : units_before_first(series));
    judge(series, &growth, &window, late ? SERIES_LATE_LEAST : SERIES_UNITS_LEAST);
    judge_label(series, &growth);
    draw_shape(series, &growth);
    return growth;
}

struct series_growth series_growth(const struct series *series)
{
    return growth_of(series, true);
}

struct series_growth series_growth_before(const struct series *series)
{
    struct series closed = *series;
    if (closed.unit > closed.first)
        closed.unit--;
    closed.value = closed.before;
    return growth_of(&closed, true);
}

struct series_growth series_growth_throughout(const struct series *series)
{
    return growth_of(series, false);
}

/* Whether of the units with label NUMBER, which alone grew, ever fewer did. */
static bool label_fills(const struct series *series, unsigned number)
{
    struct rhythm rhythm = {0};
    for (uint32_t i = 0; i <= bucket_index(series, series->unit); i++) {
        const uint64_t from = series->first + units_before(series, i),
                       to = series->first + units_before(series, i + 1) - 1,
                       last = to < series->unit ? to : series->unit;
        rhythm_add(&rhythm,
                   unit_labels_count(series->labels, number, (uint32_t)from, (uint32_t)last),
                   series->buckets[i].grew);
    }
    return !series->turns_over && !rhythm_repeats(&rhythm) && rhythm_fills(&rhythm);
}

/* Tells of the units that grew which label they have, as long as that can be asked. */
static void settle_label(struct series *series)
{
    uint64_t grew = 0;
    for (unsigned i = 0; i < SERIES_BUCKETS; i++)
        grew += series->buckets[i].grew;
    if (series->labels && grew >= SERIES_UNITS_LEAST) {
        series->label =
            label_growth_of(&series->grown, series->labels, series->first, series->unit, grew);
        series->label_fills = series->label.label && series->label.others_grew == 0 &&
                              series->label.others > 0 && label_fills(series, series->label.number);
    }
    series->labels = NULL;
    label_counts_free(&series->grown);
}

struct series_growth series_end(struct series *series, uint32_t last)
{
    if (last < series->unit)
        last = series->unit;
    close_units(series, last);
    series->unit = last;
    settle_label(series);
    return series_growth(series);
}

static void widen(struct series *series, uint32_t width)
{
    while (series->width < width)
        double_width(series);
}

/* Lets the series begin with unit FIRST, in which its value is 0 as it was before. */
static void begin_with(struct series *series, uint32_t first)
{
    if (first >= series->first)
        return;
    while (series->unit / series->width - first / series->width >= SERIES_BUCKETS)
        double_width(series);
    uint32_t more = series->first / series->width - first / series->width;
    memmove(series->buckets + more, series->buckets,
            (SERIES_BUCKETS - more) * sizeof(*series->buckets));
    memset(series->buckets, 0, more * sizeof(*series->buckets));
    series->first = first;
}

static void copy_series(struct series *to, const struct series *from)
{
    *to = *from;
    to->buckets = xmalloc(SERIES_BUCKETS * sizeof(*to->buckets));
    memcpy(to->buckets, from->buckets, SERIES_BUCKETS * sizeof(*to->buckets));
}

/* Makes the buckets of two series that have ended the same ones. */
static void align(struct series *a, struct series *b)
{
    begin_with(a, b->first);
    begin_with(b, a->first);
    bucket_of(a, b->unit);
    bucket_of(b, a->unit);
    widen(a, b->width);
    widen(b, a->width);
}

/* The first bucket and the last one may have fewer than their width. */
static uint32_t units_in(const struct series *series, uint32_t index)
{
    uint64_t all = (uint64_t)series->unit - series->first + 1, to = units_before(series, index + 1);
    return (uint32_t)((to < all ? to : all) - units_before(series, index));
}

/* Adds the units of one bucket to those of another, which has so many UNITS. Where both grew in a
 * part of them only, how many grew by how much is not known. */
static void add_bucket(struct series_bucket *to, const struct series_bucket *from, uint32_t units)
{
    uint32_t grew = to->grew + from->grew;
    bool overlap = to->grew && from->grew;
    bool whole = to->grew == units && from->grew == units;
    to->uneven = to->uneven || from->uneven || (overlap && !whole);
    to->grew = grew < units ? grew : units;
    to->growth += from->growth;
    if (to->minimum != UINT64_MAX && from->minimum != UINT64_MAX)
        to->minimum += from->minimum;
}

bool series_is_whole(const struct series *series)
{
    const uint32_t width = series->width;
    return width && (width & (width - 1)) == 0 && series->first <= series->unit &&
           series->last_grew <= series->unit && bucket_index(series, series->unit) < SERIES_BUCKETS;
}

void series_add(struct series *sum, struct series *part)
{
    if (!sum->buckets) {
        copy_series(sum, part);
        return;
    }
    align(sum, part);
    if (sum->unit < part->unit)
        sum->unit = part->unit;
    for (uint32_t i = 0; i <= bucket_index(sum, sum->unit); i++)
        add_bucket(&sum->buckets[i], &part->buckets[i], units_in(sum, i));
    sum->value += part->value;
    sum->turns_over |= part->turns_over;
    sum->label_fills &= part->label_fills;
    label_growth_add(&sum->label, &part->label);
    if (sum->last_grew < part->last_grew)
        sum->last_grew = part->last_grew;
}

void series_cap(struct series *part, struct series *whole)
{
    align(part, whole);
    for (unsigned i = 0; i < SERIES_BUCKETS; i++) {
        if (part->buckets[i].grew <= whole->buckets[i].grew)
            continue;
        part->buckets[i].grew = whole->buckets[i].grew;
        part->buckets[i].uneven = true;
    }
}
