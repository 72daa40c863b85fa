/* analysis.c - a recording replayed under all rules; see analysis.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/analysis.h"

#include "analyzer/replay/follow.h"
#include "analyzer/rules/cause.h"
#include "analyzer/rules/fingerprint.h"
#include "analyzer/rules/folded_sums.h"
#include "analyzer/rules/last_day.h"
#include "analyzer/rules/watch.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/wall_time.h"

#include <stdlib.h>
#include <string.h>

#define DIVERGENCES_FOUND 5

const char *analysis_rule(size_t index)
{
    return index < RULES ? all_rules[index]->name : NULL;
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
        join_named(analysis, all_rules[i]->finish(&sums->of_rules[i]), sums->uses);
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
        if (divergence->process == DIVERGENCE_SETTLED)
            continue;
        if (!divergence->ended.unit ||
            !recording_process(analysis->recording, divergence->process)->survivors)
            divergence_find(divergence, analysis->recording);
    }
}

/* Replays the recording and concludes. False with *ERROR set. */
static bool run_once(struct analysis *analysis, const struct analysis_scope *scope,
                     struct error *error)
{
    struct sums sums;
    sums_begin(&sums, scope->pid);
    folded_sums_read(&sums, analysis->recording);
    struct replay_watch watch = sums_watch(&sums);
    const bool whole = recording_watch(analysis->recording, &watch, 0, error);
    conclude(analysis, &sums);
    sums_end(&sums);
    return whole;
}

/* What is found in the time from SINCE_NS on. */
static bool run_of_day(struct recording *recording, const struct analysis_scope *scope,
                       uint64_t since_ns, struct findings *day, struct error *error)
{
    struct analysis analysis = {.recording = recording};
    const bool whole = recording_set_span(recording, since_ns, UINT64_MAX, error) &&
                       run_once(&analysis, scope, error);
    *day = analysis.findings;
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
        peak_free(&analysis.worst[kind]);
    return whole && recording_set_span(recording, 0, UINT64_MAX, error);
}

/* Over the last day, too, unless a part of the time is asked for. */
static bool run(struct analysis *analysis, const struct analysis_scope *scope, struct error *error)
{
    struct findings day = {0};
    const bool part = scope->since || scope->until;
    const uint64_t since_ns = part ? 0 : last_day_begin(analysis->recording);
    const bool whole =
        (!since_ns || run_of_day(analysis->recording, scope, since_ns, &day, error)) &&
        run_once(analysis, scope, error);
    if (whole && since_ns) {
        last_day_join(&analysis->findings, &day);
        findings_sort(&analysis->findings);
        memset(analysis->totals, 0, sizeof(analysis->totals));
        for (size_t i = 0; i < analysis->findings.count; i++)
            analysis->totals[analysis->findings.items[i].severity]++;
    }
    findings_free(&day);
    return whole;
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
    const bool whole = run(analysis, scope, error);
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
    sums_begin(&live->sums, 0);
    live->sums.more = &live->observer;
    live->analysis.recording = recording;
    folded_sums_read(&live->sums, recording);
    struct replay_watch watch = sums_watch(&live->sums);
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
    sums_end(&live->sums);
    findings_free(&live->analysis.findings);
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
        peak_free(&live->analysis.worst[kind]);
    follower_close(live->follower);
    free(live);
}
