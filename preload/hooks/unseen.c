/* unseen.c - pools whose making could not be seen; see unseen.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/unseen.h"

#include "preload/hooks/naming.h"
#include "preload/hooks/usage.h"
#include "preload/hooks/watching.h"
#include "preload/trace/events.h"

#define ABOVE_MAX 16 /* pools that one is below, and that nobody was seen to make */

bool unseen_is_due(const struct pool_system *system, uint64_t pool)
{
    return system->makes_unseen && pool && !usage_is_made(pool);
}

void unseen_adopt(struct stream *stream, const struct pool_system *system, uint64_t pool,
                  uint64_t bytes)
{
    struct unseen {
        uint64_t pool, parent, used;
    } unseen[ABOVE_MAX];
    struct pool_usage usage;
    unsigned count = 0;
    while (count < ABOVE_MAX && unseen_is_due(system, pool) && usage_looks(system, pool, &usage) &&
           usage.used != UINT64_MAX) {
        const uint64_t parent = usage_parent(system, pool);
        if (!parent)
            break;
        watching_adopted(stream, pool, usage.used);
        unseen[count++] = (struct unseen){pool, parent, usage.used};
        pool = parent;
    }
    if (count > 0 && unseen[0].used >= bytes)
        unseen[0].used -= bytes;
    while (count-- > 0) {
        const struct unseen *one = &unseen[count];
        event_adopt(stream, one->pool, one->parent, system->number, one->used);
        usage_made(one->pool);
        naming_tell_last(stream);
        naming_made(stream, system, one->pool);
        naming_tell(stream, system, one->pool);
    }
}
