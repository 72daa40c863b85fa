/*
 * growing-in-unit: one place takes again and again from one living pool within one unit of work,
 * and gives nothing back: the more the unit has to do, the more memory it holds. What a place does
 * once or a few times is not told, nor of root pools, nor of a pool that is cleared before the unit
 * ends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/rounded_size.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/rules/takings.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

#define TAKEN_LEAST  256          /* allocations or pools, by one place */
#define BYTES_LEAST  (64u * 1024) /* or so many bytes, ... */
#define OFTEN        16           /* ...if taken so often */
#define COUNTED_FROM 32           /* before so many pools, nobody asks which place made them */

/* Of the command with that index: what it is about, and how many had begun by then. */
static struct label_growth label_of(const struct process *process, uint32_t unit)
{
    const struct unit_labels *labels = process_labels(process, API_MARK_COMMAND);
    const unsigned number = labels ? unit_label_number(labels, unit) : 0;
    if (number == 0)
        return (struct label_growth){.label = NULL};
    const uint32_t units = unit_labels_count(labels, number, 1, unit);
    return (struct label_growth){.label = unit_label_name(labels, number),
                                 .grew = 1,
                                 .units = units,
                                 .others = unit - units};
}

/* In the command UNIT, of those that had begun by then: what comes later may not be known yet. */
static struct unit_growth largest(const struct process *process, uint32_t unit, uint64_t count,
                                  uint64_t bytes)
{
    return (struct unit_growth){.unit = API_MARK_COMMAND,
                                .pid = process->pid,
                                .units = unit,
                                .grew = 1,
                                .largest = true,
                                .listed = unit_list_of(unit),
                                .label = label_of(process, unit),
                                .count = (double)count,
                                .bytes = (double)bytes,
                                .mean = (double)bytes};
}

/* MADE, which may be NULL, is one of those that TAKING made in POOL, and holds nothing yet. */
static void add_made(struct finding *finding, const struct replay *replay, const struct pool *made,
                     const struct pool *pool, const struct taking *taking)
{
    if (!made || made->parent != pool->number || made->serial <= taking->since.serial ||
        replay_site(replay, made->created) != taking->site)
        return;
    struct pool empty = *made;
    empty.bytes = 0;
    cost_add_pool(&finding->cost, replay, &empty);
}

/* What the pools hold that TAKING made in POOL, and those below them: they are there still. */
static void add_pools(struct finding *finding, const struct replay *replay, const struct pool *pool,
                      const struct taking *taking)
{
    const struct pool *top = replay_next_pool(replay, pool, pool);
    while (top) {
        const bool own = top->parent == pool->number && top->serial > taking->since.serial &&
                         replay_site(replay, top->created) == taking->site;
        for (const struct pool *below = own ? top : NULL; below;
             below = replay_next_pool(replay, top, below)) {
            finding->bytes += below->bytes;
            cost_add_pool(&finding->cost, replay, below);
        }
        top = replay_next_pool(replay, pool, top);
    }
    finding->per_unit.bytes = finding->per_unit.mean = (double)finding->bytes;
}

/* Returns the finding's number. */
static uint32_t report(struct rule_state *state, const struct process *process,
                       const struct pool *pool, const struct taking *taking, uint32_t unit,
                       const struct part *part)
{
    static const char advice[] = "Allocate data of one item of many from a pool that is cleared or "
                                 "destroyed after each item.";
    struct finding finding = {.rule = rule_growing_in_unit.name,
                              .phase = PHASE_STEADY,
                              .severity = SEVERITY_WARNING,
                              .stack = taking->stack,
                              .culprit = taking->stack,
                              .count = part->count,
                              .bytes = part->bytes,
                              .pools = taking->pools,
                              .per_unit = largest(process, unit, part->count, part->bytes)};
    finding.per_unit.estimated = part->estimated;
    if (taking->pools)
        add_pools(&finding, state->current->replay, pool, taking);
    if (taking->pools)
        add_made(&finding, state->current->replay, state->current->made, pool, taking);
    finding.stack_bytes = finding.bytes;
    if (!pool->inherited && pool->born.kind == API_MARK_COMMAND && pool->born.index == unit)
        finding.cost.once = finding.bytes;
    describe_process(&finding, process, (struct span){taking->since.tick, process->tick});
    describe_pool(&finding, state->current->replay, pool);
    finding.advice = xstrdup(advice);
    return rule_report(state, &finding);
}

