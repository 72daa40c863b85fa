/* folded_finding.c - a finding of processes whose traces are gone; see folded_parts.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded.h"
#include "analyzer/rules/finding.h"
#include "analyzer/rules/folded_parts.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* An enumeration's value, below LIMIT. */
#define CHOICE(fields, value, limit)                                                               \
    do {                                                                                           \
        uint32_t number = (uint32_t)(value);                                                       \
        fields_below((fields), &number, (limit));                                                  \
        (value) = number;                                                                          \
    } while (0)

static void pids_fields(struct fields *fields, struct pid_list *pids)
{
    size_t count = pids->count;
    uint64_t others = pids->others;
    fields_count(fields, &count, 1);
    for (size_t i = 0; i < count && !fields->wrong; i++) {
        uint32_t pid = fields->reads ? 0 : (uint32_t)pids->items[i];
        fields_below(fields, &pid, INT32_MAX);
        if (fields->reads)
            pid_list_add(pids, (int32_t)pid);
    }
    fields_u64(fields, &others);
    pids->others = others;
}

static void shares_fields(struct fields *fields, struct process_shares *shares)
{
    size_t count = shares->count;
    fields_count(fields, &count, 4);
    for (size_t i = 0; i < count && !fields->wrong; i++) {
        struct process_share share = {0};
        if (!fields->reads)
            share = shares->items[i];
        CHOICE(fields, share.pid, INT32_MAX);
        fields_u64(fields, &share.count);
        fields_u64(fields, &share.bytes);
        fields_u64(fields, &share.held);
        if (fields->reads)
            process_shares_add(shares, share);
    }
}

static void cost_fields(struct fields *fields, struct cost *cost)
{
    fields_u64(fields, &cost->end);
    fields_u64(fields, &cost->peak);
    fields_double(fields, &cost->a_unit);
    fields_double(fields, &cost->a_day);
    fields_u64(fields, &cost->rate_ns);
    fields_bool(fields, &cost->estimated);
}

static void label_growth_fields(struct recording *recording, struct fields *fields,
                                struct label_growth *growth)
{
    folded_label(recording, fields, &growth->label);
    fields_u64(fields, &growth->grew);
    fields_u64(fields, &growth->units);
    fields_u64(fields, &growth->others_grew);
    fields_u64(fields, &growth->others);
    CHOICE(fields, growth->number, UNIT_LABELS_MAX + 1);
    fields->wrong |= growth->label && !growth->units;
}

static void bucket_fields(struct fields *fields, struct series_bucket *bucket)
{
    fields_u64(fields, &bucket->minimum);
    fields_u64(fields, &bucket->growth);
    fields_u32(fields, &bucket->grew);
    fields_bool(fields, &bucket->uneven);
}

/* One that has ended, of units that have room in its buckets. */
static void series_fields(struct recording *recording, struct fields *fields, struct series *series)
{
    fields_u32(fields, &series->first);
    fields_u32(fields, &series->unit);
    fields_u32(fields, &series->width);
    fields_u32(fields, &series->last_grew);
    fields_bool(fields, &series->turns_over);
    fields_u64(fields, &series->value);
    fields_u64(fields, &series->before);
    fields_bool(fields, &series->label_fills);
    label_growth_fields(recording, fields, &series->label);
    for (unsigned i = 0; i < SERIES_BUCKETS; i++)
        bucket_fields(fields, &series->buckets[i]);
    fields->wrong |= !series_is_whole(series);
}

static void unit_list_fields(struct fields *fields, struct unit_list *list)
{
    fields_below(fields, &list->count, UNITS_LISTED + 1);
    for (uint32_t i = 0; i < list->count; i++)
        fields_u32(fields, &list->items[i]);
    fields_u32(fields, &list->latest);
}

static void growth_series_fields(struct recording *recording, struct fields *fields,
                                 struct unit_growth *growth)
{
    bool there = growth->series != NULL;
    fields_bool(fields, &there);
    if (!there)
        return;
    if (fields->reads) {
        growth->series = xcalloc(1, sizeof(*growth->series));
        growth->series->buckets = xcalloc(SERIES_BUCKETS, sizeof(*growth->series->buckets));
    }
    series_fields(recording, fields, growth->series);
}

static void growth_fields(struct recording *recording, struct fields *fields,
                          struct unit_growth *growth)
{
    CHOICE(fields, growth->unit, API_UNIT_TIME + 1);
    CHOICE(fields, growth->pid, INT32_MAX);
    fields_u64(fields, &growth->units);
    fields_u64(fields, &growth->grew);
    fields_bool(fields, &growth->largest);
    unit_list_fields(fields, &growth->listed);
    fields_bool(fields, &growth->steady);
    fields_double(fields, &growth->count);
    fields_double(fields, &growth->bytes);
    fields_bool(fields, &growth->estimated);
    fields_double(fields, &growth->mean);
    label_growth_fields(recording, fields, &growth->label);
    CHOICE(fields, growth->shape_count, SERIES_SHAPE + 1);
    for (unsigned i = 0; i < SERIES_SHAPE; i++)
        fields_u64(fields, &growth->shape[i]);
    fields_u64(fields, &growth->taken);
    growth_series_fields(recording, fields, growth);
}

