/* meanings.c - what a description says of pools with a name; see meanings.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/meanings.h"
#include <string.h>

uint8_t meanings[TRACE_SYSTEMS_MAX][MEANINGS_IDS];

/* NULL: none is known by NAME. */
static const struct api_sign *sign_of(const struct api *api, const char *name)
{
    for (unsigned i = 0; i < api->sign_count; i++) {
        const struct api_sign *sign = &api->signs[i];
        if (sign->tag.length > 0 && strncmp(name, sign->tag.text, sign->tag.length) == 0 &&
            name[sign->tag.length] == '\0')
            return sign;
    }
    return NULL;
}

static enum name_meaning look(const struct api *api, const char *name)
{
    static const struct slice parent = {"parent", sizeof("parent") - 1};
    const struct api_sign *sign = sign_of(api, name);
    if (!sign)
        return NAME_MEANS_NOTHING;
    const struct api_pool_role *role = &api->pool_roles[sign->role];
    if (role->life == API_LIFE_TRANSFER)
        return NAME_MEANS_ONE_AT_A_TIME;
    if (role->life == API_LIFE_PROCESS || role->life == API_LIFE_CACHE)
        return NAME_MEANS_ONE;
    return role->ends.length == 0 || slice_lists(role->ends, parent) ? NAME_MEANS_NOTHING
                                                                     : NAME_MEANS_END;
}

enum name_meaning meaning_of(const struct pool_system *system, uint32_t id, const char *name)
{
    uint8_t *known = id > 0 && id < MEANINGS_IDS ? &meanings[system->number][id] : NULL;
    const enum name_meaning meaning =
        known && *known ? (enum name_meaning)(*known - 1) : look(&system->api, name);
    if (known)
        *known = (uint8_t)(meaning + 1);
    return meaning;
}

uint32_t meaning_kind(const struct pool_system *system, const char *name)
{
    const struct api_sign *sign = sign_of(&system->api, name);
    return sign ? system->number * API_POOLS_MAX + sign->role + 1 : 0;
}

bool meaning_is_next(const struct generation_call *call)
{
    return young_only.young && young_only.pool != call->pool && call->name &&
           meaning_of(call->system, call->name_id, call->name) == NAME_MEANS_ONE_AT_A_TIME;
}

void meaning_told(const struct pool_system *system, uint64_t pool, const char *name)
{
    if (young_only.on && meaning_of(system, 0, name) == NAME_MEANS_ONE_AT_A_TIME)
        only_told(meaning_kind(system, name), pool);
}
