/* endings.c - processes that a signal ended; see endings.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/endings.h"

#include "analyzer/trace/file.h"
#include "analyzer/trace/trace.h"
#include "analyzer/util/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
static void offer(const char *path, const struct trace_header *header)
{
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

static void look_at(const char *dir, const char *name)
{
    struct trace_header header;
    struct error error;
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (recording_file_kind(name) == FILE_TRACE && length < (int)sizeof(path) &&
        trace_read_header(path, &header, &error) == TRACE_USABLE)
        offer(path, &header);
}

/* It says nothing more itself. */
static void write_one(const struct ending *ending)
{
    const int fd = open(ending->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    /* What cannot be noted is as if nobody had waited. */
    (void)!pwrite(fd, &ending->signal, sizeof(ending->signal),
                  offsetof(struct trace_header, signal));
    close(fd);
}

void endings_write(const char *dir)
{
    DIR *entries = count ? opendir(dir) : NULL;
    const struct dirent *entry;
    while (entries && (entry = readdir(entries)))
        look_at(dir, entry->d_name);
    if (entries)
        closedir(entries);
    for (size_t i = 0; i < count; i++) {
        if (endings[i].path)
            write_one(&endings[i]);
        free(endings[i].path);
    }
    free(endings);
    endings = NULL;
    count = capacity = 0;
}
