/* cause.c - findings joined by the place that is to blame, or split by its callers: see cause.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/cause.h"

#include "analyzer/rules/fingerprint.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"
#include "preload/trace/format.h"

#include <stdlib.h>
#include <string.h>

static char *copied(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

/* A finding of one backtrace is its own part. */
static void add_itself(struct finding *finding)
{
    struct growth_place part = {.stack = finding->culprit,
                                .stack_bytes = finding->bytes,
                                .count = finding->count,
                                .bytes = finding->bytes,
                                .made = finding->made,
                                .cost = finding->cost,
                                .path = copied(finding->path),
                                .tag = copied(finding->tag),
                                .per_unit = finding->per_unit};
    part.per_unit.series = NULL;
    pid_list_add_all(&part.pids, &finding->pids);
    process_shares_add_all(&part.shares, &finding->shares);
    growth_places_add(&finding->places, part);
}

/* As it was known when each backtrace was a finding: by its own pool's path. */
static struct fingerprint part_id(const struct finding *finding, const struct growth_place *part,
                                  const struct logical_stack *stack)
{
    struct finding alone = *finding;
    alone.depth = 0;
    alone.path = part->path ? part->path : finding->path;
    alone.tag = part->path ? part->tag : finding->tag;
    return fingerprint(&alone, stack);
}

/* From now on parts whose backtraces have the same names are one, if their pools' paths are the
 * same, too. */
static void name_parts(const struct name_source *names, struct finding *finding)
{
    struct growth_places named = {0};
    for (size_t i = 0; i < finding->places.count; i++) {
        struct growth_place *part = &finding->places.items[i];
        struct logical_stack stack = logical_stack(names, part->stack);
        part->key = logical_stack_key(&stack);
        part->order = stacks_order(names->stacks, part->stack);
        if (part->path)
            part->key = hash_string(part->key, part->path, strlen(part->path));
        part->id = part_id(finding, part, &stack);
        logical_stack_free(&stack);
    }
    growth_places_join(&named, &finding->places);
    finding->places = named;
}

/* What stands for STACK by its DEPTH innermost frames; 0: by all. */
static uint64_t key_of(const struct name_source *names, uint32_t number, unsigned depth)
{
    struct logical_stack stack = logical_stack(names, number);
    uint64_t key = logical_stack_key_to(&stack, depth ? depth : stack.count);
    logical_stack_free(&stack);
    return key;
}

/* What stands for the cause of FINDING. A function that feeds a pool in several calls, as it makes
 * an array and fills it, is one cause. So are functions without a name that another one calls,
 * where the same pool grows by each of them in as many units. */
static uint64_t cause_key(const struct name_source *names, const struct finding *finding)
{
    if (finding->rule != rule_growing_pool.name)
        return key_of(names, finding->culprit, finding->depth);
    struct logical_stack stack = logical_stack(names, finding->culprit);
    bool named;
    uint64_t key = logical_stack_function_key(&stack, &named);
    if (!named)
        key = hash_string(hash_number(key, finding->per_unit.grew), finding->path,
                          strlen(finding->path));
    logical_stack_free(&stack);
    return key;
}

bool cause_is_same(const struct finding *finding, uint32_t stack, const struct name_source *names)
{
    return finding_has_part(finding, stack) ||
           key_of(names, finding->culprit, finding->depth) == key_of(names, stack, finding->depth);
}

/* Whether those who left pools behind left all of theirs, and others who came through the place
 * none: then it is not the place that decides. */
static bool is_callers_choice(const struct finding *finding)
{
    uint64_t made = 0;
    for (size_t i = 0; i < finding->places.count; i++) {
        if (finding->places.items[i].count < finding->places.items[i].made)
            return false;
        made += finding->places.items[i].made;
    }
    return finding->made >= made + SERIES_UNITS_LEAST;
}

/* Whether the place makes pools for others, who are to blame: most that came through it ended, or
 * all of some callers. */
static bool makes_for_others(const struct finding *finding)
{
    return finding->depth > 0 && finding->depth < TRACE_DEPTH_MAX && finding->places.count > 1 &&
           (finding->count < finding->made / 2 || is_callers_choice(finding));
}

/* Adds the growth of a part to that of INTO, which is of other parts: their units are not the same,
 * for all that is known. */
static void add_growth(struct unit_growth *into, const struct unit_growth *part)
{
    if (into->unit == API_MARK_KINDS || into->unit != part->unit) {
        *into = into->unit == API_MARK_KINDS ? *part : *into;
        into->series = NULL;
        return;
    }
    label_growth_add(&into->label, &part->label);
    const double all = (double)(into->grew + part->grew), was = (double)into->grew / all;
    const double is = (double)part->grew / all;
    into->count = into->count * was + part->count * is;
    into->bytes = into->bytes * was + part->bytes * is;
    into->mean = into->mean * was + part->mean * is;
    into->units = part->units > into->units ? part->units : into->units;
    into->grew = into->grew + part->grew < into->units ? into->grew + part->grew : into->units;
}

