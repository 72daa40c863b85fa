/*
 * queries.c - what is asked of a description that was read: what its words are called, and what
 * follows from its functions.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/api/pool_api.h"

static const char *const role_names[API_ROLES] = {"create",     "destroy", "clear", "alloc",
                                                  "set_name",   "mark",    "free",  "realloc",
                                                  "set_parent", "orphan",  "root"};
static const char *const mark_names[API_MARK_KINDS] = {"command", "restart",  "connection",
                                                       "startup", "shutdown", "label"};

static const char *const life_names[] = {"command", "restart", "connection", "transfer", "process",
                                         "task",    "cache",   "queue",      "not told"};

const char *api_life_name(enum api_life life)
{
    return life_names[life <= API_LIFE_UNKNOWN ? life : API_LIFE_UNKNOWN];
}

const char *api_role_name(enum api_role role)
{
    return role < API_ROLES ? role_names[role] : "unknown";
}

const char *api_mark_name(enum api_mark_kind kind)
{
    if (kind == API_UNIT_TIME)
        return "time";
    return kind < API_MARK_KINDS ? mark_names[kind] : "unknown";
}

bool api_has_objects(const struct api *api)
{
    for (unsigned i = 0; i < api->function_count; i++) {
        if (api->functions[i].role == API_CREATE && api->functions[i].size.count > 0)
            return true;
    }
    return false;
}

bool api_ends_late(const struct api *api)
{
    for (unsigned i = 0; i < api->function_count; i++) {
        if (api->functions[i].role == API_DESTROY && api->functions[i].success != API_ALWAYS)
            return true;
    }
    return false;
}

const struct api_layout *api_layout(const struct api *api, unsigned index)
{
    if (api->layout_count > 0)
        return index < api->layout_count ? &api->layouts[index] : NULL;
    return api->layout.given && index == 0 ? &api->layout : NULL;
}
