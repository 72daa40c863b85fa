/*
 * requests.c - answers requests, each in an arena of its own, and makes a mistake if asked to.
 *
 *     requests [--fault=leak|root|after] [N]
 */
#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer(int number);

static const char *fault = "none";

static int is_fault(const char *name)
{
    return strcmp(fault, name) == 0;
}

static const char *look_up(struct arena *request, int number)
{
    struct arena *scratch = arena_new(is_fault("leak") ? root_arena : request);
    arena_name(scratch, "look-up");
    char *key = arena_alloc(scratch, 16);
    snprintf(key, 16, "key %d", number);
    const char *found = arena_copy(request, key);
    if (!is_fault("leak"))
        arena_delete(scratch);
    if (is_fault("after") && number == 7)
        arena_alloc(scratch, 24);
    return found;
}

/* Exported and out of line: each call is a unit of work to lifeguard. */
__attribute__((noinline)) void answer(int number)
{
    struct arena *request = arena_new(root_arena);
    arena_name(request, "request");
    const char *found = look_up(request, number);
    if (is_fault("root"))
        arena_copy(root_arena, found);
    arena_alloc(request, 1000);
    arena_delete(request);
}

int main(int argc, char **argv)
{
    int left = 100;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--fault=", 8) == 0)
            fault = argv[i] + 8;
        else
            left = atoi(argv[i]);
    }
    root_arena = arena_new(NULL);
    struct arena *cache = arena_new(root_arena);
    arena_name(cache, "cache");
    for (; left > 0; left--) {
        arena_clear(cache);
        arena_copy(cache, "the latest answer");
        answer(left);
    }
    return 0;
}
/* SPDX-License-Identifier: MIT */
