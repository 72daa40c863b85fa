/*
 * process_lines.h - for tests of how recordings are replayed: a line for each process that ended,
 * "PID EVENTS events, POOLS pools: BYTES TAG", of the pool that was made first.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_TEST_PROCESS_LINES_H
#define LIFEGUARD_TEST_PROCESS_LINES_H

#include "analyzer/replay/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct process_line {
    struct replay *replay; /* for the test */
    char text[128];
    struct replay_observer observer;
};

static void process_line_end(void *data, struct replay *replay, const struct process *process)
{
    struct process_line *line = data;
    const struct pool *pool = replay_pool(replay, 1);
    snprintf(line->text, sizeof(line->text), "%d %d events, %d pools: %d %s\n", process->pid,
             (int)process->events, (int)process->pools, pool ? (int)pool->bytes : -1,
             pool ? replay_string(replay, pool->tag) : "");
}

/* What a struct replay_watch has; `data` is its own. */
static const struct replay_observer *process_line_observers(void *data, size_t *count)
{
    *count = 1;
    return &((struct process_line *)data)->observer;
}

static void *process_line_take(void *data)
{
    return strdup(((struct process_line *)data)->text);
}

#endif
