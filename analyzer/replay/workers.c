/*
 * workers.c - the threads of one replay, and the results that they bring together; see workers.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/workers.h"

#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/threads.h"

#include <stdlib.h>

#define EARLY_MOST 256 /* results that wait for one before them; then no more work is given out */

/* All is the lock's, but for what never changes. */
struct workers {
    struct recording *recording;
    const struct replay_watch *watch;
    workers_task *task;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* there is work, or nobody who could bring any, or a due result */
    pthread_t *threads;     /* all but the first */
    unsigned count;         /* of all */
    unsigned busy, waiting; /* of them: at work; in workers_give(), for results */
    struct process_replay **queue; /* a ring with room for one a thread */
    unsigned first, queued;
    bool all_out; /* the first thread gives out no more */
    bool failed;  /* atomic */
    struct error error;
    struct member *next; /* whose result is added next, NULL: all were */
    size_t early;        /* results of those after it */
};

struct workers *workers_new(struct recording *recording, const struct replay_watch *watch,
                            workers_task *task)
{
    struct workers *workers = xcalloc(1, sizeof(*workers));
    workers->recording = recording;
    workers->watch = watch;
    workers->task = task;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->changed, NULL);
    workers->count = workers->busy = 1;
    workers->next = results_first(recording);
    return workers;
}

/* Adds it, and frees it. */
static void use_result(const struct workers *workers, struct member *member)
{
    struct result *result = member->result;
    member->result = NULL;
    if (folding_keep_part(workers->recording, member, &result->stats)) {
        /* as it is */
    } else if (recording_tells_of(workers->recording, &member->process)) {
        stats_add(&workers->recording->stats, &result->stats);
    } else {
        coverage_clear(&result->stats.coverage);
        label_sums_free(&result->stats.labels);
    }
    if (workers->watch)
        workers->watch->add(workers->watch->data, result->seen);
    free(result);
}

void workers_free(struct workers *workers)
{
    /* What is left of a replay that broke off. */
    for (size_t i = 0; i < workers->recording->count; i++)
        if (workers->recording->members[i]->result)
            use_result(workers, workers->recording->members[i]);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->changed);
    free(workers->threads);
    free(workers->queue);
    free(workers);
}

/* Work for the thread that asks, or NULL: none is left, and nobody is there to bring any. The first
 * thread brings work until all is out. The lock is held. */
static struct process_replay *next_replayed(struct workers *workers, bool is_first)
{
    workers->busy--;
    pthread_cond_broadcast(&workers->changed);
    while (!workers->queued &&
           (workers->busy || workers->waiting || !(is_first || workers->all_out)))
        pthread_cond_wait(&workers->changed, &workers->lock);
    if (!workers->queued)
        return NULL;
    workers->busy++;
    struct process_replay *replayed = workers->queue[workers->first];
    workers->first = (workers->first + 1) % workers->count;
    workers->queued--;
    return replayed;
}

/* Until there is nothing to do. The lock is held. */
static void work_off(struct replay *replay, bool is_first)
{
    struct workers *workers = replay->workers;
    struct process_replay *replayed;
    while ((replayed = next_replayed(workers, is_first))) {
        pthread_mutex_unlock(&workers->lock);
        workers->task(replay, replayed);
        pthread_mutex_lock(&workers->lock);
    }
}

static void *work(void *data)
{
    struct replay *replay = data;
    pthread_mutex_lock(&replay->workers->lock);
    work_off(replay, false);
    pthread_mutex_unlock(&replay->workers->lock);
    return NULL;
}

bool workers_start(struct workers *workers, struct replay *replay)
{
    pthread_mutex_lock(&workers->lock);
    workers->threads = xreallocarray(workers->threads, workers->count, sizeof(*workers->threads));
    workers->queue =
        xreallocarray(workers->queue, workers->count + 1, sizeof(struct process_replay *));
    bool started = thread_start(&workers->threads[workers->count - 1], work, replay);
    workers->count += started;
    workers->busy += started;
    pthread_mutex_unlock(&workers->lock);
    return started;
}

void workers_catch_up(struct replay *replay)
{
    struct workers *workers = replay->workers;
    pthread_mutex_lock(&workers->lock);
    work_off(replay, true);
    workers->busy++;
    pthread_mutex_unlock(&workers->lock);
}

void workers_finish(struct replay *replay)
{
    struct workers *workers = replay->workers;
    pthread_mutex_lock(&workers->lock);
    workers->all_out = true;
    work_off(replay, true);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i + 1 < workers->count; i++)
        pthread_join(workers->threads[i], NULL);
}

/* Whether the results that are due will come without the thread that asks, which waits. */
static bool others_work(const struct workers *workers)
{
    unsigned idle = workers->count - workers->busy - workers->waiting;
    return workers->busy || (workers->queued && idle);
}

/* What waits to be added takes memory: it must not become more and more. The lock is held. */
static void let_others_come(struct workers *workers)
{
    workers->busy--;
    workers->waiting++;
    pthread_cond_broadcast(&workers->changed);
    while (workers->early >= EARLY_MOST && others_work(workers))
        pthread_cond_wait(&workers->changed, &workers->lock);
    workers->waiting--;
    workers->busy++;
}

bool workers_give(struct workers *workers, struct process_replay *replayed)
{
    if (workers->count == 1)
        return false;
    pthread_mutex_lock(&workers->lock);
    if (workers->early >= EARLY_MOST)
        let_others_come(workers);
    bool given = workers->queued < workers->count;
    if (given) {
        workers->queue[(workers->first + workers->queued++) % workers->count] = replayed;
        pthread_cond_broadcast(&workers->changed);
    }
    pthread_mutex_unlock(&workers->lock);
    return given;
}

static void add_due(struct workers *workers)
{
    for (; workers->next && workers->next->result; workers->early--) {
        use_result(workers, workers->next);
        workers->next = results_next(workers->recording, workers->next);
    }
}

void workers_add(struct workers *workers, struct member *member, struct result *result)
{
    pthread_mutex_lock(&workers->lock);
    member->result = result;
    workers->early++;
    add_due(workers);
    if (workers->waiting)
        pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

void workers_fail(struct workers *workers, const struct error *error)
{
    pthread_mutex_lock(&workers->lock);
    if (!workers->failed)
        workers->error = *error;
    __atomic_store_n(&workers->failed, true, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&workers->lock);
}

bool workers_failed(struct workers *workers)
{
    return __atomic_load_n(&workers->failed, __ATOMIC_RELAXED);
}

const struct error *workers_error(const struct workers *workers)
{
    return workers->failed ? &workers->error : NULL;
}
