/* What is reachable, what is not, and what points into free blocks. */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/mark.h"

#include "tests/unit/support/pool_memory.h"

#include <criterion/criterion.h>
#include <string.h>

#define STATICS MEMORY_BASE /* 4096 bytes, in front of all pools */

static struct pool_memory memory;
static struct api api;
static struct walk walk;
static uint64_t root;

static void setup(void)
{
    pool_memory_api("proftpd", &api);
    pool_memory_clear(&memory, 4096);
    pool_memory_begin(&walk, &memory, &api, 64);
    root = pool_memory_pool(&memory, 0, 512, 64);
}

static void teardown(void)
{
    pool_memory_end(&walk);
}

TestSuite(mark, .init = setup, .fini = teardown);

static struct walk_verdict judge(uint64_t free_list)
{
    cr_assert(walk_tree(&walk, root));
    if (free_list)
        walk_free_list(&walk, free_list);
    walk_sort(&walk);
    walk_mark_range(&walk, STATICS, STATICS + 4096, WALK_STATIC);
    walk_spread(&walk);
    return walk_judge(&walk);
}

static unsigned flags_of(uint64_t address)
{
    for (uint32_t i = 0; i < walk.pool_count; i++) {
        if (walk.pools[i].address == address)
            return walk.pools[i].flags & ~WALK_ROOT;
    }
    return 0;
}

static void point(uint64_t at, uint64_t to)
{
    *pool_memory_word(&memory, at) = to;
}

Test(mark, links_of_the_library_are_no_references)
{
    uint64_t leaked = pool_memory_pool(&memory, root, 256, 0);
    uint64_t below = pool_memory_pool(&memory, leaked, 256, 0);
    struct walk_verdict verdict = judge(0);

    cr_expect_eq(verdict.unreachable, 2);
    cr_expect_eq(verdict.upper, 1);
    cr_expect_eq(flags_of(root), WALK_REACHED);
    cr_expect_eq(flags_of(leaked), WALK_UNREACHABLE | WALK_UPPER);
    cr_expect_eq(flags_of(below), WALK_UNREACHABLE);
    cr_expect_eq(walk.pools[1].below, 1);
    cr_expect_eq(walk.pools[1].below_held, 256 + BLOCK_SIZE);
}

Test(mark, statics_and_data_of_pools_are)
{
    uint64_t by_static = pool_memory_pool(&memory, root, 256, 16);
    uint64_t by_data = pool_memory_pool(&memory, root, 256, 0);
    uint64_t by_object = pool_memory_pool(&memory, root, 256, 64);
    point(STATICS + 8, by_static);
    point(pool_memory_data(by_static), by_data);
    point(STATICS + 16, pool_memory_data(by_object) + 8);
    cr_expect_eq(judge(0).unreachable, 0);
    cr_expect_eq(walk.pools[1].flags & WALK_REACHED, WALK_REACHED);
}

Test(mark, what_is_not_in_use_neither_refers_nor_is_a_target)
{
    uint64_t target = pool_memory_pool(&memory, root, 256, 16);
    uint64_t other = pool_memory_pool(&memory, root, 256, 16);
    point(STATICS, pool_memory_data(target) + 64); /* behind what it has given */
    point(pool_memory_data(root) + 128, other);    /* there as well */
    point(STATICS + 8, target - BLOCK_SIZE);       /* the header of a block is the library's */
    cr_expect_eq(judge(0).upper, 2);
}

Test(mark, a_pool_that_only_itself_refers_to_is_leaked)
{
    uint64_t leaked = pool_memory_pool(&memory, root, 256, 64);
    point(pool_memory_data(leaked), leaked); /* c->pool = p, with c allocated in p */
    cr_expect_eq(judge(0).unreachable, 1);
}

Test(mark, an_object_in_its_own_pool_holds_it)
{
    uint64_t pool = pool_memory_pool(&memory, root, 256, 64);
    point(pool_memory_data(pool), pool);
    point(STATICS, pool_memory_data(pool));
    cr_expect_eq(judge(0).unreachable, 0);
}

Test(mark, what_has_a_reachable_pool_below_it_is_kept)
{
    uint64_t above = pool_memory_pool(&memory, root, 256, 0);
    uint64_t below = pool_memory_pool(&memory, above, 256, 0);
    uint64_t beside = pool_memory_pool(&memory, above, 256, 0);
    point(STATICS, below);
    struct walk_verdict verdict = judge(0);

    cr_expect_eq(flags_of(above), WALK_KEPT);
    cr_expect_eq(flags_of(beside), WALK_UNREACHABLE | WALK_UPPER);
    cr_expect_eq(verdict.kept, 1);
}

