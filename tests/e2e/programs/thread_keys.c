/*
 * thread_keys.c - a program whose thread-local keys were given out before any library's turn came,
 * and more threads, one after the other, than the recorder has streams.
 *
 *   thread_keys THREADS
 *
 * Prints how often the C library allocated within a call of a pool function: what was interrupted
 * by a handler may hold its lock.
 */
#include "pools.h"

#include <pthread.h>
#include <stdio.h>

#define KEYS 40

extern void *__libc_calloc(size_t count, size_t size);

static __thread int within;
static unsigned long allocated;

void *calloc(size_t count, size_t size)
{
    allocated += (unsigned long)within;
    return __libc_calloc(count, size);
}

static void take_keys(void)
{
    pthread_key_t key;
    for (unsigned i = 0; i < KEYS; i++)
        pthread_key_create(&key, NULL);
}

__attribute__((section(".preinit_array"), used)) static void (*const earliest)(void) = take_keys;

static void *run(void *data)
{
    within = 1;
    palloc(data, 8);
    within = 0;
    return NULL;
}

int main(int argc, char **argv)
{
    const unsigned long threads = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    pool *used = make_sub_pool(NULL);

    for (unsigned long i = 0; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, run, used) != 0)
            return 1;
        pthread_join(thread, NULL);
        if (i % 100 == 99) {
            destroy_pool(used);
            used = make_sub_pool(NULL);
        }
    }
    printf("%lu allocations\n", allocated);
    return 0;
}
/* SPDX-License-Identifier: MIT */
