/* survey_test.c - what pools hold as a process ends, whatever state they are in. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/survey.h"

#include "preload/hooks/usage.h"
#include "tests/unit/support/made_pools.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/mman.h>

TestSuite(survey, .fini = temp_trace_end);

struct surveyed {
    uint64_t pool, used, capacity;
};

/* The system whose only root is ROOT. */
static const struct pool_system *with_root(const struct pool *root)
{
    static struct pool_system system;
    static uint64_t variable;
    variable = address(root);
    system = proftpd;
    system.root_count = 1;
    system.roots[0] = (struct root){.found = true, .variable = &variable};
    return &system;
}

/* Surveys below ROOT and reads what was written, at most SIZE; the rest is only counted. */
static size_t survey(struct stream *stream, const struct pool *root, struct surveyed *to,
                     size_t size)
{
    struct trace_event event;
    size_t count = 0;

    survey_take(stream, with_root(root));
    struct trace *trace = temp_trace_read();
    for (; trace_next(trace, &event); count++) {
        cr_assert_eq(event.kind, TRACE_EVENT_SURVEY);
        if (count < size)
            to[count] = (struct surveyed){event.pool, event.used, event.capacity};
    }
    trace_close(trace);
    return count;
}

/* How often POOL is among what was surveyed, with the usage it has. */
static unsigned times(const struct surveyed *all, size_t count, const struct pool *pool)
{
    struct pool_usage usage;
    cr_assert(usage_looks(&proftpd, address(pool), &usage));
    unsigned found = 0;
    for (size_t i = 0; i < count; i++)
        found += all[i].pool == address(pool) && all[i].used == usage.used &&
                 all[i].capacity == usage.capacity;
    return found;
}

Test(survey, sees_every_pool_once)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool *pools[1000];
    struct surveyed seen[1000];

    srandom(1);
    for (unsigned i = 0; i < 1000; i++) {
        pools[i] = make_pool(512, (uint64_t)(random() % 50) * 8);
        if (i > 0)
            add_child(pools[(unsigned)random() % i], pools[i]);
    }
    cr_assert_eq(survey(stream, pools[0], seen, 1000), 1000);
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(times(seen, 1000, pools[i]), 1, "pool %u", i);
}

Test(survey, goes_deep)
{
    enum { DEPTH = 20000 };
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool *root = make_pool(128, 0), *parent = root;

    for (unsigned i = 1; i < DEPTH; i++) {
        struct pool *child = make_pool(128, 8);
        add_child(parent, child);
        parent = child;
    }
    cr_expect_eq(survey(stream, root, NULL, 0), DEPTH);
}

Test(survey, stays_below_its_root)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool *above = make_pool(512, 0), *root = make_pool(512, 8), *beside = make_pool(512, 16);
    struct pool *below = make_pool(512, 24);
    struct surveyed seen[4];

    add_child(above, beside);
    add_child(above, root); /* before its sibling */
    add_child(root, below);
    cr_assert_eq(survey(stream, root, seen, 4), 2);
    cr_expect_eq(times(seen, 2, root), 1);
    cr_expect_eq(times(seen, 2, below), 1);
}

/* At the end of a crashing process: whatever can be read still is, and nothing faults. */
Test(survey, of_a_broken_tree)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool *root = make_pool(512, 0), *whole = make_pool(512, 8), *broken = make_pool(512, 16);
    char *gone = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct surveyed seen[4];

    cr_assert_eq(munmap(gone, 4096), 0);
    add_child(root, whole);
    add_child(root, broken);
    first_block(broken)->next = address(gone);
    whole->next_sibling = address(gone);
    whole->children = UINT64_MAX - 3;
    /* The broken one comes first, and nothing of it can be told but what is behind it. */
    cr_assert_eq(survey(stream, root, seen, 4), 2);
    cr_expect_eq(times(seen, 2, root), 1);
    cr_expect_eq(times(seen, 2, whole), 1);
}

Test(survey, of_nothing)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);

    cr_expect_eq(survey(stream, NULL, NULL, 0), 0);
}

Test(survey, in_circles_ends)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool *root = make_pool(512, 0), *child = make_pool(512, 0);

    add_child(root, child);
    child->next_sibling = address(child);
    child->children = address(root);
    cr_expect_gt(survey(stream, root, NULL, 0), 0);
}
