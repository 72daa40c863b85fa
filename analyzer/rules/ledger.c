/* ledger.c - what every rule keeps alike; see ledger.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/ledger.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define TENTH      10
#define QUARTER    4
#define FULL_LEAST 3 /* times that it was as full: twice may be chance */
/* ns; on a busy machine, what is shorter may be as long each time by chance. */
#define CLOCK_LEAST UINT64_C(500000000)
/* So often filled as much and given back, without a word: that it seemed to grow was chance. */
#define ALIKE_LEAST 3

void *rule_start(void)
{
    return xcalloc(1, sizeof(struct rule_state));
}

struct ledger *rule_take(void *data)
{
    struct rule_state *state = data;
    struct ledger *ended = state->ended;
    state->ended = NULL;
    free(ended->items);
    ended->items = NULL;
    return ended;
}

static struct held *new_held(struct ledger *ledger)
{
    const size_t count = ledger->held_count++;
    GROW_TO_POWER(ledger->held, count);
    return &ledger->held[count];
}

/* The most that FINDING, of what was given back, held at a time. */
static uint64_t held_at_a_time(const struct finding *finding)
{
    const struct cost *cost = &finding->cost;
    return cost->once ? cost->once : cost->peak > finding->bytes ? cost->peak : finding->bytes;
}

/* Two growths of one process, one after the other, are no larger one. */
static void absorb_later(struct finding *into, struct finding *from)
{
    const uint64_t earlier = held_at_a_time(into), later = held_at_a_time(from);
    if (from->per_unit.grew > into->per_unit.grew) {
        const struct unit_growth larger = from->per_unit;
        from->per_unit = into->per_unit;
        into->per_unit = larger;
    }
    unit_growth_free(&from->per_unit);
    from->per_unit.unit = API_MARK_KINDS;
    finding_absorb(into, from);
    into->cost.once = earlier > later ? earlier : later;
}

static void note_amount(struct amount *amount, uint64_t value)
{
    amount->least = value < amount->least ? value : amount->least;
    amount->most = value > amount->most ? value : amount->most;
}

static uint64_t filled_for(const struct finding *finding)
{
    return finding->last_ns > finding->first_ns ? finding->last_ns - finding->first_ns : 0;
}

void rule_hold(struct rule_state *state, struct finding *finding, uint64_t key, uint64_t units,
               bool documented)
{
    struct ledger *ledger = state->current;
    uint32_t *number = keymap_put(&ledger->held_index, key);
    finding->cost.end = 0;
    if (*number == 0) {
        *new_held(ledger) = (struct held){.finding = *finding,
                                          .times = 1,
                                          .units = {units, units},
                                          .count = {finding->count, finding->count},
                                          .bytes = {finding->bytes, finding->bytes},
                                          .time = {filled_for(finding), filled_for(finding)},
                                          .documented = documented};
        *number = (uint32_t)ledger->held_count;
        return;
    }
    struct held *held = &ledger->held[*number - 1];
    note_amount(&held->units, units);
    note_amount(&held->count, finding->count);
    note_amount(&held->bytes, finding->bytes);
    note_amount(&held->time, filled_for(finding));
    absorb_later(&held->finding, finding);
    held->times++;
    held->documented = held->documented || documented;
}

/* Whether it was as much each time, but for one PART of the most. */
static bool is_same(struct amount amount, unsigned part)
{
    return amount.most - amount.least <= amount.most / part + 1;
}

/* Whether VALUE is no more than it was then. */
static bool is_within(uint64_t value, struct amount amount, unsigned part)
{
    return value <= amount.most + amount.most / part + 1;
}

/* Whether it was for as long a time: who looks at the clock does so now and then. */
static bool is_by_clock(struct amount time)
{
    return time.least >= CLOCK_LEAST && is_same(time, QUARTER);
}

/* What is as full as it may be lacks less than its last part: a quarter of bytes, which vary. */
static bool is_flushed(const struct held *held)
{
    if (held->alike >= ALIKE_LEAST && !held->documented)
        return true;
    if (held->times < 2 || held->documented || !held->remade)
        return false;
    return is_same(held->units, TENTH) ||
           (held->times >= FULL_LEAST &&
            (is_same(held->count, TENTH) || is_same(held->bytes, QUARTER) ||
             is_by_clock(held->time)));
}

/* Whether it was there for few units each time, and not often; or as a buffer, which is made when
 * it is needed. */
static bool is_brief(const struct held *held)
{
    return held->brief == held->times &&
           (held->times < FULL_LEAST || (held->remade && !held->documented));
}

