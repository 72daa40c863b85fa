/* finding.c - what a rule found; see finding.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/finding.h"

#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define NS_A_DAY    86400e9
#define NS_A_MINUTE UINT64_C(60000000000)

void findings_append(struct findings *findings, const struct finding *finding)
{
    GROW(findings->items, findings->count, findings->capacity);
    findings->items[findings->count++] = *finding;
}

void finding_free(struct finding *finding)
{
    unit_growth_free(&finding->per_unit);
    growth_places_free(&finding->places);
    reachability_free(finding->reach);
    crash_note_free(finding->crash);
    pid_list_free(&finding->pids);
    process_shares_free(&finding->shares);
    free(finding->tag);
    free(finding->role);
    free(finding->path);
    free(finding->advice);
    last_use_free(&finding->last_use);
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        finding_free(&findings->items[i]);
    free(findings->items);
    *findings = (struct findings){0};
}

void finding_add_pid(struct finding *finding, int32_t pid)
{
    pid_list_add(&finding->pids, pid);
}

void finding_note_share(struct finding *finding)
{
    const uint64_t peak = finding->cost.peak;
    if (finding->shares.count || finding->pids.count != 1)
        return;
    process_shares_add(
        &finding->shares,
        (struct process_share){.pid = finding->pids.items[0],
                               .count = finding->count,
                               .bytes = finding->bytes,
                               .held = peak > finding->bytes ? peak : finding->bytes});
}

bool finding_has_pid(const struct finding *finding, int32_t pid)
{
    return pid_list_has(&finding->pids, pid);
}

/* How much speaks for what FINDING is told of. */
static uint64_t weight(const struct finding *finding)
{
    return finding->weight ? finding->weight : finding->bytes + finding->count;
}

static void swap(void *a, void *b, size_t size)
{
    char kept[sizeof(char *)];
    memcpy(kept, a, size);
    memcpy(a, b, size);
    memcpy(b, kept, size);
}

#define SWAP(a, b) swap(&(a), &(b), sizeof(a))

/* What INTO is told of from now on is what FROM was. */
static void take_over(struct finding *into, struct finding *from)
{
    SWAP(into->tag, from->tag);
    SWAP(into->role, from->role);
    SWAP(into->path, from->path);
    SWAP(into->advice, from->advice);
    into->created = from->created;
    into->destroyed = from->destroyed;
    into->others = from->others;
    into->allocated = from->allocated;
    into->access = from->access;
    into->divergence = from->divergence;
    into->culprit = from->culprit;
    into->weight = weight(from);
}

/* What units took that gave it back was not there at a time. */
static void absorb_cost(struct finding *into, const struct finding *from)
{
    const bool units = into->per_unit.largest && from->per_unit.largest;
    const uint64_t a = into->cost.once, b = from->cost.once;
    cost_add(&into->cost, &from->cost);
    if (units && a && b)
        into->cost.once = a > b ? a : b;
}

void finding_absorb(struct finding *into, struct finding *from)
{
    into->weight = weight(into);
    const bool taken_over = into->depth && from->depth && weight(from) > into->weight;
    if (taken_over)
        take_over(into, from);
    /* What to do is said of what weighs most among the most severe. */
    if (taken_over ? into->severity > from->severity : from->severity > into->severity)
        SWAP(into->advice, from->advice);
    absorb_cost(into, from);
    unit_growth_absorb(&into->per_unit, &from->per_unit);
    growth_places_join(&into->places, &from->places);
    pid_list_add_all(&into->pids, &from->pids);
    process_shares_add_all(&into->shares, &from->shares);
    if (from->severity > into->severity)
        into->severity = from->severity;
    if (from->stack == into->stack) {
        into->stack_bytes += from->stack_bytes;
    } else if (from->stack_bytes > into->stack_bytes) {
        into->stack = from->stack;
        into->stack_bytes = from->stack_bytes;
    }
    into->count += from->count;
    into->bytes += from->bytes;
    into->below += from->below;
    into->others = into->others ? into->others : from->others;
    if (!into->divergence.ended.unit)
        into->divergence = from->divergence;
    into->given_back = into->given_back && from->given_back;
    into->made += from->made;
    if (from->first_ns < into->first_ns)
        into->first_ns = from->first_ns;
    if (from->last_ns > into->last_ns)
        into->last_ns = from->last_ns;
    reachability_absorb(&into->reach, from->reach);
    from->reach = NULL;
    finding_free(from);
}

bool finding_is_of(const struct finding *finding, int32_t pid)
{
    bool found = pid == 0;
    for (size_t i = 0; i < finding->pids.count && !found; i++)
        found = finding->pids.items[i] == pid;
    return found;
}

