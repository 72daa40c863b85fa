/*
 * api_set.c - the pool systems of a process, in the order in which its trace tells of them; see
 * api_set.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/trace/api_set.h"

#include <stddef.h>

/* What has NUMBER among ITEMS of all systems, of which each has `count`. */
#define FIND(set, number, items, item_count)                                                       \
    for (unsigned i = 0; (set) && i < (set)->count; (number) -= (set)->apis[i++]->item_count) {    \
        if ((number) < (set)->apis[i]->item_count)                                                 \
            return &(set)->apis[i]->items[number];                                                 \
    }                                                                                              \
    return NULL

const struct api_root *api_set_root(const struct api_set *set, uint64_t number)
{
    FIND(set, number, roots, root_count);
}

const struct api_mark *api_set_mark(const struct api_set *set, uint64_t number)
{
    FIND(set, number, marks, mark_count);
}

const struct api_pool_role *api_set_role(const struct api_set *set, uint64_t number)
{
    FIND(set, number, pool_roles, pool_role_count);
}

bool api_set_begins_units(const struct api_set *set, const char *function)
{
    const struct api_mark *mark;
    for (unsigned i = 0; (mark = api_set_mark(set, i)); i++) {
        if (mark->kind <= API_MARK_CONNECTION && slice_equals(mark->symbol, function))
            return true;
    }
    return false;
}

unsigned api_set_roles(const struct api_set *set)
{
    unsigned roles = 0;
    for (unsigned i = 0; set && i < set->count; i++)
        roles += set->apis[i]->pool_role_count;
    return roles;
}
