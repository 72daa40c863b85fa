/*
 * loads LOADS ROUNDS DIR - loads DIR/both.so so many times, works with it, in a forked process too,
 * and unloads it, while threads make pools of APR all the time. DIR/broken.so, which brings the
 * same libraries, fails to load before each.
 *
 * Prints how many pools of both systems were made, and ended, but for those of APR itself.
 */
#include "both.h"

#include <apr_general.h>
#include <apr_pools.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 3

static bool enough;

static void *make_pools(void *top)
{
    uintptr_t made = 0;
    do {
        apr_pool_t *pool;
        apr_pool_create(&pool, top);
        apr_palloc(pool, 24);
        apr_pool_destroy(pool);
        made++;
        usleep(100);
    } while (!__atomic_load_n(&enough, __ATOMIC_RELAXED));
    return (void *)made;
}

static void *load(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return dlopen(path, RTLD_NOW);
}

typedef void work_function(unsigned rounds);

/* Another thread may have held APR's locks. */
static void work_in_child(work_function *work, unsigned rounds)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        work(rounds);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        abort();
}

/* How many pools were made. */
static unsigned long load_once(const char *dir, unsigned rounds)
{
    if (load(dir, "broken.so"))
        abort();
    void *library = load(dir, "both.so");
    if (!library)
        abort();
    ((work_function *)dlsym(library, "work"))(rounds);
    work_in_child((work_function *)dlsym(library, "work_with_objects"), rounds);
    if (dlclose(library) != 0)
        abort();
    return POOLS(rounds) + 2 * OBJECTS(rounds);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    unsigned loads = argc > 3 ? (unsigned)atoi(argv[1]) : 0;
    unsigned long made = 0;

    alarm(60);
    apr_initialize();
    for (unsigned i = 0; loads && i < THREADS; i++, made++) {
        apr_pool_t *top;
        apr_pool_create(&top, NULL);
        pthread_create(&threads[i], NULL, make_pools, top);
    }
    for (unsigned i = 0; i < loads; i++)
        made += load_once(argv[3], (unsigned)atoi(argv[2]));
    __atomic_store_n(&enough, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; loads && i < THREADS; i++) {
        void *others;
        pthread_join(threads[i], &others);
        made += (uintptr_t)others;
    }
    apr_terminate();
    printf("%lu\n", made);
    return 0;
}
/* SPDX-License-Identifier: MIT */
