/*
 * sort.c - the extents in order, and which one an address lies in. A table by stretches of
 * addresses answers for nearly every word that is no reference without a look at any extent.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/walk/filter.h"
#include "preload/walk/internal.h"

#define GRANULE_MIN 12 /* bits: a page */
#define GRANULE_MAX 40
#define POINTER_MAX (UINT64_C(1) << 47)
#define DIGIT_BITS  10 /* of an address, to sort by */
#define DIGITS      (1u << DIGIT_BITS)

/* What shares the room of POOLS pools. */
#define EXTENTS_PER_POOL  6
#define HOLES_PER_POOL    8
#define DANGLERS_PER_POOL 1
#define SLOTS_PER_POOL    16
#define SEEN_PER_POOL     2
#define ROOM_ALIGN        16

static uint32_t power_of_two(uint64_t least)
{
    uint32_t power = 64;
    while (power < least && power < UINT32_C(1) << 31)
        power *= 2;
    return power;
}

/* The next SIZE bytes of *ROOM; only counts them where that is NULL. */
static void *take(unsigned char **room, size_t *taken, uint64_t count, size_t size)
{
    const size_t bytes = (count * size + ROOM_ALIGN - 1) / ROOM_ALIGN * ROOM_ALIGN;
    unsigned char *at = *room;
    *taken += bytes;
    if (at)
        *room += bytes;
    return at;
}

static size_t place(struct walk *walk, unsigned char *room, uint32_t pools)
{
    size_t taken = 0;
    walk->pool_max = pools;
    walk->extent_max = pools * EXTENTS_PER_POOL;
    walk->hole_max = pools * HOLES_PER_POOL;
    walk->dangler_max = pools * DANGLERS_PER_POOL;
    walk->slot_max = power_of_two((uint64_t)pools * SLOTS_PER_POOL);
    walk->seen_max = power_of_two((uint64_t)pools * SEEN_PER_POOL);
    walk->memory = take(&room, &taken, 1, sizeof(*walk->memory));
    walk->pools = take(&room, &taken, walk->pool_max, sizeof(*walk->pools));
    walk->extents = take(&room, &taken, walk->extent_max, sizeof(*walk->extents));
    walk->order = take(&room, &taken, 2 * (uint64_t)walk->extent_max, sizeof(*walk->order));
    walk->digits = take(&room, &taken, DIGITS, sizeof(*walk->digits));
    walk->holes = take(&room, &taken, walk->hole_max, sizeof(*walk->holes));
    walk->danglers = take(&room, &taken, walk->dangler_max, sizeof(*walk->danglers));
    walk->slots = take(&room, &taken, walk->slot_max, sizeof(*walk->slots));
    walk->seen = take(&room, &taken, walk->seen_max, sizeof(*walk->seen));
    walk->pending = take(&room, &taken, WALK_PENDING, sizeof(*walk->pending));
    walk->queue = take(&room, &taken, walk->pool_max, sizeof(*walk->queue));
    walk->buffer = take(&room, &taken, 1, WALK_BUFFER);
    return taken;
}

size_t walk_room(uint32_t pools)
{
    struct walk none;
    return place(&none, NULL, pools);
}

void walk_begin(struct walk *walk, void *room, uint32_t pools, walk_read *read, void *from)
{
    *walk = (struct walk){.low = UINT64_MAX};
    place(walk, room, pools);
    walk->memory->read = read;
    walk->memory->from = from;
}

void walk_add_layout(struct walk *walk, const struct api_layout *layout)
{
    if (walk->layout_count < API_LAYOUTS_MAX)
        walk->layouts[walk->layout_count++] = layout;
}

void walk_set_view(struct walk *walk, walk_view *view)
{
    walk_memory_set_view(walk->memory, view);
}

/* Of two extents that begin together the larger one comes first: the other lies in it. */
static bool comes_before(const struct walk *walk, uint32_t a, uint32_t b)
{
    const struct walk_extent *first = &walk->extents[a], *second = &walk->extents[b];
    if (first->begin != second->begin)
        return first->begin < second->begin;
    return first->end > second->end;
}

/* Where the run that begins at FIRST ends: what is in order already. */
static uint32_t run_end(const struct walk *walk, const uint32_t *order, uint32_t first)
{
    const uint32_t count = walk->extent_count;
    uint32_t end = first + 1;
    while (end < count && !comes_before(walk, order[end], order[end - 1]))
        end++;
    return end < count ? end : count;
}

