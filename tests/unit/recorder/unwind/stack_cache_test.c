/* stack_cache_test.c - which backtraces are known again, while the words on a stack change. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/stack_cache.h"

#include <criterion/criterion.h>

#define OUTER 13 /* words of all backtraces here, the last ones */
#define INNER 6  /* a multiple of three: the outer ones are return addresses in all or in none */

static uint64_t stack[64];
static struct stack_cache *cache;
static struct unwind_start starts[3];

static void tear_down(void)
{
    if (cache)
        stack_cache_clear(cache);
}

TestSuite(stack_cache, .fini = tear_down);

/* A backtrace through INNER words at stack[FROM], and all OUTER ones at the end of the stack. Each
 * third word is a return address. */
static struct stack_trail trail_of(const struct unwind_start *start, unsigned from, unsigned inner)
{
    struct stack_trail trail;
    stack_trail_begin(&trail);
    for (unsigned i = 0; i < inner + OUTER; i++) {
        const uint64_t *word = i < inner ? stack + from + i : stack + 64 - OUTER - inner + i;
        stack_trail_add(&trail, (uint64_t)word - start->sp, *word, i % 3 == 0);
    }
    return trail;
}

/* Remembers it as of its first address IP, with the stack pointer at stack[FROM]. */
static void put(unsigned number, unsigned from, unsigned inner)
{
    struct unwind_start *start = &starts[number];
    start->ip = 0x1000 + number;
    start->sp = (uint64_t)(stack + from);
    struct stack_trail trail = trail_of(start, from, inner);
    stack_cache_put(&cache, start, &trail, 100 + number);
}

static uint32_t found(unsigned number)
{
    const struct cached_stack *cached = stack_cache_find(cache, &starts[number]);
    return cached ? cached->id : 0;
}

static void fill_stack(void)
{
    for (unsigned i = 0; i < 64; i++)
        stack[i] = 0x5000 + i;
}

/* The second shares the first's words, at another depth; the third has none of its own. */
static void put_three(void)
{
    fill_stack();
    put(0, 30, INNER);
    put(1, 10, INNER + 3);
    put(2, 64 - OUTER, 0);
}

Test(stack_cache, a_word_that_changes_is_seen_wherever_it_is_kept)
{
    put_three();
    for (unsigned i = 0; i < 64; i++) {
        bool outer = i >= 64 - OUTER;
        uint32_t first = outer || (i >= 30 && i < 30 + INNER) ? 0 : 100;
        uint32_t second = outer || (i >= 10 && i < 10 + INNER + 3) ? 0 : 101;
        stack[i]++;
        cr_expect_eq(found(0), first, "word %u", i);
        cr_expect_eq(found(1), second, "word %u", i);
        cr_expect_eq(found(2), outer ? 0 : 102, "word %u", i);
        stack[i]--;
    }
    cr_expect_eq(found(0), 100);
    cr_expect_eq(found(1), 101);
    cr_expect_eq(found(2), 102);
}

Test(stack_cache, words_in_common_are_kept_once)
{
    put_three();
    const struct cached_stack *first = stack_cache_find(cache, &starts[0]);
    const struct cached_stack *second = stack_cache_find(cache, &starts[1]);
    cr_expect_null(first->trunk);
    cr_expect_eq(second->trunk, first);
    cr_expect_leq(second->own, INNER + 3 + STRIDE_WORDS);
    cr_expect_eq(second->count, INNER + 3 + OUTER);
    cr_expect_eq(stack_cache_find(cache, &starts[2])->trunk, first);
}

Test(stack_cache, few_words_in_common_make_no_trunk)
{
    fill_stack();
    put(0, 30, INNER);
    put(1, 5, OUTER + 6);
    cr_expect_null(stack_cache_find(cache, &starts[1])->trunk);
    cr_expect_eq(found(0), 100);
}

Test(stack_cache, return_addresses_of_ones_own_and_of_the_trunk_come_in_order)
{
    uint64_t returns[TRAIL_WORDS];
    fill_stack();
    put(0, 30, INNER);
    put(1, 10, INNER + 3);
    const struct cached_stack *second = stack_cache_find(cache, &starts[1]);
    cr_assert_not_null(second->trunk);
    cr_assert_eq(cached_stack_returns(second, returns, TRAIL_WORDS), 8);
    for (unsigned i = 0; i < 8; i++) {
        unsigned word = 3 * i < INNER + 3 ? 10 + 3 * i : 64 - OUTER - INNER - 3 + 3 * i;
        cr_expect_eq(returns[i], 0x5000 + word, "%u: %#lx", i, returns[i]);
    }
    cr_expect_eq(cached_stack_returns(second, returns, 5), 5);
}

Test(stack_cache, the_next_is_told_from_its_likes_in_the_tree)
{
    fill_stack();
    for (unsigned i = 0; i < 40; i++) {
        stack[33] = 0x9000 + i % 8;
        starts[0].ip = 0x1000;
        starts[0].sp = (uint64_t)(stack + 30);
        struct stack_trail trail = trail_of(&starts[0], 30, INNER);
        const struct cached_stack *known = stack_cache_find(cache, &starts[0]);
        cr_expect_eq(known ? known->id : 0, i < 8 ? 0 : 200 + i % 8);
        if (!known)
            stack_cache_put(&cache, &starts[0], &trail, 200 + i % 8);
    }
}
