/*
 * tree.c - from pool to pool: children and siblings, each pool once. The pools found are their own
 * queue, so that a tree of any depth needs no stack.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/walk/internal.h"

#define SIBLINGS_MAX (UINT32_C(1) << 24)
#define NAME_MAX     32 /* bytes of an internal pool's name */

/* The word at OFFSET of the pool at AT; 0: none is given, or it cannot be read. */
static uint64_t pool_word(struct walk *walk, uint64_t at, uint32_t offset)
{
    uint64_t word;
    return offset != API_NOWHERE && walk_memory_word(walk->memory, at + offset, &word) ? word : 0;
}

static bool is_internal(struct walk *walk, const struct api_layout *layout, uint64_t name)
{
    char text[NAME_MAX];
    if (layout->internals == 0 || !name)
        return false;
    walk_string(walk, name, text, sizeof(text));
    for (unsigned i = 0; i < layout->internals; i++) {
        if (slice_equals(layout->internal[i], text))
            return true;
    }
    return false;
}

/* Does the pool at AT say that it is below the one at PARENT, as far as it says anything? */
static bool is_below(struct walk *walk, const struct api_layout *layout, uint64_t at,
                     uint32_t parent)
{
    if (layout->parent == API_NOWHERE || parent == WALK_NONE)
        return true;
    const uint64_t told = pool_word(walk, at, layout->parent);
    return told == 0 || told == walk->pools[parent].at;
}

/* The pool at AT as the library's links have it. WALK_NONE: it cannot be one, or was seen. */
static uint32_t add_pool(struct walk *walk, uint64_t at, uint32_t parent)
{
    uint64_t word;
    if (walk->layout_count == 0 || !walk_memory_word(walk->memory, at, &word) ||
        !is_below(walk, walk->layouts[0], at, parent)) {
        walk->lost.links++;
        return WALK_NONE;
    }
    if (walk->pool_count == walk->pool_max) {
        walk->lost.pools++;
        return WALK_NONE;
    }
    if (!walk_see(walk, at))
        return WALK_NONE;
    const uint32_t index = walk->pool_count++;
    struct walk_pool *pool = &walk->pools[index];
    *pool = (struct walk_pool){.at = at, .parent = parent, .first = WALK_NONE};
    if (!walk_kind(walk, at, &pool->kind))
        pool->flags |= WALK_UNKNOWN_KIND;
    const struct api_layout *layout = walk_layout(walk, pool);
    pool->address = at + layout->address;
    pool->name = layout->names ? pool_word(walk, at, layout->pool_tag) : 0;
    pool->label = pool_word(walk, at, layout->label);
    if (is_internal(walk, layout, pool->name))
        pool->flags |= WALK_INTERNAL;
    walk_blocks(walk, index);
    return index;
}

uint32_t walk_pool(struct walk *walk, uint64_t address, uint32_t parent)
{
    if (walk->layout_count == 0)
        return WALK_NONE;
    return add_pool(walk, address - walk->layouts[0]->address, parent);
}

static bool is_above(const struct walk *walk, uint32_t above, uint32_t pool)
{
    while (pool != above && pool != WALK_NONE)
        pool = walk->pools[pool].parent;
    return pool == above;
}

/* A root turns out to lie below PARENT. False: AT is no such root, or PARENT lies below it. */
static bool adopt_root(struct walk *walk, uint64_t at, uint32_t parent)
{
    for (uint32_t i = 0; i < walk->root_count; i++) {
        struct walk_pool *root = &walk->pools[walk->roots[i]];
        if (root->at != at || root->parent != WALK_NONE || is_above(walk, walk->roots[i], parent))
            continue;
        root->parent = parent;
        return true;
    }
    return false;
}

static void add_children(struct walk *walk, uint32_t parent)
{
    const struct api_layout *layout = walk_layout(walk, &walk->pools[parent]);
    uint64_t child = pool_word(walk, walk->pools[parent].at, layout->pool_children);
    for (uint32_t i = 0; child && i < SIBLINGS_MAX; i++) {
        const uint32_t before = walk->lost.links;
        if (add_pool(walk, child, parent) == WALK_NONE && !adopt_root(walk, child, parent)) {
            walk->lost.links = before + 1; /* the list leads out of the pools, or in a circle */
            return;
        }
        child = pool_word(walk, child, layout->pool_sibling);
    }
}

/* The first root tells what the types of the others are to be compared with. */
static void find_root_type(struct walk *walk, uint64_t address)
{
    const struct api_layout *layout = walk->layouts[0];
    if (walk->has_root_type || walk->layout_count == 0 || layout->type_at == API_NOWHERE)
        return;
    walk->has_root_type =
        walk_memory_copy(walk->memory, address - layout->address + layout->type_at,
                         &walk->root_type, sizeof(walk->root_type));
}

bool walk_tree(struct walk *walk, uint64_t address)
{
    find_root_type(walk, address);
    uint32_t next = walk_pool(walk, address, WALK_NONE);
    if (next == WALK_NONE)
        return false;
    walk->pools[next].flags |= WALK_ROOT;
    if (walk->root_count < WALK_ROOTS_MAX)
        walk->roots[walk->root_count++] = next;
    for (; walk->layouts[0]->tree && next < walk->pool_count; next++)
        add_children(walk, next);
    return true;
}

void walk_string(struct walk *walk, uint64_t address, char *text, size_t size)
{
    size_t length = 0;
    while (length + 1 < size &&
           walk_memory_copy(walk->memory, address + length, &text[length], 1) && text[length])
        length++;
    text[length] = '\0';
}
