/* describe.c - what every rule says alike; see describe.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/describe.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/time_slices.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_ASKED 16 /* pools above one, for a cache that it is in */

void soften_job(struct finding *finding)
{
    static const char job[] = "It was given back, as by a job that fills a pool and is done: that "
                              "is no leak. What grows as long as a client stays is: end it with "
                              "what each part of the work needs.";
    if (finding->per_unit.unit != API_UNIT_TIME)
        return;
    finding->severity = SEVERITY_WARNING;
    free(finding->advice);
    finding->advice = xstrdup(job);
}

const char cache_advice[] = "Its role is to be kept in a cache, which fills as ever new things are "
                            "asked for. A longer run, "
                            "that asks for the same again, shows whether it has a limit.";

bool unit_is_judged(const struct process *process, enum api_mark_kind unit)
{
    if (unit != API_UNIT_TIME)
        return true;
    uint32_t most = 0;
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        most = process->units[kind] > most ? process->units[kind] : most;
    /* One begins when the process waits for what does not come. Where more follow, what came before
     * them may be its start. */
    return (most <= 1 || process->past_start) &&
           ((most ? process->unmarked : process->events) >= TIME_EVENTS_LEAST ||
            (most == 0 && process->header && process->header->cpu_ns >= TIME_CPU_LEAST));
}

struct series_growth end_series(struct series *series, const struct process *process,
                                enum api_mark_kind unit)
{
    struct series_growth growth = series_end(series, units_begun(process, unit));
    return unit == API_UNIT_TIME ? time_slices_growth(series, &process->moment_events) : growth;
}

enum api_life pool_life(const struct replay *replay, const struct pool *pool)
{
    const unsigned number = replay_pool_role(replay, pool);
    const struct api_pool_role *role =
        number ? api_set_role(replay_apis(replay), number - 1) : NULL;
    return role ? role->life : API_LIFE_UNKNOWN;
}

bool is_in_cache(const struct replay *replay, const struct pool *pool)
{
    for (unsigned depth = 0; pool && depth < DEPTH_ASKED; depth++) {
        if (pool_life(replay, pool) == API_LIFE_CACHE)
            return true;
        pool = replay_pool(replay, pool->parent);
    }
    return false;
}

bool is_plain_root(const struct replay *replay, const struct process *process,
                   const struct pool *pool)
{
    return pool->root && !(process->alias && replay_pool_role(replay, pool) == process->alias);
}

bool is_straight_in_root(const struct replay *replay, const struct pool *pool)
{
    const struct pool *parent = replay_pool(replay, pool->parent);
    return parent && is_straight_below(replay, parent, pool);
}

bool is_straight_below(const struct replay *replay, const struct pool *parent,
                       const struct pool *pool)
{
    const struct api *api = replay_pool_api(replay, pool);
    return parent->root && pool->bytes && !pool->had_pools && api && api_has_objects(api);
}

void describe_process(struct finding *finding, const struct process *process, struct span span)
{
    finding->kind = process->kind;
    finding_add_pid(finding, process->pid);
    if (process->header) {
        finding->first_ns = trace_wall_ns(process->header, span.first);
        finding->last_ns = trace_wall_ns(process->header, span.last);
    }
}

static const char *word_for(const struct api_set *apis, const char *name, size_t length)
{
    if (strncmp(name, "session", length) == 0)
        return process_word(apis, PROCESS_SESSION, 1);
    return unit_word(apis, strncmp(name, "restart", length) ? API_MARK_COMMAND : API_MARK_RESTART,
                     1);
}

void describe_advice(struct finding *finding, const struct replay *replay, const char *text)
{
    struct text advice;
    FILE *out = text_open(&advice);
    for (const char *open; (open = strchr(text, '{'));) {
        const size_t length = strcspn(open + 1, "}");
        fwrite(text, 1, (size_t)(open - text), out);
        fputs(word_for(replay_apis(replay), open + 1, length), out);
        text = open + 1 + length + 1;
    }
    fputs(text, out);
    finding->advice = text_close(&advice);
}

void describe_pool(struct finding *finding, const struct replay *replay, const struct pool *pool)
{
    finding->created = pool->created;
    finding->tag = pool->tag ? xstrdup(replay_string(replay, pool->tag)) : NULL;
    const char *role = replay_pool_role_name(replay, pool);
    finding->role = role ? xstrdup(role) : NULL;
    finding->path = replay_pool_path(replay, pool);
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

void describe_touched(struct finding *finding, const struct replay *replay,
                      const struct touched *touched)
{
    if (touched->pool) {
        describe_pool(finding, replay, touched->pool);
        return;
    }
    finding->created = touched->created;
    finding->tag = copy(touched->tag);
    finding->role = copy(touched->role);
    finding->path = copy(touched->path);
}
