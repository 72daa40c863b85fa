/* search.c - pools that no tree leads to (search.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/search.h"

#include "preload/walk/heap.h"
#include "preload/walk/internal.h"

#include <string.h>

#define STEP       16u /* bytes: how malloc() aligns */
#define MAGIC_MASK (~UINT32_C(15))
#define LEAD_MAX   256u /* votes that nobody makes up */
/* What malloc() has mapped for one allocation alone: whole pages, 16 bytes of them its header. */
#define ALONE_HEADER 16u
#define ALONE_FLAGS  7u
#define ALONE_MAPPED 2u

static bool is_writable(const struct walk *walk, uint64_t address)
{
    size_t low = 0, high = walk->writable_count;
    while (low < high) { /* the first that ends behind the address */
        const size_t middle = (low + high) / 2;
        if (walk->writable[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low < walk->writable_count && walk->writable[low].begin <= address;
}

static bool holds(const struct walk *walk, const struct api_pool_check *check, uint64_t word)
{
    if (!check->pointer)
        return word >= check->low && word <= check->high;
    return word == 0 ? check->may_be_null : is_writable(walk, word);
}

static uint32_t magic_of(const struct walk *walk, uint64_t at)
{
    uint32_t word = 0;
    walk_memory_copy(walk->memory, at + walk->layouts[0]->magic_at, &word, sizeof(word));
    return word & MAGIC_MASK;
}

static bool has_magic(const struct walk *walk, const struct api_layout *layout, uint64_t at)
{
    return layout->magic_at == API_NOWHERE || magic_of(walk, at) == walk->magic;
}

/* Does the first child of what is at AT, *CHILD or 0, refer back to it? What was moved elsewhere or
 * freed may still look like a pool, but its children belong to another. */
static bool is_parent(const struct walk *walk, const struct api_layout *layout, uint64_t at,
                      uint64_t *child)
{
    uint64_t parent;
    if (!walk_memory_word(walk->memory, at + layout->pool_children, child))
        return false;
    return *child == 0 ||
           (*child % STEP == 0 && is_writable(walk, *child) &&
            walk_memory_word(walk->memory, *child + layout->parent, &parent) && parent == at);
}

/* A pool at AT, if it is one, and its blocks are as they should be; with those below it. */
static void try(struct walk *walk, const struct api_layout *layout, uint64_t at)
{
    uint64_t word, child;
    if (!has_magic(walk, layout, at))
        return;
    for (unsigned i = 0; i < layout->check_count; i++) {
        const struct api_pool_check *check = &layout->checks[i];
        if (!walk_memory_word(walk->memory, at + check->offset, &word) || !holds(walk, check, word))
            return;
    }
    if (layout->magic_at != API_NOWHERE) {
        if (is_parent(walk, layout, at, &child))
            walk_tree(walk, at + layout->address);
        return;
    }
    const uint32_t extents = walk->extent_count;
    const uint32_t pool = walk_pool(walk, at + layout->address, WALK_NONE);
    if (pool == WALK_NONE || !(walk->pools[pool].flags & WALK_BROKEN))
        return;
    walk->pool_count = pool; /* it only looked like one */
    walk->extent_count = extents;
}

/* The word at AT, whose page lies at PAGE; 0: there is none. */
static uint64_t word_at(struct walk *walk, const unsigned char *page, uint64_t at)
{
    uint64_t word = 0;
    if (page)
        memcpy(&word, page + at % WALK_PAGE, sizeof(word));
    else if (!walk_memory_word(walk->memory, at, &word))
        return 0;
    return word;
}

/* What is looked for. */
enum wanted {
    WANTED_ANY,    /* that is not 0 */
    WANTED_MAGIC,  /* what begins with the magic */
    WANTED_PARENT, /* what may refer to a child */
};

/* Is there what is wanted at AT, as far as the page that lies at PAGE tells? */
static bool may_be(struct walk *walk, const unsigned char *page, uint64_t at, enum wanted wanted)
{
    const uint64_t word = word_at(walk, page, at), link = walk->layouts[0]->pool_children;
    if (wanted == WANTED_MAGIC)
        return word != 0 && ((uint32_t)word & MAGIC_MASK) == walk->magic;
    if (wanted == WANTED_ANY || !page || at % WALK_PAGE + link > WALK_PAGE - sizeof(word))
        return word != 0;
    const uint64_t child = word_at(walk, page, at + link);
    return word != 0 && child != 0 && child % STEP == 0;
}

/* Where the pool ends that lies in a mapping of malloc()'s of its own from AT on, before END; 0:
 * there is none. It is an object, in whose data there are no pools. What only looks like one is not
 * asked here: such a mapping is gone when it has been freed. */
static uint64_t end_of_object(struct walk *walk, const struct api_layout *layout, uint64_t at,
                              uint64_t end)
{
    const uint64_t pool = at + ALONE_HEADER;
    uint64_t word, bytes;
    if (at % WALK_PAGE != 0 || layout->magic_at == API_NOWHERE ||
        layout->bytes.base != API_BASE_POOL || !walk_memory_word(walk->memory, at + 8, &word))
        return 0;
    const uint64_t size = word & ~(uint64_t)ALONE_FLAGS;
    if ((word & ALONE_FLAGS) != ALONE_MAPPED || size % WALK_PAGE != 0 || size > end - at ||
        size < WALK_PAGE || (walk->magic && magic_of(walk, pool) != walk->magic) ||
        !walk_field(walk, &layout->bytes, pool, &bytes) || bytes > size - ALONE_HEADER)
        return 0;
    return pool + (bytes & ~(uint64_t)(STEP - 1));
}

/* All places between BEGIN and END where there is what is WANTED. */
static void each_place(struct walk *walk, uint64_t begin, uint64_t end, enum wanted wanted,
                       void (*visit)(struct walk *walk, const struct api_layout *layout,
                                     uint64_t at))
{
    const struct api_layout *layout = walk->layouts[0];
    uint64_t at = (begin + STEP - 1) & ~(uint64_t)(STEP - 1);
    while (at < end && (wanted != WANTED_PARENT || walk->votes < LEAD_MAX)) {
        const uint64_t next = (at & ~(uint64_t)(WALK_PAGE - 1)) + WALK_PAGE;
        const unsigned char *page = walk_memory_page(walk->memory, next - WALK_PAGE);
        uint64_t word;
        if (!page && !walk_memory_word(walk->memory, at, &word))
            at = next;
        const uint64_t behind = at < end ? end_of_object(walk, layout, at, end) : 0;
        if (behind) {
            visit(walk, layout, at + ALONE_HEADER);
            at = behind;
            continue;
        }
        for (; at < next && at < end; at += STEP)
            if (may_be(walk, page, at, wanted))
                visit(walk, layout, at);
    }
}

static void try_all(struct walk *walk, uint64_t begin, uint64_t end)
{
    each_place(walk, begin, end, walk->layouts[0]->magic_at == 0 ? WANTED_MAGIC : WANTED_ANY, try);
}

static void try_given(void *data, uint64_t begin, uint64_t end, bool chunk)
{
    struct walk *walk = data;
    if (chunk)
        try(walk, walk->layouts[0], begin);
    else
        try_all(walk, begin, end);
}

/* What refers to its first child, and that back to it, as pools do. The majority's magic counts:
 * others are of pools that were ended, or no pools. */
static void vote(struct walk *walk, const struct api_layout *layout, uint64_t at)
{
    uint64_t child;
    if (walk->votes >= LEAD_MAX || !is_parent(walk, layout, at, &child) || child == 0)
        return;
    const uint32_t magic = magic_of(walk, at);
    if (magic == 0 || magic != magic_of(walk, child))
        return;
    if (walk->votes == 0)
        walk->magic = magic;
    if (walk->magic == magic)
        walk->votes++;
    else
        walk->votes--;
}

void walk_find_magic(struct walk *walk, uint64_t begin, uint64_t end)
{
    const struct api_layout *layout = walk->layout_count ? walk->layouts[0] : NULL;
    if (layout && layout->magic_at != API_NOWHERE && walk->votes < LEAD_MAX)
        each_place(walk, begin, end, WANTED_PARENT, vote);
}

void walk_search(struct walk *walk, uint64_t begin, uint64_t end, bool heap)
{
    if (walk->layout_count == 0 || walk->layouts[0]->check_count == 0 ||
        (walk->layouts[0]->magic_at != API_NOWHERE && walk->magic == 0))
        return;
    /* What the magic tells may lie further on in what was allocated. */
    const bool begins = walk->layouts[0]->magic_at == API_NOWHERE;
    if (heap && begins && walk_is_heap(walk->memory, begin, end))
        walk_heap(walk->memory, begin, end, try_given, walk);
    else
        try_all(walk, begin, end);
}
