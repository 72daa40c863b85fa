#include "rules/ledger.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

void *rule_start(int32_t pid)
{
    struct rule_state *state = xcalloc(1, sizeof *state);
    state->pid = pid;
    return state;
}

struct findings rule_take(void *data)
{
    struct rule_state *state = data;
    struct findings findings = state->findings;
    state->findings = (struct findings){0};
    keymap_free(&state->index);
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
    keymap_free(&ledger->index);
    free(ledger->items);
    free(ledger);
}

void rule_end(void *data)
{
    struct rule_state *state = data;
    /* Those of a replay that broke off. */
    while (state->current)
        ledger_pop(state);
    findings_free(&state->findings);
    keymap_free(&state->index);
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

void rule_tell(struct rule_state *state, struct finding *finding)
{
    if (state->pid && !finding_has_pid(finding, state->pid))
        finding_free(finding);
    else
        findings_join(&state->findings, &state->index, finding, finding->culprit);
}
