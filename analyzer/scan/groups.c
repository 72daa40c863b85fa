/* groups.c - by their names and those of the pools that they are below (groups.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/groups.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 /* pools above one that are compared */

static int compare_names(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

/* By their names and those of the nearest pools that they are below, from below upwards. */
static int compare_paths(const struct scan *scan, uint32_t a, uint32_t b)
{
    for (unsigned i = 0; a != b && i < DEPTH_MAX; i++) {
        if (a == WALK_NONE || b == WALK_NONE)
            return a == WALK_NONE ? -1 : 1;
        const int order = compare_names(scan->names[a], scan->names[b]);
        if (order)
            return order;
        a = scan->walk.pools[a].parent;
        b = scan->walk.pools[b].parent;
    }
    return 0;
}

static int by_path(const void *left, const void *right, void *data)
{
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const int order = compare_paths(data, a, b);
    return order ? order : (a > b) - (a < b);
}

static int by_held(const void *left, const void *right)
{
    const struct scan_group *a = left, *b = right;
    if (a->held != b->held)
        return a->held > b->held ? -1 : 1;
    return (a->pools > b->pools) - (a->pools < b->pools);
}

/* All pools, sorted by their paths. */
struct all_pools {
    uint32_t *pools;
    size_t count;
};

static struct all_pools sort_all(struct scan *scan)
{
    struct all_pools all = {xcalloc(scan->walk.pool_count, sizeof(*all.pools)),
                            scan->walk.pool_count};
    for (uint32_t i = 0; i < all.count; i++)
        all.pools[i] = i;
    if (all.count > 0)
        qsort_r(all.pools, all.count, sizeof(*all.pools), by_path, scan);
    return all;
}

/* How many of ALL come before those with the path of pool number INDEX; with THEM, counting those.
 */
static size_t count_before(const struct scan *scan, const struct all_pools *all, uint32_t index,
                           bool them)
{
    size_t low = 0, high = all->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = compare_paths(scan, all->pools[middle], index);
        if (order < 0 || (them && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t count_alike(const struct scan *scan, const struct all_pools *all, uint32_t index)
{
    return count_before(scan, all, index, true) - count_before(scan, all, index, false);
}

/* Adds the pool number INDEX to GROUP. */
static void add_pool(const struct scan *scan, struct scan_group *group, uint32_t index)
{
    const struct walk_pool *pool = &scan->walk.pools[index];
    group->count++;
    group->used += pool->used;
    group->held += pool->capacity + pool->below_held;
    group->below += pool->below;
}

void scan_group_unreachable(struct scan *scan)
{
    uint32_t *pools = scan->unreachable;
    const size_t count = scan->unreachable_count;
    if (count == 0)
        return;
    const struct all_pools all = sort_all(scan);
    qsort_r(pools, count, sizeof(*pools), by_path, scan);
    scan->groups = xcalloc(count, sizeof(*scan->groups));
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_paths(scan, pools[i - 1], pools[i]) != 0)
            scan->groups[scan->group_count++] =
                (struct scan_group){.pools = &pools[i], .alike = count_alike(scan, &all, pools[i])};
        add_pool(scan, &scan->groups[scan->group_count - 1], pools[i]);
    }
    qsort(scan->groups, scan->group_count, sizeof(*scan->groups), by_held);
    free(all.pools);
}
