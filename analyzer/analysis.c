#include "analysis.h"

#include "fingerprint.h"
#include "rules/rules.h"

#include <stdlib.h>

static const struct rule *const rules[] = {
    &rule_use_after_destroy,    &rule_double_destroy,    &rule_leaked_subpool,   &rule_growing_pool,
    &rule_permanent_pool_alloc, &rule_lifetime_contract, &rule_needless_subpool,
};

#define RULES (sizeof rules / sizeof *rules)

const char *analysis_rule(size_t index)
{
    return index < RULES ? rules[index]->name : NULL;
}

static bool replay_under_rules(struct analysis *analysis, void *const states[RULES],
                               const struct replay_observer *more, struct error *error)
{
    struct replay_observer observers[RULES + 2];
    struct lives *lives = lives_new();
    size_t count = 0;
    for (size_t i = 0; i < RULES; i++) {
        if (rules[i]->observer)
            observers[count++] = rules[i]->observer(states[i]);
        else
            lives_add(lives, rules[i]->listener(states[i]));
    }
    observers[count++] = lives_observer(lives);
    if (more)
        observers[count++] = *more;
    bool whole = recording_replay(analysis->recording, observers, count, error);
    lives_free(lives);
    return whole;
}

/* Pools that pile up live longer than documented, too: once is enough. */
static bool is_leak_told(const struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->count && finding->departure; i++) {
        const struct finding *told = &findings->items[i];
        if (told->rule == rule_leaked_subpool.name && told->kind == finding->kind &&
            told->culprit == finding->culprit)
            return true;
    }
    return false;
}

/* From now on those of the same names are one. */
static void name_places(const struct name_source *names, struct finding *finding)
{
    struct growth_places named = {0};
    for (size_t i = 0; i < finding->places.count; i++) {
        struct logical_stack stack = logical_stack(names, finding->places.items[i].stack);
        finding->places.items[i].key = logical_stack_key(&stack);
        logical_stack_free(&stack);
    }
    growth_places_join(&named, &finding->places);
    finding->places = named;
}

/* Return addresses that resolve to the same names are the same place. */
static void join_named(struct analysis *analysis, struct findings found)
{
    struct keymap index = {0};
    size_t from = analysis->findings.count;
    for (size_t i = 0; i < found.count; i++) {
        if (is_leak_told(&analysis->findings, &found.items[i])) {
            finding_free(&found.items[i]);
            continue;
        }
        name_places(&analysis->names, &found.items[i]);
        struct logical_stack stack = logical_stack(&analysis->names, found.items[i].culprit);
        findings_join(&analysis->findings, &index, &found.items[i], logical_stack_key(&stack));
        logical_stack_free(&stack);
    }
    uint64_t start_ns = recording_process(analysis->recording, 0)->header->wall_ns;
    for (size_t i = from; i < analysis->findings.count; i++) {
        finding_settle_places(&analysis->findings.items[i]);
        analysis->findings.items[i].start_ns = start_ns;
        analysis->totals[analysis->findings.items[i].severity]++;
    }
    keymap_free(&index);
    free(found.items);
}

struct name_source analysis_names(const struct recording *recording)
{
    return (struct name_source){recording_stacks(recording), recording_symbols(recording),
                                recording_api(recording)};
}

static bool run(struct analysis *analysis, const char *dir, int32_t pid,
                const struct replay_observer *observer, struct error *error)
{
    *analysis = (struct analysis){.recording = recording_open(dir, error)};
    if (!analysis->recording)
        return false;
    void *states[RULES];
    for (size_t i = 0; i < RULES; i++)
        states[i] = rules[i]->start(pid);
    bool whole = replay_under_rules(analysis, states, observer, error);
    analysis->symbols = recording_symbols(analysis->recording);
    analysis->names = analysis_names(analysis->recording);
    for (size_t i = 0; i < RULES; i++) {
        join_named(analysis, rules[i]->take(states[i]));
        rules[i]->end(states[i]);
    }
    findings_sort(&analysis->findings);
    fingerprints_assign(&analysis->findings, &analysis->names);
    if (!whole)
        analysis_end(analysis);
    return whole;
}

bool analysis_run(struct analysis *analysis, const char *dir, struct error *error)
{
    return run(analysis, dir, 0, NULL, error);
}

bool analysis_run_with(struct analysis *analysis, const char *dir,
                       const struct replay_observer *observer, struct error *error)
{
    return run(analysis, dir, 0, observer, error);
}

bool analysis_run_of(struct analysis *analysis, const char *dir, int32_t pid, struct error *error)
{
    return run(analysis, dir, pid, NULL, error);
}

void analysis_end(struct analysis *analysis)
{
    findings_free(&analysis->findings);
    recording_close(analysis->recording);
}
