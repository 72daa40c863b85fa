/* process_list.c - the processes of a recording in a row each; see process_list.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/process_list.h"

#include "analyzer/profile/peaks.h"
#include "analyzer/replay/recording.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* A process that is being watched. */
struct watched {
    struct watched *parent; /* of the process that forked this one */
    uint64_t first_bytes;   /* alive as its work began */
    bool works;
};

/* One thread's. */
struct watcher {
    struct peaks *peaks;
    struct watched *current;
    struct replay_observer observers[2];
    uint32_t ended;          /* the process that ended last: its index, ... */
    struct process_row last; /* ... and its row, as far as it is known here */
};

/* What was seen in one process. */
struct seen {
    uint32_t index;
    struct process_row row;
};

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct watcher *watcher = data;
    struct watched *watched = xcalloc(1, sizeof(*watched));
    (void)replay;
    watched->parent = watcher->current;
    watched->first_bytes = process->bytes;
    watcher->current = watched;
}

static bool begins_work(enum api_mark_kind mark)
{
    return mark == API_MARK_COMMAND || mark == API_MARK_RESTART || mark == API_MARK_CONNECTION;
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark,
                    uint32_t count)
{
    (void)count;
    struct watched *watched = ((struct watcher *)data)->current;
    if (watched->works || !begins_work(mark))
        return;
    watched->works = true;
    watched->first_bytes = process->bytes;
}

static void leave(struct watcher *watcher)
{
    struct watched *watched = watcher->current;
    watcher->current = watched->parent;
    free(watched);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct watcher *watcher = data;
    const uint64_t first = watcher->current->first_bytes;
    (void)replay;
    watcher->ended = process->index;
    watcher->last = (struct process_row){
        .started_ns = process->header->wall_ns,
        .last_ns = trace_wall_ns(process->header, process->tick),
        .growth = process->bytes > first ? process->bytes - first : 0,
    };
    if (watcher->last.last_ns < watcher->last.started_ns)
        watcher->last.last_ns = watcher->last.started_ns;
    leave(watcher);
}

static void *begin_watcher(void *data)
{
    struct watcher *watcher = xcalloc(1, sizeof(*watcher));
    (void)data;
    watcher->peaks = peaks_new();
    watcher->observers[0] = peaks_observer(watcher->peaks);
    watcher->observers[1] = (struct replay_observer){
        .data = watcher, .on_start = on_start, .on_mark = on_mark, .on_end = on_end};
    return watcher;
}

static const struct replay_observer *observers(void *data, size_t *count)
{
    *count = 2;
    return ((struct watcher *)data)->observers;
}

static void *take_seen(void *data)
{
    struct watcher *watcher = data;
    struct seen *seen = xmalloc(sizeof(*seen));
    enum process_kind kind;
    struct peak peak = peaks_take(watcher->peaks, &kind);
    *seen = (struct seen){watcher->ended, watcher->last};
    seen->row.bytes = peak.bytes;
    seen->row.end = peak.end;
    seen->row.peak = peak.held;
    seen->row.held = peak.held_end;
    seen->row.pools = peak.pools_end;
    seen->row.estimated = peak.estimated;
    seen->row.memory = peak.memory;
    peak_free(&peak);
    return seen;
}

/* What adds up. */
struct filling {
    struct process_list *list;
    const struct recording *recording;
};

static void add_seen(void *data, void *taken)
{
    const struct filling *filling = data;
    struct process_list *list = filling->list;
    struct seen *seen = taken;
    GROW(list->items, list->count, list->capacity);
    seen->row.process = recording_process(filling->recording, seen->index);
    list->items[list->count++] = seen->row;
    free(seen);
}

static void end_watcher(void *data)
{
    struct watcher *watcher = data;
    while (watcher->current)
        leave(watcher);
    peaks_free(watcher->peaks);
    free(watcher);
}

/* What ROW is sorted by, the largest first. */
static uint64_t rank(const struct process_row *row, enum process_order order)
{
    switch (order) {
    case PROCESSES_BY_HELD:
        return row->held;
    case PROCESSES_BY_PEAK:
        return row->peak;
    case PROCESSES_BY_GROWTH:
        return row->growth;
    case PROCESSES_BY_COMMANDS:
        return row->process->units[API_MARK_COMMAND];
    case PROCESSES_BY_EVENTS:
        return process_events(row->process);
    case PROCESSES_BY_TIME:
        return row->last_ns - row->started_ns;
    default: /* the list of the recording is in the order of starts */
        return 0;
    }
}

static int compare(const void *left, const void *right, void *order)
{
    const struct process_row *a = left, *b = right;
    const uint64_t of_a = rank(a, *(enum process_order *)order);
    const uint64_t of_b = rank(b, *(enum process_order *)order);
    if (of_a != of_b)
        return of_a > of_b ? -1 : 1;
    return (a->process->index > b->process->index) - (a->process->index < b->process->index);
}

void process_list_sort(struct process_list *list, enum process_order order)
{
    if (list->count)
        qsort_r(list->items, list->count, sizeof(*list->items), compare, &order);
}

bool process_list_fill(struct process_list *list, struct recording *recording, struct error *error)
{
    struct filling filling = {list, recording};
    struct replay_watch watch = {&filling,  begin_watcher, observers,
                                 take_seen, add_seen,      end_watcher};
    *list = (struct process_list){0};
    bool whole = recording_watch(recording, &watch, 0, error);
    process_list_sort(list, PROCESSES_BY_START);
    return whole;
}

void process_list_free(struct process_list *list)
{
    free(list->items);
}

const char *process_order_name(unsigned order)
{
    static const char *const names[PROCESS_ORDERS] = {
        [PROCESSES_BY_HELD] = "held",     [PROCESSES_BY_PEAK] = "peak",
        [PROCESSES_BY_GROWTH] = "growth", [PROCESSES_BY_COMMANDS] = "commands",
        [PROCESSES_BY_EVENTS] = "events", [PROCESSES_BY_START] = "start",
        [PROCESSES_BY_TIME] = "time",
    };
    return order < PROCESS_ORDERS ? names[order] : NULL;
}
