/* blocks.c - the memory of one pool: header, blocks, large allocations, its allocator's lists. */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/internal.h"

#define LARGE_MAX (UINT64_C(1) << 46)
/* What malloc() writes before what it gives out: the chunk's size, and in the lowest bits, flags.
 */
#define MALLOC_WORD   8u
#define MALLOC_FLAGS  7u
#define MALLOC_MAPPED 2u

/* A block as its header tells. */
struct block {
    uint64_t at, data, used, end, next;
};

/* Reads the block at AT of the pool at POOL, or of none where that is 0; its header is HEADER
 * bytes. False: it does not look like one. */
static bool read_block(struct walk *walk, const struct api_layout *layout, uint64_t pool,
                       uint64_t at, uint64_t header, struct block *block)
{
    uint64_t bytes, owner;
    *block = (struct block){.at = at, .data = at + header};
    if (at % sizeof(at) != 0 || block->data < at)
        return false;
    if (layout->bytes.base != API_BASE_NONE) {
        const uint64_t base = layout->bytes.base == API_BASE_POOL ? pool : at;
        if (!walk_field(walk, &layout->bytes, base, &bytes) || bytes > LARGE_MAX)
            return false;
        block->end = at + bytes;
    } else if (!walk_memory_word(walk->memory, at + layout->block_end, &block->end)) {
        return false;
    }
    block->used = block->end;
    return (!layout->has_used ||
            walk_memory_word(walk->memory, at + layout->block_used, &block->used)) &&
           (!layout->has_next ||
            walk_memory_word(walk->memory, at + layout->block_next, &block->next)) &&
           (layout->owner == API_NOWHERE || pool == 0 ||
            (walk_memory_word(walk->memory, at + layout->owner, &owner) && owner == pool)) &&
           block->data <= block->used && block->used <= block->end && block->end - at <= LARGE_MAX;
}

/* BLOCK is one of POOL's; what it holds begins HEADER bytes behind its data, with the pool's own.
 */
static void add_block(struct walk *walk, uint32_t index, const struct block *block, uint64_t header)
{
    struct walk_pool *pool = &walk->pools[index];
    struct walk_extent *extent = walk_add_extent(walk, index, WALK_BLOCK);
    const uint64_t data = block->data + header;
    pool->blocks++;
    pool->capacity += block->end - block->at;
    pool->used += block->used - data;
    if (extent) {
        extent->begin = block->at;
        extent->target = block->data;
        extent->data = data;
        extent->used = block->used;
        extent->end = block->end;
    }
    if (walk_layout(walk, pool)->chunks.size > 0)
        walk_chunks(walk, pool, data, block->used);
}

static uint64_t pool_size(struct walk *walk, const struct walk_pool *pool)
{
    uint64_t size;
    const struct api_field *header = &walk_layout(walk, pool)->header;
    return walk_field(walk, header, pool->at, &size) && size <= WALK_PAGE ? size : 0;
}

/* Where the data of a block begin, and what of them is the pool itself. */
static void first_parts(const struct api_layout *layout, bool first, uint64_t size,
                        uint64_t *header, uint64_t *own)
{
    const bool self = first && layout->place == API_PLACE_SELF;
    *header = self ? 0 : layout->block_size;
    *own = self || (first && layout->place == API_PLACE_BLOCK) ? size : 0;
}

/* A list that does not end is left where it comes by a block again: Brent's way. */
struct loop {
    uint64_t mark;
    uint32_t steps, power;
};

static bool is_loop(struct loop *loop, uint64_t block)
{
    if (!block) /* it ends well */
        return false;
    if (block == loop->mark)
        return true;
    if (++loop->steps > loop->power) {
        loop->steps = 0;
        loop->power = loop->power * 2 + 1;
        loop->mark = block;
    }
    return false;
}

/* The blocks from FIRST on; HEAD is a list's head that is no block. False: it does not end well. */
static bool add_list(struct walk *walk, uint32_t index, uint64_t first, uint64_t head)
{
    const struct walk_pool *pool = &walk->pools[index];
    const struct api_layout *layout = walk_layout(walk, pool);
    const uint64_t size = pool_size(walk, pool);
    uint64_t at = first, header, own;
    struct loop loop = {0};
    while (at && at != head) {
        struct block block;
        const bool with_pool = at == first && pool->blocks == 0;
        first_parts(layout, with_pool, size, &header, &own);
        if (!read_block(walk, layout, pool->at, at - layout->block_link, header, &block) ||
            block.used - block.data < own || walk->extent_count == walk->extent_max)
            return false;
        if (with_pool && layout->place == API_PLACE_BLOCK && block.data != pool->at)
            return false;
        add_block(walk, index, &block, own);
        at = block.next == first ? 0 : block.next;
        if (is_loop(&loop, at))
            return false;
    }
    return true;
}

static bool add_lists(struct walk *walk, uint32_t index)
{
    const struct walk_pool *pool = &walk->pools[index];
    const struct api_layout *layout = walk_layout(walk, pool);
    uint64_t count = 1, first;
    if (layout->lists.base != API_BASE_NONE &&
        (!walk_field(walk, &layout->lists, pool->at, &count) || count > WALK_PAGE))
        return false;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t holder = pool->at + layout->pool_blocks + i * layout->stride;
        if (!walk_memory_word(walk->memory, holder, &first) ||
            !add_list(walk, index, first, holder - (layout->block_next - layout->block_link)))
            return false;
    }
    return true;
}