/* What a pool took since the last one that was asked of. */
static void catch_up_at_end(const struct pool *pool, struct tally *tally)
{
    const uint64_t count = pool->allocations - tally->cleared;
    if (!tally->sampled || count <= tally->taken.count || pool->bytes < tally->bytes)
        return;
    tally->taken.uncounted += count - tally->taken.count;
    tally->taken.count = count;
    tally->bytes = pool->bytes;
}

static void judge_taking(struct rule_state *state, const struct process *process,
                         const struct pool *pool, const struct tally *tally,
                         const struct taking *taking)
{
    /* Most took so little that nothing has to be estimated. */
    const struct taken *all = taking->pools ? &tally->pools : &tally->taken;
    if (taking->count + all->uncounted < OFTEN)
        return;
    const struct part part = part_of(state->current, tally, taking);
    if (part.count_least < TAKEN_LEAST &&
        (part.count_least < OFTEN || part.bytes_least < BYTES_LEAST))
        return;
    const uint32_t finding = report(state, process, pool, taking, tally->unit, &part);
    if (tally->like && !taking->pools)
        alikes_note(&state->current->alikes, tally->like,
                    &(struct alike){finding, taking->stack, part.count, part.bytes});
}

/* What was taken before anybody asked for backtraces was so by those that took later. */
static void share_out_unknown(const struct ledger *ledger, struct tally *tally)
{
    struct taking *unknown = NULL;
    bool others = false;
    for (uint32_t i = tally->first; i; i = taking_number(ledger, i)->next) {
        struct taking *taking = taking_number(ledger, i);
        if (taking->pools)
            continue;
        if (taking->stack == 0)
            unknown = taking;
        else
            others |= taking->count > 0;
    }
    if (!unknown || !others)
        return;
    tally->taken.uncounted += unknown->count;
    unknown->count = unknown->bytes = 0;
}

/* The unit of POOL's tally is over, or the pool is: at STACK. */
static void judge(struct rule_state *state, const struct process *process, const struct pool *pool,
                  struct tally *tally, uint32_t stack)
{
    struct ledger *ledger = state->current;
    if (same_unit(pool->born, (struct unit){API_MARK_COMMAND, tally->unit}) &&
        same_unit(process->unit, pool->born))
        catch_up_at_end(pool, tally);
    takings_take_along(ledger, tally, stack);
    share_out_unknown(ledger, tally);
    for (uint32_t i = tally->first; i; i = taking_number(ledger, i)->next)
        judge_taking(state, process, pool, tally, taking_number(ledger, i));
    takings_forget(ledger, pool->number, tally);
}

/* What is taken is asked of now and then where all of it is in the pool's count: it was made in
 * this unit, and nothing is given back by itself. */
static void set_kind(struct tally *tally, struct ledger *ledger, const struct api *api,
                     bool made_now)
{
    const struct system_kind *kind = ledger_kind(ledger, api);
    tally->objects = kind->objects;
    tally->sampled = made_now && !kind->frees && !kind->objects;
}

/* Is TALLY, which may be NULL, that of POOL in the open unit? */
static inline bool is_open(const struct tally *tally, const struct process *process,
                           const struct pool *pool)
{
    return tally && tally->serial == pool->serial && tally->unit == process->unit.index &&
           process->unit.kind == API_MARK_COMMAND;
}

static struct tally *begin_tally(struct rule_state *state, const struct process *process,
                                 const struct pool *pool)
{
    struct ledger *ledger = state->current;
    if (process->unit.kind != API_MARK_COMMAND || pool->state != POOL_ALIVE ||
        is_plain_root(ledger->replay, process, pool))
        return NULL;
    struct tally *tally = tally_room(ledger, pool->number);
    if (tally->serial == pool->serial && tally->unit == process->unit.index)
        return tally;
    if (tally->serial == pool->serial && tally->first)
        judge(state, process, pool, tally, 0);
    *tally = (struct tally){.serial = pool->serial, .unit = process->unit.index};
    set_kind(tally, ledger, replay_pool_api(ledger->replay, pool),
             same_unit(pool->born, process->unit));
    return tally;
}

/* The tally of POOL in the open unit, before COUNT allocations and BYTES were taken: NULL where
 * there is none to keep. */
static inline struct tally *open_tally(struct rule_state *state, const struct process *process,
                                       const struct pool *pool)
{
    struct tally *tally = tally_number(state->current, pool->number);
    if (is_open(tally, process, pool) && pool->state == POOL_ALIVE && !pool->root)
        return tally;
    return begin_tally(state, process, pool);
}

static struct since now(const struct rule_state *state, const struct process *process)
{
    return (struct since){process->tick, replay_last_serial(state->current->replay)};
}

/* When POOL was made. */
static struct since birth(const struct pool *pool)
{
    return (struct since){pool->created_tick, pool->serial - 1};
}

