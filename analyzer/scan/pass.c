/* pass.c - one walk and marking of a process or core file (pass.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/pass.h"

#include "analyzer/scan/snapshot.h"
#include "analyzer/util/memory.h"
#include "preload/walk/heap.h"
#include "preload/walk/search.h"
#include "preload/walk/touched.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define POOLS_FIRST 4096u
#define POOLS_MAX   (1u << 20)
#define RED_ZONE    128u /* bytes below the stack pointer that a function may use */

/* Of the processor: how busy the machine is does not matter. */
static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool is_heap(struct scan_target *target, struct walk_memory *memory,
                    const struct scan_map *map)
{
    if (map->is_static)
        return false;
    if (*map->name)
        return strcmp(map->name, "[heap]") == 0;
    return target->core && walk_is_heap(memory, map->begin, map->end);
}

/* Where the heap ends that begins with map number *INDEX, which becomes its last: after a fork it
 * may be several mappings in a row. */
static uint64_t heap_end(const struct scan_target *target, size_t *index)
{
    const struct scan_map *maps = target->maps;
    while (*index + 1 < target->map_count && maps[*index].end == maps[*index + 1].begin &&
           strcmp(maps[*index].name, maps[*index + 1].name) == 0 && !maps[*index + 1].is_static)
        ++*index;
    return maps[*index].end;
}

/* What of MAP is in use: of a stack, what its thread's stack pointer leaves. */
static uint64_t used_from(const struct scan_target *target, const struct scan_map *map)
{
    uint64_t from = UINT64_MAX;
    for (size_t i = 0; i < target->thread_count; i++) {
        const uint64_t sp = target->threads[i].sp;
        if (sp >= map->begin + RED_ZONE && sp < map->end && sp - RED_ZONE < from)
            from = sp - RED_ZONE;
    }
    return from == UINT64_MAX ? map->begin : from;
}

/* Where the variables in MAP end: what else has no file may lie right behind an image, in one
 * mapping with it. */
static uint64_t static_end(const struct scan_target *target, const struct scan_map *map)
{
    uint64_t offset;
    const struct loaded_image *image = loaded_image_at(target->images, map->begin, &offset);
    if (!map->is_static || !image)
        return map->begin;
    return loaded_image_end(image) < map->end ? loaded_image_end(image) : map->end;
}

static void mark_run(void *walk, uint64_t begin, uint64_t end)
{
    walk_mark_range(walk, begin, end, WALK_OTHER);
}

/* Threads' stacks are large, and little of them was ever touched. */
static void mark_touched(const struct scan_target *target, struct walk *walk, uint64_t begin,
                         uint64_t end)
{
    const uint64_t page = (begin + WALK_PAGE - 1) & ~(uint64_t)(WALK_PAGE - 1);
    if (begin < page) /* and a word that lies across the end of it */
        walk_mark_range(walk, begin, page < end ? page + sizeof(uint64_t) : end, WALK_OTHER);
    if (page < end)
        walk_touched(target->pagemap, page, end, mark_run, walk);
}

static void mark_map(const struct scan_target *target, struct walk *walk,
                     const struct scan_map *map)
{
    const uint64_t end = static_end(target, map);
    walk_mark_range(walk, map->begin, end, WALK_STATIC);
    mark_touched(target, walk, end == map->begin ? used_from(target, map) : end, map->end);
}

static void mark_all(struct scan_target *target, struct walk *walk)
{
    for (size_t i = 0; i < target->map_count; i++) {
        const struct scan_map *map = &target->maps[i];
        if (map->recorder)
            continue;
        if (is_heap(target, walk->memory, map))
            walk_mark_heap(walk, map->begin, heap_end(target, &i));
        else
            mark_map(target, walk, map);
    }
    for (size_t i = 0; i < target->thread_count; i++)
        walk_mark_words(walk, target->threads[i].registers, target->threads[i].register_count);
}

/* What is looked at for the second opinion alone. */
static void mark_more(const struct scan_target *target, struct walk *walk)
{
    for (size_t i = 0; i < target->constant_count; i++) {
        const struct scan_constant *constant = &target->constants[i];
        if (constant->vast)
            walk_touched(target->pagemap, constant->begin, constant->end, mark_run, walk);
        else
            mark_run(walk, constant->begin, constant->end);
    }
    walk_mark_words(walk, target->kept, target->kept_count);
}

static struct walk_verdict judge(struct scan_target *target, struct walk *walk)
{
    mark_all(target, walk);
    walk_spread(walk);
    return walk_judge(walk);
}

static bool may_hold_pools(const struct scan_target *target, const struct scan_map *map)
{
    return !map->is_static && used_from(target, map) == map->begin;
}

