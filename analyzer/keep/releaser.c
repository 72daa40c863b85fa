/* releaser.c - a thread that gives back what traces need no more; see releaser.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/releaser.h"

#include "analyzer/util/clock.h"
#include "analyzer/util/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND UINT64_C(1000000000)
#define REST                                                                                       \
    3 /* it rests as many times as long as it works: of the processor's time, so that on a         \
         busy machine it does not rest ever longer */

struct releaser {
    struct traces *traces;
    uint64_t delay_ns;
    struct error told; /* what went wrong with a trace, the last time */
    uint64_t refused;  /* how often a trace had got no more room then, and... */
    bool reached;      /* ...that it grew is told already */
    bool runs;         /* there is a thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of what is below */
    pthread_cond_t ends;
    bool ending;
};

/* Where it is written faster than this gives back: once, until it was not for a while. */
static void tell_limit(struct releaser *releaser)
{
    const uint64_t refused = traces_refused(releaser->traces);
    const bool reached = refused > releaser->refused;
    if (reached && !releaser->reached)
        fputs("lifeguard keep: all traces together have reached their limit (--max-total): "
              "processes that needed more are not recorded any more; those that begin when there "
              "is room are\n",
              stderr);
    releaser->reached = reached;
    releaser->refused = refused;
}

/* What fails at each look is told once; and that it does not fail any more. */
static void look(struct releaser *releaser)
{
    struct error error = {""};
    tell_limit(releaser);
    const bool ok = traces_look(releaser->traces, false, &error);
    if (!ok && strcmp(error.text, releaser->told.text) != 0)
        fprintf(stderr, "lifeguard keep: %s\n", error.text);
    if (ok && releaser->told.text[0])
        fputs("lifeguard keep: goes on\n", stderr);
    releaser->told = ok ? (struct error){""} : error;
}

/* False: it is to end. */
static bool rest(struct releaser *releaser, uint64_t ns)
{
    const uint64_t until = monotonic_ns() + ns;
    const struct timespec time = {(time_t)(until / SECOND), (long)(until % SECOND)};
    pthread_mutex_lock(&releaser->lock);
    int waited = 0;
    while (!releaser->ending && waited == 0)
        waited = pthread_cond_clockwait(&releaser->ends, &releaser->lock, CLOCK_MONOTONIC, &time);
    const bool goes_on = !releaser->ending;
    pthread_mutex_unlock(&releaser->lock);
    return goes_on;
}

static void *run(void *data)
{
    struct releaser *releaser = data;
    uint64_t ns;
    do {
        const uint64_t begun = monotonic_ns(), before = worked_ns();
        look(releaser);
        const uint64_t took = monotonic_ns() - begun, worked = worked_ns() - before;
        ns = took < releaser->delay_ns ? releaser->delay_ns - took : 0;
        ns = ns > REST * worked ? ns : REST * worked;
    } while (rest(releaser, ns));
    return NULL;
}

struct releaser *releaser_start(struct traces *traces, uint64_t delay_ns)
{
    struct releaser *releaser = xcalloc(1, sizeof(*releaser));
    releaser->traces = traces;
    releaser->delay_ns = delay_ns;
    pthread_mutex_init(&releaser->lock, NULL);
    pthread_cond_init(&releaser->ends, NULL);
    releaser->runs = pthread_create(&releaser->thread, NULL, run, releaser) == 0;
    if (!releaser->runs)
        fprintf(stderr, "lifeguard keep: no thread can be made: space is given back at the end\n");
    return releaser;
}

bool releaser_end(struct releaser *releaser, struct error *error)
{
    pthread_mutex_lock(&releaser->lock);
    releaser->ending = true;
    pthread_cond_signal(&releaser->ends);
    pthread_mutex_unlock(&releaser->lock);
    if (releaser->runs)
        pthread_join(releaser->thread, NULL);
    const bool ok = traces_look(releaser->traces, true, error);
    pthread_cond_destroy(&releaser->ends);
    pthread_mutex_destroy(&releaser->lock);
    free(releaser);
    return ok;
}
