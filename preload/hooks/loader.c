/* loader.c - images that are loaded and unloaded while the program runs; see loader.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/loader.h"

#include "preload/code/instruction.h"
#include "preload/code/loaded_objects.h"
#include "preload/hooks/own_hooks.h"
#include "preload/hooks/unloading.h"

#include <errno.h>

#define PATCHED 5 /* bytes, of any function's entry */

static struct loader_watch watcher;
static int last_state;               /* what the loader told last: enum, see link.h */
static const struct link_map *known; /* the last image in the loader's list, when it did */

/* Bytes of the empty function at ADDRESS, with the padding behind it, if they are enough to be
 * patched: it returns at once, and what follows does nothing. 0: it is not empty. */
static uint64_t empty_function(uint64_t address)
{
    struct instruction instruction;
    uint64_t size = 0;
    bool returned = false;
    while (size < PATCHED) {
        if (!instruction_decode((const void *)(address + size), INSTRUCTION_MAX, &instruction))
            return 0;
        const bool returns = instruction.kind == INSTRUCTION_RETURN;
        const bool is_nop = instruction.kind == INSTRUCTION_NOTHING;
        if (!is_nop && (returned || (!returns && instruction.kind != INSTRUCTION_ENDBR64)))
            return 0;
        returned |= returns;
        size += instruction.length;
    }
    return returned ? size : 0;
}

static const struct link_map *last_of(const struct link_map *map)
{
    while (map && map->l_next)
        map = map->l_next;
    return map;
}

/*
 * Between two moments at which all is in order, images come or go. What went may be of another
 * namespace than the one whose state this is, or unloaded by who does not call our dlclose(). It is
 * noticed here, as no other thread can load anything until the loader goes on.
 */
static void changed(void)
{
    const int error = errno, before = last_state;
    last_state = _r_debug.r_state;
    if (last_state == RT_CONSISTENT) {
        loaded_changed();
        unloading_notice();
    }
    if (last_state == RT_CONSISTENT && before != RT_CONSISTENT) {
        const struct link_map *come = before == RT_ADD ? known->l_next : NULL;
        known = last_of(_r_debug.r_map);
        if (come)
            watcher.loaded(come);
        else if (before == RT_DELETE)
            watcher.unloaded();
    }
    errno = error;
}

const char *loader_watch(const struct loader_watch *watch)
{
    watcher = *watch;
    const uint64_t size = empty_function(_r_debug.r_brk);
    last_state = _r_debug.r_state;
    known = last_of(_r_debug.r_map);
    const char *why = size && known ? own_hooks_loader(_r_debug.r_brk, size, changed)
                                    : "the loader does not tell in a way that can be hooked";
    if (why)
        loaded_unwatched();
    return why;
}
