#include "analyzer/replay/workers.h"

#include "analyzer/replay/internal.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/threads.h"

#include <stdlib.h>

#define EARLY_MOST 256 /* results that wait for one before them; then no more work is given out */

/* All is the lock's, but for what never changes. */
struct crew {
    struct recording *recording;
    const struct replay_watch *watch;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* there is work, or nobody who could bring any, or a due result */
    pthread_t *threads;     /* all but the first */
    unsigned count;         /* of all */
    unsigned busy, waiting; /* of them: at work; in crew_give(), for results */
    struct frame **queue;   /* a ring with room for one a thread */
    unsigned first, queued;
    bool all_out; /* the first thread gives out no more */
    bool failed;  /* atomic */
    struct error error;
    struct member *next; /* whose result is added next, NULL: all were */
    size_t early;        /* results of those after it */
};

struct crew *crew_new(struct recording *recording, const struct replay_watch *watch)
{
    struct crew *crew = xcalloc(1, sizeof(*crew));
    crew->recording = recording;
    crew->watch = watch;
    pthread_mutex_init(&crew->lock, NULL);
    pthread_cond_init(&crew->changed, NULL);
    crew->count = crew->busy = 1;
    crew->next = results_first(recording);
    return crew;
}

/* Adds it, and frees it. */
static void use_result(const struct crew *crew, struct member *member)
{
    struct result *result = member->result;
    member->result = NULL;
    account_add(&crew->recording->account, &result->account);
    if (crew->watch)
        crew->watch->add(crew->watch->data, result->seen);
    free(result);
}

void crew_free(struct crew *crew)
{
    /* What is left of a replay that broke off. */
    for (size_t i = 0; i < crew->recording->count; i++)
        if (crew->recording->members[i]->result)
            use_result(crew, crew->recording->members[i]);
    pthread_mutex_destroy(&crew->lock);
    pthread_cond_destroy(&crew->changed);
    free(crew->threads);
    free(crew->queue);
    free(crew);
}

/* Work for the thread that asks, or NULL: none is left, and nobody is there to bring any. The first
 * thread brings work until all is out. The lock is held. */
static struct frame *next_frame(struct crew *crew, bool is_first)
{
    crew->busy--;
    pthread_cond_broadcast(&crew->changed);
    while (!crew->queued && (crew->busy || crew->waiting || !(is_first || crew->all_out)))
        pthread_cond_wait(&crew->changed, &crew->lock);
    if (!crew->queued)
        return NULL;
    crew->busy++;
    struct frame *frame = crew->queue[crew->first];
    crew->first = (crew->first + 1) % crew->count;
    crew->queued--;
    return frame;
}

/* Until there is nothing to do. The lock is held. */
static void work_off(struct replay *replay, bool is_first)
{
    struct crew *crew = replay->crew;
    struct frame *frame;
    while ((frame = next_frame(crew, is_first))) {
        pthread_mutex_unlock(&crew->lock);
        replay_family(replay, frame);
        pthread_mutex_lock(&crew->lock);
    }
}

static void *work(void *data)
{
    struct replay *replay = data;
    pthread_mutex_lock(&replay->crew->lock);
    work_off(replay, false);
    pthread_mutex_unlock(&replay->crew->lock);
    return NULL;
}

bool crew_hire(struct crew *crew, struct replay *replay)
{
    pthread_mutex_lock(&crew->lock);
    crew->threads = xreallocarray(crew->threads, crew->count, sizeof(*crew->threads));
    crew->queue = xreallocarray(crew->queue, crew->count + 1, sizeof(struct frame *));
    bool started = thread_start(&crew->threads[crew->count - 1], work, replay);
    crew->count += started;
    crew->busy += started;
    pthread_mutex_unlock(&crew->lock);
    return started;
}

void crew_catch_up(struct replay *replay)
{
    struct crew *crew = replay->crew;
    pthread_mutex_lock(&crew->lock);
    work_off(replay, true);
    crew->busy++;
    pthread_mutex_unlock(&crew->lock);
}

void crew_finish(struct replay *replay)
{
    struct crew *crew = replay->crew;
    pthread_mutex_lock(&crew->lock);
    crew->all_out = true;
    work_off(replay, true);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i + 1 < crew->count; i++)
        pthread_join(crew->threads[i], NULL);
}

/* Whether the results that are due will come without the thread that asks, which waits. */
static bool others_work(const struct crew *crew)
{
    unsigned idle = crew->count - crew->busy - crew->waiting;
    return crew->busy || (crew->queued && idle);
}

/* What waits to be added takes memory: it must not become more and more. The lock is held. */
static void let_others_come(struct crew *crew)
{
    crew->busy--;
    crew->waiting++;
    pthread_cond_broadcast(&crew->changed);
    while (crew->early >= EARLY_MOST && others_work(crew))
        pthread_cond_wait(&crew->changed, &crew->lock);
    crew->waiting--;
    crew->busy++;
}

bool crew_give(struct crew *crew, struct frame *frame)
{
    if (crew->count == 1)
        return false;
    pthread_mutex_lock(&crew->lock);
    if (crew->early >= EARLY_MOST)
        let_others_come(crew);
    bool given = crew->queued < crew->count;
    if (given) {
        crew->queue[(crew->first + crew->queued++) % crew->count] = frame;
        pthread_cond_broadcast(&crew->changed);
    }
    pthread_mutex_unlock(&crew->lock);
    return given;
}

static void add_due(struct crew *crew)
{
    for (; crew->next && crew->next->result; crew->early--) {
        use_result(crew, crew->next);
        crew->next = results_next(crew->recording, crew->next);
    }
}

void crew_add(struct crew *crew, struct member *member, struct result *result)
{
    pthread_mutex_lock(&crew->lock);
    member->result = result;
    crew->early++;
    add_due(crew);
    if (crew->waiting)
        pthread_cond_broadcast(&crew->changed);
    pthread_mutex_unlock(&crew->lock);
}

void crew_fail(struct crew *crew, const struct error *error)
{
    pthread_mutex_lock(&crew->lock);
    if (!crew->failed)
        crew->error = *error;
    __atomic_store_n(&crew->failed, true, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&crew->lock);
}

bool crew_failed(struct crew *crew)
{
    return __atomic_load_n(&crew->failed, __ATOMIC_RELAXED);
}

const struct error *crew_error(const struct crew *crew)
{
    return crew->failed ? &crew->error : NULL;
}
