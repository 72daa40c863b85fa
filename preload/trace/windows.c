/* windows.c - the parts of the trace's file that are mapped; see windows.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/windows.h"

#include "preload/trace/format.h"
#include "preload/util/address_space.h"
#include "preload/util/forked.h"

#include <errno.h>
#include <sys/mman.h>

#define WINDOW_MIN  (UINT64_C(4) << 20) /* bytes; longer ones where there would be too many */
#define WINDOWS_MAX 4096u

/* A block that lies across the end of a window is in the next, which begins so much earlier. */
#define OVERLAP ((uint64_t)TRACE_BLOCK_MAX)

_Static_assert(WINDOW_MIN >= 2 * OVERLAP, "where a window begins the one before is mapped");

FORKED static char *first;           /* NULL: none is mapped */
FORKED static uint64_t first_size;   /* bytes */
FORKED static uint64_t window;       /* bytes that each window goes on */
FORKED static unsigned windows_used; /* those from here on were never mapped */
static char *others[WINDOWS_MAX];    /* by number; that of `first` is 0 */

static uint64_t window_offset(unsigned number)
{
    return number == 0 ? 0 : number * window - OVERLAP;
}

static uint64_t window_size(unsigned number)
{
    return number == 0 ? first_size : window + OVERLAP;
}

static char *window_start(unsigned number)
{
    return number == 0 ? first : __atomic_load_n(&others[number], __ATOMIC_ACQUIRE);
}

void *windows_begin(int fd, uint64_t limit)
{
    window = WINDOW_MIN;
    while (limit / window >= WINDOWS_MAX)
        window *= 2;
    first_size = limit < window ? limit : window;
    windows_used = 1;
    if (!address_space_take(first_size))
        return NULL;
    void *start = mmap(NULL, first_size, PROT_NONE, MAP_SHARED, fd, 0);
    if (start == MAP_FAILED) {
        address_space_give_back(first_size);
        return NULL;
    }
    /* Else the first touch of a page reads ahead, megabytes of holes: 2 ms and more on ext4. */
    madvise(start, first_size, MADV_RANDOM);
    madvise(start, first_size, MADV_DONTFORK);
    madvise(start, first_size, MADV_DONTDUMP);
    address_space_note((uint64_t)(uintptr_t)start, first_size);
    first = start;
    return first;
}

/*
 * Window NUMBER, by a page of the one before, which is mapped. A page is mapped once more, made
 * inaccessible as it may be in use, and made longer: so nothing is locked or populated with it.
 */
static char *extend(unsigned number, const char *before)
{
    const uint64_t distance = window_offset(number) - window_offset(number - 1);
    char *page = mremap((void *)(before + distance), 0, TRACE_PAGE, MREMAP_MAYMOVE);
    if (page == MAP_FAILED)
        return NULL;
    mprotect(page, TRACE_PAGE, PROT_NONE);
    char *start = mremap(page, TRACE_PAGE, window_size(number), MREMAP_MAYMOVE);
    if (start != MAP_FAILED)
        return start;
    munmap(page, TRACE_PAGE);
    return NULL;
}

static void note_used(unsigned count)
{
    unsigned used = __atomic_load_n(&windows_used, __ATOMIC_RELAXED);
    while (used < count && !__atomic_compare_exchange_n(&windows_used, &used, count, false,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        continue;
}

/* Maps window NUMBER, whose predecessor is there; NULL: there is no room. */
static char *add_window(unsigned number)
{
    char *none = NULL;
    if (!address_space_take(window_size(number)))
        return NULL;
    char *made = extend(number, window_start(number - 1));
    if (!made) {
        address_space_give_back(window_size(number));
        return NULL;
    }
    note_used(number + 1); /* before it is there: a child looks at no more */
    if (__atomic_compare_exchange_n(&others[number], &none, made, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE)) {
        address_space_note((uint64_t)(uintptr_t)made, window_size(number));
        return made;
    }
    address_space_unmap(made, window_size(number)); /* another thread was faster */
    return none;
}

void *windows_map(uint64_t offset, size_t size)
{
    const int error = errno;
    const unsigned number = (unsigned)((offset + size - 1) / window);
    char *start = window_start(number);
    unsigned last = number;
    /* Who claimed what is in those before may not have mapped it yet. */
    while (!window_start(last))
        last--;
    while (last < number && (start = add_window(last + 1)))
        last++;
    errno = error;
    return start ? start + (offset - window_offset(number)) : NULL;
}

uint64_t windows_first_size(void)
{
    return first ? first_size : 0;
}

void windows_end(void)
{
    for (unsigned i = 0; i < windows_used; i++) {
        if (window_start(i))
            address_space_unmap(window_start(i), window_size(i));
    }
    windows_forget(false);
}

void windows_forget(bool keep_addresses)
{
    for (unsigned i = 0; i < windows_used; i++) {
        char *start = window_start(i);
        if (!start)
            continue;
        if (keep_addresses &&
            mmap(start, window_size(i), PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED)
            madvise(start, window_size(i), MADV_DONTDUMP);
        else {
            address_space_forget((uint64_t)(uintptr_t)start);
            address_space_give_back(window_size(i));
        }
        if (i > 0)
            others[i] = NULL;
    }
    first = NULL;
    windows_used = 0;
}
