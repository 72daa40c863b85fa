/* slots_memory.c - the pages of slots; see slots_memory.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/slots_memory.h"

#include "preload/util/address_space.h"
#include "preload/util/forked.h"
#include "preload/util/number.h"
#include "preload/util/proc_file.h"
#include "preload/util/readable.h"
#include "preload/util/system_calls.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGE       ((uint64_t)SLOTS_PAGE)
#define ROWS_MAX   32u
#define FIRST_MOST 256u   /* slots, where some allocations are served: of the first process, ... */
#define MORE       256u   /* ... and what each fork adds, */
#define MOST       1024u  /* up to so many, which are 4 MiB */
#define ALL_MOST   14000u /* where all are */
#define MAPPINGS   65530u /* that the kernel lets a process have where it does not say */
#define A_SLOT     4u /* mappings, of its pages and around them; half of all are the program's */

/* Since Linux 6.13: what is so marked cannot be touched, and is no mapping of its own. */
#define GUARD_INSTALL 102
#define GUARD_REMOVE  103

static uint64_t rows[ROWS_MAX];
static uint32_t row_slots;                                 /* in a row */
uint64_t slots_memory_low = UINT64_MAX, slots_memory_high; /* where all rows are */
static uint32_t most;
static bool marks; /* the kernel knows GUARD_INSTALL */
FORKED static uint32_t limit, ready;

static uint32_t mappings_allowed(void)
{
    char text[16] = "";
    const char *end;
    const int fd = open("/proc/sys/vm/max_map_count", PROC_READ);
    const ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    const uint64_t count = got > 0 ? number_read(text, &end) : 0;
    return count > 0 && count < UINT32_MAX ? (uint32_t)count : MAPPINGS;
}

static bool mark(uint64_t page)
{
    return system_calls_may(CALL_POPULATE) && madvise((void *)page, PAGE, GUARD_INSTALL) == 0;
}

/* What stands in for a kernel may say so and not do it. */
static bool can_mark(void)
{
    void *start = address_space_map(PAGE);
    if (!start)
        return false;
    const uint64_t page = (uint64_t)(uintptr_t)start;
    *(volatile char *)start = 1;
    const bool can = is_readable(page) && mark(page) && !is_readable(page);
    address_space_unmap(start, PAGE);
    return can;
}

void *slots_memory_setup(bool all, size_t size)
{
    const uint32_t allowed = mappings_allowed() / A_SLOT;
    most = all ? ALL_MOST : MOST;
    most = most < allowed ? most : allowed;
    limit = all || most < FIRST_MOST ? most : FIRST_MOST;
    row_slots = most / ROWS_MAX + 1;
    marks = can_mark();
    return address_space_map(most * size);
}

void slots_memory_forked(void)
{
    limit = limit + MORE < most ? limit + MORE : most;
}

uint32_t slots_memory_ready(void)
{
    return __atomic_load_n(&ready, __ATOMIC_ACQUIRE);
}

static size_t row_size(void)
{
    return (size_t)(2 * PAGE * row_slots + PAGE);
}

/* One between two slots. */
static bool close_between(uint64_t page)
{
    return (marks && mark(page)) || mprotect((void *)page, PAGE, PROT_NONE) == 0;
}

static bool map_row(uint64_t *row)
{
    void *start = address_space_map(row_size());
    uint32_t closed = 0;
    if (!start)
        return false;
    const uint64_t begin = (uint64_t)(uintptr_t)start;
    while (closed <= row_slots && close_between(begin + 2 * PAGE * closed))
        closed++;
    if (closed <= row_slots) {
        address_space_unmap(start, row_size());
        return false;
    }
    *row = begin;
    slots_memory_low = begin < slots_memory_low ? begin : slots_memory_low;
    slots_memory_high =
        begin + row_size() > slots_memory_high ? begin + row_size() : slots_memory_high;
    return true;
}

bool slots_memory_reach(uint32_t number)
{
    uint64_t *row = &rows[number / row_slots];
    if (number >= limit || (!*row && !map_row(row)))
        return false;
    const uint32_t end = (number / row_slots + 1) * row_slots;
    __atomic_store_n(&ready, end < limit ? end : limit, __ATOMIC_RELEASE);
    return true;
}

bool slots_memory_follows(uint32_t number)
{
    return number % row_slots != 0;
}

uint64_t slots_memory_page(uint32_t number)
{
    return rows[number / row_slots] + PAGE + 2 * PAGE * (number % row_slots);
}

bool slots_memory_find(uint64_t address, uint32_t *number, bool *between)
{
    if (!slots_memory_may_have(address))
        return false;
    for (uint32_t i = 0; i < ROWS_MAX && rows[i]; i++) {
        const uint64_t offset = address - rows[i];
        if (offset >= row_size())
            continue;
        *number = i * row_slots + (uint32_t)(offset / PAGE / 2);
        *between = offset / PAGE % 2 == 0;
        return true;
    }
    return false;
}

bool slots_memory_open(uint64_t page)
{
    uint32_t number;
    bool between;
    const bool marked = marks && slots_memory_find(page, &number, &between) && between;
    return mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) == 0 &&
           (!marked || madvise((void *)page, PAGE, GUARD_REMOVE) == 0);
}

void slots_memory_close(uint64_t first, uint64_t end)
{
    mprotect((void *)first, end - first, PROT_NONE);
}

void slots_memory_fence(uint32_t number)
{
    const uint64_t page = slots_memory_page(number);
    close_between(page - PAGE);
    close_between(page + PAGE);
}

void slots_memory_open_all(void)
{
    for (uint32_t i = 0; i < ROWS_MAX && rows[i]; i++) {
        mprotect((void *)rows[i], row_size(), PROT_READ | PROT_WRITE);
        if (marks)
            madvise((void *)rows[i], row_size(), GUARD_REMOVE);
    }
}
