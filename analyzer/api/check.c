/* check.c - a description held against a program; see check.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/api/check.h"

#include "analyzer/api/shadow_stack.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

/* What API detects its system by: how much of it IMAGE defines. */
static struct api_check_candidate
look_for_system(const struct api *api, const struct loaded_image *image, enum image_names names)
{
    struct api_check_candidate candidate = {.image = image};
    for (unsigned i = 0; i < api->detects; i++) {
        candidate.defines[i] = loaded_image_symbol(image, names, api->detect[i]) != 0;
        candidate.count += candidate.defines[i];
    }
    return candidate;
}

/* Whether FUNCTION is there for what units are about alone: without it they have no label. */
static bool only_labels(const struct api *api, const char *function)
{
    bool labels = false;
    for (unsigned i = 0; i < api->mark_count; i++) {
        if (!slice_equals(api->marks[i].symbol, function))
            continue;
        if (api->marks[i].kind != API_MARK_LABEL)
            return false;
        labels = true;
    }
    return labels;
}

static void add_hooks(struct api_check *check, const struct api_probe *probe)
{
    size_t count = trace_hook_count(probe->trace);
    check->hooks = xcalloc(count, sizeof(*check->hooks));
    for (size_t i = 0; i < count; i++) {
        const struct hook_definition *hook = trace_hook(probe->trace, i);
        struct api_check_hook *entry = &check->hooks[check->hook_count];
        if (!*hook->function)
            continue; /* about the description as a whole: why it is not used */
        check->hook_count++;
        entry->hook = hook;
        if (!hook->skipped)
            entry->place.image =
                loaded_image_at(probe->images, hook->address, &entry->place.offset);
        if (hook->role == API_ROOT)
            continue; /* it is counted with the other roots */
        if (hook->role == API_MARK)
            check->marks_missing += hook->skipped && !only_labels(check->api, hook->function);
        else if (hook->skipped)
            check->missing++;
        else
            check->hooked++;
    }
}

static bool has_system(const struct api *api, const struct loaded_image *image,
                       enum image_names names)
{
    return look_for_system(api, image, names).count == api->detects;
}

/* Where the recorder has hooked functions; NULL: nowhere. */
static const struct loaded_image *hooked_image(const struct api_check *check)
{
    for (size_t i = 0; i < check->hook_count; i++) {
        if (api_check_is_function(&check->hooks[i]) && check->hooks[i].place.image)
            return check->hooks[i].place.image;
    }
    return NULL;
}

/* The image in which the recorder has found the system; it looks for exported names first. */
static void find_image(struct api_check *check, const struct api_probe *probe)
{
    const struct loaded_image *image, *hooked = hooked_image(check);
    size_t length;
    if (!trace_api_text(probe->trace, 0, &length))
        return;
    for (unsigned names = NAMES_EXPORTED; !check->image && names <= NAMES_OF_SYMTAB; names++) {
        check->names = names;
        for (size_t i = 0; (image = loaded_image(probe->images, i)); i++) {
            if (!has_system(check->api, image, names))
                continue;
            if (!check->image && (!hooked || image == hooked))
                check->image = image;
            else if (names == NAMES_EXPORTED)
                check->copy = image;
        }
    }
}

/* What the recorder tells of ROOT, when it has read code for it. */
static void find_definition(const struct api_check *check, struct api_check_root *root)
{
    for (size_t i = 0; i < check->hook_count; i++) {
        const struct api_check_hook *entry = &check->hooks[i];
        if (entry->hook->role != API_ROOT || !slice_equals(root->name, entry->hook->function))
            continue;
        root->definition = entry->hook;
        root->place = entry->place;
    }
}

/* Where the system is or, as exported by another image, in what uses it; in the executable, if that
 * was linked to have it there. */
static struct api_place find_variable(const struct api_check *check, const struct api_probe *probe,
                                      struct slice name)
{
    struct api_place place = {.image = loaded_image(probe->images, 0)};
    place.offset = loaded_image_symbol(place.image, NAMES_EXPORTED, name);
    if (place.offset)
        return place;
    place.image = check->image;
    place.offset = loaded_image_symbol(place.image, check->names, name);
    for (size_t i = 0; !place.offset && (place.image = loaded_image(probe->images, i)); i++)
        place.offset = loaded_image_symbol(place.image, NAMES_EXPORTED, name);
    return place;
}

static void find_roots(struct api_check *check, const struct api_probe *probe)
{
    for (unsigned i = 0; i < check->api->root_count; i++) {
        struct api_check_root *root = &check->roots[i];
        const struct expression *holder = &check->api->roots[i].holder;
        root->name = check->api->roots[i].name;
        root->first = i + 1 == check->api->first_root;
        for (unsigned j = 0; j < holder->variable_count && (j == 0 || root->place.image); j++) {
            if (!holder->variables[j].access)
                root->place = find_variable(check, probe, holder->variables[j].symbol);
        }
        find_definition(check, root);
        check->roots_missing += !root->first && !root->place.image;
    }
}

static void find_candidates(struct api_check *check, const struct api_probe *probe)
{
    const struct loaded_image *image;
    for (size_t i = 0; (image = loaded_image(probe->images, i)); i++) {
        struct api_check_candidate candidate = look_for_system(check->api, image, NAMES_EXPORTED);
        if (candidate.count == 0)
            continue;
        check->candidates = xreallocarray(check->candidates, check->candidate_count + 1,
                                          sizeof(*check->candidates));
        check->candidates[check->candidate_count++] = candidate;
    }
}

void api_check_make(struct api_check *check, const struct api *api, const struct api_probe *probe)
{
    const struct loaded_image *program = loaded_image(probe->images, 0);
    *check = (struct api_check){.api = api};
    check->shadow_stack = program && has_shadow_stack(loaded_image_elf(program));
    add_hooks(check, probe);
    find_image(check, probe);
    if (check->image)
        find_roots(check, probe);
    else
        find_candidates(check, probe);
}

void api_check_free(struct api_check *check)
{
    free(check->hooks);
    free(check->candidates);
}

enum api_verdict api_check_verdict(const struct api_check *check)
{
    if (check->hooked == 0)
        return API_NOTHING;
    return check->missing || check->marks_missing || check->roots_missing ? API_PARTLY : API_WHOLE;
}

bool api_check_is_function(const struct api_check_hook *entry)
{
    return entry->hook->role != API_MARK && entry->hook->role != API_ROOT;
}

const struct api_check_hook *api_check_mark(const struct api_check *check, unsigned index)
{
    const struct slice symbol = check->api->marks[index].symbol;
    for (size_t i = 0; i < check->hook_count; i++) {
        if (check->hooks[i].hook->role == API_MARK &&
            slice_equals(symbol, check->hooks[i].hook->function))
            return &check->hooks[i];
    }
    return NULL;
}
