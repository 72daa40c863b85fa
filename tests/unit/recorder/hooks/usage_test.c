/* usage_test.c - what a pool's blocks hold, told from memory that may be anything. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/usage.h"

#include "tests/unit/support/made_pools.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

TestSuite(usage, .fini = temp_trace_end);

static struct pool_usage usage_of(const struct pool *pool)
{
    struct pool_usage usage;
    cr_expect_eq(usage_looks(&proftpd, address(pool), &usage), usage.used != UINT64_MAX);
    return usage;
}

static void expect_usage(const struct pool *pool, uint64_t used, uint64_t capacity)
{
    struct pool_usage usage = usage_of(pool);
    cr_expect_eq(usage.used, used, "used %lu", (unsigned long)usage.used);
    cr_expect_eq(usage.capacity, capacity, "capacity %lu", (unsigned long)usage.capacity);
}

static void expect_unknown(const struct pool *pool)
{
    expect_usage(pool, UINT64_MAX, UINT64_MAX);
}

Test(usage, an_empty_pool)
{
    expect_usage(make_pool(512, 0), 0, 512);
}

Test(usage, all_blocks_count)
{
    struct pool *pool = make_pool(512, 100);
    struct block *second = make_block(1024, 1024), *third = make_block(2048, 0);

    first_block(pool)->next = address(second);
    second->next = address(third);
    expect_usage(pool, 100 + 1024, 512 + 1024 + 2048);
}

Test(usage, a_full_block_is_no_damage)
{
    expect_usage(make_pool(sizeof(struct pool) + 8, 8), 8, sizeof(struct pool) + 8);
}

/* ProFTPD's before 2005: 24 bytes. */
Test(usage, the_layout_that_fits)
{
    struct old_block {
        uint64_t end, next, used;
    } *block = take(sizeof(*block) + 512);
    struct pool *pool = (struct pool *)(block + 1);
    struct api_layout old = layout;
    struct pool_system system = {.layouts = {&layout, &old}, .layout_count = 2};
    struct pool_usage usage;

    old.block_size = sizeof(*block);
    *block = (struct old_block){.end = address(pool) + 512, .used = address(pool + 1) + 40};
    pool->blocks = address(block);
    cr_expect(usage_looks(&system, address(pool), &usage));
    cr_expect_eq(usage.used, 40);
    cr_expect(usage_looks(&system, address(make_pool(512, 24)), &usage));
    cr_expect_eq(usage.used, 24);
}

Test(usage, no_layout_no_usage)
{
    const struct pool_system none = {.layout_count = 0};
    struct pool_usage usage;

    cr_expect(usage_looks(&none, 1, &usage)); /* not read */
    cr_expect_eq(usage.used, UINT64_MAX);
    cr_expect_eq(usage.capacity, UINT64_MAX);
}

Test(usage, more_used_than_there_is)
{
    struct pool *pool = make_pool(512, 0);

    first_block(pool)->used = first_block(pool)->end + 8;
    expect_unknown(pool);
}

Test(usage, used_before_the_block)
{
    struct pool *pool = make_pool(512, 0);

    first_block(pool)->used = address(first_block(pool));
    expect_unknown(pool);
}

Test(usage, less_used_than_the_pool_itself)
{
    struct pool *pool = make_pool(512, 0);

    first_block(pool)->used -= 8;
    expect_unknown(pool);
}

Test(usage, damage_in_a_later_block)
{
    struct pool *pool = make_pool(512, 100);
    struct block *second = make_block(512, 0);

    first_block(pool)->next = address(second);
    second->end = address(second);
    expect_unknown(pool);
}

Test(usage, a_pool_that_is_not_in_its_first_block)
{
    struct pool *pool = make_pool(512, 0);

    pool->blocks = address(make_block(512, 200)); /* whole, but not the pool's */
    expect_unknown(pool);
    pool->blocks = 0;
    expect_unknown(pool);
}

Test(usage, a_list_of_blocks_without_end)
{
    struct pool *pool = make_pool(512, 0);
    struct block *second = make_block(512, 0);

    first_block(pool)->next = address(second);
    second->next = address(second);
    expect_unknown(pool);
}

Test(usage, what_was_seen_being_made_is_read_as_it_is)
{
    struct pool *pool = make_pool(512, 24);

    usage_made(address(pool));
    expect_usage(pool, 24, 512);
    first_block(pool)->next = 1; /* not even an address */
    first_block(pool)->used = 0;
    expect_unknown(pool);
}

Test(usage, what_was_not_may_be_anything)
{
    char *hole = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct pool *pool = make_pool(512, 24);

    munmap(hole + 4096, 4096);
    expect_unknown(NULL);
    expect_unknown((struct pool *)(uintptr_t)1);
    expect_unknown((struct pool *)(hole + 4096));
    expect_unknown((struct pool *)(uintptr_t)0xdeadbeef00000000); /* no canonical address */
    expect_unknown((struct pool *)(hole + 4));                    /* at no multiple of 8 */
    first_block(pool)->next = address(hole + 4096);
    expect_unknown(pool);
    first_block(pool)->next = address(hole); /* zeros */
    expect_unknown(pool);
}

Test(usage, a_name_is_read_as_far_as_there_is_memory)
{
    char *pages = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct api_layout named = layout;
    struct pool *pool = make_pool(512, 0);

    munmap(pages + 4096, 4096);
    named.pool_tag = offsetof(struct pool, tag);
    named.names = true;
    struct pool_system system = proftpd;
    cr_expect_null(usage_name(&system, address(pool), 0));
    system.layouts[0] = &named;
    cr_expect_null(usage_name(&system, address(pool), 0)); /* none */
    pool->tag = address(strcpy(pages + 4096 - 4, "top"));
    cr_expect_str_eq(usage_name(&system, address(pool), 0), "top");
    pages[4096 - 1] = 'x';
    cr_expect_null(usage_name(&system, address(pool), 0));
    memset(pages, 'x', 4096);
    pool->tag = address(pages);
    cr_expect_eq(usage_name(&system, address(pool), 0), pages); /* longer than names are kept */
    cr_expect_null(usage_name(&system, address(pool), address(pages)));
}

Test(usage, a_pool_is_in_another_that_has_it_below)
{
    struct api_layout linked = layout;
    struct pool *root = make_pool(128, 0), *child = make_pool(128, 8), *ending = make_pool(128, 8);

    linked.parent = offsetof(struct pool, parent);
    struct pool_system system = proftpd;
    system.layouts[0] = &linked;
    add_child(root, child);
    child->parent = ending->parent = address(root);
    cr_expect_eq(usage_parent(&system, address(child)), address(root));
    cr_expect_eq(usage_parent(&system, address(ending)), 0); /* taken out already */
    cr_expect_eq(usage_parent(&system, address(root)), 0);
    linked.parent = API_NOWHERE;
    cr_expect_eq(usage_parent(&system, address(child)), 0);
}

Test(usage, what_was_made_is_known_until_it_ends)
{
    const struct pool *pool = make_pool(128, 0);

    cr_expect(!usage_is_made(address(pool)));
    usage_made(address(pool));
    cr_expect(usage_is_made(address(pool)));
    usage_ended(address(pool));
    cr_expect(!usage_is_made(address(pool)));
}
