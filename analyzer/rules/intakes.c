/* intakes.c - what each backtrace takes from a pool, see intakes.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/intakes.h"

#include "analyzer/rules/describe.h"

static uint64_t intake_key(uint32_t pool, uint32_t unit, uint32_t stack)
{
    return (uint64_t)pool << 36 | (uint64_t)unit << 32 | stack;
}

/* Under this key is the number of the pool's first intake: no unit is of this kind. */
static uint64_t list_key(uint32_t pool)
{
    return intake_key(pool, 15, 0);
}

/* Under this one is the unit of its kind in which the pool was cleared last. */
static uint64_t cleared_key(uint32_t pool, uint32_t unit)
{
    return intake_key(pool, 14, unit);
}

static uint32_t unused_intake(struct ledger *ledger)
{
    uint32_t number = ledger->free;
    if (number) {
        ledger->free = intake_number(ledger, number)->next;
        *intake_number(ledger, number) = (struct intake){0};
        return number;
    }
    ledger_add(ledger, sizeof(struct intake));
    return (uint32_t)ledger->count;
}

/* The series begins when the pool could first grow, since it was cleared if it was. That of a pool
 * which was made in a unit of another kind begins with its first growth: how many units there had
 * been is not kept. */
static void start_series(const struct ledger *ledger, struct intake *intake,
                         const struct pool *pool, struct unit unit)
{
    const uint32_t cleared = keymap_get(&ledger->index, cleared_key(pool->number, unit.kind));
    if (cleared)
        series_start(&intake->over_units, cleared);
    else if (pool->inherited || !unit_counts(pool->born) || unit.kind == API_UNIT_TIME)
        ledger_start_series(ledger, &intake->over_units, unit.kind);
    else
        series_start(&intake->over_units,
                     pool->born.kind == unit.kind ? pool->born.index + 1 : unit.index);
    ledger_label_series(ledger, &intake->over_units, unit.kind);
}

uint32_t intake_for(struct ledger *ledger, const struct process *process, const struct pool *pool,
                    uint32_t stack)
{
    enum api_mark_kind unit = process->unit.kind;
    uint32_t *found = keymap_put(&ledger->index, intake_key(pool->number, unit, stack));
    if (*found)
        return *found;
    uint32_t number = *found = unused_intake(ledger);
    uint32_t *first = keymap_put(&ledger->index, list_key(pool->number));
    struct intake *intake = intake_number(ledger, number);
    *intake = (struct intake){.pool = pool->number,
                              .stack = stack,
                              .unit = unit,
                              .of_task = pool_life(ledger->replay, pool) == API_LIFE_TASK,
                              .next = *first,
                              .span.first = process->tick};
    *first = number;
    start_series(ledger, intake, pool, process->unit);
    if (stack != INTAKE_ALL) {
        uint32_t all = intake_for(ledger, process, pool, INTAKE_ALL);
        intake_number(ledger, number)->all = all;
    }
    return number;
}

uint32_t intake_find(const struct ledger *ledger, uint32_t pool, uint32_t unit, uint32_t stack)
{
    return keymap_get(&ledger->index, intake_key(pool, unit, stack));
}

uint32_t intakes_first(const struct ledger *ledger, uint32_t pool)
{
    return keymap_get(&ledger->index, list_key(pool));
}

void intakes_cleared(struct ledger *ledger, uint32_t pool, struct unit unit)
{
    if (unit_counts(unit) && unit.kind != API_UNIT_TIME)
        *keymap_put(&ledger->index, cleared_key(pool, unit.kind)) = unit.index;
}

void intakes_ended(struct ledger *ledger, uint32_t pool)
{
    for (uint32_t unit = 0; unit < UNIT_KINDS; unit++)
        keymap_remove(&ledger->index, cleared_key(pool, unit));
}

void intakes_forget(struct ledger *ledger, uint32_t pool)
{
    uint32_t number = intakes_first(ledger, pool);
    keymap_remove(&ledger->index, list_key(pool));
    while (number) {
        struct intake *intake = intake_number(ledger, number);
        uint32_t next = intake->next;
        keymap_remove(&ledger->index, intake_key(intake->pool, intake->unit, intake->stack));
        series_free(&intake->over_units);
        *intake = (struct intake){.next = ledger->free};
        ledger->free = number;
        number = next;
    }
}
