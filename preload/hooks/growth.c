/* growth.c - what a pool grew by while a function ran; see growth.h. */
#include "preload/hooks/growth.h"

#include "preload/hooks/usage.h"

/* What FRAME keeps beside the pool, in place of values that no allocation has. */
enum { KEPT_USED = HOOK_PARENT, KEPT_WATCHED = HOOK_NAME, KEPT_TOLD = HOOK_OBJECT };

/* Bytes in use in POOL's blocks; UINT64_MAX: not known. */
static uint64_t used(const struct hook *hook, uint64_t pool)
{
    struct pool_usage usage;
    return pool && usage_looks(hook->system, pool, &usage) ? usage.used : UINT64_MAX;
}

void growth_begin(struct stream *stream, const struct hook *hook, struct entry_frame *frame)
{
    const uint64_t pool = frame->known & 1u << HOOK_POOL ? frame->kept[HOOK_POOL] : 0;
    frame->kept[KEPT_USED] = used(hook, pool);
    frame->kept[KEPT_WATCHED] = stream->watched;
    frame->kept[KEPT_TOLD] = stream->told;
    frame->known |= 1u << KEPT_USED;
    stream->watched = pool;
    stream->told = 0;
}

uint64_t growth_end(struct stream *stream, const struct hook *hook, const struct entry_frame *frame)
{
    if (!(frame->known & 1u << KEPT_USED)) /* it was not begun */
        return 0;
    const uint64_t pool = stream->watched, told = stream->told, before = frame->kept[KEPT_USED];
    const uint64_t after = used(hook, pool);
    const bool known = before != UINT64_MAX && after != UINT64_MAX;
    const uint64_t left = known && after > before + told ? after - before - told : 0;
    stream->watched = frame->kept[KEPT_WATCHED];
    stream->told = frame->kept[KEPT_TOLD];
    if (pool && stream->watched == pool)
        stream->told += told + left;
    return left;
}

void growth_count(struct stream *stream, const struct hook *hook, uint64_t size)
{
    const uint64_t align = hook->system->api.align;
    stream->told += (size + align - 1) / align * align;
}
