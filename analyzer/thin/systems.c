/* systems.c - the pool systems of a process, from its trace and its parents'; see systems.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/systems.h"

#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ABOVE_MAX 64 /* processes that one comes from */

/* The trace with ID in the file NAME of DIR, opened; NULL: it is another one, or none. */
static struct trace *open_with_id(const char *dir, const char *name, uint64_t id)
{
    struct trace_header header;
    struct error error;
    struct trace *trace = NULL;
    if (recording_file_kind(name) == FILE_OTHER)
        return NULL;
    char *path = xasprintf("%s/%s", dir, name);
    if (trace_read_header(path, &header, &error) == TRACE_USABLE && header.file_id == id)
        trace = trace_open(path, &error);
    free(path);
    return trace;
}

/* The same of a file whose name begins with PREFIX. */
static struct trace *find_with_id(const char *dir, const char *prefix, uint64_t id)
{
    DIR *entries = opendir(dir);
    struct trace *found = NULL;
    for (const struct dirent *entry; entries && !found && (entry = readdir(entries));)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            found = open_with_id(dir, entry->d_name, id);
    if (entries)
        closedir(entries);
    return found;
}

/* Most often its name tells; who was given another parent has to be looked for. NULL: it is not
 * there. */
static struct trace *open_parent(const char *dir, const struct trace_header *header)
{
    char *prefix = xasprintf("%" PRId32 ".", header->parent_pid);
    struct trace *found = header->parent_id ? find_with_id(dir, prefix, header->parent_id) : NULL;
    free(prefix);
    return found || !header->parent_id ? found : find_with_id(dir, "", header->parent_id);
}

static void take_texts(struct thin_systems *systems, const struct trace *trace)
{
    for (unsigned i = 0; i < TRACE_SYSTEMS_MAX; i++) {
        size_t length;
        const char *text = trace_api_text(trace, i, &length);
        if (text && !systems->texts[i] && length <= API_TEXT_MAX && !memchr(text, '\0', length))
            systems->texts[i] = xstrndup(text, length);
    }
}

/* What follows from the functions of system NUMBER. */
static void look_at_functions(struct thin_systems *systems, unsigned number, const struct api *api)
{
    bool has_parents = false;
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        systems->gives_back[number] |= function->object.count > 0 || function->role == API_FREE ||
                                       function->role == API_REALLOC;
        has_parents |= function->role == API_CREATE && function->parent.count > 0;
    }
    systems->has_roots_only[number] = !has_parents;
    systems->thinned[number] = !api_has_objects(api) && !(api->align & (api->align - 1));
}

/* Numbers count up: a system that cannot be read ends them. */
static bool parse(struct thin_systems *systems)
{
    bool any = false;
    for (unsigned i = 0; i < TRACE_SYSTEMS_MAX && systems->texts[i]; i++) {
        struct api_error error;
        struct api *api = xcalloc(1, sizeof(*api));
        if (!api_parse(systems->texts[i], strlen(systems->texts[i]), api, &error)) {
            free(api);
            break;
        }
        systems->set.apis[systems->set.count++] = api;
        look_at_functions(systems, i, api);
        any |= systems->thinned[i];
    }
    return any;
}

struct thin_systems *thin_systems_new(const char *dir, const struct trace *trace, const char **why)
{
    struct thin_systems *systems = xcalloc(1, sizeof(*systems));
    struct trace *above = NULL;
    take_texts(systems, trace);
    for (unsigned i = 0; i < ABOVE_MAX && !systems->texts[0]; i++) {
        struct trace *parent = open_parent(dir, trace_header(above ? above : trace));
        trace_close(above);
        above = parent;
        if (!above)
            break;
        take_texts(systems, above);
    }
    trace_close(above);
    *why = systems->texts[0] ? "each of its allocations is a pool"
                             : "what describes its pool system is not there";
    if (parse(systems))
        return systems;
    thin_systems_free(systems);
    return NULL;
}

void thin_systems_free(struct thin_systems *systems)
{
    for (unsigned i = 0; i < TRACE_SYSTEMS_MAX; i++) {
        free((struct api *)systems->set.apis[i]);
        free(systems->texts[i]);
    }
    free(systems);
}

uint64_t thin_systems_round(const struct thin_systems *systems, unsigned number, uint64_t size)
{
    const uint64_t mask = systems->set.apis[number]->align - 1;
    return size <= UINT64_MAX - mask ? (size + mask) & ~mask : size;
}

enum name_meaning thin_systems_meaning(const struct thin_systems *systems, unsigned number,
                                       const char *name, size_t length)
{
    const struct api *api = systems->set.apis[number];
    for (unsigned i = 0; i < api->sign_count; i++) {
        const struct api_sign *sign = &api->signs[i];
        if (sign->tag.length == 0 || sign->tag.length != length ||
            memcmp(name, sign->tag.text, length) != 0)
            continue;
        const enum api_life life = api->pool_roles[sign->role].life;
        return life == API_LIFE_TRANSFER || life == API_LIFE_PROCESS || life == API_LIFE_CACHE
                   ? NAME_MEANS_ONE
                   : NAME_MEANS_END;
    }
    return NAME_MEANS_NOTHING;
}
