/* survey.c - what pools hold as the process ends (survey.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/survey.h"

#include "preload/hooks/held_walk.h"
#include "preload/hooks/measure.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/unseen.h"
#include "preload/hooks/usage.h"
#include "preload/trace/file.h"

#define POOLS_MAX (1u << 20)

struct own_survey {
    struct stream *stream;
    const struct pool_system *system;
    struct measure_pages pages;
};

static void meet(struct stream *stream, const struct pool_system *system, uint64_t pool)
{
    unseen_adopt(stream, system, pool, 0);
    naming_tell(stream, system, pool);
}

static bool is_forked(void)
{
    return trace_file_header()->parent_id != 0;
}

void survey_write(struct stream *stream, const struct pool_system *system, const struct walk *walk,
                  uint32_t count, struct program_memory *memory)
{
    struct measure_pages pages;
    measure_begin_with(&pages, memory->readable, PROGRAM_PAGES);
    for (uint32_t i = 0; i < count; i++)
        usage_survey(stream, system, walk->pools[i].address, &pages, meet);
}

static void write_own(void *data, uint64_t pool)
{
    struct own_survey *own = data;
    usage_survey(own->stream, own->system, pool, &own->pages, meet);
}

void survey_write_own(struct stream *stream, const struct pool_system *system)
{
    struct own_survey own = {.stream = stream, .system = system};
    if (!system->only) /* whose a pool is, is not known */
        return;
    measure_begin(&own.pages);
    usage_each_own(write_own, &own);
}

void survey_take(struct stream *stream, const struct pool_system *system)
{
    const bool gone = system->late && !system->map;
    if (gone || streams_are_several())
        return;
    struct held_walk *held = held_walk_take(system, is_forked() ? SURVEY_FORKED : POOLS_MAX, NULL);
    if (!held)
        return;
    if (held->walk.lost.pools && is_forked())
        survey_write_own(stream, system);
    else
        survey_write(stream, system, &held->walk, held->walk.pool_count, &held->memory);
    held_walk_end(held);
}
