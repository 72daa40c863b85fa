/*
 * early_thread.c - a program in which a thread uses pools before any library's turn came, and main
 * uses others.
 */
#include "pools.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static atomic_int started, stop;
static pthread_t thread;

static void use_pools(void)
{
    pool *made = make_sub_pool(NULL);
    palloc(made, 8);
    pr_pool_tag(made, "early");
    destroy_pool(made);
}

static void *run(void *unused)
{
    while (!stop) {
        use_pools();
        started = 1;
    }
    return unused;
}

static void begin(void)
{
    pthread_create(&thread, NULL, run, NULL);
    while (!started)
        continue;
}

__attribute__((section(".preinit_array"), used)) static void (*const earliest)(void) = begin;

int main(void)
{
    for (unsigned i = 0; i < 1000; i++)
        use_pools();
    stop = 1;
    pthread_join(thread, NULL);
    puts("done");
    return 0;
}
/* SPDX-License-Identifier: MIT */
