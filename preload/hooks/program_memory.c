/* program_memory.c - what the program may refer to its pools from (program_memory.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/program_memory.h"

#include "preload/unwind/modules.h"
#include "preload/unwind/scratch.h"
#include "preload/util/address_space.h"
#include "preload/util/kept_mappings.h"
#include "preload/util/proc_file.h"
#include "preload/util/readable.h"
#include "preload/walk/search.h"
#include "preload/walk/touched.h"

#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* While the mappings are listed. */
struct finder {
    struct program_memory *memory;
    struct scratch *scratch;
    uint64_t sp, own_begin, own_end;
    int pagemap;
};

#define LARGE (UINT64_C(1) << 20) /* bytes of a mapping */

/* What begins first of the recorder's, behind ADDRESS and before END. */
static bool find_own(const struct finder *finder, uint64_t address, uint64_t end, uint64_t *first,
                     uint64_t *last)
{
    const bool mapped = address_space_find(address, end, first, last);
    if (finder->own_begin >= end || finder->own_end <= address ||
        (mapped && *first < finder->own_begin))
        return mapped;
    *first = finder->own_begin;
    *last = finder->own_end;
    return true;
}

static void add_range(struct program_memory *memory, uint64_t begin, uint64_t end,
                      enum range_kind kind)
{
    if (begin >= end)
        return;
    if (memory->count == PROGRAM_RANGES_MAX) {
        memory->cut = true;
        return;
    }
    if (kind != RANGE_CONSTANT)
        memory->bytes += end - begin;
    memory->kinds[memory->count] = (uint8_t)kind;
    memory->ranges[memory->count++] = (struct walk_range){begin, end};
}

/* From BEGIN to END, but for what is the recorder's. */
static void add_others(const struct finder *finder, uint64_t begin, uint64_t end,
                       enum range_kind kind)
{
    uint64_t first, last;
    if (finder->sp > begin && finder->sp < end) /* the stack: what lies below was left */
        begin = finder->sp;
    while (begin < end && find_own(finder, begin, end, &first, &last)) {
        add_range(finder->memory, begin, first, kind);
        begin = last > begin ? last : end;
    }
    add_range(finder->memory, begin, end, kind);
}

/* After a fork the heap may be several mappings in a row. */
static void add_heap(struct program_memory *memory, uint64_t begin, uint64_t end)
{
    const size_t last = memory->count - 1;
    if (memory->count == 0 || memory->kinds[last] != RANGE_HEAP ||
        memory->ranges[last].end != begin) {
        add_range(memory, begin, end, RANGE_HEAP);
        return;
    }
    memory->ranges[last].end = end;
    memory->bytes += end - begin;
}

/* Variables of an image, and what may lie right behind it in one mapping. */
static void add_own(const struct finder *finder, uint64_t begin, uint64_t end)
{
    struct loaded_object found, libc;
    uint64_t image_end = begin;
    if (scratch_find_object(finder->scratch, begin, &found)) {
        /* Those of malloc() are addresses in the heap, and none that anybody follows. */
        const bool own = scratch_find_object(finder->scratch, (uint64_t)(uintptr_t)sbrk, &libc) &&
                         libc.end == found.end;
        image_end = found.end < end ? found.end : end;
        if (!modules_is_recorder(begin))
            add_others(finder, begin, image_end, own ? RANGE_OTHER : RANGE_STATIC);
    }
    add_others(finder, image_end, end, RANGE_OTHER);
}

static void add_mapping(void *data, const struct mapping *mapping)
{
    const struct finder *finder = data;
    if (mapping->kind == MAPPING_HEAP)
        add_heap(finder->memory, mapping->begin, mapping->end);
    else if (mapping->kind == MAPPING_OWN)
        add_own(finder, mapping->begin, mapping->end);
    else if (mapping->kind == MAPPING_CONSTANT && !modules_is_recorder(mapping->begin))
        add_others(finder, mapping->begin, mapping->end, RANGE_CONSTANT);
}

static void start_over(struct program_memory *memory)
{
    memory->count = 0;
    memory->bytes = 0;
    memory->cut = false;
}

static void add_touched(void *data, uint64_t begin, uint64_t end)
{
    add_mapping(data, &(struct mapping){begin, end, MAPPING_OWN});
}

/* Threads' stacks are large, and little of them was ever touched. */
static void add_what_was_touched(void *data, const struct mapping *mapping)
{
    const struct finder *finder = data;
    if (mapping->kind == MAPPING_OWN && mapping->end - mapping->begin >= LARGE)
        walk_touched(finder->pagemap, mapping->begin, mapping->end, add_touched, data);
    else
        add_mapping(data, mapping);
}

/* Nothing can be tried at a place that another thread may map something at. */
static bool read_mappings(struct finder *finder)
{
    const int error = errno;
    char *room = address_space_map(MAPPINGS_ROOM);
    finder->pagemap = open("/proc/self/pagemap", PROC_READ);
    const bool whole = room && mappings_read(room, add_what_was_touched, finder);
    if (room)
        address_space_unmap(room, MAPPINGS_ROOM);
    if (finder->pagemap >= 0)
        close(finder->pagemap);
    errno = error;
    return whole;
}

/* Where much came, as the memory that a server shares with its children, all is read anew: that
 * takes less than to look at each page, and tells what is shared. No file is opened without need: a
 * filter of system calls that nobody told of may end who does. */
