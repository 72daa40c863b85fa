/* analysis.c - a recording replayed under all rules; see analysis.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/analysis.h"

#include "analyzer/profile/peaks.h"
#include "analyzer/replay/follow.h"
#include "analyzer/rules/cause.h"
#include "analyzer/rules/fingerprint.h"
#include "analyzer/rules/last_uses.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/wall_time.h"

#include <stdlib.h>
#include <string.h>

#define DIVERGENCES_FOUND 5

static const struct rule *const rules[] = {
    &rule_crash,
    &rule_data_after_destroy,
    &rule_overflow,
    &rule_use_after_destroy,
    &rule_double_destroy,
    &rule_leaked_subpool,
    &rule_growing_pool,
    &rule_growing_in_unit,
    &rule_permanent_pool_alloc,
    &rule_unreachable_subpool,
    &rule_dangling_pointer,
    &rule_lifetime_contract,
    &rule_needless_subpool,
    &rule_alive_at_exit,
};

#define RULES (sizeof rules / sizeof *rules)

const char *analysis_rule(size_t index)
{
    return index < RULES ? rules[index]->name : NULL;
}

/* What one thread sees. */
struct watcher {
    void *states[RULES];
    struct lifetimes *lifetimes;
    struct peaks *peaks;
    struct last_uses *uses;
    struct replay_observer observers[RULES + 4];
    size_t observer_count;
};

/* What all threads see together. */
struct sums {
    struct rule_sum of_rules[RULES];
    int32_t pid; /* whose worst moment is told, 0: any process's */
    struct peak worst[PROCESS_KINDS];
    struct footprint memory[PROCESS_KINDS];
    struct last_uses *uses;
    const struct replay_observer *more; /* or NULL */
};

/* What was seen in one process. */
struct seen {
    struct ledger *by_rules[RULES];
    enum process_kind kind;
    struct peak peak;
    struct last_uses *uses; /* what the thread saw of them since */
};

static void *begin_watcher(void *data)
{
    struct sums *sums = data;
    struct watcher *watcher = xcalloc(1, sizeof(*watcher));
    struct replay_observer *next = watcher->observers;
    watcher->lifetimes = lifetimes_new();
    for (size_t i = 0; i < RULES; i++) {
        watcher->states[i] = rules[i]->start();
        if (rules[i]->observer)
            *next++ = rules[i]->observer(watcher->states[i]);
        else
            lifetimes_add(watcher->lifetimes, rules[i]->listener(watcher->states[i]));
    }
    *next++ = lifetimes_observer(watcher->lifetimes);
    watcher->peaks = peaks_new();
    watcher->uses = last_uses_new(sums->pid);
    *next++ = last_uses_observer(watcher->uses);
    *next++ = peaks_observer(watcher->peaks);
    if (sums->more)
        *next++ = *sums->more;
    watcher->observer_count = (size_t)(next - watcher->observers);
    return watcher;
}

static void end_watcher(void *data)
{
    struct watcher *watcher = data;
    for (size_t i = 0; i < RULES; i++)
        rules[i]->end(watcher->states[i]);
    lifetimes_free(watcher->lifetimes);
    peaks_free(watcher->peaks);
    last_uses_free(watcher->uses);
    free(watcher);
}

static const struct replay_observer *observers(void *data, size_t *count)
{
    struct watcher *watcher = data;
    *count = watcher->observer_count;
    return watcher->observers;
}

static void *take_seen(void *data)
{
    struct watcher *watcher = data;
    struct seen *seen = xcalloc(1, sizeof(*seen));
    for (size_t i = 0; i < RULES; i++)
        seen->by_rules[i] = rules[i]->take(watcher->states[i]);
    seen->uses = last_uses_new(0);
    last_uses_add(seen->uses, watcher->uses);
    seen->peak = peaks_take(watcher->peaks, &seen->kind);
    return seen;
}

static void add_seen(void *data, void *taken)
{
    struct sums *sums = data;
    struct seen *seen = taken;
    for (size_t i = 0; i < RULES; i++)
        rules[i]->add(&sums->of_rules[i], seen->by_rules[i]);
    last_uses_add(sums->uses, seen->uses);
    last_uses_free(seen->uses);
    if (sums->pid && seen->peak.pid != sums->pid)
        peak_free(&seen->peak);
    else if (seen->peak.memory.pid)
        footprint_keep_larger(&sums->memory[seen->kind], &seen->peak.memory);
    peak_keep_worse(&sums->worst[seen->kind], &seen->peak);
    free(seen);
}

