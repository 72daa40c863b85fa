/* program_memory.c - what the program may refer to its pools from (program_memory.h). */
#include "preload/hooks/program_memory.h"

#include "preload/unwind/modules.h"
#include "preload/unwind/scratch.h"
#include "preload/util/address_space.h"
#include "preload/util/kept_mappings.h"
#include "preload/util/readable.h"
#include "preload/walk/search.h"

#include <link.h>
#include <string.h>

/* While the mappings are listed. */
struct finder {
    struct program_memory *memory;
    struct scratch *scratch;
    uint64_t sp, own_begin, own_end;
};

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
    struct dl_find_object found;
    uint64_t image_end = begin;
    if (scratch_find_object(finder->scratch, begin, &found) == 0) {
        const uint64_t map_end = (uint64_t)(uintptr_t)found.dlfo_map_end;
        image_end = map_end < end ? map_end : end;
        if (!modules_is_recorder(begin))
            add_others(finder, begin, image_end, RANGE_STATIC);
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

bool program_memory_find(struct program_memory *memory, struct scratch *scratch,
                         const struct registers *registers, uint64_t own_begin, uint64_t own_end)
{
    struct finder finder = {memory, scratch, registers->sp, own_begin, own_end};
    start_over(memory);
    return kept_mappings_read(add_mapping, &finder) && !memory->cut;
}

/* Nothing goes away while the only thread is here: a page is asked for once. */
static bool is_there(struct program_memory *memory, uint64_t address)
{
    const uint64_t page = address / WALK_PAGE + 1;
    uint64_t *known = &memory->readable[page % PROGRAM_PAGES];
    if (*known != page && is_readable(address))
        *known = page;
    return *known == page;
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

size_t program_memory_read(void *from, uint64_t address, void *to, size_t size)
{
    const bool many = size > WALK_PAGE;
    size_t done = 0;
    while (done < size) {
        const uint64_t at = address + done;
        size_t part = WALK_PAGE - at % WALK_PAGE;
        if (part > size - done)
            part = size - done;
        if (is_there(from, at))
            memcpy((char *)to + done, (const void *)(uintptr_t)at, part);
        else if (many)
            memset((char *)to + done, 0, part);
        else
            break;
        done += part;
    }
    return done;
}

void program_memory_search(const struct program_memory *memory, struct walk *walk)
{
    walk->writable = memory->ranges;
    walk->writable_count = memory->count;
    for (size_t i = 0; i < memory->count; i++) {
        const struct walk_range *range = &memory->ranges[i];
        if (memory->kinds[i] != RANGE_STATIC && memory->kinds[i] != RANGE_CONSTANT)
            walk_search(walk, range->begin, range->end, memory->kinds[i] == RANGE_HEAP);
    }
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
