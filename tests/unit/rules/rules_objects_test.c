/* rules_objects_test.c - growth where allocations are given back by themselves. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_world.h"

#define UNITS 12

/* A long-lived pool takes one thing of 100 bytes more in each command, and gives back that of
 * LIVES commands ago. */
static void cache(const struct rule *rule, unsigned lives)
{
    world_start(rule);
    struct pool *root = world_root();
    struct pool *pool = rule == &rule_growing_pool ? world_create(root, 2, "cache") : root;
    for (unsigned i = 1; i <= UNITS; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(pool, 100, 3);
        if (i > lives)
            world_free(pool, 100, 3, (struct unit){API_MARK_COMMAND, i - lives});
    }
}

Test(growing_pool, what_is_replaced_in_each_unit_does_not_grow)
{
    cache(&rule_growing_pool, 1);
    expect_nothing();
    cache(&rule_growing_pool, 0);
    expect_nothing();
}

/* Each object is a pool, of which BYTES are its own. */
static struct pool *make_object(struct pool *parent, uint64_t bytes, uint32_t stack)
{
    world.api.function_count = 1;
    world.api.functions[0] = (struct api_function){.role = API_CREATE, .size.count = 1};
    struct pool *object = world_create(parent, stack, "object");
    parent->had_pools = true;
    object->bytes = bytes;
    world.observer.on_alloc(world.observer.data, &world.process, object, bytes, stack);
    return object;
}

/* An object straight in a root grows by 100 bytes in each unit; it leaves before unit LEAVES. */
static void grow_object(const struct rule *rule, unsigned leaves)
{
    world_start(rule);
    struct pool *object = make_object(world_root(), 100, 3);
    for (unsigned i = 1; i <= UNITS; i++) {
        struct unit before = world.process.unit;
        world_mark(API_MARK_COMMAND);
        if (i == leaves)
            object->parent = 0;
        world_free(object, 100 * i, 3, before);
        world_alloc(object, 100 * (i + 1), 3);
    }
}

Test(growing_pool, an_object_that_was_in_a_root)
{
    grow_object(&rule_growing_pool, UNITS / 2);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_eq(finding->per_unit.bytes, 104);
    findings_free(&world.found);
    grow_object(&rule_permanent_pool_alloc, UNITS / 2);
    expect_nothing();
}

Test(growing_pool, an_object_that_two_places_resize_in_turn)
{
    world_start(&rule_growing_pool);
    struct pool *object = make_object(world_create(world_root(), 2, "list"), 100, 3);
    for (unsigned i = 1; i <= UNITS; i++) {
        struct unit before = world.process.unit;
        world_mark(API_MARK_COMMAND);
        world_free(object, 104 * i, 3 + (i + 1) % 2, before);
        world_alloc(object, 104 * (i + 1), 3 + i % 2);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_eq(finding->stack, 3 + UNITS % 2);
    cr_expect_eq(finding->count, 1);
    cr_expect_eq(finding->per_unit.bytes, 104, "%f", finding->per_unit.bytes);
    cr_assert_eq(finding->places.count, 1);
    findings_free(&world.found);
}

Test(permanent_pool_alloc, an_object_that_grows)
{
    grow_object(&rule_permanent_pool_alloc, UNITS + 1);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    findings_free(&world.found);
    grow_object(&rule_growing_pool, UNITS + 1);
    expect_nothing();
}

Test(growing_pool, up_and_down_is_no_growth)
{
    world_start(&rule_growing_pool);
    struct pool *pool = world_create(world_root(), 2, "cache");
    for (unsigned i = 1; i <= UNITS; i++) {
        world_mark(API_MARK_COMMAND);
        if (i % 2)
            world_alloc(pool, 100, 3);
        else
            world_free(pool, 100, 3, (struct unit){API_MARK_COMMAND, i - 1});
    }
    expect_nothing();
}

Test(growing_pool, half_of_it_is_given_back)
{
    world_start(&rule_growing_pool);
    struct pool *pool = world_create(world_root(), 2, "cache");
    for (unsigned i = 1; i <= UNITS; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(pool, 100, 3);
        world_alloc(pool, 100, 3);
        world_free(pool, 100, 3, world.process.unit);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, UNITS);
    cr_expect_eq(finding->bytes, 104 * UNITS);
    cr_expect_eq(finding->per_unit.bytes, 104, "%f", finding->per_unit.bytes);
    findings_free(&world.found);
}

/* Of a pool made in the same unit nothing was counted. */
Test(growing_pool, what_was_taken_before_it_was_watched)
{
    world_start(&rule_growing_pool);
    struct pool *root = world_root();
    world_mark(API_MARK_COMMAND);
    struct pool *pool = world_create(root, 2, "cache");
    for (unsigned i = 0; i < UNITS; i++)
        world_alloc(pool, 100, 3);
    for (unsigned i = 0; i < UNITS; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(pool, 100, 3);
        world_free(pool, 100, 3, (struct unit){API_MARK_COMMAND, 1});
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->bytes, 104 * UNITS);
    findings_free(&world.found);
}

Test(permanent_pool_alloc, what_is_given_back_is_nothing)
{
    cache(&rule_permanent_pool_alloc, 0);
    expect_nothing();
}

Test(permanent_pool_alloc, what_is_given_back_at_shutdown)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root(), *early = make_object(root, 16, 2), *late[UNITS];
    for (unsigned i = 0; i < UNITS; i++) {
        world_mark(API_MARK_COMMAND);
        late[i] = make_object(root, 16, 3);
    }
    world_mark(API_MARK_SHUTDOWN);
    for (unsigned i = 0; i < UNITS; i++)
        world_destroy(late[i]);
    world_destroy(early);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1, "what was made at start-up is none");
    cr_expect_eq(finding->stack, 3);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_eq(finding->count, UNITS);
    findings_free(&world.found);
}

Test(permanent_pool_alloc, what_is_replaced_does_not_grow)
{
    cache(&rule_permanent_pool_alloc, 1);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 1);
    cr_expect_eq(finding->bytes, 104);
    cr_expect_eq(finding->per_unit.unit, API_MARK_KINDS, "it does not grow");
    findings_free(&world.found);
}

static void move_object(const struct pool *object, const struct pool *to)
{
    world.observer.on_move(world.observer.data, &world.process, object, to);
}

Test(permanent_pool_alloc, an_object_that_stays_straight_in_a_root)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root();
    for (unsigned i = 0; i < UNITS; i++) {
        world_mark(API_MARK_COMMAND);
        make_object(root, 16, 3);
        world_destroy(make_object(root, 16, 4));
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->stack, 3);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_eq(finding->count, UNITS);
    cr_expect_eq(finding->per_unit.bytes, 16);
    findings_free(&world.found);
}

/* One that others are made in is a pool, that of another is no allocation. */
Test(permanent_pool_alloc, objects_that_are_pools)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root();
    world_mark(API_MARK_COMMAND);
    make_object(make_object(root, 16, 3), 16, 4);
    make_object(root, 0, 5);
    expect_nothing();
}

Test(permanent_pool_alloc, objects_that_move)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root(), *request = world_create(root, 2, "request");
    world_mark(API_MARK_COMMAND);
    move_object(make_object(root, 16, 3), request);
    move_object(make_object(root, 32, 4), NULL);
    move_object(make_object(request, 64, 5), root);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->bytes, 64);
    cr_expect_eq(finding->severity, SEVERITY_WARNING, "it does not grow");
    findings_free(&world.found);
}
