/* SPDX-License-Identifier: MIT */
/* threads.c - units of work that four threads do in turn: see ways.h. */
#include "ways.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define THREADS 4

/* Each thread's own pool is there as long as the thread is. */
static pool *own[THREADS];

static SEEN void leak_below_own(unsigned thread)
{
    pool_take(pool_new(own[thread], "left in a thread"), 48);
}

static SEEN void feed_own(unsigned thread)
{
    pool_take(own[thread], 48);
}

static SEEN void replace_in_thread(unsigned thread)
{
    static pool *kept[THREADS];

    pool_end(kept[thread]);
    kept[thread] = pool_new(own[thread], "replaced in a thread");
}

static SEEN void begin_once(unsigned thread)
{
    static char begun[THREADS];

    if (!begun[thread])
        pool_take(pool_new(own[thread], "once in each thread"), 300);
    begun[thread] = 1;
}

static SEEN void leak_in_third(unsigned thread)
{
    if (thread == 2)
        pool_take(pool_new(server, "left in the third thread"), 48);
}

static const struct kind {
    const char *name;
    void (*in_unit)(unsigned thread);
} kinds[] = {
    {"threads-leak", leak_below_own},       {"threads-feed", feed_own},
    {"threads-replace", replace_in_thread}, {"threads-begin", begin_once},
    {"threads-third", leak_in_third},
};

static const struct kind *kind;
static pthread_barrier_t turns;

static void work_in_turn(unsigned thread, unsigned unit)
{
    if (unit % THREADS != thread)
        return;
    if (!own[thread])
        own[thread] = pool_new(server, "a thread's own");
    system_unit();
    pool_end(pool_new(own[thread], "request of a thread"));
    kind->in_unit(thread);
}

static void *work(void *thread)
{
    for (unsigned unit = 0; unit < units; unit++) {
        work_in_turn((unsigned)(uintptr_t)thread, unit);
        pthread_barrier_wait(&turns);
    }
    return NULL;
}

void run_threads(const char *way)
{
    pthread_t threads[THREADS];

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, way) == 0)
            kind = &kinds[i];
    if (!kind)
        return;
    pthread_barrier_init(&turns, NULL, THREADS);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}
