/* The walk from pool to pool: what it finds, and that it ends whatever it reads. */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/walk.h"

#include "preload/walk/mark.h"
#include "preload/walk/search.h"
#include "tests/unit/support/pool_memory.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct pool_memory memory;
static struct api api;
static struct walk walk;

static void setup(void)
{
    pool_memory_api("proftpd", &api);
    pool_memory_clear(&memory, 4096);
    pool_memory_begin(&walk, &memory, &api, 64);
}

static void teardown(void)
{
    pool_memory_end(&walk);
}

TestSuite(walk, .init = setup, .fini = teardown);

static const struct walk_pool *find(uint64_t address)
{
    for (uint32_t i = 0; i < walk.pool_count; i++) {
        if (walk.pools[i].address == address)
            return &walk.pools[i];
    }
    cr_assert_fail("no pool at %#lx", address);
    return NULL;
}

Test(walk, finds_a_tree_with_its_bytes)
{
    uint64_t root = pool_memory_pool(&memory, 0, 512, 100 / 8 * 8);
    uint64_t child = pool_memory_pool(&memory, root, 512, 40);
    uint64_t other = pool_memory_pool(&memory, root, 512, 0);
    uint64_t below = pool_memory_pool(&memory, child, 1024, 8);
    uint64_t more = pool_memory_block(&memory, 256, 16);
    *pool_memory_word(&memory, below - BLOCK_SIZE + 8) = more;

    cr_assert(walk_tree(&walk, root));
    cr_assert_eq(walk.pool_count, 4);
    cr_expect_eq(find(child)->used, 40);
    cr_expect_eq(find(child)->capacity, 512 + BLOCK_SIZE);
    cr_expect_eq(find(below)->used, 8 + 16);
    cr_expect_eq(find(below)->blocks, 2);
    cr_expect_eq(find(below)->capacity, 1024 + 256 + 2 * BLOCK_SIZE);
    cr_expect_eq(&walk.pools[find(below)->parent], find(child));
    cr_expect_eq(find(other)->used, 0);
    cr_expect_eq(find(root)->parent, WALK_NONE);
    cr_expect_eq(walk.lost.links, 0);
    cr_expect_not(find(below)->flags & WALK_BROKEN);
}

Test(walk, finds_what_an_address_lies_in)
{
    uint64_t root = pool_memory_pool(&memory, 0, 512, 96);
    uint64_t child = pool_memory_pool(&memory, root, 512, 40);
    walk_tree(&walk, root);
    walk_sort(&walk);

    cr_expect_eq(walk.extents[walk_find(&walk, root)].pool, 0);
    cr_expect_eq(walk.extents[walk_find(&walk, child + 500)].pool, 1);
    cr_expect_eq(walk_find(&walk, root - BLOCK_SIZE - 1), WALK_NONE);
    cr_expect_eq(walk_find(&walk, child + 512), WALK_NONE);
    cr_expect_eq(walk_find(&walk, 0), WALK_NONE);
    cr_expect_eq(walk_find(&walk, UINT64_MAX), WALK_NONE);
}

Test(walk, a_root_may_lie_below_another)
{
    uint64_t root = pool_memory_pool(&memory, 0, 512, 0);
    uint64_t first = pool_memory_pool(&memory, root, 512, 0);
    uint64_t second = pool_memory_pool(&memory, root, 512, 0);
    uint64_t third = pool_memory_pool(&memory, root, 512, 0);

    cr_assert(walk_tree(&walk, second));
    cr_assert(walk_tree(&walk, root));
    cr_expect_not(walk_tree(&walk, first), "it was seen");
    cr_expect_eq(walk.pool_count, 4);
    cr_expect_eq(walk.pools[find(second)->parent].address, root);
    cr_expect_eq(walk.pools[find(third)->parent].address, root);
}

Test(walk, links_in_a_circle_end)
{
    uint64_t root = pool_memory_pool(&memory, 0, 512, 0);
    uint64_t child = pool_memory_pool(&memory, root, 512, 0);
    uint64_t below = pool_memory_pool(&memory, child, 512, 0);
    *pool_memory_word(&memory, child + SIBLING) = child;
    *pool_memory_word(&memory, below + CHILDREN) = root;
    *pool_memory_word(&memory, below - BLOCK_SIZE + 8) = below - BLOCK_SIZE + 0;

    cr_assert(walk_tree(&walk, root));
    cr_expect_eq(walk.pool_count, 3);
    cr_expect_eq(walk.lost.links, 2);
    cr_expect_eq(find(root)->parent, WALK_NONE);
}

Test(walk, blocks_in_a_circle_end)
{
    uint64_t root = pool_memory_pool(&memory, 0, 512, 0);
    uint64_t one = pool_memory_block(&memory, 64, 0), two = pool_memory_block(&memory, 64, 0);
    *pool_memory_word(&memory, root - BLOCK_SIZE + 8) = one;
    *pool_memory_word(&memory, one + 8) = two;
    *pool_memory_word(&memory, two + 8) = one;

    cr_assert(walk_tree(&walk, root));
    cr_expect(find(root)->flags & WALK_BROKEN);
    cr_expect_lt(find(root)->blocks, 10);
}

Test(walk, a_block_that_is_none_breaks_its_pool_alone)
{
    uint64_t root = pool_memory_pool(&memory, 0, 512, 0);
    uint64_t child = pool_memory_pool(&memory, root, 512, 0);
    *pool_memory_word(&memory, child - BLOCK_SIZE + 0x10) = 17; /* used before it begins */

    cr_assert(walk_tree(&walk, root));
    cr_expect(find(child)->flags & WALK_BROKEN);
    cr_expect_not(find(root)->flags & WALK_BROKEN);
}

