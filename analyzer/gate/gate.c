/* gate.c - the gate's judgement; see gate.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/gate.h"

#include "analyzer/gate/compare.h"
#include "analyzer/gate/doubts_work.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static void compare_with_baseline(struct gate_verdict *verdict, const struct known_finding *was,
                                  double tolerance)
{
    verdict->grown = known_grown_places(was, verdict->known, tolerance);
    bool grown = known_compare(was, verdict->known, tolerance) == KNOWN_GREW;
    verdict->was = was;
    verdict->state = grown ? GATE_GROWN : GATE_UNCHANGED;
    verdict->moved = strcmp(was->id.text, verdict->known->id.text) != 0;
}

static bool is_severe(const struct gate_verdict *verdict, const struct policy *policy)
{
    return POLICY_SEVERITY + verdict->severity >= policy->fail_on;
}

/* Whoever keeps a baseline has said what is taken from root pools: more than that is what a review
 * is to see, be it once, at start-up or in a session. */
static bool fails_by_baseline(const struct gate_verdict *verdict, const struct gate_rules *rules)
{
    return rules->baseline && rules->policy->fail_on != POLICY_AS_FOUND && !verdict->limit &&
           verdict->finding->rule == rule_permanent_pool_alloc.name &&
           !is_severe(verdict, rules->policy);
}

static void decide(struct gate_verdict *verdict, const struct gate_rules *rules)
{
    if (verdict->off || verdict->suppressed || verdict->state == GATE_UNCHANGED)
        return;
    verdict->by_baseline = fails_by_baseline(verdict, rules);
    if (verdict->limit)
        verdict->fails = verdict->beyond;
    else
        verdict->fails = verdict->by_baseline || is_severe(verdict, rules->policy);
}

/* Nobody has said yet that it may: who reads of a success should read of it, too. */
static bool passes_new(const struct gate_verdict *verdict)
{
    return !verdict->fails && !verdict->off && !verdict->suppressed && !verdict->limit &&
           verdict->state != GATE_UNCHANGED && verdict->severity >= SEVERITY_WARNING;
}

bool gate_blames(const struct gate_verdict *verdict, const struct growth_place *place)
{
    const struct known_list *places = &verdict->known->places;
    bool any = false;
    for (size_t i = 0; verdict->grown && i < places->count; i++)
        any |= verdict->grown[i].grew;
    for (size_t i = 0; i < places->count; i++) {
        if (strcmp(places->items[i].id.text, place->id.text) == 0)
            return !any || verdict->grown[i].grew;
    }
    return false;
}

static const struct growth_place *find_culprit(const struct gate_verdict *verdict)
{
    const struct growth_places *places = &verdict->finding->places;
    for (size_t i = 0; i < places->count; i++) {
        if (gate_blames(verdict, &places->items[i]))
            return &places->items[i];
    }
    return NULL;
}

static struct gate_verdict judge(const struct finding *finding, const struct known_finding *known,
                                 const struct known_finding *was, const struct gate_rules *rules,
                                 const struct name_source *names)
{
    struct gate_verdict verdict = {.finding = finding, .known = known};
    verdict.off = !policy_severity(rules->policy, finding, &verdict.severity);
    verdict.suppressed = suppressions_find(rules->suppressions, finding, names);
    verdict.limit = policy_limit(rules->policy, finding, known);
    if (was)
        compare_with_baseline(&verdict, was, rules->policy->tolerance);
    verdict.beyond = verdict.limit ? policy_beyond(verdict.limit, known) : NULL;
    verdict.culprit = find_culprit(&verdict);
    decide(&verdict, rules);
    verdict.passes_new = passes_new(&verdict);
    return verdict;
}

static void add_up(struct gate *gate, const struct gate_verdict *verdict)
{
    gate->failing += verdict->fails;
    gate->passing_new += verdict->passes_new;
    gate->off += verdict->off;
    gate->suppressed += !verdict->off && verdict->suppressed;
    gate->unchanged += !verdict->off && !verdict->suppressed && verdict->state == GATE_UNCHANGED;
}

