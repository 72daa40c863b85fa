/* endings.c - what ends together, counted by when it was made: see endings.h. */
#include "analyzer/rules/endings.h"

#include "analyzer/rules/time_slices.h"

#include <stdlib.h>

static void begin(struct ending *ending, struct unit unit)
{
    finding_free(&ending->first);
    *ending = (struct ending){.active = true, .unit = unit, .since = UINT32_MAX};
}

void ending_add(struct ending *ending, const struct process *process, const struct pool *pool,
                const struct pool *with)
{
    if (!ending->active)
        begin(ending, process->unit);
    births_add(&ending->births, pool->born.index);
    ending->pools++;
    ending->bytes += pool->bytes;
    if (with == pool)
        return;
    const bool since = !with->inherited && with->born.kind == pool->born.kind;
    const uint32_t unit = since ? with->born.index : 0;
    ending->held++;
    ending->since = unit < ending->since ? unit : ending->since;
}

bool ending_grew(const struct ending *ending, const struct process *process,
                 enum api_mark_kind unit, uint32_t first, uint32_t units,
                 struct series_growth *growth)
{
    if (births_units(&ending->births) < units)
        return false;
    if (ending_is_held(ending) && ending->since >= first && ending->since != UINT32_MAX)
        first = ending->since + 1;
    const uint32_t last =
        ending->unit.kind == unit ? ending->unit.index : units_begun(process, unit);
    struct series series = births_series(&ending->births, first, last);
    *growth = unit == API_UNIT_TIME ? time_slices_growth(&series) : series_growth(&series);
    series_free(&series);
    return growth->growing && growth->grew >= units;
}

bool ending_is_held(const struct ending *ending)
{
    return 2 * ending->held > ending->pools;
}

void ending_free(struct ending *ending)
{
    if (ending)
        finding_free(&ending->first);
    free(ending);
}
