/*
 * phrases_test.c - who reads many events at a time, some of them copied as the same bytes came
 * before, gets the same as who reads them one by one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/unit/support/read_trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(phrases, .init = trace_set_up, .fini = trace_tear_down);

enum { NAME = 7, TICK = 5000, NESTS = 3000 };

static uint64_t now;

/* All at one tick. */
static struct trace_builder *at_once(struct trace_builder *builder)
{
    builder_at(builder, now);
    return builder;
}

/* Pools that share slots of the cache with each other, and such that do not. */
static uint64_t some_pool(unsigned which)
{
    return POOL + 0x1000 + which % 3 * 0x10 + which / 3 * 0x100;
}

/* A pool with another one in it, of few kinds. */
static void nest(struct trace_builder *builder, unsigned kind)
{
    const uint64_t outer = some_pool(kind % 4), inner = some_pool(4 + kind / 4 % 3);
    builder_create(at_once(builder), outer, POOL, 1);
    builder_name_id(at_once(builder), outer, 2, NAME);
    for (unsigned i = 0; i < kind % 3; i++)
        builder_alloc(at_once(builder), outer, 3, 16 + kind % 2);
    builder_create(at_once(builder), inner, kind % 2 ? outer : POOL, 4);
    builder_alloc(at_once(builder), inner, 5, 100);
    if (kind % 5 == 0)
        builder_alloc(at_once(builder), POOL, 6, 8);
    builder_destroy(at_once(builder), inner, 7, 100, 512);
    builder_alloc(at_once(builder), outer, 3, 300);
    builder_destroy(at_once(builder), outer, 8, UINT64_MAX, 512);
}

/* What may come between; another time, for one. */
static void something(struct trace_builder *builder)
{
    switch (random() % 8) {
    case 0:
        now++;
        break;
    case 1:
        builder_alloc(at_once(builder), some_pool((unsigned)random() % 8), 9, 24);
        break;
    case 2:
        builder_name(at_once(builder), POOL, 9, "told");
        break;
    case 3:
        builder_end_block(builder);
        break;
    default:
        builder_mark(at_once(builder), 0);
    }
}

static struct trace *open_nests(unsigned kinds)
{
    struct trace_builder *builder = builder_new(1, 1);
    now = TICK;
    builder_tag(builder, NAME, "command");
    builder_create(at_once(builder), POOL, 0, 1);
    for (unsigned i = 0; i < NESTS; i++) {
        nest(builder, (unsigned)random() % kinds);
        if (random() % 4 == 0)
            something(builder);
    }
    return open_built(builder);
}

static void expect_same(const struct trace_event *event, const struct trace_event *other)
{
    cr_assert_eq(event->kind, other->kind);
    cr_assert_eq(event->tick, other->tick);
    cr_assert_eq(event->thread, other->thread);
    if (event->kind == TRACE_EVENT_MARK)
        return;
    cr_assert_eq(event->pool, other->pool);
    cr_assert_eq(event->stack, other->stack);
    if (event->kind == TRACE_EVENT_NAME)
        cr_assert_eq(memcmp(event->name, other->name, event->name_length), 0);
    else
        cr_assert_eq(event->size, other->size); /* or its parent, or the bytes used */
    if (event->kind == TRACE_EVENT_DESTROY)
        cr_assert_eq(event->capacity, other->capacity);
}

/* Event, which may be a run, is what comes next of ONE_BY_ONE. */
static void expect_next(struct trace *one_by_one, const struct trace_event *event)
{
    struct trace_event next;
    for (uint32_t i = 0; i < (event->kind == TRACE_EVENT_ALLOC ? event->run : 0); i++) {
        struct trace_event single = *event;
        single.stack = event->allocations[i].stack;
        single.size = event->allocations[i].size;
        cr_assert(trace_next(one_by_one, &next));
        expect_same(&single, &next);
    }
    if (event->kind == TRACE_EVENT_ALLOC && event->run)
        return;
    cr_assert(trace_next(one_by_one, &next));
    expect_same(event, &next);
}

/* How many pools of TRACE, of so many KINDS, were made in phrases. */
static unsigned compare(unsigned kinds)
{
    static struct event_batch batch;
    unsigned phrases = 0;
    srandom(kinds);
    struct trace *many = open_nests(kinds);
    srandom(kinds);
    struct trace *one_by_one = open_nests(kinds);
    while (trace_read_events(many, &batch))
        for (size_t i = 0; i < batch.count; i++) {
            phrases += batch.events[i].kind == TRACE_EVENT_CREATE && batch.events[i].phrase;
            expect_next(one_by_one, &batch.events[i]);
        }
    struct trace_event none;
    cr_assert_not(trace_next(one_by_one, &none));
    cr_assert_null(trace_damage(many));
    trace_close(many);
    trace_close(one_by_one);
    return phrases;
}

Test(phrases, what_came_before_is_read_as_before)
{
    cr_expect_gt(compare(2), NESTS / 2);
    cr_expect_gt(compare(12), NESTS / 4);
    cr_expect_gt(compare(40), 0);
    compare(1000);
}
