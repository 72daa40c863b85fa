/*
 * needless-subpool: a place makes a pool, puts next to nothing into it, and ends it again, in one
 * command after the other. Not told of are pools of a documented role, which are the program's
 * order; those that outlive the call that made them, in which other pools were made, or that were
 * cleared to be used again; and a place at which one pool in the recording held more. Where each
 * object is a pool, none is needless.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/profile/lifetimes.h"
#include "analyzer/replay/folded.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/folded_parts.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/rules/series.h"
#include "analyzer/util/memory.h"

#define NOTHING 16 /* bytes, the most that such a pool holds: two pointers, and no cleanup */

/* The pools that one place made in one process or, of a sum, in all. */
struct litter {
    uint64_t place;   /* and kind of process; its key */
    uint32_t created; /* a stack of the place */
    enum process_kind kind;
    bool needed;            /* one of them was */
    uint32_t unit;          /* the one of the last, + 1 */
    uint32_t units;         /* in how many units of the process; of a sum, of any process */
    struct finding finding; /* rule NULL before there is one; owned */
};

static struct litter *litter_number(const struct ledger *ledger, uint32_t number)
{
    return (struct litter *)ledger->items + (number - 1);
}

static uint32_t litter_at(struct ledger *ledger, uint64_t place)
{
    uint32_t *number = keymap_put(&ledger->index, place);
    if (*number == 0) {
        struct litter *litter = ledger_add(ledger, sizeof *litter);
        litter->place = place;
        *number = (uint32_t)ledger->count;
    }
    return *number;
}

/* Of the place's key there is one bit that no stack has. */
static uint64_t key_of(uint64_t place, enum process_kind kind)
{
    const uint64_t of_place = UINT64_C(1) << 63;
    return place << 1 | (unsigned)kind | of_place;
}

static struct litter *litter_of(struct ledger *ledger, const struct process *process,
                                uint32_t created)
{
    uint64_t by_stack = ((uint64_t)created << 1 | (unsigned)process->kind) + 1;
    uint32_t number = keymap_get_recent(&ledger->index, &ledger->recent, by_stack);
    if (number == 0) {
        number = litter_at(ledger, key_of(replay_place(ledger->replay, created), process->kind));
        litter_number(ledger, number)->created = created;
        litter_number(ledger, number)->kind = process->kind;
        *keymap_put(&ledger->index, by_stack) = number;
    }
    return litter_number(ledger, number);
}

/* Made within a command, and ended by the call that made it. */
static bool is_short(const struct replay *replay, const struct process *process,
                     const struct lifetime *lifetime, enum lifetime_end how, uint32_t stack)
{
    return how == LIFETIME_DESTROYED && lifetime->command > 0 &&
           lifetime->command == process->command &&
           replay_same_call(replay, lifetime->created, stack);
}

static bool is_empty(const struct pool *pool, const struct lifetime *lifetime)
{
    return pool->bytes <= NOTHING && !lifetime->role && !pool->root && !lifetime->had_subpools &&
           !lifetime->cleared;
}

static void count_unit(struct litter *litter, const struct process *process)
{
    uint32_t unit = process->command + 1;
    litter->units += litter->unit != unit;
    litter->unit = unit;
}

static void describe(struct finding *finding, const struct replay *replay, const struct pool *pool,
                     uint32_t destroyed)
{
    static const char advice[] = "Allocate from the {command}'s own pool, which ends soon enough, "
                                 "or avoid the allocation.";
    *finding = (struct finding){.rule = rule_needless_subpool.name,
                                .phase = PHASE_STEADY,
                                .severity = SEVERITY_NOTE,
                                .culprit = pool->created,
                                .destroyed = destroyed,
                                .per_unit.unit = API_MARK_KINDS};
    describe_pool(finding, replay, pool);
    describe_advice(finding, replay, advice);
}

static bool on_lifetime(void *data, const struct process *process, const struct pool *pool,
                        const struct lifetime *lifetime, enum lifetime_end how, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    const struct api *api = replay_pool_api(ledger->replay, pool);
    if (lifetime->begun[API_MARK_COMMAND] == 0 || !api || ledger_kind(ledger, api)->objects)
        return true;
    struct litter *litter = litter_of(ledger, process, lifetime->created);
    if (litter->needed)
        return false;
    litter->needed =
        !is_empty(pool, lifetime) || !is_short(ledger->replay, process, lifetime, how, stack);
    if (litter->needed)
        return false;
    uint64_t first_ns = litter->finding.first_ns;
    if (!litter->finding.rule)
        describe(&litter->finding, ledger->replay, pool, stack);
    count_unit(litter, process);
    describe_process(&litter->finding, process, (struct span){pool->created_tick, process->tick});
    if (litter->finding.count++)
        litter->finding.first_ns = first_ns;
    litter->finding.bytes += pool->bytes;
    return true;
}

