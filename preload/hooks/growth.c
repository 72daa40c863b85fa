/* growth.c - what pools grew by while a function ran; see growth.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/growth.h"

#include "preload/hooks/call.h"
#include "preload/hooks/measure.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/usage.h"
#include "preload/hooks/watching.h"
#include "preload/unwind/scratch.h"
#include "preload/young/quick.h"

#define POOLS_MAX 8  /* of one call */
#define WORDS     32 /* of what an argument points to */

/* What FRAME keeps beside the pool, in place of a value that no allocation has: how many pools were
 * watched before. */
enum { KEPT_WATCHING = HOOK_NAME };

/* What was used of a pool that does not look like one any more: what is taken from it is known by
 * what was asked for alone. */
#define ENDED UINT64_MAX

/* Pools are watched for calls that are under way, the innermost last. Of one that was left by a
 * jump, the stack is in use again. */
static void forget_left(struct stream *stream, uint64_t sp)
{
    while (stream->watching > 0 && stream->watched[stream->watching - 1].sp <= sp)
        stream->watching--;
}

static void watch(struct stream *stream, struct stream_watched watched)
{
    struct scratch *scratch = scratch_of(stream);
    if (!scratch || stream->watching == STREAM_WATCHED)
        return;
    stream->watched = scratch->watched;
    quick_forget(); /* what is taken is to be told here */
    stream->watched[stream->watching++] = watched;
}

/* A look for the pools that a call may take from. */
struct search {
    struct stream *stream;
    const struct hook *hook;
    uint64_t sp;
    unsigned first; /* of those that were found */
    struct measure_pages pages;
};

static void consider(struct search *search, uint64_t word)
{
    struct stream *stream = search->stream;
    struct pool_usage usage;
    if (!operand_is_address(word) || word % sizeof(word) != 0 ||
        stream->watching - search->first == POOLS_MAX)
        return;
    for (unsigned i = search->first; i < stream->watching; i++) {
        if (stream->watched[i].pool == word)
            return;
    }
    if (usage_looks_with(search->hook->system, word, &search->pages, &usage) &&
        usage.used != UINT64_MAX)
        watch(stream, (struct stream_watched){.sp = search->sp,
                                              .pool = word,
                                              .used = usage.used,
                                              .within = search->hook->address});
}

/* What AT points to. */
static void consider_pointed(struct search *search, uint64_t at)
{
    for (unsigned i = 0; at % sizeof(at) == 0 && operand_is_address(at) && i < WORDS; i++) {
        if (measure_can_read(&search->pages, at + i * sizeof(at)))
            consider(search, operand_load(at + i * sizeof(at)));
    }
}

/* Those that its arguments are, the roots, those that the variables hold which its code uses, and
 * those that its arguments or those variables point to. */
static void find_pools(struct stream *stream, const struct hook *hook,
                       const struct entry_frame *frame)
{
    struct search search = {
        .stream = stream, .hook = hook, .sp = frame->start.sp, .first = stream->watching};
    measure_begin(&search.pages);
    for (unsigned i = 0; i < 6; i++)
        consider(&search, frame->arguments[i]);
    for (unsigned i = 0; i < hook->system->root_count; i++) {
        const struct root *root = &hook->system->roots[i];
        consider(&search, root->found ? roots_pool(root) : 0);
    }
    for (unsigned i = 0; i < HOOK_HELD && hook->held[i]; i++)
        consider(&search, *hook->held[i]);
    for (unsigned i = 0; i < 6; i++)
        consider_pointed(&search, frame->arguments[i]);
    for (unsigned i = 0; i < HOOK_HELD && hook->held[i]; i++)
        consider_pointed(&search, *hook->held[i]);
}

void growth_begin(struct stream *stream, const struct hook *hook, struct entry_frame *frame)
{
    const bool given = frame->known & 1u << HOOK_POOL;
    struct pool_usage usage;
    forget_left(stream, frame->start.sp);
    frame->kept[KEPT_WATCHING] = stream->watching;
    frame->known |= 1u << KEPT_WATCHING;
    if (hook->stranger) {
        /* A pool may be made in it, and ended. */
        watch(stream, (struct stream_watched){.sp = frame->start.sp, .within = hook->address});
        find_pools(stream, hook, frame);
    }
    if (hook->stranger || !given)
        return;
    if (!usage_looks(hook->system, frame->kept[HOOK_POOL], &usage))
        usage.used = ENDED;
    else if (usage.used == UINT64_MAX)
        return;
    watch(stream, (struct stream_watched){.sp = frame->start.sp,
                                          .pool = frame->kept[HOOK_POOL],
                                          .used = usage.used,
                                          .within = hook->address});
}

