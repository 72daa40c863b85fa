/*
 * host_jumps SCENARIO ROUNDS [FILE] - leaves pool functions by other ways than their return, again
 * and again at moments that the clock chooses; then makes TAIL pools of TAIL_BYTES that stay, and
 * tells on stdout what it saw, which is the same in every run. FILE gets the number of calls of
 * pool functions that returned.
 *
 * A jump may leave the pools it interrupted in disorder. So each round has its own root pool, its
 * blocks come from the free list and not from malloc(), and the root is left behind.
 */
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define TAIL       1000
#define TAIL_BYTES 24
#define FREE_MIN   64 /* blocks that a round finds in the free list */

static sigjmp_buf way_out;
static volatile sig_atomic_t armed;
static unsigned left, stayed, cleaned;
static volatile unsigned long calls;
static pool *ready; /* all that is made before a round, so that it needs no malloc() */

static pool *make(pool *parent, const char *tag)
{
    pool *made = make_sub_pool(parent);
    calls++;
    pr_pool_tag(made, tag);
    calls++;
    return made;
}

static void end(pool *ended)
{
    destroy_pool(ended);
    calls++;
}

static void allocate(pool *from, size_t size)
{
    palloc(from, size);
    calls++;
}

static void fill_free_list(void)
{
    pool *made[FREE_MIN];
    for (unsigned i = 0; i < FREE_MIN; i++)
        made[i] = make(permanent_pool, "early pool");
    for (unsigned i = 0; i < FREE_MIN; i++)
        end(made[i]);
    ready = make(NULL, "root of a round");
}

/* Never more than ten blocks at a time. */
static KEEP_FRAME void use_pools(pool *parent, unsigned way)
{
    if (way > 1) {
        if (way % 2)
            use_pools(parent, way / 2);
        else
            use_pools(parent, way / 2);
        return;
    }
    pool *made = make(parent, "round pool");
    for (unsigned i = 0; i < 20; i++)
        allocate(made, 40);
    end(made);
}

static void on_alarm(int signal)
{
    (void)signal;
    if (armed) {
        armed = 0;
        siglongjmp(way_out, 1);
    }
}

static void set_alarm(long microseconds)
{
    const struct itimerval once = {.it_value.tv_usec = microseconds};
    setitimer(ITIMER_REAL, &once, NULL);
}

/* From a handler that interrupts them. */
static void jump_from_handler(unsigned round)
{
    fill_free_list();
    if (sigsetjmp(way_out, 1) != 0) {
        left++;
        return;
    }
    armed = 1;
    set_alarm(20 + 7 * (round % 60));
    for (unsigned way = round;; way++)
        use_pools(ready, 1 + way % 4096);
}

static void jump_out(void *data)
{
    (void)data;
    siglongjmp(way_out, 1);
}

/* From a cleanup that destroy_pool() runs. */
static void jump_from_cleanup(unsigned round)
{
    pool *made = make(permanent_pool, "outer"), *inner = make(made, "inner");
    (void)round;
    register_cleanup(inner, NULL, jump_out);
    calls += 3; /* its allocation, and destroy_pool() of both, which are seen though left */
    if (sigsetjmp(way_out, 1) != 0)
        left++;
    else
        destroy_pool(made);
}

static void on_cancel(void *unused)
{
    (void)unused;
    cleaned++;
}

static void *work_until_cancelled(void *data)
{
    unsigned round = *(unsigned *)data;
    bool asynchronous = round % 2;
    pthread_cleanup_push(on_cancel, NULL);
    pthread_setcanceltype(asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED,
                          NULL);
    armed = 1;
    for (unsigned way = round;; way++) {
        use_pools(ready, 1 + way % 4096);
        if (!asynchronous)
            pthread_testcancel();
    }
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_thread(unsigned round)
{
    pthread_t thread;
    void *result = NULL;
    fill_free_list();
    armed = 0;
    if (pthread_create(&thread, NULL, work_until_cancelled, &round) != 0)
        exit(2);
    while (!armed)
        sched_yield();
    usleep(10 + 7 * (round % 30));
    pthread_cancel(thread);
    pthread_join(thread, &result);
    left += result == PTHREAD_CANCELED;
}

static const struct {
    const char *name;
    void (*leave)(unsigned round);
} scenarios[] = {
    {"handler", jump_from_handler}, {"cleanup", jump_from_cleanup}, {"cancel", cancel_thread}};

static void make_tail(void)
{
    for (unsigned i = 0; i < TAIL; i++) {
        allocate(make(permanent_pool, "tail pool"), TAIL_BYTES);
        stayed++;
    }
}

static void write_calls(const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        exit(2);
    fprintf(file, "%lu\n", calls);
    fclose(file);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    signal(SIGALRM, on_alarm);
    init_pools();
    calls += 2; /* it makes and names the permanent pool */
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        unsigned rounds = (unsigned)atoi(argv[2]);
        if (strcmp(scenarios[i].name, argv[1]) != 0)
            continue;
        for (unsigned round = 0; round < rounds; round++)
            scenarios[i].leave(round);
    }
    make_tail();
    if (argc > 3)
        write_calls(argv[3]);
    printf("left %u times, cleaned up %u times, then made %u pools\n", left, cleaned, stayed);
    return 0;
}
/* SPDX-License-Identifier: MIT */
