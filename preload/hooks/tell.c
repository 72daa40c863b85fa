/* tell.c - tells the trace what was hooked, and how; see tell.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/tell.h"

#include "preload/hooks/roots.h"
#include "preload/trace/definitions.h"

#include <string.h>

void tell_hook(struct stream *stream, const struct image *image, enum trace_record_type type,
               const struct hook *hook, struct slice name, uint64_t address,
               const struct slice *how, unsigned parts)
{
    struct trace_hook fixed = {.address = address,
                               .role = (uint16_t)hook->role,
                               .function_length = (uint16_t)name.length,
                               .module_length = (uint16_t)strlen(image->path)};
    struct definition_part all[8] = {
        {&fixed, sizeof(fixed)}, {name.text, name.length}, {image->path, fixed.module_length}};
    for (unsigned i = 0; i < parts; i++) {
        fixed.how_length = (uint16_t)(fixed.how_length + how[i].length);
        all[3 + i] = (struct definition_part){how[i].text, how[i].length};
    }
    definition_write(stream, type, all, 3 + parts);
}

struct slice words(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

void tell_roots(struct stream *stream, const struct pool_system *system, const struct image *image)
{
    const struct hook hook = {.role = API_ROOT};
    const struct api *api = &system->api;
    for (unsigned i = 0; i < api->root_count; i++) {
        const struct expression *holder = &api->roots[i].holder;
        const struct root *root = roots_named(system, api->roots[i].name);
        unsigned index = 0;
        while (index < holder->variable_count && !holder->variables[index].access)
            index++;
        if (index == holder->variable_count)
            continue;
        struct slice how[] = {words("accessed by "), holder->variables[index].symbol};
        if (!root)
            how[0] = words(operand_fault(holder, image, &how[1]));
        tell_hook(stream, image, root ? TRACE_RECORD_HOOK : TRACE_RECORD_SKIPPED, &hook,
                  api->roots[i].name, root ? roots_place(root, index) : 0, how, 2);
    }
}

void tell_poison(struct stream *stream, const struct image *image, bool can)
{
    static const char is[] = "memory is filled when its pool was destroyed, its reuse put off";
    static const char cannot[] = "the description does not say how blocks are used again";
    const struct hook hook = {.role = API_DESTROY};
    const struct slice how = words(can ? is : cannot);
    tell_hook(stream, image, can ? TRACE_RECORD_HOOK : TRACE_RECORD_SKIPPED, &hook, words("poison"),
              0, &how, 1);
}
