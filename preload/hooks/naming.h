/*
 * naming.h - names of pools that nobody was seen to give: where the compiler has put the function
 * that names a pool into its callers, the pool's memory tells. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_NAMING_H
#define PRELOAD_HOOKS_NAMING_H

#include "preload/hooks/usage.h"
#include "preload/trace/stream.h"

#define NAMING_PLACES 2048u /* of two pools each */
#define NAMING_PAGE   128u  /* of these on a page */
#define NAMING_NEAR   16    /* bits: pools whose addresses differ in these alone share a page */
#define NAMING_LOOKS  16    /* at the events that follow: most have their name at once, or never */

/* Pools whose name was told, two at a place, and where that name lies. Where others have taken the
 * place, the name is told once more. A page has those that lie near each other, within it by a
 * hash: a forked process makes its pools in few places, and copies few pages. */
struct name_told {
    uint64_t pool, name;
};
extern struct name_told naming_places[NAMING_PLACES][2];

static inline struct name_told *naming_place(uint64_t pool)
{
    const uint64_t page = (pool >> NAMING_NEAR) % (NAMING_PLACES / NAMING_PAGE);
    return naming_places[page * NAMING_PAGE + ((pool >> 3) * 0x9e3779b97f4a7c15u >> (64 - 7))];
}

_Static_assert(NAMING_PAGE == 1u << 7, "as many as there are hashes");
_Static_assert(NAMING_PAGE * sizeof(naming_places[0]) == 4096, "a page");

/* NULL: none is known. */
static inline struct name_told *naming_find(uint64_t pool)
{
    struct name_told *place = naming_place(pool);
    if (__atomic_load_n(&place[0].pool, __ATOMIC_ACQUIRE) == pool)
        return &place[0];
    return __atomic_load_n(&place[1].pool, __ATOMIC_ACQUIRE) == pool ? &place[1] : NULL;
}

static inline void naming_put(struct name_told *place, uint64_t pool, uint64_t name)
{
    __atomic_store_n(&place->pool, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&place->name, name, __ATOMIC_RELAXED);
    __atomic_store_n(&place->pool, pool, __ATOMIC_RELEASE);
}

/* In the place of one that has ended, or of the one that the address says. */
void naming_add(uint64_t pool, uint64_t name);

/* Where the name lies that was told of POOL; 0: none was. */
static inline uint64_t naming_told(uint64_t pool)
{
    const struct name_told *known = naming_find(pool);
    return known ? __atomic_load_n(&known->name, __ATOMIC_RELAXED) : 0;
}

/* What calls tell: POOL was made; it has the name that lies at NAME. */
static inline void naming_made(struct stream *stream, const struct pool_system *system,
                               uint64_t pool)
{
    stream->unnamed = system->reads_names ? pool : 0;
    stream->unnamed_left = NAMING_LOOKS;
    stream->unnamed_of = system;
    struct name_told *known = naming_find(pool);
    if (known && known->name) /* another one, at its address */
        naming_put(known, pool, 0);
}

static inline void naming_named(struct stream *stream, uint64_t pool, uint64_t name)
{
    if (stream->unnamed == pool)
        stream->unnamed = 0;
    struct name_told *known = naming_find(pool);
    if (known)
        naming_put(known, pool, name);
    else
        naming_add(pool, name);
}

/* POOL, of which naming_find() finds KNOWN, is no more. */
static inline void naming_ended(struct stream *stream, uint64_t pool, struct name_told *known)
{
    if (known && known->name) /* its place is free */
        naming_put(known, pool, 0);
    if (stream->unnamed == pool)
        stream->unnamed = 0;
}

/* The name that POOL has in its memory, where that was not told last; NULL: it was, or it has none.
 */
static inline const char *naming_untold(const struct pool_system *system, uint64_t pool)
{
    return pool && system->reads_names ? usage_name(system, pool, naming_told(pool)) : NULL;
}

static inline bool naming_is_due(const struct pool_system *system, uint64_t pool)
{
    return naming_untold(system, pool) != NULL;
}

/* The same of the pool that the stream saw being made last, if none is named since. */
static inline bool naming_is_last_due(const struct stream *stream)
{
    return stream->unnamed && naming_is_due(stream->unnamed_of, stream->unnamed);
}

/* The same at another event, of which only so many look. */
bool naming_look(struct stream *stream);

/* Tells of such a name, if there is one. */
void naming_tell(struct stream *stream, const struct pool_system *system, uint64_t pool);
/* The same, where it is another name than the one with that ID, which is told. */
void naming_tell_but(struct stream *stream, const struct pool_system *system, uint64_t pool,
                     uint32_t id);
void naming_tell_last(struct stream *stream);

#endif
