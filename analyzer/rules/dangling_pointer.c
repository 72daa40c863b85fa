/*
 * dangling-pointer: by a walk of the memory, a variable or the data of a living pool has an address
 * in a pool that was destroyed, and whose memory was not given out again: whoever follows it reads
 * what is nobody's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#define BLOCK_MOST (UINT64_C(1) << 20) /* bytes: further off is another block */

struct dangling {
    struct finding finding;
    struct span span;
};

static uint64_t key_of(const struct pool *pool, const struct pool *holder, uint32_t stack)
{
    const uint64_t where = holder ? (uint64_t)holder->created << 1 | 1 : (uint64_t)stack << 1;
    return where << 31 ^ pool->created ^ (uint64_t)pool->destroyed << 17;
}

static void begin(const struct ledger *ledger, struct dangling *dangling,
                  const struct process *process, const struct trace_event *event,
                  const struct pool *pool, const struct pool *holder, uint32_t stack)
{
    dangling->finding = (struct finding){.rule = rule_dangling_pointer.name,
                                         .severity = SEVERITY_NOTE,
                                         .phase = process->phase,
                                         .stack = stack,
                                         .culprit = stack ? stack : pool->destroyed,
                                         .destroyed = pool->destroyed,
                                         .per_unit.unit = API_MARK_KINDS};
    describe_pool(&dangling->finding, ledger->replay, pool);
    dangling->span.first = process->tick;
    const uint64_t from = holder ? event->holder - holder->address : 0;
    const char *label = holder ? replay_pool_label(ledger->replay, holder) : NULL;
    struct reachability reach = {.offset = event->offset & (TRACE_OFFSET_FURTHER - 1),
                                 .further = event->offset & TRACE_OFFSET_FURTHER,
                                 .holder_offset = from < BLOCK_MOST ? from : UINT64_MAX};
    dangling->finding.reach = reachability_copy(&reach);
    if (holder)
        dangling->finding.reach->holder = xstrdup(label ? label : "(no name)");
}

/* `settled` of the ledger: memory that is given back is filled. `free`: the process exits. */
static void on_walk(void *data, const struct process *process, const struct trace_event *event)
{
    struct rule_state *state = data;
    (void)process;
    state->current->settled = event->walk.result == TRACE_WALK_EXACT;
    state->current->free = event->walk.when == TRACE_WALK_AT_EXIT;
}

/* Who exits may have destroyed POOL on its way out, unless another unit of work has begun since. */
static bool is_of_the_end(const struct ledger *ledger, const struct process *process,
                          const struct pool *pool)
{
    return ledger->free &&
           (!unit_is_work(process->unit) || same_unit(pool->last_unit, process->unit));
}

static void on_dangling(void *data, const struct process *process, const struct trace_event *event,
                        const struct pool *pool, const struct pool *holder, uint32_t stack)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    if (is_of_the_end(ledger, process, pool))
        return;
    uint32_t *number = keymap_put(&ledger->index, key_of(pool, holder, stack) + 1);
    if (*number == 0) {
        struct dangling *dangling = ledger_add(ledger, sizeof(*dangling));
        *number = (uint32_t)ledger->count;
        begin(ledger, dangling, process, event, pool, holder, stack);
    }
    struct dangling *dangling = (struct dangling *)ledger->items + (*number - 1);
    if (ledger->settled)
        dangling->finding.severity = SEVERITY_WARNING;
    dangling->finding.count++;
    dangling->span.last = process->tick;
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    struct rule_state *state = data;
    for (size_t i = 0; i < state->current->count; i++) {
        struct dangling *dangling = (struct dangling *)state->current->items + i;
        describe_process(&dangling->finding, process, dangling->span);
        dangling->finding.advice =
            xstrdup("Forget the pointer where the pool is destroyed, or destroy the pool later.");
        rule_report(state, &dangling->finding);
    }
    ledger_pop(state);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_walk = on_walk,
                                    .on_dangling = on_dangling,
                                    .on_end = on_end};
}

const struct rule rule_dangling_pointer = {
    "dangling-pointer", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
