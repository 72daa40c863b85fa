/* roots.c - the pools that live as long as the program; see roots.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/roots.h"

#include "preload/hooks/generation.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/usage.h"
#include "preload/trace/events.h"

#include <stddef.h>

void roots_find(struct pool_system *system, const struct image *image)
{
    const struct api *api = &system->api;
    system->found_count = 0;
    for (unsigned i = 0; i < api->root_count; i++) {
        struct root *root = &system->roots[i];
        const struct expression *holder = &api->roots[i].holder;
        const bool first = i + 1 == api->first_root;
        struct operand *operand = &system->holders[i];
        root->found = first || operand_prepare(operand, holder, image);
        root->holder = operand;
        root->variable = first                ? &system->first_pool
                         : holder->count == 1 ? operand->variables[0]
                                              : NULL;
        if (root->found)
            system->found[system->found_count++] = (uint8_t)i;
    }
}

const struct root *roots_named(const struct pool_system *system, struct slice name)
{
    for (unsigned i = 0; name.length && i < system->root_count; i++) {
        if (slice_same(system->api.roots[i].name, name))
            return system->roots[i].found ? &system->roots[i] : NULL;
    }
    return NULL;
}

uint64_t roots_place(const struct root *root, unsigned index)
{
    return (uint64_t)(uintptr_t)root->holder->variables[index];
}

uint64_t roots_pool(const struct root *root)
{
    uint64_t pool;
    if (!root)
        return 0;
    if (root->variable)
        return __atomic_load_n(root->variable, __ATOMIC_RELAXED);
    return operand_read(root->holder, NULL, &pool) ? pool : 0;
}

void roots_walk(struct walk *walk, const struct pool_system *system)
{
    for (unsigned i = 0; i < system->layout_count; i++)
        walk_add_layout(walk, system->layouts[i]);
    for (unsigned i = 0; i < system->root_count; i++) {
        const uint64_t pool = system->roots[i].found ? roots_pool(&system->roots[i]) : 0;
        if (pool)
            walk_tree(walk, pool);
    }
}

bool roots_hold(const struct pool_system *system, uint64_t pool)
{
    for (unsigned i = 0; i < system->root_count; i++) {
        if (system->roots[i].found && roots_pool(&system->roots[i]) == pool)
            return true;
    }
    return false;
}

/* Whether ROOT holds another pool than when that was last written: *HOLDS. */
static bool has_changed(const struct root *root, uint64_t *holds)
{
    if (!root->found)
        return false;
    *holds = roots_pool(root);
    return *holds != __atomic_load_n(&root->held, __ATOMIC_RELAXED);
}

/* Root number INDEX holds the pool HOLDS from now on. */
static void write_root(struct stream *stream, struct pool_system *system, unsigned index,
                       uint64_t holds)
{
    __atomic_store_n(&system->roots[index].held, holds, __ATOMIC_RELAXED);
    event_root(stream, system->first_root + index, holds);
}

/* POOL is there, since a root holds it: it may be that nobody saw it being made. Where a layout
 * says how pools look, it must look like one. */
static void adopt(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    struct pool_usage usage;
    if (!usage_looks(system, pool, &usage))
        return;
    generation_touch(stream, pool);
    event_adopt(stream, pool, 0, system->number, usage.used);
    if (system->layout_count == 0)
        return;
    if (!system->ends_unseen)
        usage_made(pool);
    naming_tell(stream, system, pool);
}

void roots_note(struct stream *stream, struct pool_system *system, uint64_t created, bool ending)
{
    for (unsigned i = 0; i < system->root_count; i++) {
        uint64_t holds;
        if (!has_changed(&system->roots[i], &holds) || (created && holds == created) ||
            (ending && !holds))
            continue;
        if (holds)
            adopt(stream, system, holds);
        write_root(stream, system, i, holds);
    }
}

/* A root that holds POOL holds another than before, also where that had the same address. */
void roots_created(struct stream *stream, struct pool_system *system, uint64_t pool)
{
    if (__atomic_load_n(&system->first_pool, __ATOMIC_RELAXED) == 0)
        __atomic_store_n(&system->first_pool, pool, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < system->root_count; i++) {
        if (system->roots[i].found && roots_pool(&system->roots[i]) == pool)
            write_root(stream, system, i, pool);
    }
}

void roots_destroyed(struct stream *stream, struct pool_system *system, uint64_t pool)
{
    if (__atomic_load_n(&system->first_pool, __ATOMIC_RELAXED) != pool)
        return;
    __atomic_store_n(&system->first_pool, 0, __ATOMIC_RELAXED);
    if (system->api.first_root)
        write_root(stream, system, system->api.first_root - 1, 0);
}
