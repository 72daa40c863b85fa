/* brief_learn.c - which pools were told of at length, so that others alike are brief. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"

#include <string.h>

void brief_forget(struct brief *brief)
{
    memset(brief->kinds, 0, sizeof(brief->kinds));
    habits_free(brief->habits);
    brief->habits = NULL;
}

/* Whether a role that POOL has while it is made is its role, too, and others do not wait in it for
 * the process's end; and whether pools follow each other in it. */
static bool is_settled(const struct replay *replay, const struct pool *pool, bool *follows)
{
    const unsigned number = replay_pool_role(replay, pool);
    const struct api_pool_role *role =
        number ? api_set_role(replay_apis(replay), number - 1) : NULL;
    struct pool nameless = *pool;
    nameless.first_tag = 0;
    const unsigned first = replay_pool_role(replay, &nameless);
    *follows = role && role->life == API_LIFE_TRANSFER;
    return (first == 0 || first == number) && (!role || role->life != API_LIFE_PROCESS);
}

/* Roles are asked for only where somebody does, too: their names may have to be resolved. */
void brief_learn(struct replay *replay, const struct pool *pool)
{
    struct brief *brief = &replay->current->brief;
    const struct unit unit = replay->current->process->unit;
    bool follows = false;
    if (!replay->tells_briefly || pool->inherited || pool->adopted || pool->root ||
        pool->born.kind != unit.kind || pool->born.index != unit.index || !pool->created ||
        brief_find_kind(brief, pool->created, pool->first_tag, unit.kind) ||
        (replay->on_name.count && !is_settled(replay, pool, &follows)))
        return;
    *brief_place(brief, pool->created, pool->first_tag, unit.kind) =
        (struct brief_kind){pool->created, pool->first_tag, (uint16_t)(unit.kind + 1), follows};
}