/* Something of BYTES was taken from POOL by the place of STACK, SINCE then if it is the first. */
static struct taking *take(struct rule_state *state, const struct pool *pool, struct tally *tally,
                           uint64_t bytes, uint32_t stack, struct since since)
{
    const uint32_t number = taking_of(state->current, pool->number, stack, tally, since);
    struct taking *taking = taking_number(state->current, number);
    taking->count++;
    taking->bytes += bytes;
    return taking;
}

static void note_end(struct taking *taking, uint64_t bytes, uint32_t at)
{
    bytes = bytes < taking->bytes ? bytes : taking->bytes;
    taking->count--;
    taking->bytes -= bytes;
    if (taking->ended_by != at)
        taking->ended = taking->freed = 0;
    taking->ended_by = at;
    taking->ended++;
    taking->freed += bytes;
}

/* What was taken from POOL at STACK in the open unit, a pool or not, is given back, by the stack
 * AT.
 */
static void give_back(struct ledger *ledger, const struct process *process, const struct pool *pool,
                      bool is_pool, uint64_t bytes, uint32_t stack, uint32_t at)
{
    struct tally *tally = tally_number(ledger, pool->number);
    if (!tally || tally->serial != pool->serial || tally->unit != process->unit.index)
        return;
    struct taken *all = is_pool && !tally->objects ? &tally->pools : &tally->taken;
    if (all->count == 0)
        return;
    const uint32_t number = taking_find(ledger, pool->number, stack, tally);
    struct taking *taking = number ? taking_number(ledger, number) : NULL;
    all->count--;
    if (all == &tally->taken)
        tally->bytes -= bytes < tally->bytes ? bytes : tally->bytes;
    if (taking && taking->count > 0)
        note_end(taking, bytes, at);
    else
        all->uncounted -= all->uncounted > 0;
}

/* Those that nobody asked for, before one of so many BYTES, are in the pool's count. */
static void catch_up(const struct process *process, const struct pool *pool, struct tally *tally,
                     uint64_t bytes)
{
    const uint64_t count = pool->allocations - tally->cleared;
    if (tally->first || !same_unit(pool->born, process->unit) || count <= tally->taken.count + 1 ||
        pool->bytes < tally->bytes + bytes)
        return;
    tally->taken.uncounted += count - 1 - tally->taken.count;
    tally->taken.count = count - 1;
    tally->bytes = pool->bytes - bytes;
}

/* OBJECT, which is a pool, was taken from its parent. */
static bool take_object(struct rule_state *state, const struct process *process,
                        const struct pool *object, uint32_t stack)
{
    const struct pool *parent = replay_pool(state->current->replay, object->parent);
    struct tally *tally = parent ? open_tally(state, process, parent) : NULL;
    if (!tally)
        return false;
    tally->bytes += object->bytes;
    tally->taken.count++;
    take(state, parent, tally, object->bytes, stack, now(state, process));
    return true;
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct rule_state *state = data;
    struct tally *tally = open_tally(state, process, pool);
    if (!tally)
        return false;
    if (tally->objects)
        return pool->allocations == 1 && take_object(state, process, pool, stack);
    if (tally->sampled)
        return false;
    const uint64_t bytes = rounded_size(state->current->replay, pool, size);
    catch_up(process, pool, tally, bytes);
    tally->bytes += bytes;
    tally->taken.count++;
    take(state, pool, tally, bytes, stack, now(state, process));
    return true;
}

static bool on_look(void *data, const struct process *process, const struct pool *pool,
                    uint64_t bytes, uint32_t stack, const struct took *took)
{
    struct rule_state *state = data;
    struct tally *tally = tally_number(state->current, pool->number);
    if (!is_open(tally, process, pool))
        tally = open_tally(state, process, pool);
    if (!tally || !tally->sampled)
        return false;
    const uint64_t looks = tally->taken.count - tally->taken.uncounted + 1;
    const uint64_t count = took->allocations - tally->cleared;
    tally->taken = (struct taken){count, count - looks};
    tally->bytes = took->bytes;
    take(state, pool, tally, bytes, stack, now(state, process));
    return true;
}

/* Where objects are pools, their allocations stand for them. What is brief is made in by few. */
static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    struct rule_state *state = data;
    const struct pool *parent = replay_pool(state->current->replay, pool->parent);
    state->current->made = pool->again ? pool : NULL;
    struct tally *tally = parent && !parent->brief ? open_tally(state, process, parent) : NULL;
    state->current->made = NULL;
    if (!tally || tally->objects)
        return;
    if (!tally->pools_since.tick)
        tally->pools_since = birth(pool);
    tally->pools.count++;
    if (tally->sampled && tally->pools.count <= COUNTED_FROM)
        tally->pools.uncounted++;
    else
        take(state, parent, tally, 0, pool->created, tally->pools_since)->pools = true;
}