/* Merges each two runs of FROM into one of TO. */
static void merge_runs(const struct walk *walk, const uint32_t *from, uint32_t *to)
{
    const uint32_t count = walk->extent_count;
    for (uint32_t begin = 0; begin < count;) {
        const uint32_t middle = run_end(walk, from, begin);
        const uint32_t end = middle < count ? run_end(walk, from, middle) : count;
        for (uint32_t a = begin, b = middle, at = begin; at < end; at++) {
            const bool second = a == middle || (b < end && comes_before(walk, from[b], from[a]));
            to[at] = from[second ? b++ : a++];
        }
        begin = end;
    }
}

static uint32_t digit_of(const struct walk *walk, uint32_t index, unsigned shift)
{
    return (uint32_t)(walk->extents[index].begin >> shift) & (DIGITS - 1);
}

/* FROM by the digit at SHIFT into TO; of equal ones the first stays first. */
static void place_by_digit(const struct walk *walk, unsigned shift, const uint32_t *from,
                           uint32_t *to)
{
    uint32_t *next = walk->digits, before = 0;
    for (uint32_t i = 0; i < DIGITS; i++)
        next[i] = 0;
    for (uint32_t i = 0; i < walk->extent_count; i++)
        next[digit_of(walk, i, shift)]++;
    for (uint32_t i = 0; i < DIGITS; i++) {
        const uint32_t count = next[i];
        next[i] = before;
        before += count;
    }
    for (uint32_t i = 0; i < walk->extent_count; i++)
        to[next[digit_of(walk, from[i], shift)]++] = from[i];
}

/* Puts each extent where ORDER tells, along the cycles of what displaces what. */
static void put_in_order(struct walk *walk, uint32_t *order)
{
    for (uint32_t first = 0; first < walk->extent_count; first++) {
        if (order[first] == first)
            continue;
        const struct walk_extent displaced = walk->extents[first];
        uint32_t at = first;
        while (order[at] != first) {
            const uint32_t next = order[at];
            walk->extents[at] = walk->extents[next];
            order[at] = at;
            at = next;
        }
        walk->extents[at] = displaced;
        order[at] = at;
    }
}

/* By digits of where they begin, the last one first, as far as these differ; merging puts in order
 * what begins together. */
static void sort_extents(struct walk *walk)
{
    uint32_t *order = walk->order, *other = walk->order + walk->extent_max;
    uint64_t differ = 0;
    for (uint32_t i = 0; i < walk->extent_count; i++) {
        order[i] = i;
        differ |= walk->extents[i].begin ^ walk->extents[0].begin;
    }
    for (unsigned shift = 0; differ >> shift; shift += DIGIT_BITS) {
        if (!(differ >> shift & (DIGITS - 1)))
            continue;
        place_by_digit(walk, shift, order, other);
        uint32_t *placed = other;
        other = order;
        order = placed;
    }
    while (walk->extent_count > 0 && run_end(walk, order, 0) < walk->extent_count) {
        merge_runs(walk, order, other);
        uint32_t *merged = other;
        other = order;
        order = merged;
    }
    put_in_order(walk, order);
}

