/*
 * use-after-destroy and double-destroy: a pool that was destroyed, by itself or with one above it,
 * and is used again before a new one is made at its address.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/rounded_size.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

/* What one stack did to the dead pools that one stack had made and one destroyed. */
struct misuse {
    struct finding finding;
    struct span span;
    uint32_t next; /* number of another one of the same stack, 0: none */
};

/* Events of other threads or of handlers that are lost may be the pools' new lives. */
static bool knows_order(const struct process *process)
{
    for (; process; process = process->parent) {
        if (process->header && (process->header->lost[TRACE_LOST_NESTING] ||
                                process->header->lost[TRACE_LOST_THREADS]))
            return false;
    }
    return true;
}

static struct misuse *misuse_number(const struct ledger *ledger, uint32_t number)
{
    return (struct misuse *)ledger->items + (number - 1);
}

static void begin_misuse(const struct ledger *ledger, struct misuse *misuse,
                         const struct process *process, const struct pool *pool, uint32_t stack)
{
    misuse->finding = (struct finding){.severity = SEVERITY_ERROR,
                                       .phase = process->phase,
                                       .stack = stack,
                                       .culprit = stack,
                                       .destroyed = pool->destroyed,
                                       .per_unit.unit = API_MARK_KINDS};
    describe_pool(&misuse->finding, ledger->replay, pool);
    misuse->span.first = process->tick;
}

static struct misuse *find_misuse(struct ledger *ledger, const struct process *process,
                                  const struct pool *pool, uint32_t stack)
{
    uint32_t *first = keymap_put(&ledger->index, stack);
    for (uint32_t number = *first; number; number = misuse_number(ledger, number)->next) {
        struct misuse *misuse = misuse_number(ledger, number);
        if (misuse->finding.created == pool->created &&
            misuse->finding.destroyed == pool->destroyed)
            return misuse;
    }
    struct misuse *misuse = ledger_add(ledger, sizeof *misuse);
    misuse->next = *first;
    *first = (uint32_t)ledger->count;
    begin_misuse(ledger, misuse, process, pool, stack);
    return misuse;
}

static void note(struct rule_state *state, const struct process *process, const struct pool *pool,
                 uint32_t stack, uint64_t bytes)
{
    if (!stack || !knows_order(process))
        return;
    struct misuse *misuse = find_misuse(state->current, process, pool, stack);
    misuse->finding.count++;
    misuse->finding.bytes += bytes;
    misuse->finding.stack_bytes += bytes;
    misuse->span.last = process->tick;
}

static void on_use(void *data, const struct process *process, const struct trace_event *event,
                   const struct pool *pool, uint32_t stack)
{
    struct rule_state *state = data;
    if (event->kind == TRACE_EVENT_DESTROY)
        return;
    bool takes = event->kind == TRACE_EVENT_ALLOC || event->kind == TRACE_EVENT_OBJECT;
    note(state, process, pool, stack,
         takes ? rounded_size(state->current->replay, pool, event->size) : 0);
}

static void on_destroy_again(void *data, const struct process *process,
                             const struct trace_event *event, const struct pool *pool,
                             uint32_t stack)
{
    if (event->kind == TRACE_EVENT_DESTROY)
        note(data, process, pool, stack, 0);
}

static void report_all(struct rule_state *state, const struct process *process, const char *rule,
                       const char *advice)
{
    for (uint32_t i = 1; i <= state->current->count; i++) {
        struct misuse *misuse = misuse_number(state->current, i);
        misuse->finding.rule = rule;
        misuse->finding.advice = xstrdup(advice);
        describe_process(&misuse->finding, process, misuse->span);
        rule_report(state, &misuse->finding);
    }
    ledger_pop(state);
}

static void report_uses(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    report_all(
        data, process, rule_use_after_destroy.name,
        "Memory allocated from it belongs to whoever gets its blocks next. Use a pool that is "
        "alive, or destroy this one later, and reset the pointer to it then.");
}

static void report_destructions(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    report_all(
        data, process, rule_double_destroy.name,
        "Its memory may belong to another pool by then, which is destroyed instead. Let one owner "
        "destroy a pool, and reset the pointer to it then.");
}

static struct replay_observer use_observer(void *state)
{
    return (struct replay_observer){
        .data = state, .on_start = ledger_push, .on_stale = on_use, .on_end = report_uses};
}

static struct replay_observer destroy_observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_stale = on_destroy_again,
                                    .on_end = report_destructions};
}

const struct rule rule_use_after_destroy = {
    "use-after-destroy", rule_start, use_observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};

const struct rule rule_double_destroy = {
    "double-destroy", rule_start, destroy_observer, NULL,
    rule_take,        rule_add,   rule_finish,      rule_end,
};
