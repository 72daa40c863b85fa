/*
 * install.h - what is hooked: the functions of a description, found and patched before main or, in
 * what is loaded later, before it can run.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_INSTALL_H
#define PRELOAD_HOOKS_INSTALL_H

#include "preload/code/image.h"
#include "preload/hooks/pool_system.h"
#include "preload/trace/stream.h"

/* Patches the functions that SYSTEM's API names in IMAGE, and tells STREAM what was hooked and what
 * not. SYSTEM must live as long as the process. detour_finish() is to be called when all systems
 * have their hooks. */
void hooks_install(struct pool_system *system, const struct image *image, struct stream *stream);

/* Tells STREAM that IMAGE has SYSTEM's functions, too, and that they are not hooked. */
void hooks_report_copy(const struct pool_system *system, const struct image *image,
                       struct stream *stream);

/* Something was unloaded: there are no hooks in it any more. */
void hooks_forget_unloaded(void);

/* How many there are. */
unsigned hooks_count(void);

/* Their functions are as they were: there are no hooks at all. */
void hooks_forget(void);

#endif
