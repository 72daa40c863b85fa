/* guarded_data_test.c - data-after-destroy and overflow: touches that were told, as findings. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_world.h"

static void touch(unsigned how, int64_t offset, const struct touched *touched, uint32_t stack)
{
    const struct trace_event event = {
        .kind = TRACE_EVENT_FAULT, .fault = how, .fault_offset = offset};
    world.process.tick++;
    world.observer.on_fault(world.observer.data, &world.process, &event, touched, stack);
}

static const struct touched ended = {.tag = "dead",
                                     .path = "permanent_pool > dead",
                                     .created = 2,
                                     .destroyed = 4,
                                     .allocated = 3,
                                     .size = 24};

Test(guarded_data, a_touch_of_the_dead_has_three_stacks)
{
    world_start(&rule_data_after_destroy);
    touch(TRACE_FAULT_DEAD | TRACE_FAULT_WRITE, 20, &ended, 5);
    touch(TRACE_FAULT_DEAD | TRACE_FAULT_WRITE, 21, &ended, 5);
    touch(0, 24, &ended, 6);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->rule, "data-after-destroy");
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_str_eq(finding->path, "permanent_pool > dead");
    cr_expect_eq(finding->stack, 5);
    cr_expect_eq(finding->allocated, 3);
    cr_expect_eq(finding->created, 2);
    cr_expect_eq(finding->destroyed, 4);
    cr_expect_eq(finding->count, 2);
    cr_expect(finding->access.known && finding->access.write && !finding->access.later);
    cr_expect_eq(finding->access.offset, 20);
    cr_expect_eq(finding->access.size, 24);
    findings_free(&world.found);
}

Test(guarded_data, what_is_beyond_is_an_overflow)
{
    world_start(&rule_overflow);
    struct pool *pool = world_create(world_root(), 2, "alive");
    const struct touched touched = {.pool = pool, .allocated = 3, .size = 16};
    touch(0, -1, &touched, 5);
    touch(TRACE_FAULT_DEAD, 3, &ended, 5);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->rule, "overflow");
    cr_expect_str_eq(finding->path, "permanent_pool > alive");
    cr_expect_eq(finding->access.offset, -1);
    cr_expect(!finding->access.write);
    cr_expect_eq(finding->destroyed, 0);
    findings_free(&world.found);
}

Test(guarded_data, what_was_seen_later_blames_who_made_the_pool)
{
    world_start(&rule_data_after_destroy);
    touch(TRACE_FAULT_DEAD | TRACE_FAULT_WRITE | TRACE_FAULT_SEEN, 88, &ended, 0);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect(finding->access.later);
    cr_expect_eq(finding->culprit, 2);
    findings_free(&world.found);
}
