/* tree_moments.c - finds the moment to take each process's tree at: see tree_moments.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/tree_moments.h"

#include "analyzer/replay/recording.h"
#include "analyzer/replay/replay.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

/* What is known of one process while it is replayed. */
struct seen {
    uint64_t tick; /* of the last event applied */
    uint64_t peak_bytes, peak_events;
    bool taken;
};

struct watch {
    const struct tree_moments *moments;
    struct replay *replay;
    struct seen *processes; /* by index */
};

static bool is_wanted(const struct tree_moments *moments, const struct process *process)
{
    return moments->pid == 0 || moments->pid == process->pid;
}

static void take(struct watch *watch, const struct process *process, uint64_t at_ns)
{
    const struct tree_moments *moments = watch->moments;
    struct seen *seen = &watch->processes[process->index];
    if (seen->taken || !is_wanted(moments, process))
        return;
    seen->taken = true;
    moments->take(moments->data, watch->replay, process, at_ns);
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct watch *watch = data;
    watch->replay = replay;
    watch->processes[process->index].tick = process->tick;
    if (watch->moments->moment == TREE_AT_FORK && process->parent)
        take(watch, process, process->header->wall_ns);
}

static void look_for_peak(struct seen *seen, const struct process *process)
{
    if (process->bytes > seen->peak_bytes) {
        seen->peak_bytes = process->bytes;
        seen->peak_events = process->events;
    }
}

/* The first replay of --at=peak. */
static void on_event_before_peak(void *data, const struct process *process,
                                 const struct trace_event *event)
{
    struct watch *watch = data;
    (void)event;
    look_for_peak(&watch->processes[process->index], process);
}

static void on_end_before_peak(void *data, struct replay *replay, const struct process *process)
{
    struct watch *watch = data;
    (void)replay;
    look_for_peak(&watch->processes[process->index], process);
}

static void on_event(void *data, const struct process *process, const struct trace_event *event)
{
    struct watch *watch = data;
    struct seen *seen = &watch->processes[process->index];
    if (watch->moments->moment == TREE_AT_TIME) {
        if (!seen->taken && trace_wall_ns(process->header, event->tick) > watch->moments->time_ns &&
            process->header->wall_ns <= watch->moments->time_ns)
            take(watch, process, watch->moments->time_ns);
    } else if (watch->moments->moment == TREE_AT_PEAK && process->events == seen->peak_events) {
        take(watch, process, trace_wall_ns(process->header, seen->tick));
    }
    seen->tick = event->tick;
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct watch *watch = data;
    (void)replay;
    if (watch->moments->moment == TREE_AT_FORK)
        return;
    if (watch->moments->moment != TREE_AT_TIME)
        take(watch, process, trace_wall_ns(process->header, process->tick));
    /* A process whose end was not seen may still have been there. */
    else if (process->header->wall_ns <= watch->moments->time_ns &&
             (!process->ended ||
              trace_wall_ns(process->header, process->tick) >= watch->moments->time_from_ns))
        take(watch, process, watch->moments->time_ns);
}

static bool replay(struct watch *watch, struct recording *recording, struct error *error)
{
    const struct replay_observer before = {
        .data = watch, .on_event = on_event_before_peak, .on_end = on_end_before_peak};
    const struct replay_observer observer = {
        .data = watch, .on_start = on_start, .on_event = on_event, .on_end = on_end};
    if (watch->moments->moment == TREE_AT_PEAK && !recording_replay(recording, &before, 1, error))
        return false;
    return recording_replay(recording, &observer, 1, error);
}

bool tree_moments_replay(struct recording *recording, const struct tree_moments *moments,
                         struct error *error)
{
    struct watch watch = {.moments = moments};
    watch.processes = xcalloc(recording_process_count(recording), sizeof(*watch.processes));
    bool ok = replay(&watch, recording, error);
    free(watch.processes);
    return ok;
}