static void on_free(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack)
{
    (void)stack;
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (!object->inherited && same_unit(object->unit, process->unit))
        give_back(ledger, process, pool, false, object->size, object->stack, 0);
}

/* What ends by itself is given back to the pool that it was made in. */
static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    const struct pool *parent = replay_pool(ledger->replay, pool->parent);
    if (with == pool && parent && !pool->inherited && same_unit(pool->born, process->unit))
        give_back(ledger, process, parent, true, pool->bytes, pool->created, stack);
    struct tally *tally = tally_number(ledger, pool->number);
    if (tally && tally->serial == pool->serial && tally->first)
        judge(state, process, pool, tally, stack);
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)stack;
    struct rule_state *state = data;
    struct tally *tally = open_tally(state, process, pool);
    if (!tally)
        return;
    takings_forget(state->current, pool->number, tally);
    tally = open_tally(state, process, pool);
    tally->cleared = pool->allocations;
}

/* It takes too little to be told of itself. */
static void on_brief(void *data, const struct process *process, const struct pool *pool,
                     const struct pool *with, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    const struct pool *parent = replay_pool(ledger->replay, pool->parent);
    (void)with;
    if (parent && !parent->brief)
        give_back(ledger, process, parent, true, pool->bytes, pool->created, stack);
}

/* What is in POOL's count already, and was looked at then. */
static void on_place(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack, uint64_t count, uint64_t bytes)
{
    struct rule_state *state = data;
    struct tally *tally = open_tally(state, process, pool);
    if (!tally || !tally->sampled)
        return;
    const uint32_t number = taking_of(state->current, pool->number, stack, tally, birth(pool));
    struct taking *taking = taking_number(state->current, number);
    taking->count += count;
    taking->bytes += bytes;
    tally->taken.count += count;
    tally->bytes += bytes;
}

static void on_like(void *data, const struct process *process, const struct pool *pool,
                    uint64_t number)
{
    struct rule_state *state = data;
    struct tally *tally = open_tally(state, process, pool);
    uint32_t count;
    if (tally && tally->sampled && number > 0 && number <= ALIKE_MAX &&
        !alikes_of(&state->current->alikes, number, &count))
        tally->like = (uint32_t)number;
}

/* COUNT pools, the last in UNIT, are as the one that had part in FINDING as ALIKE says. */
static void add_others(struct finding *finding, const struct process *process,
                       const struct alike *alike, uint32_t count, uint32_t unit)
{
    struct unit_growth growth = largest(process, unit, alike->count, alike->bytes);
    const uint64_t now = process->header ? trace_wall_ns(process->header, process->tick) : 0;
    growth.grew = count;
    growth.listed.count = 0;
    growth.estimated = finding->per_unit.estimated;
    unit_growth_absorb(&finding->per_unit, &growth);
    finding->count += count * alike->count;
    finding->bytes += count * alike->bytes;
    if (finding->stack == alike->stack)
        finding->stack_bytes += count * alike->bytes;
    if (now > finding->last_ns)
        finding->last_ns = now;
}

static void on_again(void *data, const struct process *process, uint64_t number, uint32_t count,
                     uint32_t unit)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    uint32_t alikes = 0;
    const struct alike *alike = number ? alikes_of(&ledger->alikes, number, &alikes) : NULL;
    for (uint32_t i = 0; i < alikes && count > 0; i++)
        add_others(&ledger->findings.items[alike[i].finding - 1], process, &alike[i], count, unit);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct rule_state *state = data;
    for (uint32_t i = 1; i < state->current->own_count; i++) {
        struct tally *tally = tally_number(state->current, i);
        const struct pool *pool = replay_pool(replay, i);
        if (pool && tally->serial == pool->serial && tally->first && pool->state == POOL_ALIVE)
            judge(state, process, pool, tally, 0);
    }
    ledger_pop(state);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_create = on_create,
                                    .on_alloc = on_alloc,
                                    .on_look = on_look,
                                    .on_free = on_free,
                                    .on_clear = on_clear,
                                    .on_destroy = on_destroy,
                                    .on_brief_create = on_create,
                                    .on_brief = on_brief,
                                    .outer_only = true,
                                    .on_place = on_place,
                                    .on_like = on_like,
                                    .on_again = on_again,
                                    .on_end = on_end};
}

const struct rule rule_growing_in_unit = {
    "growing-in-unit", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
