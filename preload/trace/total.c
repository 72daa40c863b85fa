/* total.c - the limit of all traces of a directory together; see total.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/total.h"

#include "preload/trace/format.h"
#include "preload/util/address_space.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static struct trace_total *total; /* NULL: there is no limit */
static uint64_t most;

bool total_begin(int dir, uint64_t max)
{
    if (total)
        return true;
    const int fd = openat(dir, TRACE_TOTAL_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* There is space for it now: a write to the mapping must not end the program. */
    const bool there = fd >= 0 && posix_fallocate(fd, 0, TRACE_PAGE) == 0;
    void *start = there && address_space_take(TRACE_PAGE)
                      ? mmap(NULL, TRACE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                      : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (start == MAP_FAILED)
        return false;
    address_space_note((uint64_t)(uintptr_t)start, TRACE_PAGE);
    total = start;
    total->limit = most = max;
    return true;
}

bool total_take(size_t size)
{
    uint64_t before = total ? __atomic_load_n(&total->claimed, __ATOMIC_RELAXED) : 0;
    if (!total)
        return true;
    do {
        if (before > most || size > most - before) {
            __atomic_fetch_add(&total->refused, 1, __ATOMIC_RELAXED);
            return false;
        }
    } while (!__atomic_compare_exchange_n(&total->claimed, &before, before + size, false,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}
