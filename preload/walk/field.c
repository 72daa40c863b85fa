/*
 * field.c - what the walk asks of memory by a description, and which addresses it has seen.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/walk/internal.h"

bool walk_see(struct walk *walk, uint64_t address)
{
    const uint32_t mask = walk->seen_max - 1;
    uint32_t slot = (uint32_t)((address * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    for (uint32_t i = 0; i < walk->seen_max; i++, slot = (slot + 1) & mask) {
        if (walk->seen[slot] == address)
            return false;
        if (walk->seen[slot] == 0) {
            walk->seen[slot] = address;
            return true;
        }
    }
    return false;
}

bool walk_field(struct walk *walk, const struct api_field *field, uint64_t base, uint64_t *value)
{
    uint64_t word = field->offset;
    if (field->base == API_BASE_NONE)
        return false;
    if (field->base != API_BASE_NUMBER) {
        word = 0; /* the machine's numbers begin with their low bytes */
        if (!walk_memory_copy(walk->memory, base + field->offset, &word, field->width))
            return false;
    }
    *value = (word >> field->shift) + field->plus;
    return true;
}

/* Where no type tells: the first layout that has the pool at AT behind its first block's header. */
static uint8_t fitting_kind(struct walk *walk, uint64_t at)
{
    uint64_t block;
    for (unsigned i = 0; walk->layout_count > 1 && i < walk->layout_count; i++) {
        const struct api_layout *layout = walk->layouts[i];
        if (layout->place == API_PLACE_BLOCK &&
            walk_memory_word(walk->memory, at + layout->pool_blocks, &block) &&
            block - layout->block_link + layout->block_size == at)
            return (uint8_t)i;
    }
    return 0;
}

bool walk_kind(struct walk *walk, uint64_t at, uint8_t *kind)
{
    uint32_t type;
    *kind = 0;
    const uint32_t where = walk->layouts[0]->type_at;
    if (where == API_NOWHERE) {
        *kind = fitting_kind(walk, at);
        return true;
    }
    if (!walk_memory_copy(walk->memory, at + where, &type, sizeof(type)))
        return false;
    for (unsigned i = 0; walk->has_root_type && i < walk->layout_count; i++) {
        if (walk->layouts[i]->type != type - walk->root_type)
            continue;
        *kind = (uint8_t)i;
        return true;
    }
    return false;
}
