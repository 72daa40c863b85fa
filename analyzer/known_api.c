#include "memory.h"
#include "recording_internal.h"

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

const struct known_api *known_api_find(struct recording *recording, struct member *member,
                                       const struct trace *trace, const char **fault)
{
    size_t length;
    const char *text = trace_api_text(trace, &length);
    if (!text)
        return NULL;
    if (length > API_TEXT_MAX || memchr(text, '\0', length)) {
        *fault = "its API description is too long or no text";
        return NULL;
    }
    pthread_mutex_lock(&recording->lock);
    const struct known_api *known = find_text(recording, text, length);
    if (!known->fault[0]) {
        member->api = known;
        if (!recording->described || member < recording->described)
            recording->described = member;
    }
    pthread_mutex_unlock(&recording->lock);
    if (known->fault[0])
        *fault = known->fault;
    return member->api;
}

const struct known_api *known_api_first(const struct recording *recording)
{
    return recording->described ? recording->described->api : NULL;
}

void known_apis_free(struct known_api *apis)
{
    while (apis) {
        struct known_api *next = apis->next;
        free(apis->text);
        free(apis->name);
        sign_index_free(apis->signs);
        free(apis);
        apis = next;
    }
}
