/* systems.c - the pool systems that traces describe, each distinct text once. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/replay/signs.h"
#include "analyzer/util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t intern(struct recording *recording, struct slice slice)
{
    return slice.length ? strings_intern(&recording->strings, slice.text, slice.length) : 0;
}

static void read_api(struct recording *recording, struct recorded_api *recorded)
{
    struct api_error error = {0};
    if (!api_parse(recorded->text, recorded->length, &recorded->api, &error)) {
        snprintf(recorded->fault, sizeof(recorded->fault), "its API description: line %u: %s",
                 error.line, error.message);
        return;
    }
    recorded->name = xstrndup(recorded->api.name.text, recorded->api.name.length);
    const struct api *api = &recorded->api;
    for (unsigned i = 0; i < api->root_count; i++)
        recorded->root_names[i] = intern(recording, api->roots[i].name);
    for (unsigned i = 0; i < api->pool_role_count; i++)
        recorded->role_names[i] = intern(recording, api->pool_roles[i].name);
    for (unsigned i = 0; i < api->sign_count; i++)
        recorded->sign_tags[i] = intern(recording, api->signs[i].tag);
    recorded->alone = (struct api_set){{api}, 1};
    recorded->signs = sign_index_new(api, recorded->sign_tags);
}

static struct recorded_api *find_text(struct recording *recording, const char *text, size_t length)
{
    for (struct recorded_api *recorded = recording->apis; recorded; recorded = recorded->next)
        if (recorded->length == length && memcmp(recorded->text, text, length) == 0)
            return recorded;
    struct recorded_api *recorded = xcalloc(1, sizeof(*recorded));
    recorded->text = xstrndup(text, length);
    recorded->length = length;
    recorded->next = recording->apis;
    recording->apis = recorded;
    read_api(recording, recorded);
    return recorded;
}

/* The system number NUMBER that TRACE tells of itself; NULL: none, or *FAULT says why not. */
static const struct recorded_api *find_recorded(struct recording *recording,
                                                const struct trace *trace, unsigned number,
                                                const char **fault)
{
    size_t length;
    const char *text = trace_api_text(trace, number, &length);
    if (!text)
        return NULL;
    if (length > API_TEXT_MAX || memchr(text, '\0', length)) {
        *fault = "its API description is too long or no text";
        return NULL;
    }
    const struct recorded_api *recorded = find_text(recording, text, length);
    if (!recorded->fault[0])
        return recorded;
    *fault = recorded->fault;
    return NULL;
}

static void number_names(struct recorded_systems *systems)
{
    unsigned roots = 0, roles = 0;
    for (unsigned i = 0; i < systems->set.count; i++) {
        const struct recorded_api *recorded = systems->apis[i];
        systems->first_root[i] = roots;
        systems->first_role[i] = roles;
        for (unsigned j = 0; j < recorded->api.root_count; j++)
            systems->root_names[roots++] = recorded->root_names[j];
        for (unsigned j = 0; j < recorded->api.pool_role_count; j++)
            systems->role_names[roles++] = recorded->role_names[j];
    }
}

static const struct recorded_systems *find_systems(struct recording *recording,
                                                   const struct recorded_systems *wanted)
{
    for (struct recorded_systems *recorded = recording->systems; recorded;
         recorded = recorded->next)
        if (recorded->set.count == wanted->set.count &&
            memcmp(recorded->apis, wanted->apis, sizeof(recorded->apis)) == 0)
            return recorded;
    struct recorded_systems *recorded = xcalloc(1, sizeof(*recorded));
    *recorded = *wanted;
    number_names(recorded);
    recorded->next = recording->systems;
    recording->systems = recorded;
    return recorded;
}

/* Numbers count up: a system that cannot be read ends them, as those after it cannot be told. */
const struct recorded_systems *
recorded_systems_find(struct recording *recording, struct member *member, const struct trace *trace,
                      const struct recorded_systems *above, const char **fault)
{
    struct recorded_systems systems = {0};
    bool own = false;
    pthread_mutex_lock(&recording->lock);
    for (unsigned i = 0; i < TRACE_SYSTEMS_MAX; i++) {
        const struct recorded_api *here = find_recorded(recording, trace, i, fault);
        const struct recorded_api *recorded = here || !above ? here : above->apis[i];
        if (!recorded)
            break;
        own |= here != NULL;
        systems.apis[i] = recorded;
        systems.set.apis[systems.set.count++] = &recorded->api;
    }
    const struct recorded_systems *found =
        systems.set.count ? find_systems(recording, &systems) : NULL;
    if (own) {
        member->systems = found;
        if (!recording->described || member->process.index < recording->described->process.index)
            recording->described = member;
    }
    pthread_mutex_unlock(&recording->lock);
    return found;
}

const struct recorded_systems *recorded_systems_first(const struct recording *recording)
{
    return recording->described ? recording->described->systems : NULL;
}

void recorded_apis_free(struct recording *recording)
{
    for (struct recorded_systems *next; recording->systems; recording->systems = next) {
        next = recording->systems->next;
        free(recording->systems);
    }
    for (struct recorded_api *next; recording->apis; recording->apis = next) {
        next = recording->apis->next;
        free(recording->apis->text);
        free(recording->apis->name);
        sign_index_free(recording->apis->signs);
        free(recording->apis);
    }
}
