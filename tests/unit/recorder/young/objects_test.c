/* objects_test.c - what young pools took that can be given back, and pools that are cleared in each
 * unit of work.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/young/alive.h"
#include "preload/young/objects.h"
#include "preload/young/refills.h"

#include <criterion/criterion.h>

#define POOL(n)   (UINT64_C(0x7f0000000000) + (uint64_t)(n)*64)
#define OBJECT(n) (UINT64_C(0x600000000000) + (uint64_t)(n)*16)

static struct young_pools *young;

static void set_up(void)
{
    young = young_map();
    cr_assert(young);
}

static void tear_down(void)
{
    young_unmap(young);
}

TestSuite(young_objects, .init = set_up, .fini = tear_down);
TestSuite(young_refills, .init = set_up, .fini = tear_down);

Test(young_objects, are_found_until_they_are_given_back)
{
    struct young_pool *pool = young_add(young, POOL(1));
    for (unsigned i = 0; i < 100; i++)
        cr_assert(young_object_add(young, pool, OBJECT(i), 16, 7));
    for (unsigned i = 0; i < 100; i += 2)
        young_object_remove(young, young_object_find(young, OBJECT(i)));
    for (unsigned i = 0; i < 100; i++)
        cr_assert_eq(young_object_find(young, OBJECT(i)) != NULL, i % 2, "%u", i);
    cr_assert(pool->allocations == 100 && pool->bytes == 50 * 16);
    cr_assert_eq(young_more(young, pool)->taken, 100 * 16);
    const struct young_object *object = NULL;
    for (unsigned i = 1; i < 100; i += 2) {
        object = young_object_next(young, pool, object);
        cr_assert(object && object->address == OBJECT(i) && object->stack == 7);
    }
    cr_assert_null(young_object_next(young, pool, object));
}

Test(young_objects, are_gone_with_their_pool)
{
    for (unsigned i = 0; i < 10 * YOUNG_OBJECTS; i++) {
        struct young_pool *pool = young_add(young, POOL(i % 7));
        cr_assert(young_object_add(young, pool, OBJECT(i), 8, 0));
        cr_assert(young_object_add(young, pool, OBJECT(i + 1), 8, 0));
        young_end(young, pool, YOUNG_ENDED);
        cr_assert_null(young_object_find(young, OBJECT(i)));
        cr_assert_eq(young_more(young, pool)->objects, 2, "how many there were is known");
        young_remove(young, pool);
    }
    cr_assert_leq(young->object_limit, 3);
}

Test(young_objects, there_is_no_room_for_ever_more)
{
    struct young_pool *pool = young_add(young, POOL(1));
    for (unsigned i = 0; i < YOUNG_OBJECTS; i++)
        cr_assert(young_object_add(young, pool, OBJECT(i), 8, 0));
    cr_assert(!young_object_add(young, pool, OBJECT(YOUNG_OBJECTS), 8, 0));
    cr_assert_eq(pool->allocations, YOUNG_OBJECTS);
}

Test(young_objects, what_is_at_the_same_address_was_given_back)
{
    struct young_pool *one = young_add(young, POOL(1)), *other = young_add(young, POOL(2));
    young_object_add(young, one, OBJECT(1), 48, 0);
    young_object_add(young, other, OBJECT(1), 16, 0);
    cr_assert(one->bytes == 0 && young_more(young, one)->objects == 0);
    cr_assert_eq(young_object_pool(young, young_object_find(young, OBJECT(1))), other);
    young_object_add(young, other, 0, 8, 0);
    young_object_add(young, other, 0, 8, 0);
    cr_assert_eq(young_more(young, other)->objects, 3, "of some it is not known where they are");
}

Test(young_objects, much_counts_from_the_last_clear)
{
    struct young_pool *pool = young_add(young, POOL(1));
    const struct young_more *more = young_more(young, pool);
    for (unsigned i = 1; i < OBJECTS_MANY; i++) {
        cr_assert(!young_object_is_much(pool, more, 8), "%u", i);
        young_object_add(young, pool, OBJECT(i), 8, 0);
    }
    cr_assert(young_object_is_much(pool, more, 8));
    young_objects_clear(young, pool, 5);
    cr_assert(pool->bytes == 0 && more->cleared == OBJECTS_MANY - 1 && more->clear_stack == 5);
    cr_assert(!young_object_is_much(pool, more, OBJECTS_BYTES), "it is one allocation");
    cr_assert_null(young_object_find(young, OBJECT(1)));
}

/* Clears that are written, one in each of UNITS from FIRST on: the pool it is then. */
static struct young_pool *clear(uint32_t first, uint32_t units)
{
    struct young_pool *pool = NULL;
    for (uint32_t unit = first; unit < first + units && !pool; unit++)
        pool = refill_note(young, POOL(1), unit);
    return pool;
}

Test(young_refills, are_cleared_in_each_unit)
{
    cr_assert_null(clear(1, 30), "it may have ended");
    alive_note(POOL(1));
    cr_assert_null(clear(1, 4));
    cr_assert_null(clear(6, 4), "in one it was not");
    struct young_pool *pool = clear(10, 1);
    cr_assert(pool && young_find_refilled(young, POOL(1)) == pool);
    cr_assert_null(young_find(young, POOL(1)));
    cr_assert_null(refill_uncleared(young, 10));
    cr_assert_eq(refill_uncleared(young, 11), pool);
    refill_end(young, pool);
    cr_assert_null(young_find_refilled(young, POOL(1)));
    cr_assert_null(clear(12, 4), "it begins anew");
    alive_forget(POOL(1));
    cr_assert_null(clear(16, 30));
}

Test(young_refills, hold_what_they_took_since)
{
    alive_note(POOL(1));
    struct young_pool *pool = clear(1, 5);
    young_object_add(young, pool, OBJECT(1), 32, 0);
    refill_note_made(young, POOL(1));
    cr_assert(refill_has_pools(young, pool));
    refill_clear(young, pool, 6, 9);
    cr_assert(!refill_has_pools(young, pool) && pool->bytes == 0 && pool->allocations == 0);
    cr_assert_null(young_object_find(young, OBJECT(1)));
    refill_clear(young, pool, 64, 9);
    cr_assert_null(young_find_refilled(young, POOL(1)), "once in 64 it is a sample");
    cr_assert(clear(65, 1), "... until it is cleared again");
}

Test(young_refills, there_are_a_few)
{
    unsigned refilled = 0;
    for (unsigned i = 0; i < 2 * YOUNG_REFILLS; i++) {
        alive_note(POOL(i));
        for (uint32_t unit = 1; unit < 10; unit++)
            refilled += refill_note(young, POOL(i), unit) != NULL;
    }
    cr_assert_eq(refilled, YOUNG_REFILLS);
}
