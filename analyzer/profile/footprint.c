/* footprint.c - how much memory a process has, and its pools of that; see footprint.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/footprint.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

#define ELSEWHERE_LEAST                                                                            \
    (UINT64_C(4) << 20)              /* bytes: libraries, as they are used first, take less */
#define ROUNDING (UINT64_C(1) << 20) /* bytes: processors count by themselves for a while */

static bool begins_work(enum api_mark_kind mark)
{
    return mark == API_MARK_COMMAND || mark == API_MARK_RESTART || mark == API_MARK_CONNECTION;
}

void footprint_base_mark(struct footprint_base *base, const struct replay *replay,
                         const struct process *process, enum api_mark_kind mark)
{
    if (base->works || !begins_work(mark))
        return;
    *base = (struct footprint_base){.works = true, .tick = process->tick};
    base->limit = replay_pool_limit(replay);
    base->pools = xcalloc(base->limit, sizeof(*base->pools));
    for (uint32_t i = 1; i < base->limit; i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && pool->state == POOL_ALIVE)
            base->pools[i] = (struct footprint_pool){pool->bytes, pool->serial};
    }
}

/* Whether POOL was there; *BYTES: what it had then. */
static bool was_there(const struct footprint_base *base, const struct pool *pool, uint64_t *bytes)
{
    const bool there = base->works && pool->number < base->limit &&
                       base->pools[pool->number].serial == pool->serial;
    *bytes = there ? base->pools[pool->number].bytes : pool->inherited_bytes;
    return there || (!base->works && pool->inherited);
}

/* Its blocks are taken to have grown with what is in them: they were not looked at then. */
void footprint_base_add(struct footprint_base *base, const struct replay *replay,
                        const struct pool *pool)
{
    uint64_t bytes;
    if (!was_there(base, pool, &bytes))
        return;
    const struct pool_held held = replay_pool_held(replay, pool);
    uint64_t then = held.bytes;
    if (pool->bytes > bytes)
        then = (uint64_t)((double)held.bytes * ((double)bytes / (double)pool->bytes));
    else if (bytes > then)
        then = bytes;
    base->held += then;
    base->estimated |= pool->bytes != bytes;
}

void footprint_base_free(struct footprint_base *base)
{
    free(base->pools);
    *base = (struct footprint_base){0};
}

static uint64_t without_own(uint64_t bytes, const struct trace_resident *note)
{
    return bytes > note->own ? bytes - note->own : 0;
}

/* The last of NOTES that is not later than TICK, or the first. */
static const struct trace_resident *note_at(const struct resident_notes *notes, uint64_t tick)
{
    size_t i = notes->count - 1;
    while (i > 0 && notes->items[i].tick > tick)
        i--;
    return &notes->items[i];
}

/* Whether the kernel's peak at the first of NOTES is another program's, or of before. */
static bool began_larger(const struct process *process, const struct trace_resident *first)
{
    return process->header->attached_tick != 0 ||
           (first->now && first->peak > first->now + ROUNDING);
}

static enum footprint_state read_notes(const struct process *process, uint64_t work_tick,
                                       struct footprint *to)
{
    const struct resident_notes *notes = process->residents;
    if (!notes || notes->count == 0)
        return FOOTPRINT_NOT_NOTED;
    /* An event's time may be so much earlier than that of the note before it. */
    const struct trace_resident *first = note_at(notes, work_tick + TRACE_TIME_LAG);
    const struct trace_resident *last = note_at(notes, process->tick + TRACE_TIME_LAG);
    const uint64_t before = began_larger(process, notes->items) ? notes->items->peak : 0;
    if (last <= first && !process->ended)
        return FOOTPRINT_NOT_NOTED;
    if (last->peak <= before)
        return FOOTPRINT_BEFORE;
    if (first->peak <= before && notes->items->now)
        first = notes->items;
    to->first = without_own(first->now ? first->now : first->peak, first);
    to->peak = without_own(last->peak, last);
    return FOOTPRINT_KNOWN;
}

/* BYTES, which are not known where they are 0, as of its end. */
static uint64_t in_the_end(const struct process *process, uint64_t bytes)
{
    const struct resident_notes *notes = process->residents;
    return notes && notes->count ? without_own(bytes, &notes->items[notes->count - 1]) : bytes;
}

struct footprint footprint_of(const struct process *process, const struct footprint_base *base,
                              uint64_t held, bool estimated)
{
    struct footprint footprint = {
        .pid = process->pid, .index = process->index, .now = in_the_end(process, process->present)};
    if (!process->present)
        footprint.last = in_the_end(process, process->header->resident);
    const uint64_t start = process->header->start_tick;
    footprint.state = read_notes(process, base->works ? base->tick : start, &footprint);
    if (footprint.state != FOOTPRINT_KNOWN)
        return footprint;
    footprint.pools = held > base->held ? held - base->held : 0;
    footprint.estimated = estimated || base->estimated;
    return footprint;
}

bool footprint_is_elsewhere(const struct footprint *footprint)
{
    const uint64_t growth = footprint_growth(footprint);
    const uint64_t rest = growth - footprint_explained(footprint);
    return rest >= ELSEWHERE_LEAST && rest > growth / 2;
}

static bool is_larger(const struct footprint *a, const struct footprint *b)
{
    if (a->state != b->state)
        return a->state > b->state;
    const uint64_t of_a = footprint_growth(a), of_b = footprint_growth(b);
    return of_a != of_b ? of_a > of_b : a->index < b->index;
}

void footprint_keep_larger(struct footprint *most, const struct footprint *other)
{
    if (most->pid == 0 || is_larger(other, most))
        *most = *other;
}
