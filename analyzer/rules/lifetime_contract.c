/*
 * lifetime-contract: a pool of a documented role that lived otherwise than documented.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/profile/lifetimes.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"

static const char *advice(enum departure departure)
{
    switch (departure) {
    case DEPARTS_OVERDUE:
        return "It should have ended before the next one was created. Destroy it on all paths, "
               "also after errors.";
    case DEPARTS_AGAIN:
        return "A process has one for its whole life: use that, or a subpool of it.";
    case DEPARTS_WITH_PARENT:
        return "It ended only with its parent. End it by its own function as soon as its work is "
               "done.";
    default:
        return "It was alive when the {session} exited. End it by its own function, which may "
               "release more than memory.";
    }
}

static bool on_lifetime(void *data, const struct process *process, const struct pool *pool,
                        const struct lifetime *lifetime, enum lifetime_end how, uint32_t stack)
{
    struct rule_state *state = data;
    (void)how;
    if (!lifetime->departure)
        return false;
    struct finding finding = {.rule = rule_lifetime_contract.name,
                              .phase = PHASE_STEADY,
                              .severity = SEVERITY_WARNING,
                              .culprit = pool->created,
                              .destroyed = stack,
                              .departure = lifetime->departure,
                              .count = 1,
                              .bytes = pool->bytes,
                              .per_unit.unit = API_MARK_KINDS};
    describe_process(&finding, process, (struct span){pool->created_tick, process->tick});
    describe_pool(&finding, state->current->replay, pool);
    cost_add_pool(&finding.cost, state->current->replay, pool);
    describe_advice(&finding, state->current->replay, advice(lifetime->departure));
    rule_report(state, &finding);
    return true;
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay, (void)process;
    ledger_pop(data);
}

static struct lifetimes_listener listener(void *state)
{
    return (struct lifetimes_listener){state, ledger_push, on_lifetime, NULL, on_end};
}

const struct rule rule_lifetime_contract = {
    "lifetime-contract", rule_start, NULL, listener, rule_take, rule_add, rule_finish, rule_end,
};