static void judge_all(struct gate *gate, const struct analysis *analysis,
                      const struct gate_rules *rules, const size_t *partners)
{
    for (size_t i = 0; i < gate->count; i++) {
        const struct known_finding *was =
            partners[i] == KNOWN_NONE ? NULL : &gate->baseline.items[partners[i]];
        gate->verdicts[i] = judge(&analysis->findings.items[i], &gate->known.items[i], was, rules,
                                  &analysis->names);
        add_up(gate, &gate->verdicts[i]);
    }
}

static void collect_stale(struct gate *gate, const struct suppressions *suppressions)
{
    gate->stale = xcalloc(suppressions->count, sizeof *gate->stale);
    for (size_t i = 0; i < suppressions->count; i++) {
        const struct suppression *item = &suppressions->items[i];
        if (!item->used || item->expired)
            gate->stale[gate->stale_count++] = item;
    }
}

static void collect_gone(struct gate *gate, const struct recording *recording,
                         const size_t *partners)
{
    const struct known_list *baseline = &gate->baseline;
    const struct work_done work = work_done_in(recording);
    bool *found = known_found(baseline, partners, gate->count);
    gate->gone = xcalloc(baseline->count, sizeof *gate->gone);
    for (size_t i = 0; i < baseline->count; i++) {
        if (!found[i])
            gate->gone[gate->gone_count++] =
                (struct gone){&baseline->items[i], work_has(&work, &baseline->items[i])};
    }
    free(found);
}

static struct known_finding known_unsuppressed(const struct finding *finding,
                                               const struct gate_rules *rules,
                                               const struct name_source *names)
{
    struct known_finding known = known_of(finding, names);
    for (size_t i = 0; i < finding->places.count; i++) {
        const struct growth_place *place = &finding->places.items[i];
        if (suppressions_find_place(rules->suppressions, finding, place, names))
            known_leave_out_place(&known, place->id.text);
    }
    return known;
}

/* Percent that are not traced, and that who wants COVERAGE does without. */
static double accepted_gap(const struct recording *recording, double coverage)
{
    const double least = coverage_least(&recording_stats(recording)->coverage);
    return least >= coverage ? 100.0 - least : 0.0;
}

void gate_judge(struct gate *gate, const struct analysis *analysis, const struct gate_rules *rules)
{
    const struct findings *findings = &analysis->findings;
    *gate = (struct gate){.doubts = doubts_accepting(analysis->recording, rules->policy->coverage),
                          .gap = accepted_gap(analysis->recording, rules->policy->coverage),
                          .verdicts = xcalloc(findings->count, sizeof *gate->verdicts),
                          .count = findings->count};
    doubts_require(&gate->doubts, analysis->recording, rules->policy->required);
    for (size_t i = 0; i < findings->count; i++)
        known_list_add(&gate->known,
                       known_unsuppressed(&findings->items[i], rules, &analysis->names));
    for (size_t i = 0; rules->baseline && i < rules->baseline->count; i++)
        known_list_add(&gate->baseline, known_copy(&rules->baseline->items[i]));
    known_adopt(&gate->baseline, &gate->known);
    size_t *partners = known_match(&gate->baseline, &gate->known);
    judge_all(gate, analysis, rules, partners);
    collect_stale(gate, rules->suppressions);
    collect_gone(gate, analysis->recording, partners);
    free(partners);
}

void gate_end(struct gate *gate)
{
    for (size_t i = 0; i < gate->count; i++)
        free(gate->verdicts[i].grown);
    known_list_free(&gate->known);
    known_list_free(&gate->baseline);
    free(gate->stale);
    free(gate->gone);
    free(gate->verdicts);
    doubts_free(&gate->doubts);
}

const char *gate_state_name(enum gate_state state)
{
    static const char *const names[] = {"new", "unchanged", "grown"};
    return names[state];
}
