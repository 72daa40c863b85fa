/* young_systems.c - of which systems pools may be young; see young_systems.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/young_systems.h"

/* Why pools of SYSTEM cannot be young; NULL: they can. */
static const char *hindrance(const struct pool_system *system)
{
    const struct api *api = &system->api;
    if (system->ends_unseen || system->makes_unseen)
        return "not all pools are seen being made, and ended";
    if (api_has_objects(api))
        return "each of its allocations is a pool";
    return api->align > 256 || api->align & (api->align - 1)
               ? "its sizes are multiples of no power of two"
               : NULL;
}

/* What of its functions matters to its young pools. */
static void look_at_functions(struct pool_system *system)
{
    const struct api *api = &system->api;
    system->gives_back = false;
    system->refills = system->flat = true;
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        system->refills &= function->role != API_ALLOC || function->object.count > 0;
        system->gives_back |= (function->role == API_ALLOC && function->object.count > 0) ||
                              function->role == API_FREE || function->role == API_REALLOC;
        system->flat &= function->role != API_CREATE || function->parent.count == 0;
    }
}

const char *young_system_look(struct pool_system *system)
{
    const char *why = hindrance(system);
    look_at_functions(system);
    system->may_be_young = !why;
    system->refills &= system->gives_back && !why;
    return why;
}
