/* stop.c - ends a recording while its processes go on; see stop.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/stop.h"

#include "analyzer/trace/file.h"
#include "analyzer/util/clock.h"
#include "preload/trace/format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* An event's time is earlier than the event by less than a period of the kernel's timer, 10 ms: all
 * events up to this long ago have been written. */
#define LAG_NS UINT64_C(20000000)

/* A recording that is to end. */
struct ending {
    const char *path;
    int dir;
    uint64_t ns; /* when, CLOCK_MONOTONIC */
    size_t ended;
};

/* NS of CLOCK_MONOTONIC in the ticks of HEADER, which may be made up. */
static uint64_t tick_at(const struct trace_header *header, uint64_t ns)
{
    const double ticks = (double)(header->sync_ticks[1] - header->sync_ticks[0]);
    const double between = (double)(header->sync_ns[1] - header->sync_ns[0]);
    const double since = (double)(int64_t)(ns - header->sync_ns[0]);
    const bool known = header->sync_ns[1] > header->sync_ns[0] && ticks > 0;
    const double tick = (double)header->sync_ticks[0] + (known ? since * (ticks / between) : 0);
    return tick > 0 && tick < 9e18 ? (uint64_t)tick : 0;
}

/* The tick first: who reads the word reads the tick, too. A reason that is there stays. */
static void end_trace(struct trace_header *header, uint64_t ns)
{
    uint32_t none = TRACE_STOP_NONE;
    if (__atomic_load_n(&header->stop, __ATOMIC_RELAXED) != none)
        return;
    header->stopped_tick = tick_at(header, ns);
    __atomic_compare_exchange_n(&header->stop, &none, TRACE_STOP_ASKED, false, __ATOMIC_RELEASE,
                                __ATOMIC_RELAXED);
}

/* Whether it could be mapped, with ERRNO set. */
static bool end_file(int fd, uint64_t ns)
{
    struct trace_header *header = mmap(NULL, TRACE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (header == MAP_FAILED)
        return false;
    end_trace(header, ns);
    munmap(header, TRACE_PAGE);
    return true;
}

/* Of one whose process has ended nothing is changed. */
static bool end_member(struct ending *ending, const char *name, struct error *error)
{
    const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    const int looked_at = openat(ending->dir, name, O_RDONLY | flags);
    const bool written = looked_at >= 0 && recording_file_in_use(looked_at, 0) &&
                         lseek(looked_at, 0, SEEK_END) >= (off_t)TRACE_PAGE;
    if (looked_at >= 0)
        close(looked_at);
    if (!written)
        return true;
    const int fd = openat(ending->dir, name, O_RDWR | flags);
    const bool done = fd >= 0 && end_file(fd, ending->ns);
    if (!done)
        error_set(error, "%s/%s: %s", ending->path, name, strerror(errno));
    if (fd >= 0)
        close(fd);
    ending->ended += done;
    return done;
}

static bool end_members(struct ending *ending, struct error *error)
{
    const int copy = openat(ending->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    bool ok = entries != NULL;
    if (!ok)
        error_set(error, "%s: %s", ending->path, strerror(errno));
    while (ok && (entry = readdir(entries)))
        ok = recording_file_kind(entry->d_name) != FILE_TRACE ||
             end_member(ending, entry->d_name, error);
    if (entries)
        closedir(entries);
    return ok;
}

/* Processes that begin from now on see it. */
static bool mark_dir(const struct ending *ending, bool *made, struct error *error)
{
    const int fd = openat(ending->dir, TRACE_STOPPED_NAME,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    *made = fd >= 0;
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        error_set(error, "%s: %s", ending->path, strerror(errno));
    return fd >= 0 || errno == EEXIST;
}

bool record_stop(const char *dir, size_t *ended, struct error *error)
{
    struct ending ending = {.path = dir, .ns = monotonic_ns() - LAG_NS};
    bool made = false;
    ending.dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ending.dir < 0) {
        error_set(error, "%s: %s", dir, strerror(errno));
        return false;
    }
    bool ok = mark_dir(&ending, &made, error) && end_members(&ending, error);
    if (ok && ending.ended == 0) {
        error_set(error, "%s: no process is recorded into it now", dir);
        ok = false;
    }
    if (!ok && made && ending.ended == 0)
        unlinkat(ending.dir, TRACE_STOPPED_NAME, 0);
    close(ending.dir);
    *ended = ending.ended;
    return ok;
}
