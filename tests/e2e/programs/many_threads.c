/*
 * many_threads THREADS ROUNDS - as many threads at once, each of which makes, uses and destroys
 *                               subpools of its own.
 *
 * Prints "events N milliseconds N": of pools, and of the processors' time that all took.
 */
#include "pools.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#define STACK_SIZE  (64u << 10)
#define ALLOCATIONS 8 /* in each subpool */

static unsigned long rounds;
static pthread_barrier_t together;

static void *run(void *unused)
{
    pool *own = make_sub_pool(NULL);
    pthread_barrier_wait(&together);
    for (unsigned long i = 0; i < rounds; i++) {
        pool *below = make_sub_pool(own);
        for (unsigned j = 0; j < ALLOCATIONS; j++)
            palloc(below, 8);
        destroy_pool(below);
    }
    pthread_barrier_wait(&together);
    destroy_pool(own);
    return unused;
}

static unsigned long milliseconds(const struct timeval *time)
{
    return (unsigned long)(time->tv_sec * 1000 + time->tv_usec / 1000);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    const unsigned long count = strtoul(argv[1], NULL, 10);
    rounds = strtoul(argv[2], NULL, 10);
    permanent_pool = make_sub_pool(NULL);
    pthread_t *threads = calloc(count, sizeof(*threads));
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_barrier_init(&together, NULL, (unsigned)count);
    for (unsigned long i = 0; i < count; i++) {
        if (pthread_create(&threads[i], &attributes, run, NULL) != 0)
            return 1;
    }
    for (unsigned long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("events %lu milliseconds %lu\n", 1 + count * (2 + rounds * (2 + ALLOCATIONS)),
           milliseconds(&usage.ru_utime) + milliseconds(&usage.ru_stime));
    return 0;
}
/* SPDX-License-Identifier: MIT */