static struct replay_watch watch_for(struct sums *sums)
{
    return (struct replay_watch){sums, begin_watcher, observers, take_seen, add_seen, end_watcher};
}

/* Pools that pile up live longer than documented, too, and most often nothing refers to them: once
 * is enough. A leak that was reported takes over what FINDING knows of that. */
static bool is_leak_reported(struct findings *findings, struct finding *finding,
                             const struct name_source *names)
{
    const bool lost = finding->rule == rule_unreachable_subpool.name;
    for (size_t i = 0; i < findings->count && (finding->departure || lost); i++) {
        struct finding *reported = &findings->items[i];
        if ((reported->rule != rule_leaked_subpool.name &&
             (lost || reported->rule != rule_unreachable_subpool.name)) ||
            reported->kind != finding->kind || !cause_is_same(reported, finding->culprit, names))
            continue;
        if (lost) {
            reachability_absorb(&reported->reach, finding->reach);
            finding->reach = NULL;
        }
        return true;
    }
    return false;
}

static bool has_place(const struct finding *finding, uint64_t key)
{
    for (size_t i = 0; i < finding->places.count; i++)
        if (finding->places.items[i].key == key)
            return true;
    return false;
}

/* What grows from unit to unit grows in each of them, too. KEY is that of the culprit. */
static bool is_growth_reported(const struct findings *findings, const struct finding *finding,
                               uint64_t key)
{
    if (finding->rule != rule_growing_in_unit.name && finding->rule != rule_alive_at_exit.name)
        return false;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *reported = &findings->items[i];
        if (reported->kind == finding->kind && reported->rule != finding->rule &&
            (finding_has_part(reported, finding->culprit) || has_place(reported, key)))
            return true;
    }
    return false;
}

static bool is_reported(struct analysis *analysis, struct finding *finding)
{
    struct logical_stack stack = logical_stack(&analysis->names, finding->culprit);
    const uint64_t key = logical_stack_key(&stack);
    logical_stack_free(&stack);
    return is_leak_reported(&analysis->findings, finding, &analysis->names) ||
           is_growth_reported(&analysis->findings, finding, key);
}

static void drop_reported(struct analysis *analysis, struct findings *found)
{
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        if (is_reported(analysis, &found->items[i]))
            finding_free(&found->items[i]);
        else
            found->items[kept++] = found->items[i];
    }
    found->count = kept;
}

/* Return addresses that resolve to the same names are the same place. */
static void join_named(struct analysis *analysis, struct findings found,
                       const struct last_uses *uses)
{
    size_t from = analysis->findings.count;
    drop_reported(analysis, &found);
    causes_add(&analysis->findings, &found, &analysis->names);
    uint64_t start_ns = recording_process(analysis->recording, 0)->header->wall_ns;
    for (size_t i = from; i < analysis->findings.count; i++) {
        struct finding *finding = &analysis->findings.items[i];
        last_uses_tell(uses, finding, analysis->names.apis);
        finding_settle_places(finding);
        finding->start_ns = start_ns;
        finding->order = stacks_order(analysis->names.stacks, finding->culprit);
        analysis->totals[finding->severity]++;
    }
}

struct name_source analysis_names(const struct recording *recording)
{
    return (struct name_source){recording_stacks(recording), recording_symbols(recording),
                                recording_apis(recording)};
}

/* All was seen: what it comes to. */
static void conclude(struct analysis *analysis, struct sums *sums)
{
    analysis->symbols = recording_symbols(analysis->recording);
    analysis->names = analysis_names(analysis->recording);
    for (size_t i = 0; i < RULES; i++)
        join_named(analysis, rules[i]->finish(&sums->of_rules[i]), sums->uses);
    const struct recording_stats *stats = recording_stats(analysis->recording);
    findings_settle_costs(&analysis->findings, stats->last_ns - stats->first_ns);
    fingerprints_assign(&analysis->findings, &analysis->names);
    findings_sort(&analysis->findings);
    memcpy(analysis->worst, sums->worst, sizeof(analysis->worst));
    memset(sums->worst, 0, sizeof(sums->worst));
    memcpy(analysis->memory, sums->memory, sizeof(analysis->memory));
}

