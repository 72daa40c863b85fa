/* takings.c - what each place takes from a pool within one unit of work; see takings.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/takings.h"

#include "analyzer/util/memory.h"

#include <math.h>
#include <string.h>

#define LATEST 4 /* places, looked through before the index is asked */

struct tally *tally_make_room(struct ledger *ledger, uint32_t pool)
{
    const size_t had = ledger->own_count, room = (size_t)pool + pool / 4 + 64;
    ledger->own = xreallocarray(ledger->own, room, sizeof(struct tally));
    memset((struct tally *)ledger->own + had, 0, (room - had) * sizeof(struct tally));
    ledger->own_count = room;
    return tally_number(ledger, pool);
}

static uint64_t taking_key(uint32_t pool, uint32_t site)
{
    return (uint64_t)(pool + 1) << 32 | site;
}

static uint32_t new_taking(struct ledger *ledger)
{
    const uint32_t number = ledger->free;
    if (number) {
        ledger->free = taking_number(ledger, number)->next;
        return number;
    }
    ledger_add(ledger, sizeof(struct taking));
    return (uint32_t)ledger->count;
}

/* Most pools are taken from by few places: of LATEST at most, only the list is kept. The number of
 * what SITE took if it is among the latest of TALLY, else 0; *LISTED: how many were looked at, and
 * *NEXT: the one after them. */
static inline uint32_t find_among_latest(const struct ledger *ledger, const struct tally *tally,
                                         uint32_t site, unsigned *listed, uint32_t *next)
{
    uint32_t number = tally->first;
    unsigned i = 0;
    for (; i < LATEST && number; i++) {
        const struct taking *taking = taking_number(ledger, number);
        if (taking->site == site)
            return number;
        number = taking->next;
    }
    *listed = i;
    *next = number;
    return 0;
}

/* Whether there are more than LATEST. */
static bool is_indexed(const struct ledger *ledger, const struct tally *tally)
{
    uint32_t number = tally->first;
    for (unsigned i = 0; i < LATEST && number; i++)
        number = taking_number(ledger, number)->next;
    return number != 0;
}

static void put_into_index(struct ledger *ledger, uint32_t pool, const struct tally *tally)
{
    for (uint32_t i = tally->first; i; i = taking_number(ledger, i)->next)
        *keymap_put(&ledger->index, taking_key(pool, taking_number(ledger, i)->site)) = i;
}

uint32_t taking_of(struct ledger *ledger, uint32_t pool, uint32_t stack, struct tally *tally,
                   struct since since)
{
    unsigned listed;
    uint32_t next;
    const uint32_t site = replay_site(ledger->replay, stack);
    uint32_t number = find_among_latest(ledger, tally, site, &listed, &next);
    if (!number && next)
        number = keymap_get(&ledger->index, taking_key(pool, site));
    if (number)
        return number;
    number = new_taking(ledger);
    *taking_number(ledger, number) =
        (struct taking){.site = site, .stack = stack, .next = tally->first, .since = since};
    tally->first = number;
    if (next)
        *keymap_put(&ledger->index, taking_key(pool, site)) = number;
    else if (listed == LATEST)
        put_into_index(ledger, pool, tally);
    return number;
}

uint32_t taking_find(const struct ledger *ledger, uint32_t pool, uint32_t stack,
                     const struct tally *tally)
{
    unsigned listed;
    uint32_t next;
    const uint32_t site = replay_site(ledger->replay, stack);
    const uint32_t latest = find_among_latest(ledger, tally, site, &listed, &next);
    return latest || !next ? latest : keymap_get(&ledger->index, taking_key(pool, site));
}

static void take_along(const struct ledger *ledger, struct taking *taking, uint32_t stack)
{
    if (!taking->ended || !replay_within(ledger->replay, taking->ended_by, stack))
        return;
    taking->count += taking->ended;
    taking->bytes += taking->freed;
}

void takings_take_along(struct ledger *ledger, const struct tally *tally, uint32_t stack)
{
    for (uint32_t i = stack ? tally->first : 0; i; i = taking_number(ledger, i)->next)
        take_along(ledger, taking_number(ledger, i), stack);
}

void takings_forget(struct ledger *ledger, uint32_t pool, struct tally *tally)
{
    const bool indexed = is_indexed(ledger, tally);
    for (uint32_t i = tally->first; i;) {
        struct taking *taking = taking_number(ledger, i);
        if (indexed)
            keymap_remove(&ledger->index, taking_key(pool, taking->site));
        const uint32_t next = taking->next;
        *taking = (struct taking){.next = ledger->free};
        ledger->free = i;
        i = next;
    }
    *tally = (struct tally){0};
}

/* Wilson's lower limit, at two deviations, of the share that FOUND of so many LOOKS are of. */
static double share_least(double found, double looks)
{
    const double share = found / looks, deviations = 2, square = deviations * deviations;
    const double middle = share + square / (2 * looks);
    const double spread =
        deviations * sqrt(share * (1 - share) / looks + square / (4 * looks * looks));
    return fmax(middle - spread, 0) / (1 + square / looks);
}

/* Bytes of the allocations of TALLY that were asked for. */
static uint64_t looked_at(const struct ledger *ledger, const struct tally *tally)
{
    uint64_t bytes = 0;
    for (uint32_t i = tally->first; i; i = taking_number(ledger, i)->next) {
        const struct taking *taking = taking_number(ledger, i);
        bytes += taking->pools ? 0 : taking->bytes;
    }
    return bytes;
}

/* COUNT allocations are as large as those seen, and no more than their part of all bytes is: few
 * large ones among them, or among all others, may be seen, or not. */
static uint64_t bytes_of(const struct ledger *ledger, const struct tally *tally,
                         const struct taking *taking, uint64_t count)
{
    const uint64_t all = looked_at(ledger, tally);
    const double mean = (double)taking->bytes / (double)taking->count;
    const double share = all ? (double)taking->bytes / (double)all : 0;
    return (uint64_t)fmin((double)count * mean, (double)tally->bytes * share);
}

struct part part_of(const struct ledger *ledger, const struct tally *tally,
                    const struct taking *taking)
{
    const struct taken *all = taking->pools ? &tally->pools : &tally->taken;
    const double looks = (double)(all->count - all->uncounted);
    const double found = (double)taking->count, missed = (double)all->uncounted;
    struct part part = {.count = taking->count,
                        .bytes = taking->bytes,
                        .count_least = taking->count,
                        .bytes_least = taking->bytes};
    if (missed == 0 || looks <= 0 || found <= 0)
        return part;
    part.estimated = found < looks;
    part.count += (uint64_t)(missed * found / looks);
    part.count_least += (uint64_t)(missed * share_least(fmin(found, looks), looks));
    if (!taking->pools)
        part.bytes = bytes_of(ledger, tally, taking, part.count);
    part.bytes_least =
        (uint64_t)((double)part.bytes * (double)part.count_least / (double)part.count);
    return part;
}
