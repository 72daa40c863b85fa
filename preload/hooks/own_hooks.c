/* own_hooks.c - hooks of functions that are no pool system's; see own_hooks.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/own_hooks.h"

#include "preload/code/detour.h"
#include "preload/code/image.h"
#include "preload/hooks/fast.h"
#include "preload/hooks/hook.h"
#include "preload/unwind/modules.h"

static struct hook hook_of_loader = {.role = HOOK_OF_LOADER};
static struct hook hook_of_end = {.role = HOOK_OF_END};

static const char *install(struct hook *hook, uint64_t address, uint64_t size)
{
    hook->try = fast_try(hook->way);
    const struct detour detour = {.address = address,
                                  .size = size,
                                  .enter = entry_before,
                                  .context = hook,
                                  .original = &hook->entry.original};
    return detour_install(&detour);
}

const char *own_hooks_loader(uint64_t address, uint64_t size, void (*changed)(void))
{
    hook_of_loader.changed = changed;
    return install(&hook_of_loader, address, size);
}

/* For images_visit(): the first that has the function, but for the recorder, which may, too. */
static bool find_exit(struct image *image, void *data)
{
    static const char name[] = "_exit";
    struct image_symbol *found = data;
    const struct image_symbol symbol = image_symbol(image, (struct slice){name, sizeof(name) - 1});
    if (!symbol.address || modules_is_recorder(symbol.address))
        return false;
    *found = (struct image_symbol){symbol.address,
                                   image_function_size(image, symbol.address, symbol.size)};
    return true;
}

const char *own_hooks_end(void (*ends)(int status, const struct registers *registers))
{
    struct image_symbol end = {0};
    images_visit(find_exit, &end);
    hook_of_end.ends = ends;
    return end.address ? install(&hook_of_end, end.address, end.size) : "there is no _exit()";
}