/* A header that lies in no block. */
static void add_header(struct walk *walk, uint32_t index)
{
    struct walk_pool *pool = &walk->pools[index];
    const uint64_t size = pool_size(walk, pool);
    struct walk_extent *extent = walk_add_extent(walk, index, WALK_BLOCK);
    if (!extent)
        return;
    extent->begin = extent->target = pool->at;
    extent->data = extent->used = extent->end = pool->at + (size ? size : 1);
    pool->capacity += size;
}

/* What malloc() gave for the allocation at DATA; 0: it does not look like one of its. */
static uint64_t malloc_size(struct walk *walk, uint64_t data)
{
    uint64_t word;
    if (!walk_memory_word(walk->memory, data - MALLOC_WORD, &word))
        return 0;
    const uint64_t size = word & ~(uint64_t)MALLOC_FLAGS;
    const uint64_t header = word & MALLOC_MAPPED ? 2 * MALLOC_WORD : MALLOC_WORD;
    return size > header && size < LARGE_MAX ? size - header : 0;
}

static void add_large(struct walk *walk, uint32_t index, uint64_t data)
{
    struct walk_pool *pool = &walk->pools[index];
    const uint64_t size = malloc_size(walk, data);
    struct walk_extent *extent = size ? walk_add_extent(walk, index, WALK_BLOCK) : NULL;
    if (!extent)
        return;
    extent->begin = extent->target = extent->data = data;
    extent->used = extent->end = data + size;
    pool->large++;
    pool->used += size;
    pool->capacity += size;
}

/* False: the list does not end well. */
static bool add_all_large(struct walk *walk, uint32_t index)
{
    const struct walk_pool *pool = &walk->pools[index];
    const struct api_large *large = &walk_layout(walk, pool)->large;
    uint64_t entry, next, data;
    struct loop loop = {0};
    if (large->list == API_NOWHERE)
        return true;
    if (!walk_memory_word(walk->memory, pool->at + large->list, &entry))
        return false;
    for (; entry; entry = next) {
        if (!walk_memory_word(walk->memory, entry + large->next, &next) ||
            !walk_memory_word(walk->memory, entry + large->data, &data) || is_loop(&loop, next))
            return false;
        if (data) /* one that was given back leaves its entry */
            add_large(walk, index, data);
    }
    return true;
}

/* One that is kept from being used again says that it is full. */
static bool is_free(const struct block *block)
{
    return block->used == block->data || block->used == block->end;
}

static void add_free_list(struct walk *walk, const struct api_layout *layout, uint64_t at)
{
    struct loop loop = {0};
    while (at) {
        struct block block;
        struct walk_extent *extent;
        if (!read_block(walk, layout, 0, at, layout->block_size, &block) ||
            (layout->reuse && !is_free(&block)) || is_loop(&loop, at)) {
            walk->lost.links++;
            return;
        }
        extent = walk_add_extent(walk, WALK_NONE, WALK_DEAD);
        if (!extent)
            return;
        extent->begin = at;
        extent->target = extent->data = block.data;
        extent->used = extent->end = block.end;
        at = block.next;
    }
}

bool walk_is_empty_pool(struct walk *walk, uint64_t at, uint64_t end)
{
    uint8_t kind;
    uint64_t size;
    struct block block;
    if (walk->layout_count == 0 || !walk->has_root_type || !walk_kind(walk, at, &kind))
        return false;
    const struct api_layout *layout = walk->layouts[kind];
    return layout->place == API_PLACE_APART && layout->owner != API_NOWHERE &&
           walk_field(walk, &layout->header, at, &size) && size < end - at &&
           read_block(walk, layout, at, at + size, layout->block_size, &block) &&
           block.used == block.data && block.end <= end;
}

void walk_free_list(struct walk *walk, uint64_t block)
{
    if (walk->layout_count > 0)
        add_free_list(walk, walk->layouts[0], block);
}

/* What POOL's allocator is, and the free blocks that it keeps. */
static void add_allocator(struct walk *walk, const struct walk_pool *pool)
{
    const struct api_layout *layout = walk_layout(walk, pool);
    const struct api_allocator *allocator = &layout->allocator;
    uint64_t at, first;
    if (allocator->at == API_NOWHERE ||
        !walk_memory_word(walk->memory, pool->at + allocator->at, &at) || !at ||
        !walk_see(walk, at))
        return;
    walk_own(walk, at, at + allocator->size);
    for (uint32_t i = 0; i < allocator->count; i++) {
        const uint64_t list = at + allocator->lists + i * sizeof(uint64_t);
        if (walk_memory_word(walk->memory, list, &first))
            add_free_list(walk, layout, first);
    }
}

void walk_blocks(struct walk *walk, uint32_t index)
{
    struct walk_pool *pool = &walk->pools[index];
    const struct api_layout *layout = walk_layout(walk, pool);
    bool whole;
    if (layout->place == API_PLACE_APART || pool->flags & WALK_UNKNOWN_KIND)
        add_header(walk, index);
    if (pool->flags & WALK_UNKNOWN_KIND)
        return;
    if (layout->place == API_PLACE_SELF)
        whole = add_list(walk, index, pool->at, 0);
    else
        whole = add_lists(walk, index);
    whole &= add_all_large(walk, index);
    if (!whole)
        pool->flags |= WALK_BROKEN;
    walk_free_chunks(walk, pool);
    add_allocator(walk, pool);
}
