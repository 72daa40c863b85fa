/*
 * alive-at-exit: a program that runs once and frees all else leaves these pools. Told is what lies
 * straight in nothing or in a root pool, with all below it; of a daemon, a session, and a program
 * that leaves its memory to the exit, nothing is.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

#define POOLS_LEAST 8 /* alive at once: fewer do not show that a program frees what it has */
#define PART        4 /* of the most pools, and bytes, no more than one in so many are left */

/* Item 1: the most that were alive at once. */
struct most {
    uint64_t pools, bytes;
};

/* What one stack made, of which something is left. */
struct leftover {
    uint32_t stack, sample; /* numbers: of the stack, of one of the pools */
    uint64_t pools, bytes, below;
};

struct leftovers {
    struct leftover *items;
    size_t count;
    struct keymap index; /* by stack */
    uint64_t pools, bytes;
};

static void note(struct ledger *ledger, const struct process *process)
{
    struct most *most = ledger->count ? ledger->items : ledger_add(ledger, sizeof(*most));
    if (process->pools > most->pools)
        most->pools = process->pools;
    if (process->bytes > most->bytes)
        most->bytes = process->bytes;
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    (void)pool;
    note(((struct rule_state *)data)->current, process);
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    if (with == pool)
        note(((struct rule_state *)data)->current, process);
}

static bool has_units(const struct process *process)
{
    bool any = false;
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        any |= process->units[kind] > 0;
    return any;
}

/* Of who does units of work nothing is told. */
static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    (void)note;
    on_destroy(data, process, pool, pool, stack);
    return !has_units(process);
}

static struct leftover *leftover_of(struct leftovers *leftovers, const struct pool *pool)
{
    uint32_t *number = keymap_put(&leftovers->index, pool->created + UINT64_C(1));
    if (*number)
        return &leftovers->items[*number - 1];
    const size_t count = leftovers->count++;
    if ((count & (count - 1)) == 0) /* there is room for a power of two */
        leftovers->items =
            xreallocarray(leftovers->items, count ? 2 * count : 1, sizeof(*leftovers->items));
    leftovers->items[count] = (struct leftover){.stack = pool->created, .sample = pool->number};
    *number = (uint32_t)leftovers->count;
    return &leftovers->items[count];
}

/* TOP and all below it. */
static void add_tree(struct leftovers *leftovers, const struct replay *replay,
                     const struct pool *top)
{
    struct leftover *leftover = leftover_of(leftovers, top);
    for (const struct pool *pool = top; pool; pool = replay_next_pool(replay, top, pool)) {
        leftover->bytes += pool->bytes;
        leftover->below += pool != top;
        leftovers->bytes += pool->bytes;
        leftovers->pools++;
    }
    leftover->pools++;
}

static bool is_top(const struct replay *replay, const struct pool *pool)
{
    const struct pool *parent = replay_pool(replay, pool->parent);
    return pool->state == POOL_ALIVE && !pool->root && !pool->inherited && !pool->adopted &&
           (!parent || parent->root);
}

/* Whether PROCESS did its work and ended, with no unit of work and nothing inherited. */
static bool ran_once(const struct process *process)
{
    return !has_units(process) && process->ended && process->kind == PROCESS_MASTER;
}

static void report(struct rule_state *state, const struct process *process,
                   const struct leftover *leftover)
{
    static const char advice[] =
        "The program frees everything else before it ends. Free this, too, "
        "or create it below a pool that is freed.";
    const struct replay *replay = state->current->replay;
    const struct pool *pool = replay_pool(replay, leftover->sample);
    struct finding finding = {.rule = rule_alive_at_exit.name,
                              .phase = PHASE_SHUTDOWN,
                              .severity = SEVERITY_NOTE,
                              .culprit = leftover->stack,
                              .count = leftover->pools,
                              .bytes = leftover->bytes,
                              .below = leftover->below,
                              .per_unit.unit = API_MARK_KINDS};
    describe_process(&finding, process, (struct span){pool->created_tick, process->tick});
    describe_pool(&finding, replay, pool);
    finding.advice = xstrdup(advice);
    rule_report(state, &finding);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct rule_state *state = data;
    const struct most *most = state->current->items;
    struct leftovers left = {0};
    for (uint32_t i = 1; most && ran_once(process) && i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && is_top(replay, pool))
            add_tree(&left, replay, pool);
    }
    if (left.count && most->pools >= POOLS_LEAST && left.pools <= most->pools / PART &&
        left.bytes <= most->bytes / PART)
        for (size_t i = 0; i < left.count; i++)
            report(state, process, &left.items[i]);
    free(left.items);
    keymap_free(&left.index);
    ledger_pop(state);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_create = on_create,
                                    .on_destroy = on_destroy,
                                    .on_brief = on_destroy,
                                    .on_brief_again = on_brief_again,
                                    .on_end = on_end};
}

const struct rule rule_alive_at_exit = {
    "alive-at-exit", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
