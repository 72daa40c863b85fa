/* stale_pages.c - pages of which it can be seen whether they are used; see stale_pages.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/guard/stale_pages.h"

#include "preload/util/address_space.h"
#include "preload/util/system_calls.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel finds again what is around, too, up to so much of one file: a page each has that. */
#define APART     65536u
#define ROW_SLOTS 32u
#define ROWS      (STALE_SLOTS / ROW_SLOTS)
#define ROW_SIZE  ((size_t)APART * ROW_SLOTS)

static uint64_t rows[ROWS];   /* where they begin; 0: not there yet */
static uint64_t copies[ROWS]; /* for the child of the fork that goes on */
static uint32_t first_row;    /* those before are private memory: of a parent's pages */

static bool may_look(void)
{
    return system_calls_may(CALL_POPULATE) && system_calls_may(CALL_PAGES);
}

static uint64_t map_row(int how)
{
    if (!system_calls_may(CALL_MAP) || !system_calls_may(CALL_UNMAP) ||
        !address_space_take(ROW_SIZE))
        return 0;
    void *start =
        mmap(NULL, ROW_SIZE, PROT_READ | PROT_WRITE, how | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        address_space_give_back(ROW_SIZE);
        return 0;
    }
    if (system_calls_may(CALL_POPULATE)) /* else a page would be 2 MiB of them */
        madvise(start, ROW_SIZE, MADV_NOHUGEPAGE);
    return (uint64_t)(uintptr_t)start;
}

bool stale_pages_reach(uint32_t number)
{
    const int error = errno;
    uint64_t *row = &rows[number / ROW_SLOTS];
    if (!*row) {
        *row = map_row(MAP_SHARED);
        if (*row)
            address_space_note(*row, ROW_SIZE);
    }
    errno = error;
    return *row != 0;
}

uint64_t stale_page(uint32_t number)
{
    return rows[number / ROW_SLOTS] + (uint64_t)APART * (number % ROW_SLOTS);
}

bool stale_pages_follows(uint32_t number)
{
    return number % ROW_SLOTS != 0;
}

bool stale_pages_hide(uint32_t number, uint32_t count)
{
    const int error = errno;
    const size_t size = (size_t)APART * (count - 1) + STALE_PAGE;
    const bool hidden = may_look() && madvise((void *)stale_page(number), size, MADV_DONTNEED) == 0;
    errno = error;
    return hidden;
}

/* The status of a page says on which node it is or, where there is no entry for it, ENOENT. */
bool stale_pages_look(const uint32_t *numbers, uint32_t count, bool *used)
{
    static uint64_t pages[STALE_SLOTS];
    static int status[STALE_SLOTS];
    const int error = errno;
    for (uint32_t i = 0; i < count; i++)
        pages[i] = stale_page(numbers[i]);
    const bool told =
        may_look() && syscall(SYS_move_pages, 0, (unsigned long)count, pages, NULL, status, 0) == 0;
    for (uint32_t i = 0; i < count && told; i++)
        used[i] = status[i] >= 0;
    errno = error;
    return told;
}

/* Where the kernel does not say the truth, as where another one stands in for it, nothing is seen.
 */
bool stale_pages_setup(void)
{
    const uint32_t first = 0;
    bool used[4] = {false};
    if (!stale_pages_reach(first))
        return false;
    volatile char *page = (volatile char *)stale_page(first);
    bool told = stale_pages_look(&first, 1, &used[0]);
    *page = 1;
    told &= stale_pages_look(&first, 1, &used[1]) && stale_pages_hide(first, 1);
    told &= stale_pages_look(&first, 1, &used[2]);
    told &= *page == 1 && stale_pages_look(&first, 1, &used[3]);
    *page = 0;
    return told && !used[0] && used[1] && !used[2] && used[3];
}

void stale_pages_copy(uint32_t number, uint64_t start, uint32_t size)
{
    const uint32_t row = number / ROW_SLOTS;
    if (row < first_row)
        return;
    if (!copies[row])
        copies[row] = map_row(MAP_PRIVATE);
    if (copies[row])
        memcpy((void *)(copies[row] + (start - rows[row])), (void *)start, size);
}

void stale_pages_drop_copies(void)
{
    for (uint32_t i = first_row; i < ROWS; i++) {
        if (!copies[i])
            continue;
        munmap((void *)copies[i], ROW_SIZE);
        address_space_give_back(ROW_SIZE);
        copies[i] = 0;
    }
}

/* Of which nothing was used: it is the parent's. */
static void unmap_row(uint32_t row)
{
    if (!rows[row] || !system_calls_may(CALL_UNMAP))
        return;
    address_space_unmap((void *)rows[row], ROW_SIZE);
    rows[row] = 0;
}

/* Of a fork that nobody told of: its parent may have changed them since. */
static void copy_row(uint32_t row, uint32_t used)
{
    const uint32_t end = used < (row + 1) * ROW_SLOTS ? used : (row + 1) * ROW_SLOTS;
    for (uint32_t i = row * ROW_SLOTS; i < end; i++)
        stale_pages_copy(i, stale_page(i), STALE_PAGE);
}

uint32_t stale_pages_take_over(uint32_t used)
{
    const uint32_t end = (used + ROW_SLOTS - 1) / ROW_SLOTS;
    for (uint32_t i = first_row; i < end && system_calls_may(CALL_REMAP); i++) {
        if (!copies[i])
            copy_row(i, used);
        if (!copies[i])
            continue;
        mremap((void *)copies[i], ROW_SIZE, ROW_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
               (void *)rows[i]);
        address_space_give_back(ROW_SIZE);
        copies[i] = 0;
    }
    first_row = end > first_row ? end : first_row;
    for (uint32_t i = first_row; i < ROWS; i++)
        unmap_row(i);
    return first_row * ROW_SLOTS;
}