/* The words were found to be times when they were given. */
static bool set_span(struct recording *recording, const struct analysis_scope *scope,
                     struct error *error)
{
    const uint64_t start = recording_process(recording, 0)->header->wall_ns;
    uint64_t since = 0, until = UINT64_MAX, other;
    if (scope->since)
        wall_time_parse_span(scope->since, start, &since, &other);
    if (scope->until)
        wall_time_parse_span(scope->until, start, &other, &until);
    return recording_set_span(recording, since, until, error);
}

/* Of the worst leaks: reading their traces once more takes time. */
static void find_divergences(struct analysis *analysis)
{
    unsigned left = DIVERGENCES_FOUND;
    for (size_t i = 0; i < analysis->findings.count && left > 0; i++) {
        struct divergence *divergence = &analysis->findings.items[i].divergence;
        left -= divergence->ended.unit > 0;
        if (!divergence->ended.unit ||
            !recording_process(analysis->recording, divergence->process)->survivors)
            divergence_find(divergence, analysis->recording);
    }
}

bool analysis_run_of(struct analysis *analysis, const char *dir, const struct analysis_scope *scope,
                     struct error *error)
{
    *analysis = (struct analysis){.recording = recording_open(dir, error)};
    if (!analysis->recording)
        return false;
    if ((scope->since || scope->until) && !set_span(analysis->recording, scope, error)) {
        recording_close(analysis->recording);
        return false;
    }
    if (scope->alone)
        recording_tell_of(analysis->recording, scope->pid);
    struct sums sums = {.pid = scope->pid, .uses = last_uses_new(0)};
    for (size_t i = 0; i < RULES; i++)
        sums.of_rules[i].pid = scope->pid;
    struct replay_watch watch = watch_for(&sums);
    bool whole = recording_watch(analysis->recording, &watch, 0, error);
    conclude(analysis, &sums);
    last_uses_free(sums.uses);
    if (whole)
        find_divergences(analysis);
    else
        analysis_end(analysis);
    return whole;
}

bool analysis_run(struct analysis *analysis, const char *dir, struct error *error)
{
    return analysis_run_of(analysis, dir, &(struct analysis_scope){0}, error);
}

void analysis_end(struct analysis *analysis)
{
    findings_free(&analysis->findings);
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
        peak_free(&analysis->worst[kind]);
    recording_close(analysis->recording);
}

struct live_analysis {
    struct analysis analysis;
    struct sums sums;
    struct replay_observer observer;
    struct follower *follower;
    bool concluded; /* no process is followed any more */
};

struct live_analysis *live_analysis_open(const char *dir, const struct replay_observer *observer,
                                         struct error *error)
{
    struct recording *recording = recording_open(dir, error);
    if (!recording)
        return NULL;
    struct live_analysis *live = xcalloc(1, sizeof(*live));
    live->observer = *observer;
    live->sums.more = &live->observer;
    live->sums.uses = last_uses_new(0);
    live->analysis.recording = recording;
    struct replay_watch watch = watch_for(&live->sums);
    live->follower = follower_new(recording, &watch);
    return live;
}

enum following live_analysis_go_on(struct live_analysis *live, struct error *error)
{
    return follower_go_on(live->follower, error);
}

struct analysis *live_analysis_conclude(struct live_analysis *live)
{
    follower_end(live->follower);
    live->concluded = true;
    conclude(&live->analysis, &live->sums);
    return &live->analysis;
}

const struct recording *live_analysis_recording(const struct live_analysis *live)
{
    return live->analysis.recording;
}

void live_analysis_close(struct live_analysis *live)
{
    if (!live->concluded) /* what rules hold of processes that run is theirs to free */
        follower_end(live->follower);
    for (size_t i = 0; i < RULES; i++) {
        struct findings rest = rules[i]->finish(&live->sums.of_rules[i]);
        findings_free(&rest);
    }
    findings_free(&live->analysis.findings);
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        peak_free(&live->sums.worst[kind]);
        peak_free(&live->analysis.worst[kind]);
    }
    follower_close(live->follower);
    last_uses_free(live->sums.uses);
    free(live);
}
