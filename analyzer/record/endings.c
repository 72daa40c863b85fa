/* endings.c - processes that a signal ended; see endings.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/endings.h"

#include "analyzer/record/traces.h"
#include "analyzer/util/memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

struct ending {
    pid_t pid;
    uint32_t signal;  /* as in struct trace_header */
    uint64_t wall_ns; /* it had ended by then */
    char *path;       /* of its trace; NULL: none was found */
    uint64_t began;   /* wall_ns of that */
};

static struct ending *endings;
static size_t count, capacity;

void endings_note(pid_t pid, int status)
{
    struct timespec now;
    if (!WIFSIGNALED(status))
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    GROW(endings, count, capacity);
    endings[count++] = (struct ending){
        .pid = pid,
        .signal = (uint32_t)WTERMSIG(status) | (WCOREDUMP(status) ? TRACE_SIGNAL_DUMPED : 0),
        .wall_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
    };
}

/* A process that became another program has a trace of each, of which the last one is it. */
static void offer(void *data, const char *path, const struct trace_header *header)
{
    (void)data;
    for (size_t i = 0; i < count; i++) {
        struct ending *ending = &endings[i];
        if (ending->pid != header->pid || header->wall_ns > ending->wall_ns ||
            (ending->path && header->wall_ns < ending->began))
            continue;
        free(ending->path);
        ending->path = xstrdup(path);
        ending->began = header->wall_ns;
    }
}

void endings_write(const char *dir)
{
    if (count)
        traces_visit(dir, offer, NULL);
    for (size_t i = 0; i < count; i++) {
        /* It says nothing more itself. */
        if (endings[i].path)
            traces_note(endings[i].path, offsetof(struct trace_header, signal), &endings[i].signal,
                        sizeof(endings[i].signal));
        free(endings[i].path);
    }
    free(endings);
    endings = NULL;
    count = capacity = 0;
}
