/*
 * attached.c - a program to attach to: it has 1,000 pools, and eight threads, seven of which work
 * with pools below one of these each.
 *
 *   attached [busy]    they do nothing but work; else each waits a millisecond before it
 *                      works again, as those of a daemon do
 *
 * Says "ready", and ends when its input does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/e2e/programs/pools.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#define POOLS   1000
#define WORKERS 7
#define OBJECTS 20 /* of each pool */

static bool busy;

static POOL_ENTRY pool *fill(pool *made)
{
    for (unsigned i = 0; i < OBJECTS; i++)
        palloc(made, 8 + i * 4);
    return made;
}

static void *work(void *own)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    for (;;) {
        for (unsigned i = 0; i < 10; i++)
            destroy_pool(fill(make_sub_pool(own)));
        if (!busy)
            nanosleep(&pause, NULL);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    char byte;
    busy = argc > 1 && *argv[1] == 'b';
    permanent_pool = make_sub_pool(NULL);
    for (unsigned i = 0; i < POOLS; i++) {
        pool *made = fill(make_sub_pool(permanent_pool));
        if (i < WORKERS && pthread_create(&thread, NULL, work, made) != 0)
            return 1;
    }
    return write(STDOUT_FILENO, "ready\n", 6) == 6 && read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 1;
}
