/*
 * measure_test.c - what pools of the built-in systems hold, of memory that is laid out as theirs:
 * chunks and lists of free ones, large allocations, pools below. And of what may be anything.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/hooks/measure.h"

#include "tests/unit/support/pool_memory.h"

#include <criterion/criterion.h>

static struct api api;
static struct measured held;

static uint64_t address(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* The kind of pools called KIND, "" for the only one, of the built-in description SYSTEM. */
static const struct api_layout *layout_of(const char *system, const char *kind)
{
    const struct api_layout *layout;
    pool_memory_api(system, &api);
    for (unsigned i = 0; (layout = api_layout(&api, i)); i++) {
        if (slice_equals(layout->name, kind))
            return layout;
    }
    cr_assert_fail("%s has no %s", system, kind);
    return NULL;
}

static struct measure_look look_at(const struct api_layout *layout, const void *pool)
{
    return (struct measure_look){.layout = layout, .pool = address(pool)};
}

static bool measured(const struct api_layout *layout, const void *pool)
{
    const struct measure_look look = look_at(layout, pool);
    return measure_pool(&look, &held);
}

/* PostgreSQL 15's AllocSetContext with one block, right behind it; three chunks, of 8, 16 and 32.
 */
struct set15 {
    uint64_t header[10], blocks, rest[17];
    uint64_t aset, previous, next, used, end;
    uint64_t data[20];
};

static void make_set15(struct set15 *set)
{
    *set = (struct set15){.blocks = address(&set->aset), .aset = address(set)};
    uint64_t *at = set->data;
    for (uint64_t size = 8; size <= 32; size *= 2, at += size / 16 + 2) {
        at[0] = size;
        at[1] = address(set);
    }
    set->used = address(at);
    set->end = address(set->data + 20);
}

Test(measure, chunks_that_tell_whose_they_are)
{
    const struct api_layout *layout = layout_of("postgresql", "allocset15");
    struct set15 set;
    cr_assert_eq(offsetof(struct set15, aset), 0xe0);
    make_set15(&set);
    cr_expect(measure_counts_chunks(layout));
    cr_assert(measured(layout, &set));
    cr_expect_eq(held.chunks, 3);
    cr_expect_eq(held.capacity, sizeof(set.data));
    set.data[4] = 0; /* the second one is free, the last of its list */
    cr_assert(measured(layout, &set));
    cr_expect_eq(held.chunks, 2);
    set.data[0] = 1000; /* more than its block has */
    cr_expect_not(measured(layout, &set));
    set.data[0] = 0;
    cr_expect_not(measured(layout, &set));
}

/* Since 16: a chunk's class in bits 5 and up. */
struct set {
    uint64_t header[10], blocks, free[11], rest[3];
    uint64_t aset, previous, next, used, end;
    uint64_t data[20];
};

Test(measure, chunks_of_which_lists_tell_those_that_are_free)
{
    const struct api_layout *layout = layout_of("postgresql", "allocset");
    struct set set = {.blocks = address(&set.aset), .aset = address(&set)};
    cr_assert_eq(offsetof(struct set, aset), 0xc8);
    set.data[0] = 0 << 5;                     /* 8 bytes */
    set.data[2] = 0 << 5;                     /* 8 bytes */
    set.data[4] = 2 << 5 | (uint64_t)1 << 60; /* 32 bytes */
    set.used = address(set.data + 9);
    set.end = address(set.data + 20);
    cr_assert(measured(layout, &set));
    cr_expect_eq(held.chunks, 3);
    set.free[0] = address(set.data + 2);
    set.data[3] = 0;
    cr_assert(measured(layout, &set));
    cr_expect_eq(held.chunks, 2);
    set.data[3] = address(set.data); /* both */
    cr_assert(measured(layout, &set));
    cr_expect_eq(held.chunks, 1);
    set.data[1] = address(set.data + 2); /* in a circle */
    cr_expect_not(measured(layout, &set));
    set.data[1] = UINT64_C(0x7f1234567890); /* written over: nothing is read there */
    cr_expect_not(measured(layout, &set));
}

Test(measure, a_chunk_alone_in_its_block)
{
    const struct api_layout *layout = layout_of("postgresql", "allocset");
    struct set set = {.blocks = address(&set.aset), .aset = address(&set)};
    set.data[0] = UINT64_C(0xb1a8db858eb6efb0) | 1 << 4;
    set.used = set.end = address(set.data + 20);
    cr_assert(measured(layout, &set));
    cr_expect_eq(held.chunks, 1);
}

/* Two lists of blocks, each a ring with its head; one block of 10 chunks, 4 of them free. */
struct slab15 {
    uint64_t header[10], chunk, full, block_size, header_size;
    uint32_t per_block, first_free;
    uint64_t rest;
    struct {
        uint64_t previous, next;
    } lists[11];
    struct {
        uint64_t previous, next;
        uint32_t unused, first_free;
        uint64_t data[30];
    } block;
};