/* A finding like WHOLE, so far without parts. */
static struct finding share_of(const struct finding *whole)
{
    struct finding share = *whole;
    share.pids = (struct pid_list){0};
    share.shares = (struct process_shares){0};
    share.places = (struct growth_places){0};
    share.per_unit = (struct unit_growth){.unit = API_MARK_KINDS};
    share.tag = share.path = NULL;
    share.reach = NULL;
    share.cost = (struct cost){0};
    share.divergence = (struct divergence){0};
    share.role = copied(whole->role);
    share.advice = copied(whole->advice);
    share.count = share.bytes = share.made = share.weight = share.below = 0;
    return share;
}

/* Passes PART on to SHARE, which is told of the largest. */
static void take_part(struct finding *share, struct growth_place *part)
{
    if (!share->path || part->bytes + part->count > share->weight) {
        free(share->tag);
        free(share->path);
        share->tag = copied(part->tag);
        share->path = copied(part->path);
        share->culprit = share->created = part->stack;
        share->weight = part->bytes + part->count;
    }
    share->count += part->count;
    share->bytes += part->bytes;
    share->made += part->made;
    cost_add(&share->cost, &part->cost);
    pid_list_add_all(&share->pids, &part->pids);
    process_shares_add_all(&share->shares, &part->shares);
    add_growth(&share->per_unit, &part->per_unit);
    growth_places_add(&share->places, *part);
}

/* Whether a share was left behind too rarely to be told by itself. */
static bool is_thin(const struct finding *share)
{
    return share->per_unit.grew < SERIES_UNITS_LEAST;
}

/* Puts those of FINDINGS, from index FROM on, that are thin together: told where they all pass. */
static void join_thin(struct findings *findings, size_t from, unsigned depth)
{
    size_t kept = from;
    struct finding rest = {0};
    for (size_t i = from; i < findings->count; i++) {
        struct finding *share = &findings->items[i];
        if (!is_thin(share)) {
            findings->items[kept++] = *share;
            continue;
        }
        if (!rest.rule)
            rest = share_of(share);
        for (size_t k = 0; k < share->places.count; k++)
            take_part(&rest, &share->places.items[k]);
        share->places.count = 0;
        finding_free(share);
    }
    findings->count = kept;
    rest.depth = depth;
    rest.made = rest.count; /* as far as can be told */
    if (rest.rule && !is_thin(&rest))
        findings_append(findings, &rest);
    else
        finding_free(&rest);
}

/* Those of WHOLE's parts that have one frame more in common, as a finding each, added to FINDINGS.
 * WHOLE is empty then. */
static void split(struct findings *findings, struct finding *whole, const struct name_source *names)
{
    struct keymap index = {0};
    const size_t from = findings->count;
    const unsigned depth = whole->depth + 1;
    for (size_t i = 0; i < whole->places.count; i++) {
        struct growth_place *part = &whole->places.items[i];
        uint32_t *number = keymap_put(&index, key_of(names, part->stack, depth) | 1);
        if (*number == 0) {
            struct finding share = share_of(whole);
            share.depth = depth;
            findings_append(findings, &share);
            *number = (uint32_t)findings->count;
        }
        if (part->stack == whole->divergence.left.created)
            findings->items[*number - 1].divergence = whole->divergence;
        take_part(&findings->items[*number - 1], part);
    }
    join_thin(findings, from, whole->depth);
    if (findings->count > from) {
        findings->items[from].below = whole->below;
        findings->items[from].reach = whole->reach;
        whole->reach = NULL;
    }
    whole->places.count = 0;
    finding_free(whole);
    keymap_free(&index);
}

/* Splits what was made for others among FINDINGS, from index FROM on. */
static void split_all(struct findings *findings, size_t from, const struct name_source *names)
{
    for (size_t i = from; i < findings->count;) {
        if (!makes_for_others(&findings->items[i])) {
            i++;
            continue;
        }
        struct finding whole = findings->items[i];
        findings->items[i] = findings->items[--findings->count];
        split(findings, &whole, names);
    }
}

void causes_add(struct findings *findings, struct findings *found, const struct name_source *names)
{
    struct keymap index = {0};
    const size_t from = findings->count;
    for (size_t i = 0; i < found->count; i++) {
        struct finding *finding = &found->items[i];
        finding->depth = 1;
        if (finding->places.count == 0)
            add_itself(finding);
        name_parts(names, finding);
        findings_join(findings, &index, finding, cause_key(names, finding));
    }
    keymap_free(&index);
    free(found->items);
    *found = (struct findings){0};
    split_all(findings, from, names);
}
