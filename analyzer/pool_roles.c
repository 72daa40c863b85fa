/*
 * pool_roles.c - which documented role a pool has. It is what the API description says of its root
 * variable, its first tag, its maker and its parent: asked for when it is needed, not at each
 * event.
 */
#include "logical_stack.h"
#include "recording_internal.h"

#include <string.h>

/* The maker of the pools that stack CREATED made; resolving its name is dear. */
static struct slice maker_of(const struct replay *replay, const struct known_api *known,
                             uint32_t created)
{
    struct recording *recording = replay->recording;
    uint32_t *found = keymap_put(known->makers, (uint64_t)created + 1);
    if (*found == 0) {
        const struct name_source names = {recording->stacks, recording->symbols, &known->api};
        struct slice maker = nearest_caller(&names, created);
        *found = strings_intern(&recording->strings, maker.text, maker.length) + 1;
    }
    const char *name = replay_string(replay, *found - 1);
    return (struct slice){name, strlen(name)};
}

static bool is_held_by(const struct known_api *known, const struct pool *pool, struct slice root)
{
    return pool->root && slice_same(known->api.roots[pool->root - 1], root);
}

static bool holds(const struct replay *replay, const struct known_api *known, unsigned index,
                  const struct pool *pool)
{
    const struct api_sign *sign = &known->api.signs[index];
    if (sign->tag.length && known->sign_tags[index] != pool->first_tag)
        return false;
    if (sign->root.length && !is_held_by(known, pool, sign->root))
        return false;
    if (sign->by.length && !slice_lists(sign->by, maker_of(replay, known, pool->created)))
        return false;
    if (!sign->in_role)
        return true;
    /* Its number is lower than this one's, so this ends. */
    const struct pool *parent = replay_pool(replay, pool->parent);
    return parent && replay_pool_role(replay, parent) == sign->in_role;
}

unsigned replay_pool_role(const struct replay *replay, const struct pool *pool)
{
    const struct known_api *known = replay->frame->api;
    if (!known)
        return 0;
    unsigned alias = replay->frame->process->alias;
    if (alias && is_held_by(known, pool, known->api.pool_roles[alias - 1].alias))
        return alias;
    for (unsigned i = 0; i < known->api.sign_count; i++) {
        if (holds(replay, known, i, pool))
            return known->api.signs[i].role + 1;
    }
    return 0;
}

const char *replay_pool_role_name(const struct replay *replay, const struct pool *pool)
{
    const struct known_api *known = replay->frame->api;
    unsigned role = replay_pool_role(replay, pool);
    if (role)
        return replay_string(replay, known->role_names[role - 1]);
    return pool->root && known ? replay_string(replay, known->root_names[pool->root - 1]) : NULL;
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
    const struct frame *frame = replay->frame;
    if (!frame->api || frame->process->kind != PROCESS_SESSION)
        return 0;
    for (unsigned i = 0; i < frame->api->api.pool_role_count; i++) {
        if (frame->api->api.pool_roles[i].alias.length && !has_made(replay, i + 1))
            return i + 1;
    }
    return 0;
}
