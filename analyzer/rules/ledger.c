#include "analyzer/rules/ledger.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

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

void rule_sum_report(struct rule_sum *sum, struct finding *finding)
{
    if (sum->pid && !finding_has_pid(finding, sum->pid))
        finding_free(finding);
    else
        findings_join(&sum->findings, &sum->index, finding, finding->culprit);
}

void rule_add(struct rule_sum *sum, struct ledger *seen)
{
    for (size_t i = 0; i < seen->findings.count; i++)
        rule_sum_report(sum, &seen->findings.items[i]);
    seen->findings.count = 0;
    ledger_free(seen);
}

struct findings rule_finish(struct rule_sum *sum)
{
    struct findings findings = sum->findings;
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
    free(ledger->items);
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

void ledger_start_series(const struct ledger *ledger, struct series *series,
                         enum api_mark_kind unit)
{
    series_start(series, ledger->base[unit] + 1);
}

void rule_report(struct rule_state *state, struct finding *finding)
{
    struct ledger *ledger = state->current;
    findings_join(&ledger->findings, &ledger->findings_index, finding, finding->culprit);
}
