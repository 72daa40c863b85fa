/*
 * cached_stack.c - one backtrace and the words of the stack that it follows from; see
 * cached_stack.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/unwind/cached_stack.h"

static uint32_t stride_count(uint32_t words)
{
    return (words + STRIDE_WORDS - 1) / STRIDE_WORDS;
}

static uint32_t returns_size(uint32_t count)
{
    return (count + 31) / 32 * (uint32_t)sizeof(uint32_t);
}

/* Behind its own words. */
static uint32_t *returns_of(const struct cached_stack *cached)
{
    return (uint32_t *)(uintptr_t)cached->end;
}

static bool is_return(const struct cached_stack *cached, uint32_t i)
{
    return returns_of(cached)[i / 32] >> i % 32 & 1;
}

/* Word I: where it is, what it was. */
struct word {
    uint64_t address, value;
};

static inline struct word word_at(const struct cached_stack *cached, uint32_t i)
{
    const struct stride *from = cached->strides;
    uint64_t sp = cached->sp;
    if (i >= cached->own) {
        i -= cached->own;
        from = cached->tail;
        sp = cached->trunk->sp;
    }
    const struct stride *stride = from + i / STRIDE_WORDS;
    return (struct word){sp + (uint64_t)(int64_t)stride->offsets[i % STRIDE_WORDS],
                         stride->values[i % STRIDE_WORDS]};
}

bool cached_stack_holds_within(const struct cached_stack *cached, uint32_t from, uint32_t to)
{
    for (; from < to; from++) {
        struct word word = word_at(cached, from);
        if (stack_word(word.address, 0) != word.value)
            return false;
    }
    return true;
}

int32_t cached_stack_offset(const struct cached_stack *cached, uint32_t i)
{
    return (int32_t)(word_at(cached, i).address - cached->sp);
}

uint64_t cached_stack_value(const struct cached_stack *cached, uint32_t i)
{
    return word_at(cached, i).value;
}

unsigned cached_stack_returns(const struct cached_stack *cached, uint64_t *returns, unsigned count)
{
    unsigned found = 0;
    for (uint32_t i = 0; i < cached->count && found < count; i++) {
        if (is_return(cached, i))
            returns[found++] = cached_stack_value(cached, i);
    }
    return found;
}

static bool is_same_word(const struct stack_trail *trail, uint64_t sp, uint32_t i,
                         const struct cached_stack *other, uint32_t j)
{
    return sp + (uint64_t)(int64_t)(trail->offsets[i] & ~7) ==
               other->sp + (uint64_t)(int64_t)cached_stack_offset(other, j) &&
           trail->values[i] == cached_stack_value(other, j) &&
           (trail->offsets[i] & 1) == is_return(other, j);
}

/* At half of the words and more a trunk is one for what comes after it, too: not main()'s, which
 * all have in common. */
uint32_t cached_stack_own(const struct stack_trail *trail, uint64_t sp,
                          const struct cached_stack *trunk)
{
    uint32_t common = 0;
    while (common < trail->count && common < trunk->count &&
           is_same_word(trail, sp, trail->count - 1 - common, trunk, trunk->count - 1 - common))
        common++;
    uint32_t tail = stride_count(trunk->count - common) * STRIDE_WORDS;
    bool is_worth = 2 * common >= trail->count && tail < trunk->count;
    return trail->count - (is_worth ? trunk->count - tail : 0);
}

uint32_t cached_stack_size(uint32_t count, uint32_t own)
{
    uint32_t strides = stride_count(own) * (uint32_t)sizeof(struct stride);
    return (uint32_t)sizeof(struct cached_stack) + strides + (returns_size(count) + 7) / 8 * 8;
}

void cached_stack_set(struct cached_stack *to, const struct unwind_start *start,
                      const struct stack_trail *trail, uint32_t own,
                      const struct cached_stack *trunk, uint32_t id)
{
    const uint32_t shared = trail->count - own, strides = stride_count(own);
    *to = (struct cached_stack){
        .ip = start->ip,
        .sp = start->sp,
        .start = start,
        .next = to,
        .end = to->strides + strides,
        .trunk = shared ? trunk : NULL,
        .tail = shared ? trunk->strides + (trunk->count - shared) / STRIDE_WORDS : NULL,
        .id = id,
        .count = (uint16_t)trail->count,
        .own = (uint16_t)own,
    };
    for (uint32_t i = 0; i < strides * STRIDE_WORDS; i++) {
        uint32_t from = i < own ? i : own - 1;
        to->strides[i / STRIDE_WORDS].offsets[i % STRIDE_WORDS] = trail->offsets[from] & ~7;
        to->strides[i / STRIDE_WORDS].values[i % STRIDE_WORDS] = trail->values[from];
    }
    memset(returns_of(to), 0, returns_size(trail->count));
    for (uint32_t i = 0; i < trail->count; i++)
        returns_of(to)[i / 32] |= (uint32_t)(trail->offsets[i] & 1) << i % 32;
}