Test(walk, what_there_is_no_room_for_is_counted)
{
    uint64_t root = pool_memory_pool(&memory, 0, 512, 0);
    for (unsigned i = 0; i < 100; i++)
        pool_memory_pool(&memory, root, 512, 0);

    cr_assert(walk_tree(&walk, root));
    cr_expect_eq(walk.pool_count, 64);
    cr_expect_gt(walk.lost.pools, 0);
}

Test(walk, no_pool_where_nothing_can_be_read)
{
    cr_expect_not(walk_tree(&walk, 0));
    cr_expect_not(walk_tree(&walk, MEMORY_END));
    cr_expect_not(walk_tree(&walk, MEMORY_BASE + 4));
    walk_sort(&walk);
    cr_expect_eq(walk_find(&walk, MEMORY_BASE), WALK_NONE);
}

/* Words that are likely to lead astray. */
static uint64_t bad_word(void)
{
    switch (rand() % 6) {
    case 0:
        return 0;
    case 1:
        return MEMORY_BASE + (uint64_t)(rand() % MEMORY_WORDS) * 8;
    case 2:
        return MEMORY_BASE + (uint64_t)(rand() % (MEMORY_WORDS * 8));
    case 3:
        return UINT64_MAX - (uint64_t)(rand() % 64);
    case 4:
        return (uint64_t)rand() % 4096;
    default:
        return (uint64_t)rand() << 32 | (uint64_t)rand();
    }
}

static void make_forest(unsigned pools)
{
    uint64_t made[64];
    pool_memory_clear(&memory, 4096);
    made[0] = pool_memory_pool(&memory, 0, 512, 64);
    for (unsigned i = 1; i < pools; i++) {
        made[i] = pool_memory_pool(&memory, made[(unsigned)rand() % i], 256, 64);
        *pool_memory_word(&memory, pool_memory_data(made[(unsigned)rand() % i])) = made[i];
    }
}

static void expect_sound(const struct walk_verdict *verdict)
{
    cr_expect_eq(verdict->reached + verdict->kept + verdict->unreachable, walk.pool_count);
    cr_expect_leq(verdict->upper, verdict->unreachable);
    for (uint32_t i = 0; i < walk.pool_count; i++) {
        uint32_t above = walk.pools[i].parent, steps = 0;
        while (above != WALK_NONE && steps++ <= walk.pool_count)
            above = walk.pools[above].parent;
        cr_expect_eq(above, WALK_NONE, "parents in a circle");
    }
    for (uint32_t i = 0; i < walk.extent_count; i++) {
        const struct walk_extent *extent = &walk.extents[i];
        cr_expect(extent->begin < extent->end && extent->used <= extent->end);
        cr_expect(i == 0 || walk.extents[i - 1].begin <= extent->begin);
    }
}

Test(walk, ends_soundly_whatever_was_damaged, .timeout = 120)
{
    for (unsigned seed = 0; seed < 4000; seed++) {
        srand(seed);
        make_forest(48);
        const uint64_t words = (memory.next - MEMORY_BASE) / 8;
        for (unsigned i = 0; i < 1 + seed % 40; i++)
            memory.words[512 + (uint64_t)rand() % (words - 512)] = bad_word();
        pool_memory_end(&walk);
        pool_memory_begin(&walk, &memory, &api, 64);
        walk_set_view(&walk, seed % 2 ? pool_memory_view : NULL);
        walk_tree(&walk, MEMORY_BASE + 4096 + BLOCK_SIZE);
        walk_free_list(&walk, bad_word());
        walk_sort(&walk);
        walk_mark_heap(&walk, MEMORY_BASE, MEMORY_END);
        walk_mark_range(&walk, MEMORY_BASE, MEMORY_END, WALK_STATIC);
        walk_spread(&walk);
        struct walk_verdict verdict = walk_judge(&walk);
        expect_sound(&verdict);
        cr_expect_lt(memory.reads, 64u << 20, "bounded");
    }
}

/* Whatever a description says of memory, and whatever is there. */
Test(walk, ends_soundly_with_every_layout, .timeout = 120)
{
    static const char *const names[] = {"proftpd", "apr", "nginx", "postgresql", "talloc"};
    static const struct walk_range writable = {MEMORY_BASE, MEMORY_END};
    for (unsigned seed = 0; seed < 250; seed++) {
        srand(seed);
        pool_memory_api(names[seed % 5], &api);
        pool_memory_clear(&memory, 0);
        for (unsigned i = 0; i < MEMORY_WORDS; i++)
            memory.words[i] = bad_word();
        pool_memory_end(&walk);
        pool_memory_begin(&walk, &memory, &api, 64);
        walk_set_view(&walk, seed % 2 ? pool_memory_view : NULL);
        walk.writable = &writable;
        walk.writable_count = 1;
        for (unsigned i = 0; i < 200; i++)
            walk_tree(&walk, MEMORY_BASE + (uint64_t)(rand() % MEMORY_WORDS) * 8);
        walk_search(&walk, MEMORY_BASE, MEMORY_END, false);
        walk_search(&walk, MEMORY_BASE, MEMORY_END, true);
        walk_free_list(&walk, bad_word());
        walk_sort(&walk);
        walk_mark_heap(&walk, MEMORY_BASE, MEMORY_END);
        walk_mark_range(&walk, MEMORY_BASE, MEMORY_END, WALK_STATIC);
        walk_spread(&walk);
        struct walk_verdict verdict = walk_judge(&walk);
        expect_sound(&verdict);
    }
}
