/* only.c - the pool of which a process has one at a time; see only.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/only.h"

#include "preload/util/forked.h"

FORKED struct young_only young_only;

void only_told(uint32_t kind, uint64_t pool)
{
    struct young_only *only = &young_only;
    only->several |= (only->kind && only->kind != kind) || (only->pool && only->pool != pool);
    only->kind = kind;
    if (only->young && only->pool != pool) /* which is to be told of, when it ends at the latest */
        return;
    only->pool = pool;
    only->young = false;
}
