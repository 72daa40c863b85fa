#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t intern(struct recording *recording, struct slice slice)
{
    return slice.length ? strings_intern(&recording->strings, slice.text, slice.length) : 0;
}

static void read_api(struct recording *recording, struct known_api *known)
{
    struct api_error error = {0};
    if (!api_parse(known->text, known->length, &known->api, &error)) {
        snprintf(known->fault, sizeof(known->fault), "its API description: line %u: %s", error.line,
                 error.message);
        return;
    }
    known->name = xstrndup(known->api.name.text, known->api.name.length);
    const struct api *api = &known->api;
    for (unsigned i = 0; i < api->root_count; i++)
        known->root_names[i] = intern(recording, api->roots[i].name);
    for (unsigned i = 0; i < api->pool_role_count; i++)
        known->role_names[i] = intern(recording, api->pool_roles[i].name);
    for (unsigned i = 0; i < api->sign_count; i++)
        known->sign_tags[i] = intern(recording, api->signs[i].tag);
    known->alone = (struct api_set){{api}, 1};
    known->signs = sign_index_new(known);
}

static struct known_api *find_text(struct recording *recording, const char *text, size_t length)
{
    for (struct known_api *known = recording->apis; known; known = known->next)
        if (known->length == length && memcmp(known->text, text, length) == 0)
            return known;
    struct known_api *known = xcalloc(1, sizeof(*known));
    known->text = xstrndup(text, length);
    known->length = length;
    known->next = recording->apis;
    recording->apis = known;
    read_api(recording, known);
    return known;
}

/* The system number NUMBER that TRACE tells of itself; NULL: none, or *FAULT says why not. */
static const struct known_api *told_by(struct recording *recording, const struct trace *trace,
                                       unsigned number, const char **fault)
{
    size_t length;
    const char *text = trace_api_text(trace, number, &length);
    if (!text)
        return NULL;
    if (length > API_TEXT_MAX || memchr(text, '\0', length)) {
        *fault = "its API description is too long or no text";
        return NULL;
    }
    const struct known_api *known = find_text(recording, text, length);
    if (!known->fault[0])
        return known;
    *fault = known->fault;
    return NULL;
}

static void number_names(struct known_systems *systems)
{
    unsigned roots = 0, roles = 0;
    for (unsigned i = 0; i < systems->set.count; i++) {
        const struct known_api *known = systems->apis[i];
        systems->first_root[i] = roots;
        systems->first_role[i] = roles;
        for (unsigned j = 0; j < known->api.root_count; j++)
            systems->root_names[roots++] = known->root_names[j];
        for (unsigned j = 0; j < known->api.pool_role_count; j++)
            systems->role_names[roles++] = known->role_names[j];
    }
}

static const struct known_systems *find_systems(struct recording *recording,
                                                const struct known_systems *wanted)
{
    for (struct known_systems *known = recording->systems; known; known = known->next)
        if (known->set.count == wanted->set.count &&
            memcmp(known->apis, wanted->apis, sizeof(known->apis)) == 0)
            return known;
    struct known_systems *known = xcalloc(1, sizeof(*known));
    *known = *wanted;
    number_names(known);
    known->next = recording->systems;
    recording->systems = known;
    return known;
}

/* Numbers count up: a system that cannot be read ends them, as those after it cannot be told. */
const struct known_systems *known_systems_find(struct recording *recording, struct member *member,
                                               const struct trace *trace,
                                               const struct known_systems *above,
                                               const char **fault)
{
    struct known_systems systems = {0};
    bool own = false;
    pthread_mutex_lock(&recording->lock);
    for (unsigned i = 0; i < TRACE_SYSTEMS_MAX; i++) {
        const struct known_api *told = told_by(recording, trace, i, fault);
        const struct known_api *known = told || !above ? told : above->apis[i];
        if (!known)
            break;
        own |= told != NULL;
        systems.apis[i] = known;
        systems.set.apis[systems.set.count++] = &known->api;
    }
    const struct known_systems *found =
        systems.set.count ? find_systems(recording, &systems) : NULL;
    if (own) {
        member->systems = found;
        if (!recording->described || member->process.index < recording->described->process.index)
            recording->described = member;
    }
    pthread_mutex_unlock(&recording->lock);
    return found;
}

const struct known_systems *known_systems_first(const struct recording *recording)
{
    return recording->described ? recording->described->systems : NULL;
}

void known_apis_free(struct recording *recording)
{
    for (struct known_systems *next; recording->systems; recording->systems = next) {
        next = recording->systems->next;
        free(recording->systems);
    }
    for (struct known_api *next; recording->apis; recording->apis = next) {
        next = recording->apis->next;
        free(recording->apis->text);
        free(recording->apis->name);
        sign_index_free(recording->apis->signs);
        free(recording->apis);
    }
}
