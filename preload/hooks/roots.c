#include "preload/hooks/roots.h"

#include "preload/hooks/usage.h"
#include "preload/trace/events.h"

#include <stddef.h>

void roots_find(struct pool_system *system, const struct image *image)
{
    const struct api *api = &system->api;
    for (unsigned i = 0; i < api->root_count; i++) {
        struct root *root = &system->roots[i];
        const struct expression *holder = &api->roots[i].holder;
        const bool first = i + 1 == api->first_root;
        root->found = first || operand_prepare(&root->holder, holder, image);
        root->variable = first                ? &system->first_pool
                         : holder->count == 1 ? root->holder.variables[0]
                                              : NULL;
    }
}

const struct root *roots_named(const struct pool_system *system, struct slice name)
{
    for (unsigned i = 0; name.length && i < system->api.root_count; i++) {
        if (slice_same(system->api.roots[i].name, name))
            return system->roots[i].found ? &system->roots[i] : NULL;
    }
    return NULL;
}

uint64_t roots_place(const struct root *root, unsigned index)
{
    return (uint64_t)(uintptr_t)root->holder.variables[index];
}

uint64_t roots_pool(const struct root *root)
{
    uint64_t pool;
    if (!root)
        return 0;
    if (root->variable)
        return __atomic_load_n(root->variable, __ATOMIC_RELAXED);
    return operand_read(&root->holder, NULL, &pool) ? pool : 0;
}

/* CREATED, unless it is 0, was made just now: a root that holds it holds another pool than before,
 * also where that had the same address. */
static void note(struct stream *stream, struct pool_system *system, uint64_t created)
{
    for (unsigned i = 0; i < system->api.root_count; i++) {
        struct root *root = &system->roots[i];
        if (!root->found)
            continue;
        uint64_t holds = roots_pool(root);
        if (holds == __atomic_load_n(&root->held, __ATOMIC_RELAXED) &&
            (!created || holds != created))
            continue;
        __atomic_store_n(&root->held, holds, __ATOMIC_RELAXED);
        event_root(stream, system->first_root + i, holds);
    }
}

void roots_note(struct stream *stream, struct pool_system *system)
{
    note(stream, system, 0);
}

void roots_created(struct stream *stream, struct pool_system *system, uint64_t pool)
{
    if (__atomic_load_n(&system->first_pool, __ATOMIC_RELAXED) == 0)
        __atomic_store_n(&system->first_pool, pool, __ATOMIC_RELAXED);
    note(stream, system, pool);
}

void roots_destroyed(struct stream *stream, struct pool_system *system, uint64_t pool)
{
    if (__atomic_load_n(&system->first_pool, __ATOMIC_RELAXED) != pool)
        return;
    __atomic_store_n(&system->first_pool, 0, __ATOMIC_RELAXED);
    roots_note(stream, system);
}

void roots_survey(struct stream *stream, struct pool_system *system)
{
    if (!system->late)
        roots_note(stream, system);
    if (streams_are_several())
        return;
    for (unsigned i = 0; i < system->api.root_count; i++) {
        uint64_t holds = __atomic_load_n(&system->roots[i].held, __ATOMIC_RELAXED);
        if (holds)
            usage_survey(&system->api.layout, stream, holds);
    }
}
