/*
 * loader.h - images that are loaded and unloaded while the program runs: ld.so tells a debugger, by
 * calling an empty function, and so the recorder.
 *
 * It does so with its lock held, right after it has mapped them: before they are relocated, before
 * their constructors run, and before any thread can find what is in them.
 */
#ifndef PRELOAD_HOOKS_LOADER_H
#define PRELOAD_HOOKS_LOADER_H

#include <link.h>
#include <stdbool.h>

/* Before main: has the recorder told from now on. NULL, or why it cannot be. */
const char *loader_watch(void);

/* Is that image there, of those that the loader had when it told last? */
bool loader_has(const struct link_map *map);

/* What that function's hook calls. */
void loader_changed(void);

#endif
