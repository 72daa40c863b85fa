/*
 * perfetto.c - a trace of Perfetto: a track for each process, below it a counter of bytes
 * for the pools with the same path, each under its parent's, and marks at units of work.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/export.h"
#include "analyzer/export/names.h"
#include "analyzer/export/proto_writer.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/string_table.h"

#include <stdlib.h>
#include <string.h>

#define MOMENTS      1000 /* about, at which the counters are told, over the whole recording */
#define TRACE_PACKET 1    /* a Trace is packets */
#define SEQUENCE     1

/* Field numbers and values of Perfetto's messages. */
enum packet_field {
    PACKET_TIME = 8,
    PACKET_SEQUENCE = 10,
    PACKET_EVENT = 11,
    PACKET_FLAGS = 13,
    PACKET_TRACK = 60
};
enum track_field {
    TRACK_ID = 1,
    TRACK_NAME = 2,
    TRACK_PROCESS = 3,
    TRACK_PARENT = 5,
    TRACK_COUNTER = 8
};
enum process_field { PROCESS_PID = 1, PROCESS_NAME = 6 };
enum counter_field { COUNTER_UNIT = 3 };
enum event_field { EVENT_TYPE = 9, EVENT_TRACK = 11, EVENT_NAME = 23, EVENT_VALUE = 30 };
enum { FLAG_STATE_CLEARED = 1, UNIT_BYTES = 3, TYPE_INSTANT = 3, TYPE_COUNTER = 4 };

/* Bytes in the pools of one path of one process. */
struct counter {
    uint64_t now, written;
    bool known; /* has a track */
};

/* A process that is being replayed, or waits for its child. */
struct timeline {
    struct timeline *below;
    const struct replay *replay;
    struct counter *counters; /* by path */
    size_t limit;
    uint64_t next_ns;    /* when to tell next */
    uint64_t next_event; /* and not before: a look at all pools takes as long as many events */
    bool wanted;
};

struct perfetto {
    FILE *out;
    int32_t pid;
    uint64_t step_ns;
    struct strings paths;
    struct proto trace, packet, inner, part;
    struct timeline *timeline;
};

static uint64_t track_id(const struct process *process, uint32_t path)
{
    return (uint64_t)(process->index + 1) << 32 | path;
}

static void put_packet(struct perfetto *to)
{
    proto_number(&to->packet, PACKET_SEQUENCE, SEQUENCE);
    proto_message(&to->trace, TRACE_PACKET, &to->packet);
    fwrite(to->trace.bytes, 1, to->trace.size, to->out);
    to->trace.size = 0;
}

static void put_process(struct perfetto *to, const struct process *process)
{
    char *program = escaped_text(process->program), *name;
    name = xasprintf("%s of %s", process_word(replay_apis(to->timeline->replay), process->kind, 1),
                     program);
    proto_number(&to->part, PROCESS_PID, (uint64_t)process->pid);
    proto_text(&to->part, PROCESS_NAME, name);
    proto_number(&to->inner, TRACK_ID, track_id(process, 0));
    proto_message(&to->inner, TRACK_PROCESS, &to->part);
    proto_message(&to->packet, PACKET_TRACK, &to->inner);
    if (process->index == 0)
        proto_number(&to->packet, PACKET_FLAGS, FLAG_STATE_CLEARED);
    put_packet(to);
    free(program);
    free(name);
}

static struct counter *counter_of(struct timeline *timeline, uint32_t path)
{
    if (path >= timeline->limit) {
        size_t limit = 2 * (size_t)path + 64;
        timeline->counters = xreallocarray(timeline->counters, limit, sizeof(*timeline->counters));
        memset(timeline->counters + timeline->limit, 0,
               (limit - timeline->limit) * sizeof(*timeline->counters));
        timeline->limit = limit;
    }
    return &timeline->counters[path];
}

/* The first LENGTH bytes of PATH get a track below that of their parent's. Returns its number. */
static uint32_t put_track(struct perfetto *to, const struct process *process, const char *path,
                          size_t length)
{
    char *own = xstrndup(path, length);
    uint32_t number = strings_intern(&to->paths, own, length);
    if (!counter_of(to->timeline, number)->known) {
        counter_of(to->timeline, number)->known = true;
        size_t shorter = pool_path_above(own);
        uint32_t above = shorter ? put_track(to, process, own, shorter) : 0;
        char *plain = pool_path_plain(pool_path_label(own), strlen(pool_path_label(own)));
        char *label = escaped_text(plain);
        proto_number(&to->part, COUNTER_UNIT, UNIT_BYTES);
        proto_number(&to->inner, TRACK_ID, track_id(process, number));
        proto_number(&to->inner, TRACK_PARENT, track_id(process, above));
        proto_text(&to->inner, TRACK_NAME, label);
        proto_message(&to->inner, TRACK_COUNTER, &to->part);
        proto_message(&to->packet, PACKET_TRACK, &to->inner);
        put_packet(to);
        free(plain);
        free(label);
    }
    free(own);
    return number;
}

