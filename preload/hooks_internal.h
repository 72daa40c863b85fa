/*
 * hooks_internal.h - a hook, as hooks_install.c makes it and hooks.c records its calls.
 */
#ifndef LIFEGUARD_HOOKS_INTERNAL_H
#define LIFEGUARD_HOOKS_INTERNAL_H

#include "entry.h"
#include "hooks.h"
#include "operand.h"
#include "roots.h"

enum hook_value { HOOK_POOL, HOOK_PARENT, HOOK_SIZE, HOOK_NAME, HOOK_OBJECT, HOOK_VALUES };

_Static_assert(HOOK_VALUES <= ENTRY_KEPT, "each value of a call can be kept");

/* What an allocation is, in a few bytes: the most frequent call of all. */
struct hook_allocation {
    uint32_t pool, size;     /* offsets of words in the entry's frame */
    uint64_t mask, constant; /* of the size, see operand.h */
};

struct hook {
    struct entry_context entry; /* first: see entry.h */
    enum api_role role;
    bool usual;          /* for hooks_try() */
    bool allocates;      /* it is usual, plain, and `allocation` tells all */
    bool plain;          /* no value has an expression, every call counts, none is an orphan's */
    bool late;           /* an event when the function has returned, else when it is called */
    bool sized;          /* with the role create: the pool is made with bytes allocated */
    bool poisons;        /* with the role create or destroy */
    bool objects;        /* with the role alloc: what is allocated has an address */
    bool keeps_children; /* with the role clear */
    struct hook_allocation allocation;
    enum api_success success;
    uint32_t returned; /* what `success` compares with */
    unsigned keeps;    /* bits: the values to be kept for when the function has returned */
    struct operand values[HOOK_VALUES];
    const struct root *orphans; /* holds the parent of a pool that is made without; or NULL */
    struct slice mark_symbol;   /* of API_MARK alone */
    struct pool_system *system; /* what its calls are to be understood by */
};

#endif