/* Pools that no tree leads to. */
static void search_all(struct scan_target *target, struct walk *walk)
{
    struct walk_range *writable = xcalloc(target->map_count, sizeof(*writable));
    for (size_t i = 0; i < target->map_count; i++)
        writable[i] = (struct walk_range){target->maps[i].begin, target->maps[i].end};
    walk->writable = writable;
    walk->writable_count = target->map_count;
    for (size_t i = 0; i < target->map_count; i++)
        if (may_hold_pools(target, &target->maps[i]))
            walk_find_magic(walk, writable[i].begin, writable[i].end);
    for (size_t i = 0; i < target->map_count; i++) {
        const struct scan_map *map = &target->maps[i];
        if (!may_hold_pools(target, map))
            continue;
        const bool heap = is_heap(target, walk->memory, map);
        walk_search(walk, map->begin, heap ? heap_end(target, &i) : map->end, heap);
    }
    walk->writable = NULL;
    free(writable);
}

static void walk_roots(struct scan_pass *pass, struct scan_target *target,
                       const struct scan_system *system)
{
    for (unsigned i = 0; i < system->description->api.root_count; i++) {
        uint64_t pool = 0;
        if (scan_value(target, &system->roots[i], &pool) && pool && walk_tree(&pass->walk, pool))
            pass->roots_found++;
        else
            pass->roots_missing++;
    }
}

/* The first of the free blocks, and the variable that holds it, which is the library's own. */
static void walk_free(struct scan_pass *pass, struct scan_target *target,
                      const struct scan_system *system)
{
    const struct scan_holder *holder = &system->free_blocks;
    uint64_t block;
    pass->free_known = system->layouts[0]->allocator.at != API_NOWHERE;
    if (!scan_value(target, holder, &block))
        return;
    pass->free_known = true;
    walk_own(&pass->walk, holder->variables[0], holder->variables[0] + sizeof(block));
    if (block)
        walk_free_list(&pass->walk, block);
}

static void walk_system(struct scan_pass *pass, struct scan_target *target,
                        const struct scan_system *system)
{
    struct walk *walk = &pass->walk;
    for (unsigned i = 0; i < system->layout_count; i++)
        walk_add_layout(walk, system->layouts[i]);
    walk_roots(pass, target, system);
    if (system->layouts[0]->check_count > 0)
        search_all(target, walk);
    walk_free(pass, target, system);
    walk_sort(walk);
    pass->verdict = judge(target, walk);
    if (pass->verdict.upper == 0 || system->layouts[0]->owned)
        return;
    scan_look_closely(target);
    walk_doubt(walk);
    mark_more(target, walk);
    pass->verdict = judge(target, walk);
}

static bool is_full(const struct walk *walk)
{
    const struct walk_losses *lost = &walk->lost;
    return lost->pools || lost->extents || lost->holes || lost->danglers;
}

/* What the walk reads from. */
struct reading {
    struct scan_target *target;
    struct scan_snapshot *snapshot; /* NULL: there is none */
};

static size_t read_memory(void *from, uint64_t address, void *to, size_t size)
{
    const struct reading *reading = from;
    return scan_read(reading->target, address, to, size);
}

static const void *view_memory(void *from, uint64_t address, size_t *size)
{
    const struct reading *reading = from;
    return scan_snapshot_view(reading->snapshot, address, size);
}

/* One walk in a new room for POOLS. False: there is not enough room. */
static bool run_in_room(struct scan_pass *pass, struct scan_target *target,
                        const struct scan_system *system, uint32_t pools)
{
    *pass = (struct scan_pass){.room_size = walk_room(pools)};
    pass->room = mmap(NULL, pass->room_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pass->room == MAP_FAILED)
        memory_exhausted();
    madvise(pass->room, pass->room_size, MADV_HUGEPAGE);
    struct reading reading = {target, NULL};
    walk_begin(&pass->walk, pass->room, pools, read_memory, &reading);
    if (system->layout_count > 0) {
        const uint64_t start = now_ns();
        reading.snapshot = scan_snapshot_take(target);
        walk_set_view(&pass->walk, view_memory);
        walk_system(pass, target, system);
        pass->took_ns = now_ns() - start;
        scan_snapshot_free(reading.snapshot);
    }
    pass->walk.memory->read = scan_read; /* for the names, later */
    walk_set_view(&pass->walk, NULL);
    pass->walk.memory->from = target;
    return !is_full(&pass->walk);
}

void scan_pass_run(struct scan_pass *pass, struct scan_target *target,
                   const struct scan_system *system)
{
    uint32_t pools = POOLS_FIRST;
    while (!run_in_room(pass, target, system, pools) && pools < POOLS_MAX) {
        scan_pass_end(pass);
        pools *= 4;
    }
}

void scan_pass_end(struct scan_pass *pass)
{
    munmap(pass->room, pass->room_size);
}
