/* resident.c - how much memory the process has; see resident.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/resident.h"

#include "preload/trace/definitions.h"
#include "preload/trace/event_time.h"
#include "preload/trace/file.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/proc_file.h"
#include "preload/util/system_calls.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SECOND    UINT64_C(1000000000)
#define KILOBYTE  UINT64_C(1024)
#define LINE_ROOM 128 /* bytes of /proc/self/statm, at most */

/* Of this process. */
FORKED static uint64_t noted_ns; /* when it was asked last; 0: not to be asked */
FORKED static uint64_t noted;    /* the peak that was told last */
FORKED static bool worked;       /* a unit of work has begun */

/* Bytes; 0: not known. The program's errno stays. */
static uint64_t read_peak(void)
{
    const int error = errno;
    struct rusage usage;
    const bool known =
        system_calls_may(CALL_USAGE) && syscall(SYS_getrusage, RUSAGE_SELF, &usage) == 0;
    errno = error;
    return known && usage.ru_maxrss > 0 ? (uint64_t)usage.ru_maxrss * KILOBYTE : 0;
}

/* The second number of /proc/self/statm, which is of pages, in bytes; 0: not known. */
static uint64_t read_now(void)
{
    char line[LINE_ROOM];
    uint64_t pages = 0;
    const int fd = system_calls_may_open() ? open("/proc/self/statm", PROC_READ) : -1;
    const ssize_t length = fd < 0 ? 0 : read(fd, line, sizeof(line));
    ssize_t at = 0;
    if (fd >= 0)
        close(fd);
    while (at < length && line[at] != ' ')
        at++;
    for (at++; at < length && line[at] >= '0' && line[at] <= '9'; at++)
        pages = 10 * pages + (uint64_t)(line[at] - '0');
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Not later than that of the stream's next event, which may be that of the one before. */
static uint64_t event_tick(const struct stream *stream)
{
    return stream->events.block && event_is_recent(stream) ? stream->last_tick : clock_ticks();
}

static void tell(struct stream *stream, uint64_t peak, uint64_t now)
{
    const struct trace_resident fixed = {
        .tick = event_tick(stream), .peak = peak, .now = now, .own = trace_file_resident()};
    const struct definition_part part = {&fixed, sizeof(fixed)};
    if (peak)
        definition_write(stream, TRACE_RECORD_RESIDENT, &part, 1);
}

void resident_begin(struct stream *stream, bool look)
{
    worked = false;
    noted = read_peak();
    noted_ns = clock_ns(CLOCK_MONOTONIC);
    tell(stream, noted, look ? read_now() : 0);
}

/* In any case, or once a second: by one thread. */
static bool is_due(bool now)
{
    uint64_t last = __atomic_load_n(&noted_ns, __ATOMIC_RELAXED);
    const uint64_t ns = clock_ns(CLOCK_MONOTONIC);
    return last != 0 && (now || ns - last >= SECOND) &&
           __atomic_compare_exchange_n(&noted_ns, &last, ns, false, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED);
}

void resident_note(struct stream *stream, enum resident_when when)
{
    const bool now =
        when == RESIDENT_AT_END ||
        (when == RESIDENT_AT_UNIT && !__atomic_exchange_n(&worked, true, __ATOMIC_RELAXED));
    if (!is_due(now))
        return;
    const uint64_t peak = read_peak();
    if (__atomic_exchange_n(&noted, peak, __ATOMIC_RELAXED) != peak || now)
        tell(stream, peak, 0);
}
