/*
 * young_call.h - a call, as far as it matters to young pools, and what may become of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_YOUNG_CALL_H
#define PRELOAD_HOOKS_YOUNG_CALL_H

#include "preload/hooks/pool_system.h"
#include "preload/unwind/backtrace.h"

/* What a call does, as far as it matters here. SIZE is rounded up as the pool system does. */
struct generation_call {
    enum api_role role;
    bool keeps_children; /* of API_CLEAR */
    bool held;           /* of API_CREATE and API_CLEAR: a root variable holds the pool */
    uint32_t stack, name_id;
    uint64_t pool, parent, size;
    uint64_t asked;                   /* `size`, as it was asked for; of an object alone */
    uint64_t object, resized;         /* as in struct call */
    const struct unwind_start *start; /* the same; NULL: not known */
    const char *name;
    struct pool_system *system;
};

enum generation_fate {
    GENERATION_OLDER,  /* the call is to be written */
    GENERATION_YOUNG,  /* it is dealt with, and not to be written */
    GENERATION_UNCLEAR /* not without writing something: see generation_meet() */
};

#endif