/* Bytes that WATCHED grew by and that nobody told of. */
static uint64_t untold(const struct stream_watched *watched, const struct pool_system *system,
                       struct measure_pages *pages)
{
    struct pool_usage usage;
    const uint64_t told = watched->used + watched->told;
    if (!watched->pool || watched->used == ENDED ||
        !usage_looks_with(system, watched->pool, pages, &usage) || usage.used == UINT64_MAX ||
        usage.used <= told)
        return 0;
    return usage.used - told;
}

/* Bytes that were asked of WATCHED, which has ended, and that nobody told of. */
static uint64_t asked(const struct stream_watched *watched, const struct hook *hook,
                      const struct entry_frame *frame)
{
    uint64_t size;
    return watched->used == ENDED && watched->pool && watched->told == 0 &&
                   call_succeeded(hook, frame) && call_value(hook, HOOK_SIZE, frame, &size)
               ? size
               : 0;
}

bool growth_end(struct stream *stream, const struct hook *hook, const struct entry_frame *frame,
                uint64_t *pool, uint64_t *bytes)
{
    struct measure_pages pages;
    measure_begin(&pages);
    while (frame->known & 1u << KEPT_WATCHING && stream->watching > frame->kept[KEPT_WATCHING]) {
        const struct stream_watched watched = stream->watched[--stream->watching];
        *pool = watched.pool;
        *bytes = untold(&watched, hook->system, &pages) + asked(&watched, hook, frame);
        watching_add(stream, *pool, *bytes);
        if (*bytes > 0)
            return true;
    }
    return false;
}

bool growth_unfinished(struct stream *stream, const struct pool_system *system,
                       struct growth_untold *found)
{
    struct measure_pages pages;
    measure_begin(&pages);
    for (unsigned i = stream->watching; i > 0; i--) {
        const struct stream_watched *watched = &stream->watched[i - 1];
        *found =
            (struct growth_untold){watched->pool, untold(watched, system, &pages), watched->within};
        watching_add(stream, found->pool, found->bytes);
        if (found->bytes > 0)
            return true;
    }
    return false;
}

/* Of the innermost call, in the place of a pool that has ended if there is one: a call may take
 * long and see many pools come and go. */
static void watch_made(struct stream *stream, uint64_t pool, uint64_t used)
{
    const struct stream_watched *call = &stream->watched[stream->watching - 1];
    const struct stream_watched made = {
        .sp = call->sp, .pool = pool, .used = used, .within = call->within};
    unsigned i = stream->watching;
    while (i > 0 && stream->watched[i - 1].sp == made.sp && stream->watched[i - 1].pool)
        i--;
    if (i > 0 && stream->watched[i - 1].sp == made.sp)
        stream->watched[i - 1] = made;
    else
        watch(stream, made);
}

void growth_made(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    struct pool_usage usage;
    if (stream->watching > 0 && usage_looks(system, pool, &usage) && usage.used != UINT64_MAX)
        watch_made(stream, pool, usage.used);
}

void growth_emptied(struct stream *stream, uint64_t pool, bool ended)
{
    for (unsigned i = 0; i < stream->watching; i++) {
        if (stream->watched[i].pool == pool)
            stream->watched[i] = (struct stream_watched){.sp = stream->watched[i].sp,
                                                         .pool = ended ? 0 : pool,
                                                         .within = stream->watched[i].within};
    }
}

void growth_count(struct stream *stream, const struct hook *hook, uint64_t pool, uint64_t size)
{
    const uint64_t align = hook->system->align;
    watching_add(stream, pool, (size + align - 1) / align * align);
}

uint64_t growth_before_end(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    struct pool_usage usage;
    unsigned i = stream->watching;
    while (i > 0 && stream->watched[i - 1].pool != pool)
        i--;
    if (i == 0 || stream->watched[i - 1].used == ENDED || !usage_looks(system, pool, &usage) ||
        usage.used == UINT64_MAX)
        return 0;
    const struct stream_watched *watched = &stream->watched[i - 1];
    const uint64_t told = watched->used + watched->told;
    return usage.used > told ? usage.used - told : 0;
}