Test(mark, registers_count)
{
    uint64_t pool = pool_memory_pool(&memory, root, 256, 0);
    const uint64_t words[] = {1, pool, UINT64_MAX};
    cr_assert(walk_tree(&walk, root));
    walk_sort(&walk);
    walk_mark_words(&walk, words, 3);
    walk_spread(&walk);
    cr_expect_eq(walk_judge(&walk).unreachable, 0);
}

Test(mark, pointers_into_free_blocks_are_told_by_where_they_are)
{
    uint64_t dead = pool_memory_block(&memory, 256, 0);
    uint64_t last = pool_memory_block(&memory, 256, 0);
    point(dead + 8, last);
    point(STATICS + 24, dead + BLOCK_SIZE);
    point(pool_memory_data(root) + 8, last + BLOCK_SIZE + 64);
    point(STATICS + 32, dead); /* the list's own */
    point(dead + BLOCK_SIZE, last + BLOCK_SIZE);
    judge(dead);

    cr_assert_eq(walk.dangler_count, 2);
    cr_expect_eq(walk.danglers[0].at, STATICS + 24);
    cr_expect_eq(walk.danglers[0].pool, WALK_NONE);
    cr_expect_eq(walk.danglers[1].pool, 0);
    cr_expect_eq(walk.danglers[1].to, last + BLOCK_SIZE + 64);
    cr_expect_eq(walk.extents[walk.danglers[1].block].begin, last);
}

Test(mark, a_list_that_is_not_of_empty_blocks_is_none)
{
    uint64_t used = pool_memory_block(&memory, 256, 8);
    point(STATICS, used + BLOCK_SIZE);
    judge(used);
    cr_expect_eq(walk.dangler_count, 0);
    cr_expect_eq(walk.lost.links, 1);
}

/* A heap of malloc() from HEAP on: CHUNK has SIZE bytes and says whether the one before is in use.
 */
static uint64_t put_chunk(uint64_t at, uint64_t size, bool before_in_use)
{
    point(at + 8, size | before_in_use);
    return at + size;
}

Test(mark, free_chunks_of_a_heap_refer_to_nothing)
{
    uint64_t given = pool_memory_pool(&memory, root, 256, 0);
    uint64_t freed = pool_memory_pool(&memory, root, 256, 0);
    const uint64_t heap = (memory.next + 15) & ~UINT64_C(15);
    uint64_t next = put_chunk(heap, 64, true);
    next = put_chunk(next, 64, true);
    next = put_chunk(next, 32, false); /* the one before is free */
    next = put_chunk(next, 64, true);  /* the top */
    point(heap + 24, given);
    point(heap + 64 + 24, freed);

    cr_assert(walk_tree(&walk, root));
    walk_sort(&walk);
    walk_mark_heap(&walk, heap, next);
    walk_spread(&walk);
    walk_judge(&walk);
    cr_expect_eq(flags_of(given), WALK_REACHED);
    cr_expect_eq(flags_of(freed), WALK_UNREACHABLE | WALK_UPPER);
}

/* As PostgreSQL's since 16: TYPE, header and first block in SIZE bytes, USED of the block's. */
static void put_context(uint64_t at, uint64_t type, uint64_t size, uint64_t used)
{
    const uint64_t block = at + 0xc8, data = block + 0x28;
    point(at, type);
    point(at + 0x50, block);
    point(block, at);
    point(block + 0x18, data + used);
    point(block + 0x20, at + size);
}

static void begin_contexts(void)
{
    const struct api_layout *layout;
    pool_memory_end(&walk);
    pool_memory_api("postgresql", &api);
    pool_memory_clear(&memory, 4096);
    pool_memory_begin(&walk, &memory, &api, 64);
    walk.layout_count = 0;
    for (unsigned i = 0; (layout = api_layout(&api, i)); i++)
        if (slice_equals(layout->name, "allocset"))
            walk_add_layout(&walk, layout);
    cr_assert_eq(walk.layout_count, 1);
}

