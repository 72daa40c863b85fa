/*
 * loader.h - images that are loaded and unloaded while the program runs: ld.so tells a debugger, by
 * calling an empty function, and so the recorder.
 *
 * It does so with its lock held, right after it has mapped them: before they are relocated, before
 * their constructors run, and before any thread can find what is in them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_LOADER_H
#define PRELOAD_HOOKS_LOADER_H

#include <link.h>

/* Both are called with the loader's lock held, by whichever thread loads or unloads. */
struct loader_watch {
    void (*loaded)(const struct link_map *first); /* it and those after it in the list */
    void (*unloaded)(void);
};

/* Before main: has WATCH called from now on. NULL, or why it cannot be. */
const char *loader_watch(const struct loader_watch *watch);

#endif
