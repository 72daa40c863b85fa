/* stacks_test.c - the same code is the same stack, wherever it was loaded and whoever ran it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/symbols/stack_ids.h"
#include "analyzer/symbols/stacks.h"
#include "analyzer/trace/trace.h"
#include "analyzer/util/memory.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(stacks, each_distinct_stack_once)
{
    struct stacks *stacks = stacks_new();
    struct code_module module = {.path = (char *)"/bin/x"};
    uint32_t x = stacks_intern_module(stacks, &module);
    cr_assert_eq(stacks_intern_module(stacks, &module), x);
    module.build_id_length = 1;
    cr_assert_neq(stacks_intern_module(stacks, &module), x, "another build");
    const struct code_frame frames[] = {{x, 1, false}, {x, 2, false}, {FRAME_NO_MODULE, 3, false}};
    struct code_stack stack = {.depth = 3, .frames = frames};
    uint32_t number = stacks_intern(stacks, &stack);
    cr_assert_eq(number, 1);
    cr_assert_eq(stacks_intern(stacks, &stack), number);
    stack.cut = true;
    cr_assert_eq(stacks_intern(stacks, &stack), 2);
    stack.depth = 2;
    cr_assert_eq(stacks_intern(stacks, &stack), 3);
    stack.depth = 0;
    cr_assert_eq(stacks_intern(stacks, &stack), 0);
    cr_assert_eq(stacks_count(stacks), 3);
    cr_assert_eq(stacks_get(stacks, 2).depth, 3);
    cr_assert(stacks_get(stacks, 2).cut);
    cr_assert_eq(stacks_get(stacks, 4).depth, 0);
    cr_assert_str_eq(stacks_module(stacks, x)->path, "/bin/x");
    cr_assert_null(stacks_module(stacks, 99));
    stacks_free(stacks);
}

Test(stacks, many_stay_where_they_are)
{
    struct stacks *stacks = stacks_new();
    const struct code_frame *first = NULL;
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t i = 1; i <= 100000; i++) {
            const struct code_frame frames[] = {{FRAME_NO_MODULE, i, false},
                                                {FRAME_NO_MODULE, i / 7, false}};
            const struct code_stack stack = {.depth = 2, .frames = frames};
            cr_assert_eq(stacks_intern(stacks, &stack), i);
            first = first ? first : stacks_get(stacks, 1).frames;
        }
    }
    cr_assert_eq(stacks_get(stacks, 1).frames, first);
    cr_assert_eq(stacks_get(stacks, 100000).frames[1].offset, 100000 / 7);
    stacks_free(stacks);
}

struct process {
    struct trace *trace;
    struct stack_ids *ids;
};

static char *dir;
static struct stacks *stacks;

static void set_up(void)
{
    dir = temporary_directory();
    stacks = stacks_new();
}

static void tear_down(void)
{
    stacks_free(stacks);
    remove_directory(dir);
}

TestSuite(stack_ids, .init = set_up, .fini = tear_down);

static struct process open_process(struct trace_builder *builder, struct stack_ids *parent)
{
    char path[4096];
    struct error error = {""};
    builder_write(builder, dir);
    snprintf(path, sizeof(path), "%s/%d.trace", dir, builder_header(builder)->pid);
    builder_free(builder);
    struct process process = {.trace = trace_open(path, &error)};
    cr_assert(process.trace, "%s", error.text);
    process.ids = stack_ids_new(parent, trace_header(process.trace)->first_stack, stacks);
    stack_ids_begin(process.ids, process.trace);
    return process;
}

static void close_process(struct process process)
{
    stack_ids_release(process.ids);
}

/* "module+offset" of the innermost frame of backtrace ID, or "unknown". */
static const char *innermost(struct stack_ids *ids, uint32_t id)
{
    static char text[128];
    uint32_t number;
    if (!stack_ids_number(ids, id, &number))
        return "unknown";
    struct code_stack stack = stacks_get(stacks, number);
    if (stack.depth == 0)
        return "empty";
    const struct code_module *module = stacks_module(stacks, stack.frames[0].module);
    snprintf(text, sizeof(text), "%s+%llx", module ? module->path : "",
             (unsigned long long)stack.frames[0].offset);
    return text;
}

static void add_stack(struct trace_builder *builder, uint32_t id, uint64_t address)
{
    builder_stack(builder, id, 1, &address);
}

