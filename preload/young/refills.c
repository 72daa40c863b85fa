/* refills.c - pools that are cleared in each unit of work; see refills.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/refills.h"

#include "preload/young/alive.h"
#include "preload/young/objects.h"

#define OFTEN 4u /* units, in which it is recorded in full */

/* And then ever more rarely, but for one in so many units. */
#define SAMPLED_FIRST 64u
#define SAMPLED       4096u

static bool is_sampled(uint32_t unit)
{
    return unit >= SAMPLED_FIRST && ((unit & (unit - 1)) == 0 || unit % SAMPLED == 0);
}

static struct young_refill *refill_of(struct young_pools *young, const struct young_pool *pool)
{
    const uint16_t number = (uint16_t)(pool - young->pools);
    for (unsigned i = 0; i < YOUNG_REFILLS; i++) {
        if (young->refills[i].number == number)
            return &young->refills[i];
    }
    return NULL;
}

/* What is known of the pool at ADDRESS, or what is in the place of one that was not cleared for
 * long; NULL: there is no room for it. */
static struct young_refill *find_room(struct young_pools *young, uint64_t address)
{
    struct young_refill *oldest = NULL;
    for (unsigned i = 0; i < YOUNG_REFILLS; i++) {
        struct young_refill *refill = &young->refills[i];
        if (refill->address == address)
            return refill;
        if (!refill->number && (!oldest || refill->unit < oldest->unit))
            oldest = refill;
    }
    if (oldest)
        *oldest = (struct young_refill){.address = address};
    return oldest;
}

static struct young_pool *begin(struct young_pools *young, struct young_refill *refill)
{
    struct young_pool *pool = young_add_apart(young, refill->address);
    if (!pool)
        return NULL;
    pool->most = YOUNG_BYTES_MAX;
    refill->number = (uint16_t)(pool - young->pools);
    refill->has_pools = false;
    young->refilled[refill - young->refills] = refill->address;
    return pool;
}

struct young_pool *refill_note(struct young_pools *young, uint64_t address, uint32_t unit)
{
    struct young_refill *refill = alive_is(address) ? find_room(young, address) : NULL;
    if (!refill || refill->number)
        return NULL;
    if (refill->unit != unit)
        refill->units = refill->unit + 1 == unit ? refill->units + 1 : 1;
    refill->unit = unit;
    return refill->units > OFTEN && !is_sampled(unit) ? begin(young, refill) : NULL;
}

void refill_forget(struct young_pools *young, uint64_t address)
{
    for (unsigned i = 0; i < YOUNG_REFILLS; i++) {
        if (young->refills[i].address == address && !young->refills[i].number)
            young->refills[i] = (struct young_refill){0};
    }
}

void refill_note_made(struct young_pools *young, uint64_t parent)
{
    const struct young_pool *pool = parent ? young_find_refilled(young, parent) : NULL;
    struct young_refill *refill = pool ? refill_of(young, pool) : NULL;
    if (refill)
        refill->has_pools = true;
}

bool refill_has_pools(struct young_pools *young, const struct young_pool *pool)
{
    const struct young_refill *refill = refill_of(young, pool);
    return refill && refill->has_pools;
}

static void leave(struct young_pools *young, struct young_refill *refill)
{
    young->refilled[refill - young->refills] = 0;
    young_remove_apart(young, &young->pools[refill->number]);
    refill->number = 0;
}

void refill_clear(struct young_pools *young, struct young_pool *pool, uint32_t unit, uint32_t stack)
{
    struct young_refill *refill = refill_of(young, pool);
    young_objects_clear(young, pool, stack);
    young->passing.passed += pool->allocations + 1;
    pool->allocations = young_more(young, pool)->cleared = 0;
    if (!refill)
        return;
    refill->units += refill->unit != unit;
    refill->unit = unit;
    refill->has_pools = false;
    if (is_sampled(unit))
        leave(young, refill);
}

void refill_end(struct young_pools *young, struct young_pool *pool)
{
    struct young_refill *refill = refill_of(young, pool);
    if (!refill)
        return;
    refill->units = 0;
    leave(young, refill);
}

struct young_pool *refill_uncleared(struct young_pools *young, uint32_t unit)
{
    for (unsigned i = 0; i < YOUNG_REFILLS; i++) {
        const struct young_refill *refill = &young->refills[i];
        if (refill->number && (!unit || refill->unit != unit))
            return &young->pools[refill->number];
    }
    return NULL;
}