static bool take_mappings(struct finder *finder)
{
    if (kept_mappings_read(add_mapping, finder, KEPT_PAGES_FEW))
        return true;
    start_over(finder->memory);
    if (kept_mappings_in_reach(add_mapping, finder))
        return true;
    start_over(finder->memory);
    return kept_mappings_read(add_mapping, finder, KEPT_PAGES_MANY);
}

bool program_memory_find(struct program_memory *memory, struct scratch *scratch, bool alone,
                         const struct registers *registers, uint64_t own_begin, uint64_t own_end)
{
    struct finder finder = {memory, scratch, registers->sp, own_begin, own_end, -1};
    start_over(memory);
    memory->alone = alone;
    return (alone ? take_mappings(&finder) : read_mappings(&finder)) && !memory->cut;
}

bool program_memory_take(struct program_memory *memory, struct scratch *scratch,
                         const struct control_mapping *mappings, size_t count, uint64_t own_begin,
                         uint64_t own_end)
{
    struct finder finder = {memory, scratch, 0, own_begin, own_end, -1};
    start_over(memory);
    memory->alone = true;
    for (size_t i = 0; i < count; i++)
        add_mapping(&finder, &(struct mapping){mappings[i].begin, mappings[i].end,
                                               (enum mapping_kind)mappings[i].kind});
    return !memory->cut;
}

static uint64_t *known_page(struct program_memory *memory, uint64_t page)
{
    return &memory->readable[page % PROGRAM_PAGES];
}

/* Nothing goes away while the only thread is here: a page is asked for once, most by the same call
 * as the next one. */
static bool is_there(struct program_memory *memory, uint64_t address)
{
    const uint64_t page = address / WALK_PAGE;
    if (*known_page(memory, page) == page + 1)
        return true;
    if (*known_page(memory, page + 1) != page + 2 && is_readable_across((page + 1) * WALK_PAGE))
        *known_page(memory, page + 1) = page + 2;
    else if (!is_readable(address))
        return false;
    *known_page(memory, page) = page + 1;
    return true;
}

const void *program_memory_view(void *from, uint64_t address, size_t *size)
{
    const uint64_t end = address + *size;
    uint64_t at = address;
    while (at < end && is_there(from, at))
        at = (at | (WALK_PAGE - 1)) + 1;
    if (at == address)
        return NULL;
    *size = (size_t)((at < end ? at : end) - address);
    return (const void *)(uintptr_t)address;
}

/* As much as can be read, up to SIZE bytes. */
static size_t copy_by_kernel(void *to, uint64_t address, size_t size)
{
    const int error = errno;
    const struct iovec into = {to, size}, from = {(void *)(uintptr_t)address, size};
    const ssize_t length = process_vm_readv(getpid(), &into, 1, &from, 1, 0);
    errno = error;
    return length > 0 ? (size_t)length : 0;
}

static size_t copy_as_it_lies(struct program_memory *memory, void *to, uint64_t address,
                              size_t size)
{
    const void *there = program_memory_view(memory, address, &size);
    if (!there)
        return 0;
    memcpy(to, there, size);
    return size;
}

size_t program_memory_read(void *from, uint64_t address, void *to, size_t size)
{
    struct program_memory *memory = from;
    size_t done = 0;
    while (done < size) {
        const uint64_t at = address + done;
        char *next = (char *)to + done;
        const size_t left = size - done, page = WALK_PAGE - at % WALK_PAGE;
        size_t part = memory->alone ? copy_as_it_lies(memory, next, at, left)
                                    : copy_by_kernel(next, at, left);
        if (part == 0 && size <= WALK_PAGE)
            break;
        if (part == 0) {
            part = page < left ? page : left;
            memset(next, 0, part);
        }
        done += part;
    }
    return done;
}

static bool may_hold_pools(const struct program_memory *memory, size_t range)
{
    return memory->kinds[range] != RANGE_STATIC && memory->kinds[range] != RANGE_CONSTANT;
}

void program_memory_search(const struct program_memory *memory, struct walk *walk)
{
    walk->writable = memory->ranges;
    walk->writable_count = memory->count;
    for (size_t i = 0; i < memory->count; i++)
        if (may_hold_pools(memory, i))
            walk_find_magic(walk, memory->ranges[i].begin, memory->ranges[i].end);
    for (size_t i = 0; i < memory->count; i++)
        if (may_hold_pools(memory, i))
            walk_search(walk, memory->ranges[i].begin, memory->ranges[i].end,
                        memory->kinds[i] == RANGE_HEAP);
    walk->writable = NULL;
    walk->writable_count = 0;
}

void program_memory_mark(const struct program_memory *memory, struct walk *walk,
                         const struct registers *registers)
{
    for (size_t i = 0; i < memory->count; i++) {
        const struct walk_range *range = &memory->ranges[i];
        if (memory->kinds[i] == RANGE_CONSTANT && !walk->careful)
            continue;
        if (memory->kinds[i] == RANGE_HEAP)
            walk_mark_heap(walk, range->begin, range->end);
        else
            walk_mark_range(walk, range->begin, range->end,
                            memory->kinds[i] == RANGE_STATIC ? WALK_STATIC : WALK_OTHER);
    }
    walk_mark_words(walk, registers->words, registers->count);
}
