/* slots_memory.c - the pages of slots; see slots_memory.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/slots_memory.h"

#include "preload/util/address_space.h"
#include "preload/util/forked.h"
#include "preload/util/number.h"
#include "preload/util/proc_file.h"

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

static uint64_t rows[ROWS_MAX];
static uint32_t row_slots;                                 /* in a row */
uint64_t slots_memory_low = UINT64_MAX, slots_memory_high; /* where all rows are */
static uint32_t most;
FORKED static uint32_t limit;

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

void *slots_memory_setup(bool all, size_t size)
{
    const uint32_t allowed = mappings_allowed() / A_SLOT;
    most = all ? ALL_MOST : MOST;
    most = most < allowed ? most : allowed;
    limit = all || most < FIRST_MOST ? most : FIRST_MOST;
    row_slots = most / ROWS_MAX + 1;
    return address_space_map(most * size);
}

void slots_memory_forked(void)
{
    limit = limit + MORE < most ? limit + MORE : most;
}

uint32_t slots_memory_limit(void)
{
    return limit;
}

static size_t row_size(void)
{
    return (size_t)(2 * PAGE * row_slots + PAGE);
}

bool slots_memory_reach(uint32_t number)
{
    uint64_t *row = &rows[number / row_slots];
    if (*row)
        return true;
    void *start = address_space_map(row_size());
    if (!start)
        return false;
    if (mprotect(start, row_size(), PROT_NONE) != 0) {
        address_space_unmap(start, row_size());
        return false;
    }
    *row = (uint64_t)(uintptr_t)start;
    slots_memory_low = *row < slots_memory_low ? *row : slots_memory_low;
    slots_memory_high =
        *row + row_size() > slots_memory_high ? *row + row_size() : slots_memory_high;
    return true;
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
    return mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE) == 0;
}

void slots_memory_close(uint64_t page)
{
    mprotect((void *)page, PAGE, PROT_NONE);
}

void slots_memory_fence(uint32_t number)
{
    const uint64_t page = slots_memory_page(number);
    slots_memory_close(page - PAGE);
    slots_memory_close(page + PAGE);
}

void slots_memory_open_all(void)
{
    for (uint32_t i = 0; i < ROWS_MAX && rows[i]; i++)
        mprotect((void *)rows[i], row_size(), PROT_READ | PROT_WRITE);
}