static void sift_hole(struct walk_range *heap, uint32_t at, uint32_t count)
{
    const struct walk_range moved = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        child += child + 1 < count && heap[child].begin < heap[child + 1].begin;
        if (heap[child].begin <= moved.begin)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void sort_holes(struct walk *walk)
{
    struct walk_range *heap = walk->holes;
    for (uint32_t i = walk->hole_count / 2; i-- > 0;)
        sift_hole(heap, i, walk->hole_count);
    for (uint32_t last = walk->hole_count; last-- > 1;) {
        const struct walk_range largest = heap[0];
        heap[0] = heap[last];
        heap[last] = largest;
        sift_hole(heap, 0, last);
    }
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What overlaps by half cannot be: it is cut to lie in the one before it. That is never empty, as
 * it begins before the other ends. */
static void clip(struct walk_extent *extent, uint64_t end)
{
    extent->end = smaller(extent->end, end);
    extent->used = smaller(extent->used, extent->end);
    extent->data = smaller(extent->data, extent->used);
    extent->target = smaller(extent->target, extent->used);
}

/* Which extent lies in which, and which are of one pool. */
static void link_extents(struct walk *walk)
{
    uint32_t outer = WALK_NONE;
    for (uint32_t i = 0; i < walk->extent_count; i++) {
        struct walk_extent *extent = &walk->extents[i];
        while (outer != WALK_NONE && walk->extents[outer].end <= extent->begin)
            outer = walk->extents[outer].outer;
        extent->outer = outer;
        if (outer != WALK_NONE)
            clip(extent, walk->extents[outer].end);
        outer = i;
        walk->low = smaller(walk->low, extent->begin);
        walk->high = extent->end > walk->high ? extent->end : walk->high;
    }
    for (uint32_t i = walk->extent_count; i-- > 0;) {
        struct walk_extent *extent = &walk->extents[i];
        if (extent->pool == WALK_NONE)
            continue;
        extent->next = walk->pools[extent->pool].first;
        walk->pools[extent->pool].first = i;
    }
}

/* How many stretches of 2^GRANULE bytes all extents touch. */
static uint64_t count_stretches(const struct walk *walk, unsigned granule)
{
    uint64_t count = 0, next = 0;
    for (uint32_t i = 0; i < walk->extent_count; i++) {
        const struct walk_extent *extent = &walk->extents[i];
        const uint64_t first = extent->begin >> granule, end = ((extent->end - 1) >> granule) + 1;
        if (end > next)
            count += end - (first > next ? first : next);
        next = end > next ? end : next;
    }
    return count;
}

/* The slot of the stretch KEY, or the free one where it would be. Neighbours have neighbours. */
static struct walk_slot *slot_of(const struct walk *walk, uint64_t key)
{
    const uint32_t mask = walk->slot_max - 1;
    uint32_t slot = (uint32_t)(key + (key >> 12) * UINT64_C(0x9E3779B97F4A7C15)) & mask;
    while (walk->slots[slot].key && walk->slots[slot].key != key)
        slot = (slot + 1) & mask;
    return &walk->slots[slot];
}

static void fill_slots(struct walk *walk)
{
    for (walk->granule = GRANULE_MIN; walk->granule < GRANULE_MAX; walk->granule++) {
        if (count_stretches(walk, walk->granule) <= walk->slot_max / 2)
            break;
    }
    for (uint32_t i = 0; i < walk->extent_count; i++) {
        const struct walk_extent *extent = &walk->extents[i];
        const uint64_t last = ((extent->end - 1) >> walk->granule) + 1;
        for (uint64_t key = (extent->begin >> walk->granule) + 1; key <= last; key++) {
            struct walk_slot *slot = slot_of(walk, key);
            if (!slot->key)
                *slot = (struct walk_slot){key, i, i};
            slot->last = i;
        }
    }
}

/* Leaves out what is empty, and addresses that no program has. */
static void leave_out_impossible(struct walk *walk)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < walk->extent_count; i++) {
        const struct walk_extent *extent = &walk->extents[i];
        if (extent->begin >= extent->end || extent->end > POINTER_MAX)
            continue;
        if (kept < i)
            walk->extents[kept] = *extent;
        kept++;
    }
    walk->extent_count = kept;
}

void walk_sort(struct walk *walk)
{
    leave_out_impossible(walk);
    sort_extents(walk);
    sort_holes(walk);
    link_extents(walk);
    fill_slots(walk);
    for (uint32_t i = 0; i < walk->extent_count; i++)
        walk_pend(walk, &walk->extents[i], true);
}

uint32_t walk_find(const struct walk *walk, uint64_t address)
{
    if (address - walk->low >= walk->high - walk->low || walk->high <= walk->low)
        return WALK_NONE;
    const struct walk_slot *slot = slot_of(walk, (address >> walk->granule) + 1);
    if (!slot->key || walk->extents[slot->first].begin > address)
        return WALK_NONE;
    uint32_t low = slot->first, high = slot->last;
    while (low < high) { /* the last that begins at or before the address */
        const uint32_t middle = low + (high - low + 1) / 2;
        if (walk->extents[middle].begin <= address)
            low = middle;
        else
            high = middle - 1;
    }
    while (low != WALK_NONE && walk->extents[low].end <= address)
        low = walk->extents[low].outer;
    return low;
}

bool walk_in_hole(const struct walk *walk, uint64_t address)
{
    uint32_t low = 0, high = walk->hole_count;
    while (low < high) { /* the first that begins behind the address */
        const uint32_t middle = low + (high - low) / 2;
        if (walk->holes[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && address < walk->holes[low - 1].end;
}
