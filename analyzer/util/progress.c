/* progress.c - how far the command is; see progress.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/progress.h"

#include "analyzer/util/clock.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_MS 1000
#define NEXT_MS  200

static struct {
    pthread_mutex_t lock; /* of `done` and of what follows from it */
    const char *word;
    uint64_t total, done;
    uint64_t next_ms; /* when to show it */
    unsigned depth;   /* begun and not ended */
    bool terminal, shown, muted;
} progress = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool obeys_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_begin(const char *word, uint64_t total)
{
    if (progress.depth++ > 0)
        return;
    progress.word = word;
    progress.total = total;
    progress.done = 0;
    progress.next_ms = monotonic_ms() + FIRST_MS;
    progress.terminal = !progress.muted && obeys_terminal();
    progress.shown = false;
}

void progress_mute(void)
{
    progress.muted = true;
}

static void show(void)
{
    double part = progress.total ? 100.0 * (double)progress.done / (double)progress.total : 0;
    fprintf(stderr, "\rlifeguard: %s, %.0f %%", progress.word, part < 100 ? part : 100);
    progress.next_ms = monotonic_ms() + NEXT_MS;
    progress.shown = true;
}

void progress_add(uint64_t done)
{
    pthread_mutex_lock(&progress.lock);
    progress.done += done;
    if (progress.terminal && progress.depth == 1 && monotonic_ms() >= progress.next_ms)
        show();
    pthread_mutex_unlock(&progress.lock);
}

void progress_end(void)
{
    if (--progress.depth > 0 || !progress.shown)
        return;
    fputs("\r\033[K", stderr);
}
