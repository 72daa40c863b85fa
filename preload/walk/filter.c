/* filter.c - counts what is still to be found, by stretches of addresses (filter.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/filter.h"

void walk_pend(struct walk *walk, const struct walk_extent *extent, bool wanted)
{
    if (extent->kind == WALK_OWN || extent->used <= extent->target)
        return;
    const uint64_t last = (extent->used - 1) >> walk->granule;
    for (uint64_t key = extent->target >> walk->granule; key <= last; key++) {
        uint8_t *count = &walk->pending[walk_bucket(key)];
        if (*count == UINT8_MAX) /* too many to count: it stays */
            continue;
        *count = (uint8_t)(wanted ? *count + 1 : *count - 1);
    }
}
