/* total.c - what a recording's traces have taken of their limit; see total.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/total.h"

#include "preload/trace/format.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Its processes add to it meanwhile, and may write there what they like. */
static void subtract(struct trace_total *total, uint64_t bytes)
{
    uint64_t claimed = __atomic_load_n(&total->claimed, __ATOMIC_RELAXED), left;
    do {
        left = claimed > bytes ? claimed - bytes : 0;
    } while (!__atomic_compare_exchange_n(&total->claimed, &claimed, left, false, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

/* NULL: they have no limit. */
static struct trace_total *open_total(int dir)
{
    struct stat st;
    const int fd =
        openat(dir, TRACE_TOTAL_NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    const bool there = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
                       st.st_uid == geteuid() && st.st_size >= (off_t)TRACE_PAGE;
    struct trace_total *total =
        there ? mmap(NULL, TRACE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (fd >= 0)
        close(fd);
    return total == MAP_FAILED ? NULL : total;
}

void total_give_back(int dir, uint64_t before, uint64_t after)
{
    struct trace_total *total = before > after ? open_total(dir) : NULL;
    if (!total)
        return;
    subtract(total, before - after);
    munmap(total, TRACE_PAGE);
}

uint64_t total_refused(int dir)
{
    struct trace_total *total = open_total(dir);
    if (!total)
        return 0;
    const uint64_t refused = __atomic_load_n(&total->refused, __ATOMIC_RELAXED);
    munmap(total, TRACE_PAGE);
    return refused;
}
