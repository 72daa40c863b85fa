/* snapshot.c - a copy of what a process may write (snapshot.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/scan/snapshot.h"

#include "analyzer/util/memory.h"
#include "preload/walk/memory.h"
#include "preload/walk/touched.h"

#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE (UINT64_C(2) << 20)

/* What was copied in one piece. */
struct piece {
    uint64_t begin, size;
    const unsigned char *bytes;
};

struct scan_snapshot {
    unsigned char *room;
    uint64_t size;        /* of all of it */
    unsigned char *bytes; /* in it, where a huge page begins */
    struct piece *pieces; /* sorted */
    size_t count, capacity;
    struct piece last; /* that was asked for: the next is often in it, too */
};

static uint64_t whole(uint64_t size, uint64_t page)
{
    return (size + page - 1) & ~(page - 1);
}

/* What is aligned in memory is aligned in the copy. */
static uint64_t whole_pages(uint64_t size)
{
    return whole(size, WALK_PAGE);
}

static uint64_t size_of_maps(const struct scan_target *target)
{
    uint64_t size = 0;
    for (size_t i = 0; i < target->map_count && size <= SNAPSHOT_MAX; i++)
        size += whole_pages(target->maps[i].end - target->maps[i].begin);
    return size;
}

struct copying {
    struct scan_snapshot *snapshot;
    struct scan_target *target;
    unsigned char *next;
};

/* What of it can be read: the piece ends where it cannot be. */
static void copy_piece(void *data, uint64_t begin, uint64_t end)
{
    struct copying *copying = data;
    struct scan_snapshot *snapshot = copying->snapshot;
    const size_t read = scan_read(copying->target, begin, copying->next, (size_t)(end - begin));
    if (read == 0)
        return;
    GROW(snapshot->pieces, snapshot->count, snapshot->capacity);
    snapshot->pieces[snapshot->count++] = (struct piece){begin, read, copying->next};
    copying->next += whole_pages(end - begin);
}

/* What was never touched is not: to read it would give the process pages for it. */
static void copy_maps(struct scan_snapshot *snapshot, struct scan_target *target)
{
    struct copying copying = {snapshot, target, snapshot->bytes};
    for (size_t i = 0; i < target->map_count; i++)
        walk_touched(target->pagemap, target->maps[i].begin, target->maps[i].end, copy_piece,
                     &copying);
}

struct scan_snapshot *scan_snapshot_take(struct scan_target *target)
{
    const uint64_t size = size_of_maps(target);
    if (size == 0 || size > SNAPSHOT_MAX)
        return NULL;
    struct scan_snapshot *snapshot = xcalloc(1, sizeof(*snapshot));
    snapshot->size = whole(size, HUGE_PAGE) + HUGE_PAGE;
    snapshot->room = mmap(NULL, snapshot->size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (snapshot->room == MAP_FAILED) {
        free(snapshot);
        return NULL;
    }
    /* Half of the time would be spent on a fault for each page. */
    madvise(snapshot->room, snapshot->size, MADV_HUGEPAGE);
    snapshot->bytes =
        snapshot->room + whole((uintptr_t)snapshot->room, HUGE_PAGE) - (uintptr_t)snapshot->room;
    copy_maps(snapshot, target);
    return snapshot;
}

void scan_snapshot_free(struct scan_snapshot *snapshot)
{
    if (!snapshot)
        return;
    munmap(snapshot->room, snapshot->size);
    free(snapshot->pieces);
    free(snapshot);
}

/* The piece that ADDRESS lies in; an empty one: it is in none. */
static struct piece piece_at(const struct scan_snapshot *snapshot, uint64_t address)
{
    size_t low = 0, high = snapshot->count;
    while (low < high) { /* the first that begins behind the address */
        const size_t middle = (low + high) / 2;
        if (snapshot->pieces[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address - snapshot->pieces[low - 1].begin >= snapshot->pieces[low - 1].size)
        return (struct piece){0};
    return snapshot->pieces[low - 1];
}

const void *scan_snapshot_view(struct scan_snapshot *snapshot, uint64_t address, size_t *size)
{
    if (!snapshot)
        return NULL;
    struct piece *last = &snapshot->last;
    if (address - last->begin >= last->size)
        *last = piece_at(snapshot, address);
    if (last->size == 0)
        return NULL;
    const uint64_t offset = address - last->begin;
    *size = (size_t)(last->size - offset);
    return last->bytes + offset;
}
