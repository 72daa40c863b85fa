#include "top_reader.h"

#include "memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND  UINT64_C(1000000000)
#define WINDOW  (60 * SECOND) /* rates are those of the last minute */
#define HISTORY 64
#define REST    3 /* it rests as many times as long as it read */

struct top_reader {
    const char *dir;
    uint64_t delay_ns;
    pthread_mutex_t lock; /* of the next three */
    pthread_cond_t changed;
    struct top_snapshot *fresh;
    struct error error;
    bool failed;
    struct top_snapshot *kept[HISTORY]; /* oldest first */
    size_t count;
};

static void sleep_ns(uint64_t ns)
{
    struct timespec left = {(time_t)(ns / SECOND), (long)(ns % SECOND)};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static void publish(struct top_reader *reader, struct top_snapshot *snapshot,
                    const struct error *error)
{
    pthread_mutex_lock(&reader->lock);
    top_snapshot_free(reader->fresh);
    reader->fresh = snapshot;
    reader->failed = !snapshot;
    if (!snapshot)
        reader->error = *error;
    pthread_cond_signal(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
}

static void *read_on(void *data)
{
    struct top_reader *reader = data;
    for (;;) {
        struct error error;
        uint64_t begun = top_now_ns();
        publish(reader, top_snapshot_read(reader->dir, &error), &error);
        uint64_t took = top_now_ns() - begun;
        uint64_t rest = reader->delay_ns > took ? reader->delay_ns - took : 0;
        sleep_ns(rest > REST * took ? rest : REST * took);
    }
    return NULL;
}

struct top_reader *top_reader_start(const char *dir, uint64_t delay_ns, struct error *error)
{
    struct top_reader *reader = xcalloc(1, sizeof(*reader));
    pthread_condattr_t clock;
    pthread_t thread;
    reader->dir = dir;
    reader->delay_ns = delay_ns;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->changed, &clock);
    pthread_condattr_destroy(&clock);
    int fault = pthread_create(&thread, NULL, read_on, reader);
    if (fault) {
        error_set(error, "no thread: %s", strerror(fault));
        free(reader);
        return NULL;
    }
    pthread_detach(thread);
    return reader;
}

/* The oldest goes when there is no room, or when the next one is old enough. */
static void keep(struct top_reader *reader, struct top_snapshot *snapshot)
{
    while (reader->count == HISTORY ||
           (reader->count > 1 && snapshot->taken_ns - reader->kept[1]->taken_ns >= WINDOW)) {
        top_snapshot_free(reader->kept[0]);
        reader->count--;
        memmove(&reader->kept[0], &reader->kept[1], reader->count * sizeof(reader->kept[0]));
    }
    reader->kept[reader->count++] = snapshot;
}

bool top_reader_poll(struct top_reader *reader, uint64_t wait_ns, struct error *error)
{
    uint64_t until = top_now_ns() + wait_ns;
    const struct timespec deadline = {(time_t)(until / SECOND), (long)(until % SECOND)};
    pthread_mutex_lock(&reader->lock);
    int fault = 0;
    while (!reader->fresh && !reader->failed && fault == 0)
        fault = pthread_cond_timedwait(&reader->changed, &reader->lock, &deadline);
    struct top_snapshot *fresh = reader->fresh;
    reader->fresh = NULL;
    bool failed = reader->failed;
    if (failed)
        *error = reader->error;
    pthread_mutex_unlock(&reader->lock);
    if (fresh)
        keep(reader, fresh);
    return !failed;
}

const struct top_snapshot *top_reader_now(const struct top_reader *reader)
{
    return reader->count ? reader->kept[reader->count - 1] : NULL;
}

const struct top_snapshot *top_reader_earlier(const struct top_reader *reader)
{
    return reader->count > 1 ? reader->kept[0] : NULL;
}