/* The first of them was told of, and is in the litter. */
static void on_young(void *data, const struct process *process, const struct young_sum *young)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    struct litter *litter = litter_of(ledger, process, young->created);
    litter->needed |= young->with || young->had_pools || young->largest > NOTHING ||
                      !replay_same_call(ledger->replay, young->created, young->destroyed);
    if (litter->needed || !litter->finding.rule)
        return;
    litter->finding.count += young->count;
    litter->finding.bytes += young->bytes;
    if (process->header)
        litter->finding.last_ns = trace_wall_ns(process->header, process->tick);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay, (void)process;
    ledger_pop(data);
}

/* A litter of the ledger that is ended here goes to the sum's of the same place. */
static void add_litter(struct litter *sum, struct litter *litter)
{
    sum->created = sum->created ? sum->created : litter->created;
    sum->kind = litter->kind;
    sum->needed |= litter->needed;
    if (litter->units > sum->units)
        sum->units = litter->units;
    if (sum->needed || !sum->finding.rule) {
        finding_free(&sum->finding);
        sum->finding = sum->needed ? (struct finding){0} : litter->finding;
        if (sum->needed)
            finding_free(&litter->finding);
    } else {
        finding_absorb(&sum->finding, &litter->finding);
    }
}

static void add(struct rule_sum *sum, struct ledger *seen)
{
    if (!sum->ledger)
        sum->ledger = xcalloc(1, sizeof *sum->ledger);
    for (uint32_t i = 1; i <= seen->count; i++) {
        struct litter *litter = litter_number(seen, i);
        uint32_t number = litter_at(sum->ledger, litter->place);
        add_litter(litter_number(sum->ledger, number), litter);
    }
    ledger_free(seen);
}

static void litter_fields(struct recording *recording, struct fields *fields, struct litter *litter)
{
    uint32_t kind = litter->kind;
    bool found = litter->finding.rule != NULL;
    folded_stack(recording, fields, &litter->created);
    fields_below(fields, &kind, PROCESS_KINDS);
    litter->kind = (enum process_kind)kind;
    fields_bool(fields, &litter->needed);
    fields_u32(fields, &litter->units);
    fields_bool(fields, &found);
    if (found)
        folded_finding(recording, fields, rule_needless_subpool.name, &litter->finding);
}

void folded_litters(struct recording *recording, struct fields *fields, struct rule_sum *sum)
{
    size_t count = sum->ledger ? sum->ledger->count : 0;
    fields_count(fields, &count, 5);
    if (fields->reads && !sum->ledger)
        sum->ledger = xcalloc(1, sizeof *sum->ledger);
    for (uint32_t i = 1; i <= count && !fields->wrong; i++) {
        struct litter read = {.finding.per_unit.unit = API_MARK_KINDS};
        litter_fields(recording, fields, fields->reads ? &read : litter_number(sum->ledger, i));
        if (!fields->reads)
            continue;
        const uint32_t number =
            litter_at(sum->ledger, key_of(recording_place(recording, read.created), read.kind));
        add_litter(litter_number(sum->ledger, number), &read);
    }
}

static struct findings finish(struct rule_sum *sum)
{
    struct ledger *ledger = sum->ledger;
    for (uint32_t i = 1; ledger && i <= ledger->count; i++) {
        struct litter *litter = litter_number(ledger, i);
        if (!litter->needed && litter->finding.rule && litter->units >= SERIES_UNITS_LEAST)
            rule_sum_report(sum, &litter->finding);
        else
            finding_free(&litter->finding);
    }
    ledger_free(ledger);
    sum->ledger = NULL;
    return rule_finish(sum);
}

static struct ledger *take(void *data)
{
    struct rule_state *state = data;
    struct ledger *ended = state->ended;
    state->ended = NULL;
    return ended;
}

/* Of a replay that broke off. */
static void free_litters(struct ledger *ledger)
{
    for (uint32_t i = 1; i <= ledger->count; i++)
        finding_free(&litter_number(ledger, i)->finding);
}

static void end(void *data)
{
    struct rule_state *state = data;
    for (struct ledger *ledger = state->current; ledger; ledger = ledger->parent)
        free_litters(ledger);
    rule_end(state);
}

static struct lifetimes_listener listener(void *state)
{
    return (struct lifetimes_listener){state, ledger_push, on_lifetime, on_young, on_end};
}

const struct rule rule_needless_subpool = {
    "needless-subpool", rule_start, NULL, listener, take, add, finish, end,
};