static void place_fields(struct recording *recording, struct fields *fields,
                         struct growth_place *place)
{
    fields_u64(fields, &place->key);
    folded_stack(recording, fields, &place->stack);
    fields_u64(fields, &place->order);
    fields_u64(fields, &place->stack_bytes);
    fields_u64(fields, &place->count);
    fields_u64(fields, &place->bytes);
    cost_fields(fields, &place->cost);
    fields_u64(fields, &place->made);
    pids_fields(fields, &place->pids);
    shares_fields(fields, &place->shares);
    fields_text(fields, &place->path);
    fields_text(fields, &place->tag);
    growth_fields(recording, fields, &place->per_unit);
}

static void places_fields(struct recording *recording, struct fields *fields,
                          struct growth_places *places)
{
    size_t count = places->count;
    fields_count(fields, &count, 8);
    for (size_t i = 0; i < count && !fields->wrong; i++) {
        if (fields->reads)
            growth_places_add(places, (struct growth_place){.per_unit.unit = API_MARK_KINDS});
        place_fields(recording, fields, &places->items[i]);
    }
}

static void unit_fields(struct fields *fields, struct unit *unit)
{
    CHOICE(fields, unit->kind, API_UNIT_TIME + 1);
    fields_u32(fields, &unit->index);
}

static void reach_fields(struct fields *fields, struct finding *finding)
{
    bool there = finding->reach != NULL;
    fields_bool(fields, &there);
    if (!there)
        return;
    if (fields->reads)
        finding->reach = xcalloc(1, sizeof(*finding->reach));
    struct reachability *reach = finding->reach;
    fields_u64(fields, &reach->unreachable);
    fields_u64(fields, &reach->alive);
    fields_u64(fields, &reach->held);
    CHOICE(fields, reach->when, TRACE_WALK_WHENS);
    unit_fields(fields, &reach->last);
    unit_fields(fields, &reach->walk);
    fields_u64(fields, &reach->last_ns);
    fields_u64(fields, &reach->walk_ns);
    fields_text(fields, &reach->holder);
    fields_u64(fields, &reach->holder_offset);
    fields_u64(fields, &reach->offset);
    fields_bool(fields, &reach->further);
}

static void access_fields(struct fields *fields, struct access *access)
{
    uint64_t offset = (uint64_t)access->offset;
    fields_bool(fields, &access->known);
    fields_bool(fields, &access->write);
    fields_bool(fields, &access->later);
    fields_bool(fields, &access->cleared);
    fields_u64(fields, &offset);
    access->offset = (int64_t)offset;
    fields_u64(fields, &access->size);
}

/* As it was found; of what was not, nobody looks for it again. */
static void divergence_fields(const struct recording *recording, struct fields *fields,
                              struct divergence *divergence)
{
    fields_bool(fields, &divergence->known);
    fields_u32(fields, &divergence->left.unit);
    folded_stack(recording, fields, &divergence->left.created);
    fields_u32(fields, &divergence->ended.unit);
    folded_stack(recording, fields, &divergence->stack);
    folded_stack(recording, fields, &divergence->other_stack);
    fields_u32(fields, &divergence->event);
    fields_u32(fields, &divergence->other_event);
    if (fields->reads)
        divergence->process = DIVERGENCE_SETTLED;
}

static void stack_fields(const struct recording *recording, struct fields *fields,
                         struct finding *finding)
{
    uint32_t *stacks[] = {&finding->created,   &finding->stack,  &finding->destroyed,
                          &finding->allocated, &finding->others, &finding->culprit};
    for (size_t i = 0; i < sizeof(stacks) / sizeof(*stacks); i++)
        folded_stack(recording, fields, stacks[i]);
    folded_site(recording, fields, &finding->site);
}

static void number_fields(struct fields *fields, struct finding *finding)
{
    uint64_t *numbers[] = {&finding->weight,   &finding->count,       &finding->bytes,
                           &finding->made,     &finding->stack_bytes, &finding->below,
                           &finding->first_ns, &finding->last_ns,     &finding->stops_at};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        fields_u64(fields, numbers[i]);
    CHOICE(fields, finding->depth, TRACE_DEPTH_MAX * 16);
    CHOICE(fields, finding->departure, 16);
    CHOICE(fields, finding->severity, SEVERITY_ERROR + 1);
    CHOICE(fields, finding->kind, PROCESS_KINDS);
    CHOICE(fields, finding->phase, PHASE_SHUTDOWN + 1);
    fields_bool(fields, &finding->pools);
    fields_bool(fields, &finding->given_back);
}

void folded_finding(struct recording *recording, struct fields *fields, const char *rule,
                    struct finding *finding)
{
    finding->rule = rule;
    number_fields(fields, finding);
    stack_fields(recording, fields, finding);
    pids_fields(fields, &finding->pids);
    fields->wrong |= !finding->pids.count; /* it was seen somewhere */
    shares_fields(fields, &finding->shares);
    fields_text(fields, &finding->tag);
    fields_text(fields, &finding->role);
    fields_text(fields, &finding->path);
    fields->wrong |=
        !finding->path && rule == rule_growing_pool.name; /* it is told apart by that */
    fields_text(fields, &finding->advice);
    cost_fields(fields, &finding->cost);
    reach_fields(fields, finding);
    access_fields(fields, &finding->access);
    growth_fields(recording, fields, &finding->per_unit);
    places_fields(recording, fields, &finding->places);
    divergence_fields(recording, fields, &finding->divergence);
}
