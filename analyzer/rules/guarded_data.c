/*
 * data-after-destroy and overflow: what lies in a pool was touched after its end, or something
 * beyond it was, as the recorder saw where it guards allocations, or filled what was destroyed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"

struct misuse {
    struct finding finding;
    struct span span;
};

static struct finding begin(const struct replay *replay, const struct process *process,
                            const struct trace_event *event, const struct touched *touched,
                            uint32_t stack)
{
    struct finding finding = {.severity = SEVERITY_ERROR,
                              .phase = process->phase,
                              .stack = stack,
                              .culprit = stack              ? stack
                                         : touched->created ? touched->created
                                                            : touched->allocated,
                              .destroyed = touched->destroyed,
                              .allocated = touched->allocated,
                              .access = {.known = true,
                                         .write = event->fault & TRACE_FAULT_WRITE,
                                         .later = event->fault & TRACE_FAULT_SEEN,
                                         .cleared = touched->cleared,
                                         .offset = event->fault_offset,
                                         .size = touched->size},
                              .per_unit.unit = API_MARK_KINDS};
    describe_touched(&finding, replay, touched);
    return finding;
}

static uint64_t key_of(const struct trace_event *event, const struct touched *touched,
                       uint32_t stack)
{
    uint64_t hash = hash_number(HASH_START, stack);
    hash = hash_number(hash, (uint64_t)touched->allocated << 32 | touched->destroyed);
    hash = hash_number(hash, event->fault);
    return hash ? hash : 1;
}

static void note(struct rule_state *state, const struct process *process,
                 const struct trace_event *event, const struct touched *touched, uint32_t stack)
{
    struct ledger *ledger = state->current;
    uint32_t *number = keymap_put(&ledger->index, key_of(event, touched, stack));
    if (*number == 0) {
        struct misuse *misuse = ledger_add(ledger, sizeof(*misuse));
        *number = (uint32_t)ledger->count;
        misuse->finding = begin(ledger->replay, process, event, touched, stack);
        misuse->span.first = process->tick;
    }
    struct misuse *misuse = (struct misuse *)ledger->items + (*number - 1);
    misuse->finding.count++;
    misuse->span.last = process->tick;
}

static void on_stale(void *data, const struct process *process, const struct trace_event *event,
                     const struct touched *touched, uint32_t stack)
{
    if (event->fault & TRACE_FAULT_DEAD)
        note(data, process, event, touched, stack);
}

static void on_overflow(void *data, const struct process *process, const struct trace_event *event,
                        const struct touched *touched, uint32_t stack)
{
    if (!(event->fault & TRACE_FAULT_DEAD))
        note(data, process, event, touched, stack);
}

static void report_all(struct rule_state *state, const struct process *process, const char *rule,
                       const char *advice)
{
    for (size_t i = 0; i < state->current->count; i++) {
        struct misuse *misuse = (struct misuse *)state->current->items + i;
        misuse->finding.rule = rule;
        misuse->finding.advice = xstrdup(advice);
        describe_process(&misuse->finding, process, misuse->span);
        rule_report(state, &misuse->finding);
    }
    ledger_pop(state);
}

static void report_stale(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    report_all(data, process, rule_data_after_destroy.name,
               "Copy data that is needed longer into a pool that lives as long, and reset pointers "
               "into a pool where it ends.");
}

static void report_overflows(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    report_all(
        data, process, rule_overflow.name,
        "In a pool's block, another allocation is there. Allocate as many bytes as are used, "
        "including the NUL of a string, or stop before the end.");
}

static struct replay_observer stale_observer(void *state)
{
    return (struct replay_observer){
        .data = state, .on_start = ledger_push, .on_fault = on_stale, .on_end = report_stale};
}

static struct replay_observer overflow_observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_fault = on_overflow,
                                    .on_end = report_overflows};
}

const struct rule rule_data_after_destroy = {
    "data-after-destroy", rule_start, stale_observer, NULL, rule_take, rule_add,
    rule_finish,          rule_end,
};

const struct rule rule_overflow = {
    "overflow", rule_start, overflow_observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
