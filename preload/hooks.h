/*
 * hooks.h - what is hooked: the functions of a description, found and patched before main; and
 * what each call of them becomes in the trace.
 */
#ifndef LIFEGUARD_HOOKS_H
#define LIFEGUARD_HOOKS_H

#include "image.h"
#include "pool_system.h"
#include "stream.h"

/* Patches the functions that SYSTEM's API names in IMAGE, and tells STREAM what was hooked and what
 * not. Returns how many were. SYSTEM must live as long as the process. detour_finish() is to be
 * called when all systems have their hooks. */
unsigned hooks_install(struct pool_system *system, const struct image *image,
                       struct stream *stream);

#endif
