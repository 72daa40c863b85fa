/* folded_stats.c - a recording's own numbers in sums of processes; see folded_internal.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded_internal.h"
#include "analyzer/util/memory.h"

#include <string.h>

static void many_u64(struct fields *fields, uint64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fields_u64(fields, &values[i]);
}

#define MANY(fields, values) many_u64(fields, values, sizeof(values) / sizeof(*(values)))

static void sizes(struct fields *fields, size_t **values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = *values[i];
        fields_u64(fields, &value);
        *values[i] = value;
    }
}

/* Those of which a process has none or one. */
static void process_fields(struct fields *fields, struct recording_stats *stats)
{
    size_t *values[] = {&stats->processes, &stats->sessions,  &stats->without_hooks,
                        &stats->failed,    &stats->unended,   &stats->unended_idle,
                        &stats->survivors, &stats->signalled, &stats->masters};
    sizes(fields, values, sizeof(values) / sizeof(*values));
    for (unsigned i = 0; i <= API_MARK_CONNECTION; i++)
        fields_u32(fields, &stats->most_units[i]);
}

static void event_fields(struct fields *fields, struct recording_stats *stats)
{
    uint64_t *values[] = {
        &stats->events,
        &stats->pool_events,
        &stats->creates,
        &stats->destroys,
        &stats->allocations,
        &stats->traced_bytes,
        &stats->frees,
        &stats->stale,
        &stats->unknown_pools,
        &stats->recreated,
        &stats->adopted,
        &stats->there_before,
        &stats->unknown_objects,
        &stats->commands,
        &stats->restarts,
        &stats->connections,
        &stats->marks,
        &stats->unknown_parents,
        &stats->unknown_stacks,
        &stats->unwound,
        &stats->unwound_slow,
        &stats->cut,
        &stats->checked,
        &stats->differed,
        &stats->incomplete,
        &stats->kept,
        &stats->young_allocations,
        &stats->young_at_end,
        &stats->first_ns,
        &stats->last_ns,
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        fields_u64(fields, values[i]);
    MANY(fields, stats->fired);
    MANY(fields, stats->guarded);
    MANY(fields, stats->sampled);
    MANY(fields, stats->young);
    MANY(fields, stats->walks.results);
    MANY(fields, stats->walks.when);
    fields_u64(fields, &stats->walks.pools);
    fields_u64(fields, &stats->walks.unknown);
    fields_u32(fields, &stats->walks.longest_us);
}

/* Of those that are unusual, as version 1 has none. */
static void unusual_fields(struct fields *fields, struct recording_stats *stats)
{
    size_t *values[] = {&stats->unforked, &stats->untraced};
    MANY(fields, stats->lost);
    fields_u64(fields, &stats->lost_events);
    for (size_t i = 0; i < TRACE_STOP_KINDS; i++)
        sizes(fields, (size_t *[]){&stats->stops[i]}, 1);
    sizes(fields, values, sizeof(values) / sizeof(*values));
}

/* Whoever has mismatches is not folded. */
static void coverage_fields(struct fields *fields, struct coverage *coverage)
{
    fields_u64(fields, &coverage->pools);
    fields_u64(fields, &coverage->in_change);
    MANY(fields, coverage->traced);
    MANY(fields, coverage->used);
    MANY(fields, coverage->differing);
}

static void label_fields(struct recording *recording, struct fields *fields,
                         struct label_sums *labels)
{
    size_t count = labels->count;
    fields_count(fields, &count, 2);
    for (size_t i = 0; i < count; i++) {
        if (fields->reads) {
            GROW(labels->items, labels->count, labels->capacity);
            labels->items[labels->count++] = (struct label_sum){0};
        }
        folded_label(recording, fields, &labels->items[i].name);
        fields_u64(fields, &labels->items[i].units);
        fields->wrong |= !labels->items[i].name;
    }
    fields_u64(fields, &labels->others);
}

void folded_stats_fields(struct recording *recording, struct fields *fields,
                         struct recording_stats *stats, uint64_t version)
{
    event_fields(fields, stats);
    process_fields(fields, stats);
    coverage_fields(fields, &stats->coverage);
    label_fields(recording, fields, &stats->labels);
    if (version > 1)
        unusual_fields(fields, stats);
}

void folded_add_stats(struct recording_stats *to, const struct folded *folded)
{
    struct recording_stats copy = folded->stats;
    const size_t size = copy.labels.count * sizeof(*copy.labels.items);
    copy.labels.capacity = copy.labels.count;
    copy.labels.items = memcpy(xmalloc(size), folded->stats.labels.items, size);
    stats_add(to, &copy);
}
