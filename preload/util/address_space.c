/*
 * address_space.c - how much of the program's address space the recorder may take; see
 * address_space.h.
 */
#include "preload/util/address_space.h"

#include "preload/util/forked.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define SHARE 4 /* the recorder's part of the limit is one of so many */

FORKED static size_t taken; /* bytes */

bool address_space_take(size_t size)
{
    struct rlimit limit;
    const int error = errno;
    const size_t now = __atomic_add_fetch(&taken, size, __ATOMIC_RELAXED);
    const bool ok = getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
                    now <= limit.rlim_cur / SHARE;
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
    if (!address_space_take(size))
        return NULL;
    void *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        address_space_give_back(size);
    errno = error;
    return start == MAP_FAILED ? NULL : start;
}

void address_space_unmap(void *start, size_t size)
{
    munmap(start, size);
    address_space_give_back(size);
}
