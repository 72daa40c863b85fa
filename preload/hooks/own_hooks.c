/* own_hooks.c - hooks of functions that are no pool system's; see own_hooks.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/own_hooks.h"

#include "preload/code/detour.h"
#include "preload/code/image.h"
#include "preload/hooks/fast.h"
#include "preload/hooks/hook.h"
#include "preload/unwind/modules.h"

#include <string.h>

static struct hook hook_of_loader = {.role = HOOK_OF_LOADER};
static struct hook hook_of_end = {.role = HOOK_OF_END};
static struct hook hook_of_prctl = {.role = HOOK_OF_FILTERS};
static struct hook hook_of_syscall = {.role = HOOK_OF_FILTERS};

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
struct wanted {
    struct slice name;
    struct image_symbol found;
};

static bool find(struct image *image, void *data)
{
    struct wanted *wanted = data;
    const struct image_symbol symbol = image_symbol(image, wanted->name);
    if (!symbol.address || modules_is_recorder(symbol.address))
        return false;
    wanted->found = (struct image_symbol){symbol.address,
                                          image_function_size(image, symbol.address, symbol.size)};
    return true;
}

static const char *install_named(struct hook *hook, const char *name, const char *missing)
{
    struct wanted wanted = {.name = {name, strlen(name)}};
    images_visit(find, &wanted);
    return wanted.found.address ? install(hook, wanted.found.address, wanted.found.size) : missing;
}

const char *own_hooks_end(void (*ends)(int status, const struct registers *registers))
{
    hook_of_end.ends = ends;
    return install_named(&hook_of_end, "_exit", "there is no _exit()");
}

const char *own_hooks_filters(void (*prctl_called)(const uint64_t *arguments),
                              void (*syscall_called)(const uint64_t *arguments))
{
    hook_of_prctl.called = prctl_called;
    hook_of_syscall.called = syscall_called;
    const char *why = install_named(&hook_of_prctl, "prctl", "there is no prctl()");
    return why ? why : install_named(&hook_of_syscall, "syscall", "there is no syscall()");
}
