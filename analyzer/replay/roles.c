/*
 * roles.c - which documented role a pool has. It is what the API description says of its root
 * variable, its first tag, its maker and its parent: asked for when it is needed, not at each
 * event.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/internal.h"
#include "analyzer/replay/signs.h"
#include "analyzer/symbols/logical_stack.h"

/* The signs that agree with who made the pools of stack CREATED; resolving its name is dear. */
static sign_set find_maker_signs(const struct replay *replay, const struct recorded_api *recorded,
                                 uint32_t created)
{
    struct recording *recording = replay->recording;
    const struct name_source names = {recording->stacks, recording->symbols, &recorded->alone};
    struct slice maker = nearest_caller(&names, created);
    sign_set signs = recorded->signs->any_maker;
    for (unsigned i = 0; i < recorded->api.sign_count; i++)
        if (recorded->api.signs[i].by.length && slice_lists(recorded->api.signs[i].by, maker))
            signs |= (sign_set)1 << i;
    return signs;
}

static sign_set maker_signs(const struct replay *replay, const struct recorded_api *recorded,
                            uint32_t created)
{
    struct stable_array *makers = &recorded->signs->makers;
    struct made_by *made = stable_array_get(makers, created, sizeof(*made));
    if (made && __atomic_load_n(&made->known, __ATOMIC_ACQUIRE))
        return made->signs;
    pthread_mutex_lock(&replay->recording->symbols_lock);
    made = stable_array_put(makers, created, sizeof(*made));
    if (!made->known) {
        made->signs = find_maker_signs(replay, recorded, created);
        __atomic_store_n(&made->known, true, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&replay->recording->symbols_lock);
    return made->signs;
}

/* The signs of its system of which all holds that POOL itself has. */
static sign_set signs_of(const struct replay *replay, const struct recorded_systems *systems,
                         const struct pool *pool)
{
    const struct recorded_api *recorded = systems->apis[pool->system];
    const struct sign_index *index = recorded->signs;
    sign_set signs = index->any_tag, rooted = index->any_root;
    if (pool->first_tag && pool->first_tag < index->tag_limit)
        signs |= index->tags[pool->first_tag];
    /* The function that it names as its maker may have another in it. */
    if (pool->first_tag)
        signs &= ~index->of_nameless;
    const unsigned root = pool->root - 1u - systems->first_root[pool->system];
    if (pool->root && root < recorded->api.root_count)
        rooted |= index->roots[root];
    signs &= rooted;
    return signs & ~index->any_maker ? signs & maker_signs(replay, recorded, pool->created) : signs;
}

static bool is_held_by(const struct replay *replay, const struct pool *pool, struct slice name)
{
    const struct api_root *root =
        pool->root ? api_set_root(replay_apis(replay), pool->root - 1u) : NULL;
    return root && slice_same(root->name, name);
}

unsigned replay_pool_role(const struct replay *replay, const struct pool *pool)
{
    const struct recorded_systems *systems = replay->current->systems;
    if (!systems)
        return 0;
    const unsigned alias = pool->root ? replay->current->process->alias : 0;
    const struct api_pool_role *same = alias ? api_set_role(&systems->set, alias - 1) : NULL;
    if (same && is_held_by(replay, pool, same->alias))
        return alias;
    const struct api *api = &systems->apis[pool->system]->api;
    const unsigned first = systems->first_role[pool->system] + 1;
    for (sign_set signs = signs_of(replay, systems, pool); signs; signs &= signs - 1) {
        const struct api_sign *sign = &api->signs[__builtin_ctzll(signs)];
        if (!sign->in_role)
            return first + sign->role;
        /* Its number is lower than this one's, so this ends. */
        const struct pool *parent = replay_pool(replay, pool->parent);
        if (parent && replay_pool_role(replay, parent) == first + sign->in_role - 1)
            return first + sign->role;
    }
    return 0;
}

const char *replay_pool_role_name(const struct replay *replay, const struct pool *pool)
{
    const struct recorded_systems *systems = replay->current->systems;
    unsigned role = replay_pool_role(replay, pool);
    if (role)
        return replay_string(replay, systems->role_names[role - 1]);
    return pool->root && systems ? replay_string(replay, systems->root_names[pool->root - 1])
                                 : NULL;
}

/* Whether the session made a pool of ROLE itself. */
static bool has_made(const struct replay *replay, unsigned role)
{
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && !pool->inherited && replay_pool_role(replay, pool) == role)
            return true;
    }
    return false;
}

unsigned pool_roles_alias(const struct replay *replay)
{
    const struct process_replay *replayed = replay->current;
    const struct api_pool_role *role;
    if (replayed->process->kind != PROCESS_SESSION)
        return 0;
    for (unsigned i = 0; (role = api_set_role(replay_apis(replay), i)); i++) {
        if (role->alias.length && !has_made(replay, i + 1))
            return i + 1;
    }
    return 0;
}
