/* finding.c - what a rule found; see finding.h. */
#include "analyzer/rules/finding.h"

#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static struct finding *next_item(struct findings *findings)
{
    GROW(findings->items, findings->count, findings->capacity);
    return &findings->items[findings->count++];
}

void finding_free(struct finding *finding)
{
    unit_growth_free(&finding->per_unit);
    growth_places_free(&finding->places);
    reachability_free(finding->reach);
    free(finding->pids);
    free(finding->tag);
    free(finding->role);
    free(finding->path);
    free(finding->advice);
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        finding_free(&findings->items[i]);
    free(findings->items);
    *findings = (struct findings){0};
}

/* The array has room for a power of two; pids come in the order of the replay. */
static void append_pid(struct finding *finding, int32_t pid)
{
    size_t count = finding->pid_count;
    GROW_TO_POWER(finding->pids, count);
    finding->pids[finding->pid_count++] = pid;
}

void finding_add_pid(struct finding *finding, int32_t pid)
{
    if (finding->pid_count == 0 || finding->pids[finding->pid_count - 1] != pid)
        append_pid(finding, pid);
}

bool finding_has_pid(const struct finding *finding, int32_t pid)
{
    for (size_t i = 0; i < finding->pid_count; i++) {
        if (finding->pids[i] == pid)
            return true;
    }
    return false;
}

void finding_absorb(struct finding *into, struct finding *from)
{
    unit_growth_absorb(&into->per_unit, &from->per_unit);
    growth_places_join(&into->places, &from->places);
    for (size_t i = 0; i < from->pid_count; i++)
        finding_add_pid(into, from->pids[i]);
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
    into->given_back = into->given_back && from->given_back;
    if (from->first_ns < into->first_ns)
        into->first_ns = from->first_ns;
    if (from->last_ns > into->last_ns)
        into->last_ns = from->last_ns;
    reachability_absorb(&into->reach, from->reach);
    from->reach = NULL;
    finding_free(from);
}

static bool same_path(const struct finding *a, const struct finding *b)
{
    if (!a->path || !b->path)
        return a->path == b->path;
    return strcmp(a->path, b->path) == 0;
}

static bool same_finding(const struct finding *a, const struct finding *b)
{
    return a->rule == b->rule && a->kind == b->kind && a->phase == b->phase &&
           a->departure == b->departure && same_path(a, b);
}

static uint64_t join_key(const struct finding *finding, uint64_t culprit_key)
{
    uint64_t hash = hash_number(HASH_START, culprit_key);
    hash = hash_number(hash, (uint64_t)finding->departure << 16 | (uint64_t)finding->kind << 8 |
                                 finding->phase);
    hash = hash_string(hash, finding->path ? finding->path : "",
                       finding->path ? strlen(finding->path) : 0);
    return hash ? hash : 1;
}

void findings_append(struct findings *findings, const struct finding *finding)
{
    *next_item(findings) = *finding;
}

void findings_join(struct findings *findings, struct keymap *index, struct finding *finding,
                   uint64_t culprit_key)
{
    uint32_t *number = keymap_put(index, join_key(finding, culprit_key));
    if (*number && same_finding(&findings->items[*number - 1], finding)) {
        finding_absorb(&findings->items[*number - 1], finding);
        return;
    }
    findings_append(findings, finding);
    *number = (uint32_t)findings->count;
}

void finding_settle_places(struct finding *finding)
{
    growth_places_sort(&finding->places);
    if (finding->places.count == 0)
        return;
    finding->stack = finding->places.items[0].stack;
    finding->stack_bytes = finding->places.items[0].bytes;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Worst first. Ties that a run decides by chance are broken by what the finding is about. */
static int compare_findings(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->severity != b->severity)
        return (int)b->severity - (int)a->severity;
    int order = strcmp(a->rule, b->rule);
    if (order == 0)
        order = compare_numbers(b->bytes, a->bytes);
    if (order == 0)
        order = compare_numbers(b->count, a->count);
    if (order == 0 && a->path && b->path)
        order = strcmp(a->path, b->path);
    if (order == 0)
        order = compare_numbers(a->order, b->order);
    return order ? order : compare_numbers(a->culprit, b->culprit);
}

static int compare_pids(const void *left, const void *right)
{
    int32_t a = *(const int32_t *)left, b = *(const int32_t *)right;
    return (a > b) - (a < b);
}

static void sort_pids(struct finding *finding)
{
    if (finding->pid_count == 0)
        return;
    qsort(finding->pids, finding->pid_count, sizeof *finding->pids, compare_pids);
    size_t kept = 1;
    for (size_t i = 1; i < finding->pid_count; i++) {
        if (finding->pids[i] != finding->pids[kept - 1])
            finding->pids[kept++] = finding->pids[i];
    }
    finding->pid_count = kept;
}

void findings_sort(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        sort_pids(&findings->items[i]);
    if (findings->count)
        qsort(findings->items, findings->count, sizeof *findings->items, compare_findings);
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
