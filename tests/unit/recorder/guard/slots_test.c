/* slots_test.c - pages of single allocations: where they lie, what cannot be touched when. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/slots.h"
#include "preload/util/readable.h"

#include <criterion/criterion.h>
#include <string.h>

#define POOL  UINT64_C(0x555500001000)
#define OTHER UINT64_C(0x555500002000)

static void set_up(void)
{
    cr_assert(slots_setup(true));
}

TestSuite(slots, .init = set_up);

static bool can_be_used(uint64_t start, size_t size)
{
    memset((void *)start, 'x', size);
    return is_readable(start) && is_readable(start + size - 1);
}

Test(slots, an_allocation_ends_or_begins_at_what_cannot_be_touched)
{
    static const size_t sizes[] = {1, 8, 13, 4000, 4096};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const uint64_t tail = slots_take(POOL, sizes[i], 1, false);
        const uint64_t aligned = slots_take(POOL, sizes[i], 8, false);
        const uint64_t front = slots_take(POOL, sizes[i], 8, true);
        cr_assert(tail && aligned && front);
        cr_expect(can_be_used(tail, sizes[i]) && can_be_used(aligned, sizes[i]) &&
                  can_be_used(front, sizes[i]));
        cr_expect_not(is_readable(tail + sizes[i]));
        cr_expect_eq(aligned % 8, 0);
        cr_expect_not(is_readable(aligned + (sizes[i] + 7) / 8 * 8));
        cr_expect_not(is_readable(front - 1));
    }
}

Test(slots, what_a_pool_had_dies_when_it_has_ended_and_no_more)
{
    const uint64_t mine = slots_take(POOL, 32, 8, false), other = slots_take(OTHER, 32, 8, false);
    slots_pool_ends(POOL);
    cr_expect(is_readable(mine), "cleanups may use it");
    const uint64_t late = slots_take(POOL, 32, 8, false);
    slots_pool_ended(POOL);
    cr_expect_not(is_readable(mine));
    cr_expect(is_readable(other));
    cr_expect(is_readable(late), "another pool may be there already");
    slots_pool_made(POOL);
    cr_expect_not(is_readable(late));
}

Test(slots, an_address_tells_whose_it_is)
{
    struct slots_hit hit;
    const uint64_t start = slots_take(POOL, 32, 8, false), front = slots_take(OTHER, 32, 8, true);
    cr_assert(slots_find(start + 32, &hit));
    cr_expect(!hit.dead && !hit.open && hit.start == start && hit.pool == POOL);
    cr_assert(slots_find(front - 1, &hit));
    cr_expect(!hit.dead && hit.start == front && hit.pool == OTHER);
    slots_pool_ends(POOL);
    slots_pool_ended(POOL);
    cr_assert(slots_find(start + 3, &hit));
    cr_expect(hit.dead && hit.start == start && hit.pool == POOL);
    cr_expect_not(slots_find(POOL, &hit));
    cr_assert(slots_open(&hit));
    cr_expect(is_readable(start));
}

/* A page each: what is behind one that was opened, and before it. */
Test(slots, who_goes_on_after_a_touch_is_found_again)
{
    struct slots_hit hit;
    const uint64_t start = slots_take(POOL, 32, 8, false), next = slots_take(POOL, 32, 8, false);
    cr_assert(slots_find(start + 32, &hit) && !hit.open && slots_open(&hit));
    cr_assert(slots_find(start - SLOT_BYTES, &hit) && !hit.open && slots_open(&hit));
    cr_expect(is_readable(start + 32) && is_readable(start - SLOT_BYTES));
    slots_pool_ends(POOL);
    slots_pool_ended(POOL);
    cr_assert(slots_find(next, &hit) && hit.dead && !hit.open && slots_open(&hit));
    cr_assert(slots_find(next + 32, &hit) && !hit.dead && !hit.open && slots_open(&hit));
    cr_expect(is_readable(next + 32), "neither side is alive");
}

/* Many at once, of which one was opened before. */
Test(slots, all_of_a_pool_are_closed_at_its_end)
{
    struct slots_hit hit;
    uint64_t starts[100], others[100];
    for (unsigned i = 0; i < 100; i++) {
        starts[i] = slots_take(POOL, 32, 8, false);
        others[i] = i % 7 == 0 ? slots_take(OTHER, 32, 8, false) : 0;
    }
    cr_assert(slots_find(starts[50] + 32, &hit) && slots_open(&hit));
    slots_pool_ends(POOL);
    slots_pool_ended(POOL);
    for (unsigned i = 0; i < 100; i++) {
        cr_expect_not(is_readable(starts[i]), "%u", i);
        cr_expect(!others[i] || is_readable(others[i]), "%u", i);
        cr_expect(!others[i] || !is_readable(others[i] + 32), "%u", i);
    }
}

/* Asking, as before a system call, is no touch. */
Test(slots, what_cannot_be_touched_is_told_to_who_asks)
{
    struct slots_hit hit;
    const uint64_t start = slots_take(POOL, 40, 8, false);
    for (unsigned i = 0; i < 20; i++) {
        cr_expect_not(slots_is_closed(start));
        cr_expect(slots_is_closed(start + 40));
    }
    slots_pool_ends(POOL);
    slots_pool_ended(POOL);
    for (unsigned i = 0; i < 20; i++)
        cr_expect(slots_is_closed(start));
    cr_assert(slots_find(start, &hit) && slots_open(&hit));
    cr_expect_not(slots_is_closed(start), "it was let through");
    cr_expect_not(slots_is_closed(POOL));
}

/* Each is zero when it is taken, and guarded again. */
Test(slots, pages_of_the_dead_are_used_again_the_first_first)
{
    struct slots_hit hit;
    uint64_t first = 0, start, count = 0;
    while ((start = slots_take(POOL, 64, 8, false)) != 0) {
        first = first ? first : start;
        memset((void *)start, 'x', 64);
        count++;
    }
    cr_assert_gt(count, 1000);
    cr_assert(slots_find(first + 64, &hit) && slots_open(&hit));
    slots_pool_ends(POOL);
    slots_pool_ended(POOL);
    cr_assert(slots_find(first, &hit) && slots_open(&hit));
    for (uint64_t i = 0; i < count; i++) {
        start = slots_take(OTHER, 32, 8, false);
        cr_assert(start);
        cr_assert_eq(*(uint64_t *)start, 0);
        cr_assert_not(is_readable(start + 32));
    }
    cr_expect_eq(slots_take(OTHER, 32, 8, false), 0);
}

static void count(void *data, uint64_t pool, uint64_t begin, uint64_t end)
{
    uint64_t *sums = data;
    sums[pool == POOL] += end - begin;
}

Test(slots, the_living_are_told_one_by_one)
{
    uint64_t sums[2] = {0};
    slots_take(POOL, 32, 8, false);
    slots_take(POOL, 5, 1, false);
    slots_take(OTHER, 7, 1, false);
    slots_pool_ends(OTHER);
    slots_pool_ended(OTHER);
    slots_each(count, sums);
    cr_expect_eq(sums[1], 37);
    cr_expect_eq(sums[0], 0);
}
