/* pieces.c - what young pools took that can be given back by itself; see pieces.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/pieces.h"

#include "analyzer/util/memory.h"

#define PIECES_MOST 256u /* of a pool: of one with more all is told */
#define WORD        8u   /* bytes */

void pieces_add(struct reducer *reducer, uint32_t number, uint64_t address, uint64_t size)
{
    struct young *pool = young_number(reducer, number);
    const uint64_t gap = -pool->placed_end % WORD;
    if (address == pool->placed_end + gap)
        pool->padding += gap;
    else if (address != pool->placed_end)
        pool->padding_most += gap;
    pool->placed_end = address + size;
    if (!address)
        return;
    uint32_t *there = keymap_put(&reducer->pieces, address);
    if (*there) /* it was given back without telling */
        young_number(reducer, *there)->unusual = pool->unusual = true;
    *there = number;
    pool->unusual |= pool->piece_count >= PIECES_MOST;
    GROW(pool->pieces, pool->piece_count, pool->piece_capacity);
    pool->pieces[pool->piece_count++] = (struct piece){address, size};
}

/* NULL: it has none there, or all of it is told in any case. */
static struct piece *piece_at(const struct young *pool, uint64_t address)
{
    for (size_t i = 0; i < pool->piece_count; i++)
        if (pool->pieces[i].address == address)
            return &pool->pieces[i];
    return NULL;
}

void pieces_note_large(struct young *pool, uint64_t address)
{
    const struct piece *piece = piece_at(pool, address);
    pool->large |= !piece;
    pool->large_bytes += piece ? piece->size : 0;
}

void pieces_compare(struct young *pool, uint64_t used)
{
    uint64_t seen = pool->bytes - pool->large_bytes + pool->padding;
    const uint64_t most = pool->padding_most + -pool->placed_end % WORD;
    if (used != UINT64_MAX && used > seen)
        seen += used - seen < most ? used - seen : most;
    pool->unusual |= pool->large || (used != UINT64_MAX && used != seen);
}

void pieces_note_found(struct young *pool, const struct trace_event *event)
{
    if (event->found == TRACE_FOUND_KEPT)
        pool->padding += event->number;
    else if (event->found == TRACE_FOUND_ALLOCATIONS)
        pool->unusual |= event->number != pool->piece_count;
    else
        pool->unusual |= event->number != 0 || pool->had_pools;
}

uint32_t pieces_give_back(struct reducer *reducer, const struct unit_events *unit,
                          const struct trace_event *event)
{
    const uint32_t number = event->object ? keymap_get(&reducer->pieces, event->object) : 0;
    if (!number)
        return 0;
    struct young *pool = young_number(reducer, number);
    struct piece *piece = piece_at(pool, event->object);
    keymap_remove(&reducer->pieces, event->object);
    if (!piece || pool->state != YOUNG_LIVE || pool->thread != unit->thread || !unit->open ||
        event->kind == TRACE_EVENT_RELEASE) {
        pool->unusual = true;
        return 0;
    }
    pool->bytes -= piece->size;
    *piece = pool->pieces[--pool->piece_count];
    return number;
}
