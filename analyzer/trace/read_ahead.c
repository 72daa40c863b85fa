/* read_ahead.c - the events of traces; see read_ahead.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/read_ahead.h"

#include "analyzer/util/memory.h"
#include "analyzer/util/threads.h"

#include <pthread.h>
#include <stdlib.h>

#define BATCHES     16           /* of a trace, read ahead... */
#define SOME        8            /* ... and waited for: to wake a thread takes longer than a few */
#define LEAST_TOTAL (1u << 20)   /* bytes; less is read before the thread is there */
#define LEAST_TRACE (256u << 10) /* of events; with less, waiting takes longer than reading */

struct event_feed {
    struct read_ahead *ahead; /* NULL: the batch is read when it is asked for */
    struct trace *trace;
    struct event_batch *batches[BATCHES]; /* a ring */
    unsigned first, filled;
    bool held;  /* the first is with the caller */
    bool ended; /* there are no more than those filled */
    bool busy;  /* the thread is at work on the batch after those filled */
};

/* Everything below is the lock's, and so are all feeds' fields but their batches. */
struct read_ahead {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wanted, done;
    bool idle; /* the thread waits for `wanted` */
    bool stop;
    struct event_feed *feed; /* whose events are being replayed, or NULL */
    const char *expected;    /* to be opened, or NULL */
    const char *opened;      /* what was opened, or is being, or NULL */
    bool opening;
    struct trace *trace; /* ... */
    struct error error;
};

static void open_expected(struct read_ahead *ahead)
{
    struct error error;
    const char *path = ahead->opened = ahead->expected;
    ahead->expected = NULL;
    ahead->opening = true;
    pthread_mutex_unlock(&ahead->lock);
    struct trace *trace = trace_open(path, &error);
    pthread_mutex_lock(&ahead->lock);
    ahead->trace = trace;
    if (!trace)
        ahead->error = error;
    ahead->opening = false;
    pthread_cond_signal(&ahead->done);
}

static struct event_batch *free_batch(struct event_feed *feed)
{
    unsigned index = (feed->first + feed->filled) % BATCHES;
    if (!feed->batches[index])
        feed->batches[index] = xmalloc(sizeof(*feed->batches[index]));
    return feed->batches[index];
}

static void fill(struct read_ahead *ahead, struct event_feed *feed)
{
    struct event_batch *batch = free_batch(feed);
    feed->busy = true;
    pthread_mutex_unlock(&ahead->lock);
    bool any = trace_read_events(feed->trace, batch);
    pthread_mutex_lock(&ahead->lock);
    feed->busy = false;
    feed->filled += any;
    feed->ended = !any;
    if (feed->filled >= SOME || feed->ended || feed != ahead->feed)
        pthread_cond_signal(&ahead->done);
}

static void *work(void *data)
{
    struct read_ahead *ahead = data;
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->stop) {
        struct event_feed *feed = ahead->feed;
        if (feed && !feed->ended && feed->filled < BATCHES) {
            fill(ahead, feed);
        } else if (ahead->expected) {
            open_expected(ahead);
        } else {
            ahead->idle = true;
            pthread_cond_wait(&ahead->wanted, &ahead->lock);
            ahead->idle = false;
        }
    }
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

struct read_ahead *read_ahead_new(uint64_t bytes)
{
    if (bytes < LEAST_TOTAL || threads_useful() < 2)
        return NULL;
    struct read_ahead *ahead = xcalloc(1, sizeof(*ahead));
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->wanted, NULL);
    pthread_cond_init(&ahead->done, NULL);
    if (thread_start(&ahead->thread, work, ahead))
        return ahead;
    free(ahead);
    return NULL;
}

static void wake(struct read_ahead *ahead)
{
    if (ahead->idle)
        pthread_cond_signal(&ahead->wanted);
}

/* What was opened and is not wanted any more is closed. */
static void drop_opened(struct read_ahead *ahead)
{
    while (ahead->opening)
        pthread_cond_wait(&ahead->done, &ahead->lock);
    trace_close(ahead->trace);
    ahead->trace = NULL;
    ahead->opened = NULL;
}

void read_ahead_free(struct read_ahead *ahead)
{
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->stop = true;
    wake(ahead);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    trace_close(ahead->trace);
    pthread_cond_destroy(&ahead->wanted);
    pthread_cond_destroy(&ahead->done);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}

void read_ahead_expect(struct read_ahead *ahead, const char *path)
{
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->expected = path;
    wake(ahead);
    pthread_mutex_unlock(&ahead->lock);
}

struct trace *read_ahead_open(struct read_ahead *ahead, const char *path, struct error *error)
{
    if (!ahead)
        return trace_open(path, error);
    pthread_mutex_lock(&ahead->lock);
    ahead->expected = NULL;
    bool mine = ahead->opened == path;
    while (mine && ahead->opening)
        pthread_cond_wait(&ahead->done, &ahead->lock);
    struct trace *trace = mine ? ahead->trace : NULL;
    if (mine) {
        *error = ahead->error;
        ahead->trace = NULL;
    }
    drop_opened(ahead);
    pthread_mutex_unlock(&ahead->lock);
    return mine ? trace : trace_open(path, error);
}

struct event_feed *event_feed_new(struct read_ahead *ahead, struct trace *trace)
{
    struct event_feed *feed = xcalloc(1, sizeof(*feed));
    feed->ahead = trace_event_bytes(trace) >= LEAST_TRACE ? ahead : NULL;
    feed->trace = trace;
    return feed;
}

void event_feed_free(struct event_feed *feed)
{
    struct read_ahead *ahead = feed->ahead;
    if (ahead) {
        pthread_mutex_lock(&ahead->lock);
        if (ahead->feed == feed)
            ahead->feed = NULL;
        while (feed->busy)
            pthread_cond_wait(&ahead->done, &ahead->lock);
        pthread_mutex_unlock(&ahead->lock);
    }
    for (unsigned i = 0; i < BATCHES; i++)
        free(feed->batches[i]);
    free(feed);
}

static void give_back(struct event_feed *feed)
{
    feed->first = (feed->first + feed->held) % BATCHES;
    feed->filled -= feed->held;
    feed->held = false;
}

const struct event_batch *event_feed_next(struct event_feed *feed)
{
    struct read_ahead *ahead = feed->ahead;
    if (!ahead) {
        struct event_batch *batch = free_batch(feed);
        return trace_read_events(feed->trace, batch) ? batch : NULL;
    }
    pthread_mutex_lock(&ahead->lock);
    give_back(feed);
    ahead->feed = feed;
    if (feed->filled <= BATCHES - SOME && !feed->ended)
        wake(ahead);
    if (feed->filled == 0)
        while (feed->filled < SOME && !feed->ended)
            pthread_cond_wait(&ahead->done, &ahead->lock);
    feed->held = feed->filled > 0;
    const struct event_batch *batch = feed->held ? feed->batches[feed->first] : NULL;
    pthread_mutex_unlock(&ahead->lock);
    return batch;
}