static void put_event(struct perfetto *to, const struct process *process, uint32_t path,
                      uint64_t type)
{
    proto_number(&to->inner, EVENT_TYPE, type);
    proto_number(&to->inner, EVENT_TRACK, track_id(process, path));
    proto_number(&to->packet, PACKET_TIME, trace_wall_ns(process->header, process->tick));
    proto_message(&to->packet, PACKET_EVENT, &to->inner);
    put_packet(to);
}

/* Tells the counters that are not what they were. */
static void write_counters(struct perfetto *to, const struct process *process)
{
    struct timeline *timeline = to->timeline;
    for (uint32_t i = 1; i < replay_pool_limit(timeline->replay); i++) {
        const struct pool *pool = replay_pool(timeline->replay, i);
        if (!pool || pool->state != POOL_ALIVE)
            continue;
        char *path = replay_pool_path(timeline->replay, pool);
        uint32_t number = put_track(to, process, path, strlen(path));
        counter_of(timeline, number)->now += pool->bytes;
        free(path);
    }
    for (uint32_t i = 0; i < timeline->limit; i++) {
        struct counter *counter = &timeline->counters[i];
        if (counter->now != counter->written) {
            proto_number(&to->inner, EVENT_VALUE, counter->now);
            put_event(to, process, i, TYPE_COUNTER);
        }
        counter->written = counter->now;
        counter->now = 0;
    }
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct perfetto *to = data;
    struct timeline *timeline = xcalloc(1, sizeof(*timeline));
    timeline->below = to->timeline;
    timeline->replay = replay;
    timeline->wanted = !to->pid || to->pid == process->pid;
    to->timeline = timeline;
    if (timeline->wanted)
        put_process(to, process);
}

static void on_event(void *data, const struct process *process, const struct trace_event *event)
{
    struct perfetto *to = data;
    struct timeline *timeline = to->timeline;
    (void)event;
    if (!timeline->wanted || process->events < timeline->next_event)
        return;
    uint64_t now = trace_wall_ns(process->header, process->tick);
    if (now < timeline->next_ns)
        return;
    write_counters(to, process);
    timeline->next_ns = now + to->step_ns;
    timeline->next_event = process->events + process->pools / 4;
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark,
                    uint32_t count)
{
    struct perfetto *to = data;
    char name[64];
    if (!to->timeline->wanted || mark > API_MARK_CONNECTION)
        return;
    const char *word = unit_word(replay_apis(to->timeline->replay), mark, count);
    snprintf(name, sizeof(name), "%u %s", count, word);
    proto_text(&to->inner, EVENT_NAME, count > 1 ? name : word);
    put_event(to, process, 0, TYPE_INSTANT);
}

static void end_timeline(struct perfetto *to)
{
    struct timeline *timeline = to->timeline;
    to->timeline = timeline->below;
    free(timeline->counters);
    free(timeline);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct perfetto *to = data;
    (void)replay;
    if (to->timeline->wanted)
        write_counters(to, process);
    end_timeline(to);
}

/* How long the recording lasted, as far as its headers and one replay tell. */
static bool find_step(struct perfetto *to, struct recording *recording, struct error *error)
{
    const struct recording_stats *stats = recording_stats(recording);
    if (!recording_replay(recording, NULL, 0, error))
        return false;
    to->step_ns = (stats->last_ns - stats->first_ns) / MOMENTS;
    return true;
}

bool export_perfetto(FILE *out, const struct analysis *analysis,
                     const struct export_options *options, struct error *error)
{
    struct perfetto to = {.out = out, .pid = options->pid};
    const struct replay_observer observer = {.data = &to,
                                             .on_start = on_start,
                                             .on_event = on_event,
                                             .on_mark = on_mark,
                                             .on_end = on_end};
    bool ok = find_step(&to, analysis->recording, error) &&
              recording_replay(analysis->recording, &observer, 1, error);
    while (to.timeline)
        end_timeline(&to);
    strings_free(&to.paths);
    proto_free(&to.trace);
    proto_free(&to.packet);
    proto_free(&to.inner);
    proto_free(&to.part);
    return ok;
}
