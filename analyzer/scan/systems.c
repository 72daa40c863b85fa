/* systems.c - which pool systems a process has (systems.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/systems.h"

#include "analyzer/util/memory.h"
#include "preload/api/builtin.h"

#include <stdlib.h>

/* What descriptions say of memory is so of 64 bits alone. */
static bool is_of_64_bits(const struct loaded_image *image)
{
    GElf_Ehdr header;
    Elf *elf = loaded_image_elf(image);
    return gelf_getclass(elf) == ELFCLASS64 && gelf_getehdr(elf, &header) &&
           header.e_machine == EM_X86_64;
}

static bool defines_all(const struct loaded_image *image, enum image_names names,
                        const struct slice *symbols, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (!loaded_image_symbol(image, names, symbols[i]))
            return false;
    }
    return count > 0;
}

/* As the recorder looks: what images export, then their tables of symbols. */
static const struct loaded_image *find_image(const struct scan_target *target,
                                             const struct api *api)
{
    const struct loaded_image *image;
    for (unsigned names = NAMES_EXPORTED; names <= NAMES_OF_SYMTAB; names++) {
        for (size_t i = 0; (image = loaded_image(target->images, i)); i++) {
            if (is_of_64_bits(image) && defines_all(image, names, api->detect, api->detects))
                return image;
        }
    }
    return NULL;
}

static bool defines(const struct loaded_image *image, struct slice symbol)
{
    struct loaded_symbol found;
    return loaded_image_find(image, symbol, &found);
}

static bool applies(const struct loaded_image *image, const struct api_layout *layout)
{
    for (unsigned i = 0; i < layout->whens; i++) {
        if (!defines(image, layout->when[i]))
            return false;
    }
    for (unsigned i = 0; i < layout->unlesses; i++) {
        if (defines(image, layout->unless[i]))
            return false;
    }
    return true;
}

static void choose_layouts(struct scan_system *system)
{
    const struct api_layout *layout;
    for (unsigned i = 0; (layout = api_layout(&system->description->api, i)); i++) {
        if (applies(system->image, layout))
            system->layouts[system->layout_count++] = layout;
    }
}

static void find_holders(struct scan_system *system, const struct scan_target *target)
{
    const struct api *api = &system->description->api;
    const struct api_layout *layout = system->layouts[0];
    for (unsigned i = 0; i < api->root_count; i++)
        system->roots[i] = scan_find_holder(target, system->image, &api->roots[i].holder);
    for (unsigned i = 0; layout && i < layout->free_count && !system->free_blocks.found; i++)
        system->free_blocks = scan_find_holder(target, system->image, &layout->free_blocks[i]);
}

/* Takes DESCRIPTION over. */
static void add_if_there(struct scan_systems *systems, const struct scan_target *target,
                         struct api_description *description)
{
    const struct loaded_image *image = find_image(target, &description->api);
    if (!image) {
        api_description_close(description);
        return;
    }
    systems->items = xreallocarray(systems->items, systems->count + 1, sizeof(*systems->items));
    struct scan_system *system = &systems->items[systems->count++];
    *system = (struct scan_system){.description = description, .image = image};
    choose_layouts(system);
    find_holders(system, target);
}

bool scan_find_systems(struct scan_systems *systems, const struct scan_target *target,
                       const char *name, struct error *error)
{
    const struct builtin_api *builtin;
    *systems = (struct scan_systems){0};
    for (size_t i = 0; name ? i == 0 : (builtin = builtin_api(i)) != NULL; i++) {
        struct api_description *description =
            api_description_open(name ? name : builtin->name, error);
        if (!description) {
            scan_systems_free(systems);
            return false;
        }
        add_if_there(systems, target, description);
    }
    return true;
}

void scan_systems_free(struct scan_systems *systems)
{
    for (size_t i = 0; i < systems->count; i++)
        api_description_close(systems->items[i].description);
    free(systems->items);
}
