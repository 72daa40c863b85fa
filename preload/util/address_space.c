/*
 * address_space.c - how much of the program's address space the recorder may take; see
 * address_space.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/util/address_space.h"

#include "preload/util/forked.h"
#include "preload/util/system_calls.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define SHARE 4 /* the recorder's part of the limit is one of so many */

#define MAPPED_MAX 256
#define PAGE       4096u

FORKED static size_t taken; /* bytes */

/* What the recorder has mapped; `start` is 0 where there is none. More are not kept. */
static struct {
    uint64_t start, size;
} mapped[MAPPED_MAX];

/* The number of what begins at START, which begins at NOW from here on; MAPPED_MAX: there is none.
 * The others are only looked at: what is written to, a forked process has to copy. */
static unsigned exchange(uint64_t start, uint64_t now)
{
    for (unsigned i = 0; i < MAPPED_MAX; i++) {
        uint64_t this = __atomic_load_n(&mapped[i].start, __ATOMIC_RELAXED);
        if (this == start && __atomic_compare_exchange_n(&mapped[i].start, &this, now, false,
                                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return i;
    }
    return MAPPED_MAX;
}

/* What the linker knows of the library: where its zeros are. */
extern char __bss_start[] __attribute__((visibility("hidden")));
extern char _end[] __attribute__((visibility("hidden")));

void address_space_begin(void)
{
    const uintptr_t begin = ((uintptr_t)__bss_start + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    const uintptr_t end = ((uintptr_t)_end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    madvise((void *)begin, end - begin, MADV_NOHUGEPAGE);
}

void address_space_note(uint64_t start, uint64_t size)
{
    const unsigned i = exchange(0, start);
    if (i < MAPPED_MAX)
        __atomic_store_n(&mapped[i].size, size, __ATOMIC_RELAXED);
}

void address_space_forget(uint64_t start)
{
    exchange(start, 0);
}

bool address_space_take(size_t size)
{
    struct rlimit limit;
    const int error = errno;
    const size_t now = __atomic_add_fetch(&taken, size, __ATOMIC_RELAXED);
    const bool ok = !system_calls_may(CALL_LIMIT) || getrlimit(RLIMIT_AS, &limit) != 0 ||
                    limit.rlim_cur == RLIM_INFINITY || now <= limit.rlim_cur / SHARE;
    if (!ok)
        address_space_give_back(size);
    errno = error;
    return ok;
}

void address_space_give_back(size_t size)
{
    __atomic_fetch_sub(&taken, size, __ATOMIC_RELAXED);
}

void *address_space_map(size_t size)
{
    const int error = errno;
    if (!system_calls_may(CALL_MAP) || !system_calls_may(CALL_UNMAP) || !address_space_take(size))
        return NULL;
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        address_space_give_back(size);
    else
        address_space_note((uint64_t)(uintptr_t)start, size);
    /* It is touched here and there: with huge pages each touch would take 2 MiB. */
    if (start != MAP_FAILED)
        if (system_calls_may(CALL_POPULATE))
            madvise(start, size, MADV_NOHUGEPAGE);
    errno = error;
    return start == MAP_FAILED ? NULL : start;
}

void address_space_unmap(void *start, size_t size)
{
    address_space_forget((uint64_t)(uintptr_t)start);
    munmap(start, size);
    address_space_give_back(size);
}

void address_space_wipe(void *start, size_t size)
{
    if (!system_calls_may(CALL_POPULATE) || madvise(start, size, MADV_DONTNEED) != 0)
        memset(start, 0, size);
}

bool address_space_find(uint64_t address, uint64_t end, uint64_t *first, uint64_t *last)
{
    bool found = false;
    for (unsigned i = 0; i < MAPPED_MAX; i++) {
        const uint64_t start = __atomic_load_n(&mapped[i].start, __ATOMIC_RELAXED);
        const uint64_t size = __atomic_load_n(&mapped[i].size, __ATOMIC_RELAXED);
        if (!start || start >= end || start + size <= address || (found && start >= *first))
            continue;
        found = true;
        *first = start;
        *last = start + size;
    }
    return found;
}
