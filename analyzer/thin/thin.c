/* thin.c - a trace without what no finding needs; see thin.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/thin.h"

#include "analyzer/thin/reducer.h"
#include "analyzer/thin/times.h"
#include "analyzer/trace/internal.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is at work on one trace. */
struct thinning {
    struct trace *trace;
    struct thin_systems *systems;
    struct thin_writer *writer;
    struct reducer *reducer;
    struct thin_times times;
};

static void take_run(struct reducer *reducer, const struct trace_event *run)
{
    struct trace_event event = *run;
    event.run = 0;
    for (uint32_t i = 0; i < run->run; i++) {
        event.stack = run->allocations[i].stack;
        event.size = run->allocations[i].size;
        reducer_take(reducer, &event);
    }
}

static void take(struct thinning *thinning, const struct trace_event *read, bool stays)
{
    struct trace_event event = *read;
    event.tick = thin_times_next(&thinning->times, read, stays);
    if (event.kind == TRACE_EVENT_ALLOC && event.run)
        take_run(thinning->reducer, &event);
    else
        reducer_take(thinning->reducer, &event);
}

static void reduce_all(struct thinning *thinning)
{
    struct event_batch *batch = xmalloc(sizeof(*batch));
    while (trace_read_events(thinning->trace, batch))
        for (size_t i = 0; i < batch->count; i++)
            take(thinning, &batch->events[i], false);
    free(batch);
    reducer_end(thinning->reducer, false);
}

static bool is_chosen(const struct thin_choice *choice, const struct block *block)
{
    return choice->chooses(choice->data, block->offset, &block->header);
}

/* Of each thread's stream, whether it is past what is chosen; by its number. */
struct streams_left {
    bool *left;
    size_t more; /* that are not */
};

/* What is not chosen is not read, where nothing chosen comes later. */
static struct streams_left begin_streams(const struct thinning *thinning,
                                         const struct thin_choice *choice)
{
    const struct trace *trace = thinning->trace;
    struct streams_left streams = {xcalloc(TRACE_THREADS_MAX, sizeof(bool)), 0};
    for (size_t i = 0; i < trace->stream_count; i++) {
        const struct stream *stream = &trace->streams[i];
        if (stream->number + 1 >= TRACE_THREADS_MAX)
            continue;
        const bool chosen = is_chosen(choice, stream->blocks);
        streams.left[stream->number + 1] = !chosen;
        streams.more += chosen;
        if (!chosen)
            reducer_leave(thinning->reducer, stream->number + 1);
    }
    reducer_leave(thinning->reducer, 0); /* handlers' */
    return streams;
}

/* False: what is chosen cannot be thinned. */
static bool reduce_chosen(struct thinning *thinning, const struct thin_choice *choice)
{
    struct streams_left streams = begin_streams(thinning, choice);
    struct trace_event event;
    while (streams.more > 0 && trace_next(thinning->trace, &event)) {
        bool *left = &streams.left[event.thread];
        if (event.thread && !*left && !is_chosen(choice, trace_block_of_last(thinning->trace))) {
            *left = true;
            streams.more--;
            reducer_leave(thinning->reducer, event.thread);
        }
        if (streams.more > 0)
            take(thinning, &event, event.thread == 0 || streams.left[event.thread]);
    }
    free(streams.left);
    return reducer_end(thinning->reducer, true);
}

/* NULL, or why TRACE is left as it is. */
static const char *hindrance(const struct trace *trace)
{
    if (trace_damage(trace))
        return trace_damage(trace);
    return trace_header(trace)->young[TRACE_YOUNG_MADE]
               ? "pools that ended in their unit of work are in sums already"
               : NULL;
}

/* Begins on the trace in PATH, to be written to FD. */
static enum thin_result begin(struct thinning *thinning, const char *dir, const char *path, int fd,
                              struct error *error)
{
    *thinning = (struct thinning){.trace = trace_open(path, error)};
    if (!thinning->trace)
        return THIN_FAILED;
    const char *why = hindrance(thinning->trace);
    if (!why)
        thinning->systems = thin_systems_new(dir, thinning->trace, &why);
    if (!thinning->systems) {
        error_set(error, "%s", why);
        return THIN_NOTHING;
    }
    thinning->writer = thin_writer_new(fd, thinning->trace);
    thinning->reducer = reducer_new(thinning->systems, thinning->writer);
    thin_times_begin(&thinning->times, thinning->trace, &thinning->systems->set);
    return THIN_DONE;
}

/* HEADER: as thin_writer_end(). */
static enum thin_result write_end(struct thinning *thinning, const struct trace_header *header,
                                  const char *why_not, struct error *error)
{
    const bool written = thin_writer_end(thinning->writer, why_not ? NULL : header);
    thinning->writer = NULL;
    if (why_not)
        error_set(error, "%s", why_not);
    else if (!written)
        error_set(error, "%s", strerror(errno));
    return why_not ? THIN_NOTHING : written ? THIN_DONE : THIN_FAILED;
}

static void end(struct thinning *thinning)
{
    thin_times_free(&thinning->times);
    if (thinning->reducer)
        reducer_free(thinning->reducer);
    if (thinning->systems)
        thin_systems_free(thinning->systems);
    trace_close(thinning->trace);
}

static const char *why_not(const struct thinning *thinning, uint64_t left_out)
{
    if (trace_damage(thinning->trace))
        return trace_damage(thinning->trace);
    return left_out ? NULL : "no pool ends in the unit of work that made it, but for examples";
}

enum thin_result thin_trace(const char *dir, const char *path, int fd, struct error *error)
{
    struct thinning thinning;
    enum thin_result result = begin(&thinning, dir, path, fd, error);
    if (result == THIN_DONE) {
        reduce_all(&thinning);
        struct trace_header header = *trace_header(thinning.trace);
        const uint64_t left_out = reducer_left_out(thinning.reducer);
        header.left_out += left_out;
        header.thinned = TRACE_THINNED_ALL;
        result = write_end(&thinning, &header, why_not(&thinning, header.left_out), error);
    }
    end(&thinning);
    return result;
}

enum thin_result thin_past(const char *dir, const char *path, const struct thin_choice *choice,
                           int fd, uint64_t *left_out, struct error *error)
{
    struct thinning thinning;
    enum thin_result result = begin(&thinning, dir, path, fd, error);
    if (result == THIN_DONE) {
        const bool whole = reduce_chosen(&thinning, choice);
        *left_out = reducer_left_out(thinning.reducer);
        const char *why = why_not(&thinning, *left_out);
        result = write_end(&thinning, trace_header(thinning.trace),
                           whole ? why : "a pool that would be left out is used later", error);
    }
    end(&thinning);
    return result;
}