Test(stack_ids, a_module_counts_from_when_it_came_until_it_went)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_module(builder, 0x1000, 0x2000, 0x1000, 2, "old");
    builder_unload(builder, 0x1000, 4);
    builder_module(builder, 0x1800, 0x2800, 0x1800, 6, "new");
    builder_module(builder, 0x2000, 0x3000, 0x2000, 8, "newest"); /* and nobody unloaded "new" */
    for (uint32_t id = 1; id <= 9; id++)
        add_stack(builder, id, 0x1800 + id);
    add_stack(builder, 11, 0x2001);
    struct process process = open_process(builder, NULL);
    cr_assert_str_eq(innermost(process.ids, 11), "newest+1", "later ids first: order is by id");
    cr_assert_str_eq(innermost(process.ids, 1), "+1801");
    cr_assert_str_eq(innermost(process.ids, 2), "old+802");
    cr_assert_str_eq(innermost(process.ids, 3), "old+803");
    cr_assert_str_eq(innermost(process.ids, 4), "+1804");
    cr_assert_str_eq(innermost(process.ids, 7), "new+7");
    cr_assert_str_eq(innermost(process.ids, 9), "+1809");
    cr_assert_str_eq(innermost(process.ids, 10), "unknown");
    cr_assert_str_eq(innermost(process.ids, 12), "unknown");
    cr_assert_str_eq(innermost(process.ids, TRACE_NO_STACK), "empty");
    close_process(process);
}

Test(stack_ids, a_child_has_its_parents_as_of_the_fork)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_module(builder, 0x1000, 0x2000, 0x1000, 1, "program");
    add_stack(builder, 1, 0x1001);
    add_stack(builder, 2, 0x1002);
    builder_unload(builder, 0x1000, 4); /* after the fork, which took id 3 */
    builder_module(builder, 0x1000, 0x2000, 0x1000, 4, "reloaded");
    add_stack(builder, 4, 0x1004);
    struct process parent = open_process(builder, NULL);

    builder = builder_fork(2, 2, 1, 1, 3);
    add_stack(builder, 3, 0x1003);
    builder_module(builder, 0x5000, 0x6000, 0x5000, 4, "own");
    add_stack(builder, 4, 0x5004);
    add_stack(builder, 5, 0x1005);
    struct process child = open_process(builder, parent.ids);

    builder = builder_fork(3, 3, 2, 1, 5);
    add_stack(builder, 5, 0x5005);
    struct process grandchild = open_process(builder, child.ids);

    cr_assert_str_eq(innermost(child.ids, 1), "program+1");
    cr_assert_str_eq(innermost(child.ids, 3), "program+3");
    cr_assert_str_eq(innermost(child.ids, 4), "own+4");
    cr_assert_str_eq(innermost(child.ids, 5), "program+5");
    cr_assert_str_eq(innermost(parent.ids, 4), "reloaded+4");
    cr_assert_str_eq(innermost(parent.ids, 3), "unknown", "the child's");
    cr_assert_str_eq(innermost(grandchild.ids, 2), "program+2");
    cr_assert_str_eq(innermost(grandchild.ids, 4), "own+4");
    cr_assert_str_eq(innermost(grandchild.ids, 5), "own+5");
    close_process(grandchild);
    close_process(child);
    close_process(parent);
}

Test(stack_ids, without_the_parent_its_stacks_are_unknown)
{
    struct trace_builder *builder = builder_fork(2, 2, 1, 1, 300);
    add_stack(builder, 300, 0x1003);
    struct process child = open_process(builder, NULL);
    cr_assert_str_eq(innermost(child.ids, 44), "unknown");
    cr_assert_str_eq(innermost(child.ids, 300), "+1003");
    close_process(child);
}

Test(stack_ids, gaps_left_by_many_forks_are_found_through)
{
    struct trace_builder *builder = builder_new(1, 1);
    for (uint32_t id = 1; id < 3000; id += 1 + id % 3)
        add_stack(builder, id, id);
    struct process process = open_process(builder, NULL);
    for (int round = 0; round < 2; round++) {
        for (uint32_t id = 1, next = 1; id < 3000; id++) {
            char expected[32];
            snprintf(expected, sizeof(expected), "+%x", id);
            cr_assert_str_eq(innermost(process.ids, id), id == next ? expected : "unknown");
            if (id == next)
                next += 1 + id % 3;
        }
    }
    close_process(process);
}
