/* folded_sums.c - what rules saw in processes whose traces are gone; see folded_sums.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/folded_sums.h"

#include "analyzer/replay/folded.h"
#include "analyzer/rules/folded_parts.h"

#include <stdlib.h>

/* Findings of a sum are joined by their culprits' stacks. */
static void finding_fields(struct recording *recording, struct fields *fields, const char *rule,
                           struct rule_sum *sum, size_t index)
{
    struct finding finding = {.per_unit.unit = API_MARK_KINDS};
    if (!fields->reads) {
        folded_finding(recording, fields, rule, &sum->findings.items[index]);
        return;
    }
    folded_finding(recording, fields, rule, &finding);
    if (fields->wrong)
        finding_free(&finding);
    else
        findings_join(&sum->findings, &sum->index, &finding, finding.culprit);
}

static void plateau_fields(struct fields *fields, struct plateau *plateau)
{
    uint32_t unit = plateau->of.unit;
    fields_u32(fields, &plateau->of.created);
    fields_u32(fields, &plateau->of.stack);
    fields_below(fields, &unit, API_UNIT_TIME + 1);
    plateau->of.unit = (enum api_mark_kind)unit;
    fields_u32(fields, &plateau->grown);
    fields_u32(fields, &plateau->rested);
    fields_u64(fields, &plateau->value);
}

static void plateaus_fields(struct fields *fields, struct plateaus *plateaus)
{
    size_t count = plateaus->count;
    struct plateaus read = {0};
    fields_count(fields, &count, 6);
    for (size_t i = 0; i < count && !fields->wrong; i++) {
        struct plateau plateau = {0};
        plateau_fields(fields, fields->reads ? &plateau : &plateaus->items[i]);
        if (fields->reads && !fields->wrong)
            plateaus_put(&read, &plateau);
    }
    if (fields->reads)
        plateaus_join(plateaus, &read);
}

static void sum_fields(struct recording *recording, struct fields *fields, const char *rule,
                       struct rule_sum *sum)
{
    size_t count = sum->findings.count;
    fields_count(fields, &count, 1);
    for (size_t i = 0; i < count && !fields->wrong; i++)
        finding_fields(recording, fields, rule, sum, i);
    plateaus_fields(fields, &sum->plateaus);
}

static void sums_fields(struct recording *recording, struct fields *fields, struct sums *sums)
{
    for (size_t i = 0; i < RULES; i++) {
        sum_fields(recording, fields, all_rules[i]->name, &sums->of_rules[i]);
        if (all_rules[i] == &rule_needless_subpool)
            folded_litters(recording, fields, &sums->of_rules[i]);
    }
    folded_last_uses(recording, fields, sums->uses);
}

void folded_sums_read(struct sums *sums, struct recording *recording)
{
    struct fields fields;
    if (!recording_folded_rest(recording, &fields))
        return;
    sums_fields(recording, &fields, sums);
    if (!fields_end(&fields))
        recording_refuse_folded(recording);
}

/* Processes are many: those that are not listed are counted. */
static void limit_place(struct growth_place *place)
{
    pid_list_limit(&place->pids, FOLDED_PIDS);
    process_shares_limit(&place->shares, FOLDED_SHARES);
}

static void limit_finding(struct finding *finding)
{
    pid_list_limit(&finding->pids, FOLDED_PIDS);
    process_shares_limit(&finding->shares, FOLDED_SHARES);
    for (size_t i = 0; i < finding->places.count; i++)
        limit_place(&finding->places.items[i]);
}

/* Where it went wrong is looked for while the trace is there. */
static void settle_divergence(struct finding *finding, struct recording *recording)
{
    struct divergence *divergence = &finding->divergence;
    if (divergence->process == DIVERGENCE_SETTLED || !divergence->ended.unit)
        return;
    if (!recording_process(recording, divergence->process)->survivors)
        divergence_find(divergence, recording);
    divergence->process = DIVERGENCE_SETTLED;
}

void folded_sums_write(struct sums *sums, struct recording *recording, struct fields *fields)
{
    for (size_t i = 0; i < RULES; i++) {
        struct findings *findings = &sums->of_rules[i].findings;
        for (size_t j = 0; j < findings->count; j++) {
            limit_finding(&findings->items[j]);
            settle_divergence(&findings->items[j], recording);
        }
    }
    sums_fields(recording, fields, sums);
}