Test(measure, blocks_that_count_their_chunks)
{
    const struct api_layout *layout = layout_of("postgresql", "slab15");
    struct slab15 slab = {.block_size = sizeof(slab.block),
                          .header_size = 0x80 + sizeof(slab.lists),
                          .per_block = 10};
    cr_assert_eq(offsetof(struct slab15, lists), 0x80);
    for (unsigned i = 0; i < 11; i++)
        slab.lists[i].previous = slab.lists[i].next = address(&slab.lists[i]);
    cr_assert(measured(layout, &slab));
    cr_expect_eq(held.chunks, 0);
    slab.lists[4].previous = slab.lists[4].next = address(&slab.block);
    slab.block.previous = slab.block.next = address(&slab.lists[4]);
    slab.block.unused = 4;
    cr_assert(measured(layout, &slab));
    cr_expect_eq(held.chunks, 6);
    slab.block.unused = 11;
    cr_expect_not(measured(layout, &slab));
}

/* Links lead into the block. */
struct slab {
    uint64_t header[10];
    uint32_t chunk, full, block_size, per_block, current, shift;
    uint64_t empty[3];
    struct {
        uint64_t previous, next;
    } lists[3];
    struct {
        uint64_t slab;
        uint32_t free, unused;
        uint64_t first_free, first_unused, previous, next;
        uint64_t data[30];
    } block;
};

Test(measure, links_into_blocks)
{
    const struct api_layout *layout = layout_of("postgresql", "slab");
    struct slab slab = {.block_size = sizeof(slab.block), .per_block = 10};
    cr_assert_eq(offsetof(struct slab, lists), 0x80);
    for (unsigned i = 0; i < 3; i++)
        slab.lists[i].previous = slab.lists[i].next = address(&slab.lists[i]);
    slab.lists[2].next = address(&slab.block.previous);
    slab.block.next = address(&slab.lists[2]);
    slab.block.free = 9;
    cr_assert(measured(layout, &slab));
    cr_expect_eq(held.chunks, 1);
    cr_expect_eq(held.capacity, sizeof(slab.block.data));
}

/* nginx: a pool and a second block; one large allocation, and the entry of one that was given back.
 */
struct nginx_pool {
    uint64_t used, end, next, failed, max, current, chain, large, cleanup, log;
    uint64_t data[20];
};

struct nginx_block {
    uint64_t used, end, next, failed;
    uint64_t data[20];
};

Test(measure, entries_of_large_allocations_are_the_librarys)
{
    const struct api_layout *layout = layout_of("nginx", "");
    struct nginx_pool pool = {0};
    struct nginx_block block = {0};
    pool.used = address(pool.data) + 40 + 16;
    pool.end = address(pool.data + 20);
    pool.next = address(&block);
    block.used = address(block.data) + 24 + 16;
    block.end = address(block.data + 20);
    pool.large = address(pool.data + 5);
    pool.data[5] = address(block.data + 3);
    pool.data[6] = 1234; /* not looked at */
    cr_assert(measured(layout, &pool));
    cr_expect_not(measure_counts_chunks(layout));
    cr_expect_eq(held.used, 40 + 24);
    cr_expect_eq(held.capacity, 2 * sizeof(block.data));
    block.used = address(&block); /* within its header */
    cr_expect_not(measured(layout, &pool));
}

/* talloc: headers, which link to each other. */
struct chunk {
    uint64_t flags, next, previous, parent, child, references, destructor, name, size, limit, pool;
    uint64_t padding;
};

Test(measure, a_cleared_pool_keeps_what_all_blocks_but_the_first_begin_with)
{
    struct measured held = {.blocks = 3};
    struct measure_look look = {.layout = layout_of("nginx", "")};
    cr_assert_eq(measure_kept(&look, &held), 2 * 0x30);
    held.blocks = 0;
    cr_assert_eq(measure_kept(&look, &held), 0);
    held.blocks = 3;
    look.layout = layout_of("talloc", "");
    cr_assert_eq(measure_kept(&look, &held), 0);
}

Test(measure, pools_below)
{
    const struct api_layout *layout = layout_of("talloc", "");
    struct chunk top = {0}, first = {0}, second = {0};
    const struct measure_look look = look_at(layout, &top);
    uint64_t count;
    cr_assert_eq(sizeof(top), layout->address);
    cr_assert(measure_children(&look, &count));
    cr_expect_eq(count, 0);
    top.child = address(&first);
    first.next = address(&second);
    cr_assert(measure_children(&look, &count));
    cr_expect_eq(count, 2);
    second.next = address(&first);
    cr_expect_not(measure_children(&look, &count), "in a circle");
    second.next = 8; /* no address */
    cr_expect_not(measure_children(&look, &count));
}

Test(measure, what_may_be_anything_is_read_with_care)
{
    struct measure_pages pages;
    const struct api_layout *const nginx = layout_of("nginx", "");
    const uint64_t places[] = {0, 1, 8, 4096, UINT64_MAX - 7, UINT64_C(0x800000000000)};
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        measure_begin(&pages);
        const struct measure_look look = {nginx, &pages, places[i]};
        cr_expect_not(measure_pool(&look, &held), "%u", i);
    }
}
