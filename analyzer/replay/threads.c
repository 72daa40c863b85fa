/* threads.c - the replay of a whole recording, and by how many threads. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/threads.h"
#include "analyzer/replay/internal.h"
#include "analyzer/replay/workers.h"
#include "analyzer/trace/read_ahead.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/progress.h"

#include <stdlib.h>

#define GENERATIONS_SHIFT 52 /* each thread counts generations of its own */

struct extent {
    uint64_t all, largest; /* bytes, of all traces and of one */
};

static struct extent measure(const struct recording *recording)
{
    struct extent extent = {0};
    for (size_t i = 0; i < recording->count; i++) {
        uint64_t bytes = recording->members[i]->header.claimed;
        extent.all += bytes;
        if (bytes > extent.largest)
            extent.largest = bytes;
    }
    return extent;
}

/* Where one process is nearly all there is, reading ahead of it is the better use of a processor.
 */
static unsigned choose_threads(const struct recording *recording, struct extent extent)
{
    unsigned useful = threads_useful();
    if (extent.all - extent.largest < extent.largest / 4)
        return 1;
    return recording->count < useful ? (unsigned)recording->count : useful;
}

/* With the first thread's replay begun. */
static bool replay_all(struct replay *replay, struct extent extent, struct error *error)
{
    struct recording *recording = replay->recording;
    for (size_t i = 0; i < recording->count; i++)
        recording->members[i]->started = false;
    progress_begin("reading", extent.all);
    replay_roots(replay);
    workers_finish(replay);
    progress_end();
    const struct error *failure = workers_error(replay->workers);
    if (failure)
        *error = *failure;
    else
        stats_finish(recording);
    return !failure;
}

bool recording_replay(struct recording *recording, const struct replay_observer *observers,
                      size_t count, struct error *error)
{
    struct extent extent = measure(recording);
    struct replay replay = {.recording = recording, .ahead = read_ahead_new(extent.all)};
    stats_reset(recording);
    folded_begin(recording);
    struct workers *workers = workers_new(recording, NULL, replay_family);
    replay_begin(&replay, workers, observers, count);
    bool whole = replay_all(&replay, extent, error);
    replay_end(&replay);
    workers_free(workers);
    read_ahead_free(replay.ahead);
    return whole;
}

/* Makes REPLAY, one of a thread each, ready for WORKERS. */
static void begin_watched(struct replay *replay, struct workers *workers,
                          struct recording *recording, const struct replay_watch *watch,
                          unsigned index)
{
    size_t count;
    const struct replay_observer *observers;
    *replay = (struct replay){
        .recording = recording,
        .watch = watch,
        .watcher = watch->begin(watch->data),
        .generation = (uint64_t)index << GENERATIONS_SHIFT,
    };
    observers = watch->observers(replay->watcher, &count);
    replay_begin(replay, workers, observers, count);
}

static void end_watched(struct replay *replay)
{
    replay_end(replay);
    replay->watch->end(replay->watcher);
}

bool recording_watch(struct recording *recording, const struct replay_watch *watch,
                     unsigned threads, struct error *error)
{
    struct extent extent = measure(recording);
    unsigned begun = 1;
    threads = threads ? threads : choose_threads(recording, extent);
    struct replay *replays = xcalloc(threads, sizeof(*replays));
    stats_reset(recording);
    folded_begin(recording);
    struct workers *workers = workers_new(recording, watch, replay_family);
    begin_watched(&replays[0], workers, recording, watch, 0);
    if (threads == 1)
        replays[0].ahead = read_ahead_new(extent.all);
    for (bool started = true; started && begun < threads; begun++) {
        begin_watched(&replays[begun], workers, recording, watch, begun);
        started = workers_start(workers, &replays[begun]);
    }
    bool whole = replay_all(&replays[0], extent, error);
    read_ahead_free(replays[0].ahead);
    for (unsigned i = 0; i < begun; i++)
        end_watched(&replays[i]);
    workers_free(workers);
    free(replays);
    return whole;
}
