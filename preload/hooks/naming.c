/* naming.c - names of pools that nobody was seen to give; see naming.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/naming.h"

#include "preload/hooks/usage.h"
#include "preload/trace/events.h"
#include "preload/trace/names.h"

#define NAMED         2048u /* places, of two pools each */
#define UNNAMED_LOOKS 16    /* at the events that follow: most have their name at once, or never */

/* Pools whose name was told, by a hash of the address, two at a place, and where that name lies.
 * Where others have taken the place, the name is told once more. */
static struct name_told {
    uint64_t pool, name;
} named[NAMED][2];

static struct name_told *place_of(uint64_t pool)
{
    return named[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 11)];
}

_Static_assert(NAMED == 1u << 11, "as many as there are places");

/* NULL: none is known. */
static struct name_told *find(uint64_t pool)
{
    struct name_told *place = place_of(pool);
    if (__atomic_load_n(&place[0].pool, __ATOMIC_ACQUIRE) == pool)
        return &place[0];
    return __atomic_load_n(&place[1].pool, __ATOMIC_ACQUIRE) == pool ? &place[1] : NULL;
}

/* In the place of one that is there, of one that has ended, or of the one that the address says. */
static void keep(uint64_t pool, uint64_t name)
{
    struct name_told *place = place_of(pool), *known = find(pool);
    if (!known)
        known = !place[0].name ? &place[0] : !place[1].name ? &place[1] : &place[pool >> 9 & 1];
    __atomic_store_n(&known->pool, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&known->name, name, __ATOMIC_RELAXED);
    __atomic_store_n(&known->pool, pool, __ATOMIC_RELEASE);
}

/* Where the name lies that was told of POOL; 0: none was. */
static uint64_t told(uint64_t pool)
{
    const struct name_told *known = find(pool);
    return known ? __atomic_load_n(&known->name, __ATOMIC_RELAXED) : 0;
}

void naming_made(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    stream->unnamed = system->reads_names ? pool : 0;
    stream->unnamed_left = UNNAMED_LOOKS;
    stream->unnamed_of = system;
    if (told(pool)) /* another one, at its address */
        keep(pool, 0);
}

void naming_named(struct stream *stream, uint64_t pool, uint64_t name)
{
    if (stream->unnamed == pool)
        stream->unnamed = 0;
    keep(pool, name);
}

const char *naming_untold(const struct pool_system *system, uint64_t pool)
{
    return pool && system->reads_names ? usage_name(system, pool, told(pool)) : NULL;
}

bool naming_is_due(const struct pool_system *system, uint64_t pool)
{
    return naming_untold(system, pool) != NULL;
}

bool naming_is_last_due(const struct stream *stream)
{
    return stream->unnamed && naming_is_due(stream->unnamed_of, stream->unnamed);
}

bool naming_look(struct stream *stream)
{
    if (stream->unnamed_left > 0)
        stream->unnamed_left--;
    else
        stream->unnamed = 0;
    return naming_is_last_due(stream);
}

void naming_ended(struct stream *stream, uint64_t pool)
{
    if (told(pool)) /* its place is free */
        keep(pool, 0);
    if (stream->unnamed == pool)
        stream->unnamed = 0;
}

void naming_tell(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    const char *name = naming_untold(system, pool);
    if (!name)
        return;
    event_name(stream, pool, TRACE_NO_STACK, name);
    naming_named(stream, pool, (uint64_t)(uintptr_t)name);
}

void naming_tell_but(struct stream *stream, const struct pool_system *system, uint64_t pool,
                     uint32_t id)
{
    const char *name = naming_untold(system, pool);
    if (name && id && names_recall(name) == id)
        naming_named(stream, pool, (uint64_t)(uintptr_t)name);
    else
        naming_tell(stream, system, pool);
}

void naming_tell_last(struct stream *stream)
{
    if (stream->unnamed)
        naming_tell(stream, stream->unnamed_of, stream->unnamed);
}
