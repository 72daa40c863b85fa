#include "remembered.h"

#include <string.h>

static uint32_t padded_count(uint32_t count)
{
    return (count + WORDS_STRIDE - 1) / WORDS_STRIDE * WORDS_STRIDE;
}

static uint32_t returns_size(uint32_t count)
{
    return (count + 31) / 32 * (uint32_t)sizeof(uint32_t);
}

static uint32_t *returns_of(const struct remembered *remembered)
{
    return (uint32_t *)(void *)(remembered_offsets(remembered) + remembered->padded);
}

static bool is_return(const struct remembered *remembered, uint32_t i)
{
    return returns_of(remembered)[i / 32] >> i % 32 & 1;
}

bool remembered_holds_within(const struct remembered *remembered, uint32_t from, uint32_t to)
{
    while (from < to) {
        struct words words = words_from(remembered, from);
        uint32_t end = from < remembered->own && remembered->own < to ? remembered->own : to;
        for (uint32_t i = 0; i < end - from; i++) {
            if (stack_word(words.sp, words.offsets[i]) != words.values[i])
                return false;
        }
        from = end;
    }
    return true;
}

int32_t remembered_offset(const struct remembered *remembered, uint32_t i)
{
    struct words words = words_from(remembered, i);
    return (int32_t)(words.sp - remembered->sp) + *words.offsets;
}

uint64_t remembered_value(const struct remembered *remembered, uint32_t i)
{
    return *words_from(remembered, i).values;
}

unsigned remembered_returns(const struct remembered *remembered, uint64_t *returns, unsigned count)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < remembered->count && found < count; i++) {
        if (is_return(remembered, i))
            returns[found++] = remembered_value(remembered, i);
    }
    return found;
}

static bool is_same_word(const struct stack_trail *trail, uint64_t sp, uint32_t i,
                         const struct remembered *other, uint32_t j)
{
    return sp + (uint64_t)(int64_t)(trail->offsets[i] & ~7) ==
               other->sp + (uint64_t)(int64_t)remembered_offset(other, j) &&
           trail->values[i] == remembered_value(other, j) &&
           (trail->offsets[i] & 1) == is_return(other, j);
}

/* At half of the words and more a trunk is one for what comes after it, too: not main()'s, which
 * all have in common. */
uint32_t remembered_own(const struct stack_trail *trail, uint64_t sp,
                        const struct remembered *trunk)
{
    uint32_t common = 0;
    while (common < trail->count && common < trunk->count &&
           is_same_word(trail, sp, trail->count - 1 - common, trunk, trunk->count - 1 - common))
        common++;
    uint32_t tail = padded_count(trunk->count - common);
    bool is_worth = 2 * common >= trail->count && tail < trunk->count;
    return trail->count - (is_worth ? trunk->count - tail : 0);
}

uint32_t remembered_size(uint32_t count, uint32_t own)
{
    uint32_t words = padded_count(own) * (uint32_t)(sizeof(uint64_t) + sizeof(int32_t));
    return (uint32_t)sizeof(struct remembered) + (words + returns_size(count) + 7) / 8 * 8;
}

void remembered_set(struct remembered *to, const struct unwind_start *start,
                    const struct stack_trail *trail, uint32_t own, const struct remembered *trunk,
                    uint32_t id)
{
    bool is_shared = own < trail->count;
    *to = (struct remembered){
        .ip = start->ip,
        .sp = start->sp,
        .start = start,
        .next = to,
        .trunk = is_shared ? trunk : NULL,
        .id = id,
        .count = (uint16_t)trail->count,
        .own = (uint16_t)own,
        .padded = (uint16_t)padded_count(own),
        .tail = (uint16_t)(is_shared ? trunk->count - (trail->count - own) : 0),
    };
    for (uint32_t i = 0; i < to->padded; i++) {
        uint32_t from = i < own ? i : own - 1; /* the last: all that share any have that */
        remembered_offsets(to)[i] = trail->offsets[from] & ~7;
        to->values[i] = trail->values[from];
    }
    memset(returns_of(to), 0, returns_size(trail->count));
    for (uint32_t i = 0; i < trail->count; i++)
        returns_of(to)[i / 32] |= (uint32_t)(trail->offsets[i] & 1) << i % 32;
}
