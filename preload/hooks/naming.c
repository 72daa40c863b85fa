/* naming.c - names of pools that nobody was seen to give; see naming.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/naming.h"

#include "preload/hooks/meanings.h"
#include "preload/trace/events.h"
#include "preload/trace/names.h"

__attribute__((aligned(4096))) struct name_told naming_places[NAMING_PLACES][2];

void naming_add(uint64_t pool, uint64_t name)
{
    struct name_told *place = naming_place(pool);
    naming_put(!place[0].name   ? &place[0]
               : !place[1].name ? &place[1]
                                : &place[pool >> 9 & 1],
               pool, name);
}

bool naming_look(struct stream *stream)
{
    if (stream->unnamed_left > 0)
        stream->unnamed_left--;
    else
        stream->unnamed = 0;
    return naming_is_last_due(stream);
}

void naming_tell(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    const char *name = naming_untold(system, pool);
    if (!name)
        return;
    event_name(stream, pool, TRACE_NO_STACK, name);
    meaning_told(system, pool, name);
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
