/*
 * threads shared THREADS ROUNDS  - as many threads at once: each makes, uses and destroys pools of
 *                                  its own, and subpools of one that they share under a lock
 * threads short COUNT            - as many threads, a few at a time, each of a few events
 *
 * Prints what it did: "pools N destroyed N allocations N".
 */
#include "pools.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define THREADS_MAX 64
#define AT_A_TIME   8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t together;
static pool *shared;
static unsigned long rounds;
static atomic_ulong pools, destroyed, allocations;

static void count(unsigned long made, unsigned long ended, unsigned long allocated)
{
    atomic_fetch_add(&pools, made);
    atomic_fetch_add(&destroyed, ended);
    atomic_fetch_add(&allocations, allocated);
}

__attribute__((noinline)) static void use_own(pool *own, unsigned long round)
{
    pool *below = make_sub_pool(own);
    for (unsigned i = 0; i < 5; i++)
        palloc(below, 8 + (round + i) % 200);
    destroy_pool(below);
    count(1, 1, 5);
}

/* The subpool's block goes to this thread's free list, or to another's: its address moves on. */
__attribute__((noinline)) static void use_shared(unsigned long round)
{
    static pool *left;
    pthread_mutex_lock(&lock);
    pool *below = make_sub_pool(shared);
    palloc(shared, 16);
    palloc(below, 8 + round % 300);
    pool *before = left;
    left = below;
    destroy_pool(before);
    pthread_mutex_unlock(&lock);
    count(1, before != NULL, 2);
}

static void *run_long(void *unused)
{
    pool *own = make_sub_pool(NULL);
    pthread_barrier_wait(&together);
    for (unsigned long i = 0; i < rounds; i++) {
        use_own(own, i);
        use_shared(i);
    }
    destroy_pool(own);
    count(1, 1, 0);
    return unused;
}

static void *run_short(void *unused)
{
    pool *own = make_sub_pool(NULL);
    use_own(own, 1);
    use_shared(1);
    destroy_pool(own);
    count(1, 1, 0);
    return unused;
}

static void run_threads(void *(*run)(void *), unsigned long left, unsigned at_a_time)
{
    pthread_t threads[THREADS_MAX];
    while (left > 0) {
        unsigned n = left < at_a_time ? (unsigned)left : at_a_time;
        for (unsigned i = 0; i < n; i++)
            if (pthread_create(&threads[i], NULL, run, NULL) != 0)
                abort();
        for (unsigned i = 0; i < n; i++)
            pthread_join(threads[i], NULL);
        left -= n;
    }
}

int main(int argc, char **argv)
{
    permanent_pool = make_sub_pool(NULL);
    shared = make_sub_pool(permanent_pool);
    count(2, 0, 0);
    unsigned long number = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (argc == 4 && strcmp(argv[1], "shared") == 0 && number <= THREADS_MAX) {
        rounds = strtoul(argv[3], NULL, 10);
        pthread_barrier_init(&together, NULL, (unsigned)number);
        run_threads(run_long, number, THREADS_MAX);
    } else if (argc == 3 && strcmp(argv[1], "short") == 0) {
        run_threads(run_short, number, AT_A_TIME);
    } else {
        return 2;
    }
    printf("pools %lu destroyed %lu allocations %lu\n", pools, destroyed, allocations);
    return 0;
}
/* SPDX-License-Identifier: MIT */
