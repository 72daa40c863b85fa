/*
 * hook.h - a hook, as install.c makes it and hooks.c records its calls.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_HOOK_H
#define PRELOAD_HOOKS_HOOK_H

#include "preload/hooks/entry.h"
#include "preload/hooks/operand.h"
#include "preload/hooks/pool_system.h"
#include "preload/util/registers.h"

#include <stddef.h>

enum hook_value {
    HOOK_POOL,
    HOOK_PARENT,
    HOOK_SIZE,
    HOOK_NAME,
    HOOK_OBJECT,
    HOOK_VALUES,
    HOOK_SAME = HOOK_PARENT, /* of API_ALLOC, which has no parent: what must not change */
    HOOK_WITH = HOOK_OBJECT  /* of API_CREATE, which has no object: what the blocks are by */
};

_Static_assert(HOOK_VALUES <= ENTRY_KEPT, "each value of a call can be kept");

#define HOOK_HELD 4

/* In place of a role: of the function by which the loader tells that images came or went. */
#define HOOK_OF_LOADER API_ROLES
/* ... and of that by which the process ends. */
#define HOOK_OF_END (API_ROLES + 1)
/* ... and of those that call the kernel, see watched_calls.h. */
#define HOOK_OF_CALL (API_ROLES + 2)
/* ... and of those by which a filter of system calls is set. */
#define HOOK_OF_FILTERS (API_ROLES + 3)

/* What hooks_try() does about a call. */
enum hook_way {
    HOOK_SLOW, /* nothing: it is for hooks_before() or hooks_after() */
    HOOK_FAST,
    HOOK_CREATES, /* a pool is made, or named, or it ends, and `plain` */
    HOOK_NAMES,
    HOOK_ENDS,
    HOOK_MARKS, /* it may be a mark, by what its arguments say, and does nothing else */
    /* The most frequent calls, of which `direct` tells all: */
    HOOK_ALLOCATES,   /* always, from what its arguments say, and not an object */
    HOOK_YOUNG,       /* the same, from pools that may be young */
    HOOK_SERVES,      /* the same, of what may be served */
    HOOK_ENDS_SERVED, /* a pool ends, or is cleared, that mostly has nothing that was served:
                         `quick` */
    HOOK_TAKES,       /* an object is allocated */
    HOOK_GIVES_BACK
};

struct hook;
typedef bool hook_try(const struct hook *hook, const struct entry_frame *frame);

struct hook {
    struct entry_context entry; /* first: see entry.h */
    hook_try *try;              /* what `way` says */
    /* What the most frequent calls need lies on one line of the cache: up to the object. */
    enum hook_way way : 8;
    enum api_success success : 8;
    bool straight; /* `direct` has its size and its object in registers; it succeeds where that is
                      not 0 */
    uint32_t returned; /* what `success` compares with */
    struct {
        struct operand_direct pool, size, object;
    } direct; /* from `values` */
    enum api_role role;
    bool plain;   /* its values are words of the frame, or numbers, and nothing is compared */
    bool late;    /* an event when the function has returned, else when it is called */
    bool sized;   /* with the role create: the pool is made with bytes allocated */
    bool poisons; /* with the role create or destroy */
    bool objects; /* with the role alloc: what is allocated has an address */
    bool keeps_children; /* with the role clear */
    bool stays;          /* with the role realloc: in the pool that the object is of */
    bool grown;          /* with the role alloc: by how much the size grows in the call */
    bool compares;       /* with the role alloc: HOOK_SAME is given */
    bool counts;         /* with the role destroy: what is below the pool, before */
    bool measured;       /* with the role alloc: what the pool grew by, less what others told */
    bool guards;         /* with the role create, clear or destroy: what was served ends */
    hook_try *quick;     /* ... and but for that it had a fast way; else NULL */
    uint8_t serves;      /* with the role alloc: it may be served, at a multiple of so many bytes;
                            0: it may not */
    bool stranger;       /* then: no description names the function, see strangers.h */
    unsigned given;      /* bits: the values that are not 0 throughout */
    unsigned keeps;      /* bits: the values to be kept for when the function has returned */
    struct operand values[HOOK_VALUES];
    const uint64_t *held[HOOK_HELD]; /* of a stranger: the first variables that its code uses */
    const struct root *orphans;      /* holds the parent of a pool that is made without; or NULL */
    unsigned marks;                  /* of API_MARK alone, bits: those that the function is of */
    uint64_t address;                /* of the patched function; 0: this is no hook */
    const struct link_map *map;      /* of its image, where that was loaded later; else NULL */
    struct pool_system *system;      /* what its calls are to be understood by */
    void (*changed)(void);           /* with HOOK_OF_LOADER: what is called then */
    /* With HOOK_OF_END: the same. */
    void (*ends)(int status, const struct registers *registers);
    void (*called)(const uint64_t *arguments); /* with HOOK_OF_FILTERS */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct hook, direct.object) <= 64, "one line of the cache");

#endif