static bool same_path(const struct finding *a, const struct finding *b)
{
    if (!a->path || !b->path)
        return a->path == b->path;
    return strcmp(a->path, b->path) == 0;
}

static bool by_place(const struct finding *a, const struct finding *b)
{
    return a->depth > 0 && a->depth == b->depth;
}

static bool same_finding(const struct finding *a, const struct finding *b)
{
    return a->rule == b->rule && a->kind == b->kind && a->phase == b->phase &&
           a->departure == b->departure && (by_place(a, b) || same_path(a, b));
}

static uint64_t join_key(const struct finding *finding, uint64_t culprit_key)
{
    uint64_t hash = keyed_mix(culprit_key, (uint64_t)finding->departure << 16 |
                                               (uint64_t)finding->kind << 8 | finding->phase);
    if (!finding->depth && finding->path)
        hash = keyed_mix(hash, keyed_bytes(finding->path, strlen(finding->path)));
    return hash ? hash : 1;
}

uint32_t findings_join(struct findings *findings, struct keymap *index, struct finding *finding,
                       uint64_t culprit_key)
{
    uint32_t *number = keymap_put(index, join_key(finding, culprit_key));
    if (*number && same_finding(&findings->items[*number - 1], finding)) {
        finding_absorb(&findings->items[*number - 1], finding);
        return *number;
    }
    findings_append(findings, finding);
    return *number = (uint32_t)findings->count;
}

bool finding_has_part(const struct finding *finding, uint32_t stack)
{
    for (size_t i = 0; i < finding->places.count; i++) {
        if (finding->places.items[i].stack == stack)
            return true;
    }
    return finding->culprit == stack;
}

void finding_settle_places(struct finding *finding)
{
    growth_places_sort(&finding->places);
}

static double weight_of_cost(const struct cost *cost)
{
    return (double)cost->peak + cost->a_day;
}

/* Worst first. Ties are broken by what stays the same from run to run. */
static int compare_findings(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->severity != b->severity)
        return (int)b->severity - (int)a->severity;
    const double x = weight_of_cost(&a->cost), y = weight_of_cost(&b->cost);
    if (x != y)
        return x > y ? -1 : 1;
    int order = strcmp(a->id.text, b->id.text);
    if (order == 0)
        order = (a->order > b->order) - (a->order < b->order);
    return order ? order : (a->culprit > b->culprit) - (a->culprit < b->culprit);
}

/* By how much what it costs grows. */
static void settle_rate(struct finding *finding, uint64_t duration)
{
    struct cost *cost = &finding->cost;
    const struct unit_growth *growth = &finding->per_unit;
    cost->a_unit = finding->bytes ? growth->bytes * (double)cost->peak / (double)finding->bytes
                                  : growth->count * (double)cost->peak / (double)finding->count;
    cost->a_day = duration ? (double)cost->peak * NS_A_DAY / (double)duration : 0;
    cost->rate_ns = duration >= NS_A_MINUTE ? duration : 0;
}

static void settle_cost(struct finding *finding, uint64_t duration)
{
    struct cost *cost = &finding->cost;
    const struct unit_growth *growth = &finding->per_unit;
    /* A walk looked at the pools, or at some of them. */
    if (finding->reach && (cost->peak == 0 || cost->estimated) &&
        finding->reach->held > cost->peak) {
        cost->estimated = cost->peak > 0;
        cost->end = cost->peak = finding->reach->held;
    }
    if (cost->peak < finding->bytes) {
        cost->estimated = true;
        cost->peak = finding->bytes;
        cost->end = cost->once ? cost->end : cost->peak;
    }
    if (finding->given_back)
        cost->end = 0;
    if (growth->unit != API_MARK_KINDS)
        settle_rate(finding, duration);
    if (cost->once && cost->once < cost->peak)
        cost->peak = cost->once;
}

void findings_settle_costs(struct findings *findings, uint64_t duration)
{
    for (size_t i = 0; i < findings->count; i++)
        settle_cost(&findings->items[i], duration);
}

void findings_sort(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];
        pid_list_sort(&finding->pids);
        finding->worst = process_shares_worst(&finding->shares);
    }
    if (findings->count)
        qsort(findings->items, findings->count, sizeof *findings->items, compare_findings);
}

struct finding *findings_find(const struct findings *findings, const struct fingerprint *id)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i].id.text, id->text) == 0)
            return &findings->items[i];
    return NULL;
}

const char *last_day_name(enum last_day last_day)
{
    static const char *const names[] = {NULL, "grows", "rests", "only"};
    return names[last_day];
}

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[severity];
}

const char *process_kind_name(enum process_kind kind)
{
    return kind == PROCESS_SESSION ? "session" : "master";
}

const char *process_phase_name(enum process_phase phase)
{
    static const char *const names[] = {"start-up", "steady", "shutdown"};
    return names[phase];
}