/* Whether it was emptied so often that it may be what it is for. */
static bool is_emptied(const struct held *held)
{
    return held->emptied >= FULL_LEAST && !held->documented;
}

static void doubt_emptied(struct finding *finding)
{
    static const char emptied[] =
        "It is emptied again and again, each time when it holds another amount. For a buffer, that "
        "is no leak. If each client has one, end it with what each part of the work needs.";
    if (finding->severity != SEVERITY_ERROR)
        return;
    finding->severity = SEVERITY_WARNING;
    free(finding->advice);
    finding->advice = xstrdup(emptied);
}

void rule_note_remade(struct rule_state *state, uint64_t key)
{
    const uint32_t number = keymap_get(&state->current->held_index, key);
    if (number)
        state->current->held[number - 1].remade = true;
}

void rule_note_emptied(struct rule_state *state, uint64_t key)
{
    const uint32_t number = keymap_get(&state->current->held_index, key);
    rule_note_remade(state, key);
    if (number)
        state->current->held[number - 1].emptied++;
}

void rule_note_brief(struct rule_state *state, uint64_t key)
{
    const uint32_t number = keymap_get(&state->current->held_index, key);
    if (number)
        state->current->held[number - 1].brief++;
}

void rule_note_alike(struct rule_state *state, uint64_t key, uint64_t bytes)
{
    const uint32_t number = keymap_get(&state->current->held_index, key);
    struct held *held = number ? &state->current->held[number - 1] : NULL;
    if (held)
        held->alike += bytes >= held->finding.bytes / 2;
}

bool rule_is_flushed(const struct rule_state *state, uint64_t key, uint64_t units,
                     struct finding *finding)
{
    const struct ledger *ledger = state->current;
    const uint32_t number = keymap_get(&ledger->held_index, key);
    const struct held *held = number ? &ledger->held[number - 1] : NULL;
    if (held && is_emptied(held) && is_within(units, held->units, TENTH))
        doubt_emptied(finding);
    if (held && held->times >= FULL_LEAST && is_brief(held) && is_within(units, held->units, TENTH))
        return true;
    if (!held || !is_flushed(held))
        return false;
    return is_within(units, held->units, TENTH) ||
           (!is_same(held->units, TENTH) && is_within(finding->bytes, held->bytes, QUARTER));
}

void rule_report_held(struct rule_state *state)
{
    struct ledger *ledger = state->current;
    for (size_t i = 0; i < ledger->held_count; i++) {
        struct held *held = &ledger->held[i];
        if (is_emptied(held))
            doubt_emptied(&held->finding);
        if (is_flushed(held) || is_brief(held))
            finding_free(&held->finding);
        else
            rule_report(state, &held->finding);
    }
    ledger->held_count = 0;
}

/* Why what PROCESS, a session without commands, took in UNIT after UNIT may be its job; NULL: it is
 * not. */
static const char *job_advice(const struct process *process, enum api_mark_kind unit)
{
    static const char cut[] =
        "The process exited with a failure: memory that it would have freed at "
        "the end of its job looks the same. If it would have stayed longer, "
        "let it end with its work.";
    static const char reloaded[] =
        "The process reloaded a few times while it was at its job: memory "
        "that reloads allocate looks the same. Check whether it grows "
        "with more reloads.";
    if (unit == API_UNIT_TIME && process->ended && process->exit_status != 0)
        return cut;
    return unit == API_MARK_RESTART && process->units[API_MARK_RESTART] < RELOADS_SAY ? reloaded
                                                                                      : NULL;
}

/* Where no description tells what a connection is, any fork begins one. */
static bool forks_alone(const struct replay *replay)
{
    const struct api_mark *mark;
    for (unsigned i = 0; (mark = api_set_mark(replay_apis(replay), i)); i++)
        if (mark->kind == API_MARK_CONNECTION)
            return false;
    return true;
}

/* Why GROWTH in PROCESS, which is no session, may be what it keeps of a few helpers that it
 * started; NULL: it is not. */
static const char *helpers_advice(const struct replay *replay, const struct process *process,
                                  const struct unit_growth *growth)
{
    static const char helpers[] =
        "The process keeps something for each of a few children: while they "
        "run, that is no leak. Check whether it grows with more of them.";
    const bool few = growth->unit == API_MARK_CONNECTION && growth->grew < FORKS_SAY;
    return few && process->kind == PROCESS_MASTER && forks_alone(replay) ? helpers : NULL;
}

