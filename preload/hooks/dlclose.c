/*
 * dlclose.c - takes the place of the C library's for the program: code may be gone then.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include "preload/code/next_function.h"
#include "preload/hooks/unloading.h"

static int (*real_dlclose)(void *);

/* Where the loader tells of what it does, it has been noticed by then: see loader.c. */
__attribute__((visibility("default"))) int dlclose(void *handle)
{
    if (!real_dlclose)
        real_dlclose = (int (*)(void *))next_function("dlclose");
    const int result = real_dlclose(handle);
    unloading_notice();
    return result;
}
