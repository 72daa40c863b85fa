/* poison_test.c - poisoned blocks: filled, held back, given free. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/poison.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* As in ProFTPD: a header, then data, of which a pool is the first thing in a first block. */
struct block {
    char *end;
    struct block *next;
    char *used;
    uint64_t unused;
    char data[];
};

static const struct api_layout layout = {.given = true,
                                         .block_size = 0x20,
                                         .block_end = 0,
                                         .block_next = 8,
                                         .block_used = 0x10,
                                         .reuse = true};

/* A block that was given back. */
static struct block *free_block(size_t size, struct block *next)
{
    struct block *block = malloc(sizeof *block + size);
    cr_assert(block);
    memset(block->data, 'x', size);
    block->end = block->data + size;
    block->used = block->data;
    block->next = next;
    return block;
}

static uint64_t pool_in(const struct block *block)
{
    return (uint64_t)(uintptr_t)block->data;
}

static bool is_filled(const struct block *block)
{
    for (const char *byte = block->data; byte < block->end; byte++)
        if (*byte != (char)POISON_BYTE)
            return false;
    return true;
}

static bool has_room(const struct block *block)
{
    return block->used != block->end;
}

Test(poison, all_blocks_of_a_pool_are_filled_and_held_back)
{
    struct block *held = free_block(64, NULL);
    poison_pool(&layout, pool_in(held), NULL, NULL);
    struct block *second = free_block(512, held), *first = free_block(40, second);
    poison_pool(&layout, pool_in(first), NULL, NULL);
    cr_expect(is_filled(first) && is_filled(second) && is_filled(held));
    cr_expect(!has_room(first) && !has_room(second) && !has_room(held));
    cr_expect(poison_holds(&layout, pool_in(first)));
    cr_expect_eq(first->next, second, "the program's list is left alone");
}

Test(poison, a_block_that_was_taken_again_is_left_alone)
{
    struct block *taken = free_block(512, NULL);
    taken->used += 72;
    poison_pool(&layout, pool_in(taken), NULL, NULL);
    cr_expect_eq(taken->used, taken->data + 72);
    cr_expect_eq(taken->data[0], 'x');
    cr_expect_not(poison_holds(&layout, pool_in(taken)));
}

Test(poison, the_oldest_is_given_free_when_there_are_too_many)
{
    struct block *blocks[POISON_BLOCKS + 1];
    for (unsigned i = 0; i <= POISON_BLOCKS; i++) {
        blocks[i] = free_block(16, NULL);
        poison_pool(&layout, pool_in(blocks[i]), NULL, NULL);
    }
    cr_expect(has_room(blocks[0]));
    cr_expect_eq(blocks[0]->used, blocks[0]->data);
    cr_expect(is_filled(blocks[0]));
    cr_expect_not(poison_holds(&layout, pool_in(blocks[0])));
    cr_expect_not(has_room(blocks[1]));
    cr_expect_not(has_room(blocks[POISON_BLOCKS]));
}

Test(poison, no_more_bytes_than_the_limit)
{
    struct block *small = free_block(16, NULL), *large = free_block(POISON_BYTES, NULL);
    struct block *huge = free_block(POISON_BYTES + 1, NULL);
    poison_pool(&layout, pool_in(small), NULL, NULL);
    poison_pool(&layout, pool_in(large), NULL, NULL);
    cr_expect(has_room(small));
    cr_expect_not(has_room(large));
    poison_pool(&layout, pool_in(huge), NULL, NULL);
    cr_expect(has_room(large) && has_room(huge));
    cr_expect(is_filled(huge));
}

Test(poison, one_that_the_program_wrote_to_is_not_touched_again)
{
    struct block *small = free_block(16, NULL), *large = free_block(POISON_BYTES, NULL);
    poison_pool(&layout, pool_in(small), NULL, NULL);
    small->used = small->data + 8;
    poison_pool(&layout, pool_in(large), NULL, NULL);
    cr_expect_eq(small->used, small->data + 8);
}

/* What was told. */
struct told {
    unsigned count;
    uint64_t pool, offset; /* the last */
};

static void count_told(void *data, uint64_t pool, uint64_t offset)
{
    struct told *told = data;
    *told = (struct told){told->count + 1, pool, offset};
}

Test(poison, what_was_written_is_told_once_when_it_is_looked_at)
{
    struct told told = {0};
    struct block *second = free_block(512, NULL), *first = free_block(40, second);
    poison_pool(&layout, pool_in(first), count_told, &told);
    poison_look(count_told, &told);
    cr_expect_eq(told.count, 0);
    first->data[39] = 'y';
    poison_look(count_told, &told);
    poison_look(count_told, &told);
    cr_expect_eq(told.count, 1);
    cr_expect_eq(told.pool, pool_in(first));
    cr_expect_eq(told.offset, 39);
    second->data[8] = 0;
    poison_look(count_told, &told);
    cr_expect_eq(told.count, 2);
    cr_expect_eq(told.pool, pool_in(first), "it is of that pool");
    cr_expect_eq(told.pool + told.offset, pool_in(second) + 8);
}

Test(poison, what_was_written_is_told_when_its_pool_is_given_free)
{
    struct told told = {0};
    struct block *large = free_block(POISON_BYTES - 16, NULL), *small = free_block(16, large);
    struct block *next = free_block(16, NULL);
    poison_pool(&layout, pool_in(small), count_told, &told);
    large->data[100] = 0;
    poison_pool(&layout, pool_in(next), count_told, &told);
    cr_expect_eq(told.count, 1, "with the first of its blocks");
    cr_expect_eq(told.pool, pool_in(small));
}

Test(poison, what_was_written_before_a_fork_is_the_parents_to_tell)
{
    struct told told = {0};
    struct block *block = free_block(64, NULL);
    poison_pool(&layout, pool_in(block), count_told, &told);
    block->data[3] = 0;
    poison_forked();
    poison_look(count_told, &told);
    cr_expect_eq(told.count, 0);
}
