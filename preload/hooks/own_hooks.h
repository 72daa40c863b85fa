/*
 * own_hooks.h - hooks of functions that are no pool system's.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_OWN_HOOKS_H
#define PRELOAD_HOOKS_OWN_HOOKS_H

#include "preload/util/registers.h"

#include <stdint.h>

/* Patches the function of SIZE bytes by which the loader tells what came or went: from now on
 * CHANGED is called. NULL, or why not. */
const char *own_hooks_loader(uint64_t address, uint64_t size, void (*changed)(void));

/* Patches the C library's _exit(), which every process that ends by itself comes to: from now on
 * ENDS is called. NULL, or why not. */
const char *own_hooks_end(void (*ends)(int status, const struct registers *registers));

/* Patches the C library's prctl() and syscall(), by which a filter of system calls is set: from now
 * on these are called before, with the arguments. NULL, or why not. */
const char *own_hooks_filters(void (*prctl_called)(const uint64_t *arguments),
                              void (*syscall_called)(const uint64_t *arguments));

#endif
