/* thin.c - a trace without what no finding needs; see thin.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/thin.h"

#include "analyzer/thin/reducer.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void take_run(struct reducer *reducer, const struct trace_event *run, bool settled)
{
    struct trace_event event = *run;
    event.run = 0;
    for (uint32_t i = 0; i < run->run; i++) {
        event.stack = run->allocations[i].stack;
        event.size = run->allocations[i].size;
        reducer_take(reducer, &event, settled);
    }
}

static void reduce(struct reducer *reducer, struct trace *trace)
{
    struct event_batch *batch = xmalloc(sizeof(*batch));
    while (trace_read_events(trace, batch))
        for (size_t i = 0; i < batch->count; i++) {
            const struct trace_event *event = &batch->events[i];
            if (event->kind == TRACE_EVENT_ALLOC && event->run)
                take_run(reducer, event, false);
            else
                reducer_take(reducer, event, false);
        }
    free(batch);
    reducer_end(reducer, false);
}

/* NULL, or why TRACE is left as it is. */
static const char *hindrance(const struct trace *trace)
{
    const char *why = NULL;
    if (trace_damage(trace))
        return trace_damage(trace);
    if (trace_header(trace)->young[TRACE_YOUNG_MADE])
        return "pools that ended in their unit of work are in sums already";
    trace_mode(trace, &why);
    return NULL;
}

static enum thin_result write_thinned(struct trace *trace, const struct thin_systems *systems,
                                      int fd, struct error *error)
{
    struct trace_header header = *trace_header(trace);
    struct thin_writer *writer = thin_writer_new(fd, trace);
    struct reducer *reducer = reducer_new(systems, writer);
    reduce(reducer, trace);
    const uint64_t left_out = reducer_left_out(reducer);
    header.young[TRACE_YOUNG_MADE] += left_out;
    header.young[TRACE_YOUNG_ENDED] += left_out;
    reducer_free(reducer);
    const char *damage = trace_damage(trace);
    if (damage)
        error_set(error, "%s", damage);
    else if (!left_out)
        error_set(error, "no pool ends in the unit of work that made it, but for examples");
    const bool written = thin_writer_end(writer, damage || !left_out ? NULL : &header);
    if (damage || !left_out)
        return THIN_NOTHING;
    if (!written)
        error_set(error, "%s", strerror(errno));
    return written ? THIN_DONE : THIN_FAILED;
}

enum thin_result thin_trace(const char *dir, const char *path, int fd, struct error *error)
{
    struct trace *trace = trace_open(path, error);
    const char *why = trace ? hindrance(trace) : NULL;
    struct thin_systems *systems = trace && !why ? thin_systems_new(dir, trace, &why) : NULL;
    enum thin_result result = trace ? THIN_NOTHING : THIN_FAILED;
    if (systems)
        result = write_thinned(trace, systems, fd, error);
    else if (trace)
        error_set(error, "%s", why);
    if (systems)
        thin_systems_free(systems);
    trace_close(trace);
    return result;
}
