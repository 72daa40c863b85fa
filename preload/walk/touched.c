/* touched.c - by /proc/PID/pagemap, 8 bytes a page (touched.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/touched.h"

#include "preload/walk/memory.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#define ENTRIES 64
#define PRESENT (UINT64_C(3) << 62) /* in memory, or swapped out */

/* The run of touched pages that is being put together. */
struct run {
    uint64_t begin, end;
    walk_touched_seen *seen;
    void *data;
};

static void end_run(struct run *run)
{
    if (run->begin < run->end)
        run->seen(run->data, run->begin, run->end);
    run->begin = run->end;
}

static void add_pages(struct run *run, uint64_t begin, uint64_t end)
{
    if (begin != run->end) {
        end_run(run);
        run->begin = begin;
    }
    run->end = end;
}

void walk_touched(int pagemap, uint64_t begin, uint64_t end, walk_touched_seen *seen, void *data)
{
    const int error = errno;
    uint64_t entries[ENTRIES];
    struct run run = {begin, begin, seen, data};
    for (uint64_t at = begin; at < end;) {
        const uint64_t left = (end - at) / WALK_PAGE;
        const size_t wanted = left < ENTRIES ? (size_t)left : ENTRIES;
        const ssize_t got = pread(pagemap, entries, wanted * sizeof(*entries),
                                  (off_t)(at / WALK_PAGE * sizeof(*entries)));
        const size_t count = got > 0 ? (size_t)got / sizeof(*entries) : 0;
        if (count == 0) {
            add_pages(&run, at, end);
            break;
        }
        for (size_t i = 0; i < count; i++, at += WALK_PAGE) {
            if (entries[i] & PRESENT)
                add_pages(&run, at, at + WALK_PAGE);
        }
    }
    end_run(&run);
    errno = error;
}