void rule_doubt_job(struct rule_state *state, const struct process *process)
{
    const struct replay *replay = state->current->replay;
    const bool job = process->kind == PROCESS_SESSION && process->units[API_MARK_COMMAND] == 0;
    for (size_t i = 0; i < state->current->findings.count; i++) {
        struct finding *finding = &state->current->findings.items[i];
        const char *advice = job ? job_advice(process, finding->per_unit.unit)
                                 : helpers_advice(replay, process, &finding->per_unit);
        if (!advice || finding->severity != SEVERITY_ERROR)
            continue;
        finding->severity = SEVERITY_WARNING;
        free(finding->advice);
        finding->advice = xstrdup(advice);
    }
}

void rule_sum_report(struct rule_sum *sum, struct finding *finding)
{
    if (sum->pid && !finding_has_pid(finding, sum->pid))
        finding_free(finding);
    else
        findings_join(&sum->findings, &sum->index, finding, finding->culprit);
}

void rule_add(struct rule_sum *sum, struct ledger *seen)
{
    for (size_t i = 0; i < seen->findings.count; i++) {
        plateaus_add_growth(&sum->plateaus, &seen->findings.items[i]);
        finding_note_share(&seen->findings.items[i]);
        rule_sum_report(sum, &seen->findings.items[i]);
    }
    plateaus_join(&sum->plateaus, &seen->plateaus);
    seen->findings.count = 0;
    ledger_free(seen);
}

struct findings rule_finish(struct rule_sum *sum)
{
    struct findings findings = sum->findings;
    for (size_t i = 0; i < findings.count && sum->plateaus.count; i++)
        plateaus_judge(&sum->plateaus, &findings.items[i]);
    plateaus_free(&sum->plateaus);
    sum->findings = (struct findings){0};
    keymap_free(&sum->index);
    return findings;
}

void ledger_push(void *data, struct replay *replay, const struct process *process)
{
    struct rule_state *state = data;
    struct ledger *ledger = xcalloc(1, sizeof *ledger);
    ledger->parent = state->current;
    ledger->replay = replay;
    ledger->process = process;
    memcpy(ledger->base, process->units, sizeof ledger->base);
    state->current = ledger;
}

void ledger_pop(struct rule_state *state)
{
    struct ledger *ledger = state->current;
    state->current = ledger->parent;
    ledger->parent = NULL;
    ledger_free(state->ended);
    state->ended = ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (!ledger)
        return;
    keymap_free(&ledger->index);
    ways_free(&ledger->ways);
    free(ledger->items);
    for (size_t i = 0; i < ledger->held_count; i++)
        finding_free(&ledger->held[i].finding);
    free(ledger->held);
    free(ledger->own);
    plateaus_free(&ledger->plateaus);
    alikes_free(&ledger->alikes);
    keymap_free(&ledger->held_index);
    findings_free(&ledger->findings);
    keymap_free(&ledger->findings_index);
    free(ledger);
}

void rule_end(void *data)
{
    struct rule_state *state = data;
    /* Those of a replay that broke off. */
    while (state->current)
        ledger_pop(state);
    ledger_free(state->ended);
    free(state);
}

void *ledger_add(struct ledger *ledger, size_t size)
{
    if (ledger->count == ledger->capacity) {
        ledger->capacity = ledger->capacity ? 2 * ledger->capacity : 64;
        ledger->items = xreallocarray(ledger->items, ledger->capacity, size);
    }
    return memset((char *)ledger->items + ledger->count++ * size, 0, size);
}

const struct system_kind *ledger_kind(struct ledger *ledger, const struct api *api)
{
    struct system_kind *kind = &ledger->kind;
    if (kind->api != api) {
        *kind = (struct system_kind){.api = api, .objects = api && api_has_objects(api)};
        for (unsigned i = 0; api && i < api->function_count; i++)
            kind->frees |= api->functions[i].role == API_FREE;
    }
    return kind;
}

void ledger_start_series(const struct ledger *ledger, struct series *series,
                         enum api_mark_kind unit)
{
    series_start(series, unit == API_UNIT_TIME ? 1 : ledger->base[unit] + 1);
    ledger_label_series(ledger, series, unit);
}

void ledger_label_series(const struct ledger *ledger, struct series *series,
                         enum api_mark_kind unit)
{
    series_label(series, process_labels(ledger->process, unit));
}

uint32_t rule_report(struct rule_state *state, struct finding *finding)
{
    struct ledger *ledger = state->current;
    return findings_join(&ledger->findings, &ledger->findings_index, finding, finding->culprit);
}
