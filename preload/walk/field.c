/*
 * field.c - what the walk asks of memory by a description, and which addresses it has seen.
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