Test(mark, a_pool_that_ended_and_is_kept_empty_refers_to_nothing)
{
    const uint64_t top = MEMORY_BASE + 4096, lost = top + 2048, found = lost + 2048;
    const uint64_t heap = found + 2048, size = 1024;
    begin_contexts();
    put_context(top, 7, size, 0);
    put_context(lost, 7, size, 0);
    put_context(found, 7, size, 0);
    point(top + 0x20, lost); /* the first child, which a sibling follows */
    point(lost + 0x18, top);
    point(lost + 0x30, found);
    point(found + 0x18, top);
    uint64_t next = put_chunk(heap, size + 16, true);
    put_context(heap + 16, 7, size, 0); /* empty */
    point(heap + 16 + size - 8, lost);
    put_context(next + 16, 7, size, 600); /* not */
    point(next + 16 + size - 8, found);
    next = put_chunk(put_chunk(next, size + 16, true), 64, true);

    cr_assert(walk_tree(&walk, top));
    walk_sort(&walk);
    walk_mark_heap(&walk, heap, next);
    walk_spread(&walk);
    walk_judge(&walk);
    cr_expect_eq(flags_of(lost), WALK_UNREACHABLE | WALK_UPPER);
    cr_expect_eq(flags_of(found), WALK_REACHED);
}

/* The second opinion: what lies in the statics is looked at again, carefully. */
static struct walk_verdict judge_again(void)
{
    walk_doubt(&walk);
    walk_mark_range(&walk, STATICS, STATICS + 4096, WALK_STATIC);
    walk_spread(&walk);
    return walk_judge(&walk);
}

static void point_unaligned(uint64_t at, uint64_t to)
{
    memcpy((char *)pool_memory_word(&memory, at & ~UINT64_C(7)) + at % 8, &to, sizeof(to));
}

Test(mark, a_second_opinion_finds_what_is_packed_or_marked)
{
    uint64_t packed = pool_memory_pool(&memory, root, 256, 64);
    uint64_t in_packed = pool_memory_pool(&memory, root, 256, 0);
    uint64_t marked = pool_memory_pool(&memory, root, 256, 0);
    uint64_t leaked = pool_memory_pool(&memory, root, 256, 0);
    uint64_t below = pool_memory_pool(&memory, leaked, 256, 0);
    point_unaligned(STATICS + 3, packed);
    point_unaligned(pool_memory_data(packed) + 13, in_packed);
    point(STATICS + 16, marked | UINT64_C(0x8012) << 48);
    cr_expect_eq(judge(0).upper, 4);
    struct walk_verdict verdict = judge_again();

    cr_expect_eq(verdict.upper, 1);
    cr_expect_eq(verdict.unreachable, 2);
    cr_expect_eq(verdict.held, 2 * (256 + BLOCK_SIZE));
    cr_expect_eq(flags_of(packed), WALK_REACHED);
    cr_expect_eq(flags_of(in_packed), WALK_REACHED);
    cr_expect_eq(flags_of(marked), WALK_REACHED);
    cr_expect_eq(flags_of(leaked), WALK_UNREACHABLE | WALK_UPPER);
    cr_expect_eq(flags_of(below), WALK_UNREACHABLE);
    for (uint32_t i = 0; i < walk.pool_count; i++)
        cr_expect_eq(walk.pools[i].below, walk.pools[i].address == leaked, "%u", i);
}

/* Read by pieces: a word may lie across the end of one. */
Test(mark, a_second_opinion_sees_words_across_pieces)
{
    const uint64_t range = (memory.next + 7) & ~UINT64_C(7), size = 2 * WALK_BUFFER;
    uint64_t target;
    memory.next = range + size;
    target = pool_memory_pool(&memory, root, 256, 0);
    for (unsigned i = 1; i < 8; i++) {
        memset(pool_memory_word(&memory, range + WALK_BUFFER - 8), 0, 16);
        point_unaligned(range + WALK_BUFFER - i, target);
        pool_memory_end(&walk);
        pool_memory_begin(&walk, &memory, &api, 64);
        cr_assert_eq(judge(0).upper, 1);
        walk_doubt(&walk);
        walk_mark_range(&walk, range, range + size, WALK_OTHER);
        walk_spread(&walk);
        cr_expect_eq(walk_judge(&walk).upper, 0, "%u bytes before the end", i);
    }
}

Test(mark, a_second_opinion_takes_no_link_and_no_pool_itself_for_a_reference)
{
    uint64_t leaked = pool_memory_pool(&memory, root, 256, 64);
    point_unaligned(pool_memory_data(leaked) + 5, leaked);
    pool_memory_pool(&memory, leaked, 256, 0);
    cr_expect_eq(judge(0).upper, 1);
    cr_expect_eq(judge_again().upper, 1);
}
