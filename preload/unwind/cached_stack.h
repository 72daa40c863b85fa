/*
 * cached_stack.h - one backtrace and the words of the stack that it follows from.
 *
 * Its outer words are most often those of many others: they are kept once, with one of these, its
 * trunk. What is compared at every event then fits the first cache, beside what the program works
 * with.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_CACHED_STACK_H
#define PRELOAD_UNWIND_CACHED_STACK_H

#include "preload/unwind/backtrace.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Backtraces that depend on more are not cached: two words a frame, where each has a frame pointer,
 * and some. */
#define TRAIL_WORDS (2 * TRACE_DEPTH_MAX + 16)

/* What a backtrace was derived from. */
struct stack_trail {
    uint32_t count; /* words; TRAIL_NONE: too many, or not derived from the stack alone */
    uint32_t epoch; /* when unwinding began: code unloaded since makes it void */
    int32_t offsets[TRAIL_WORDS]; /* bytes from the first stack pointer; + 1: a return address */
    uint64_t values[TRAIL_WORDS];
};

#define TRAIL_NONE (TRAIL_WORDS + 1)

/* Notes that the word at the first stack pointer + OFFSET held VALUE. */
static inline void stack_trail_add(struct stack_trail *trail, uint64_t offset, uint64_t value,
                                   bool is_return)
{
    if (trail->count >= TRAIL_WORDS || (uint64_t)(int64_t)(int32_t)offset != offset) {
        trail->count = TRAIL_NONE;
        return;
    }
    trail->offsets[trail->count] = (int32_t)offset | is_return;
    trail->values[trail->count++] = value;
}

#define STRIDE_WORDS 4

/* Words that are compared one after the other; where there are fewer, the last of them once more.
 */
struct stride {
    uint64_t values[STRIDE_WORDS];
    int32_t offsets[STRIDE_WORDS]; /* from the stack pointer of what they belong to */
};

/* Followed by its own words, in strides, and by a bit for each word, the trunk's too, that is a
 * return address. */
struct cached_stack {
    uint64_t ip, sp;
    const struct unwind_start *start; /* where rbp was found */
    struct cached_stack *next;        /* what came after it the last time */
    const struct stride *end;         /* of its own words */
    const struct cached_stack *trunk; /* has no trunk itself; NULL: all words are its own */
    const struct stride *tail;        /* those of the trunk's words that are common, to their end */
    uint32_t other;                   /* place of what came the last time that it was not `next` */
    uint32_t id;
    uint16_t count; /* words, all */
    uint16_t own;   /* words of its own */
    struct stride strides[];
};

static inline uint64_t stack_word(uint64_t sp, int64_t offset)
{
    return *(const uint64_t *)(sp + (uint64_t)offset);
}

static inline bool cached_stack_is_at(const struct cached_stack *cached,
                                      const struct unwind_start *start)
{
    return cached->ip == start->ip && cached->sp == start->sp && cached->start == start;
}

/* Two offsets in one load: it is loads that this takes its time for. */
static inline uint64_t two_offsets(const struct stride *stride, unsigned first)
{
    uint64_t two;
    memcpy(&two, stride->offsets + first, sizeof(two));
    return two;
}

static inline bool stride_holds(const struct stride *stride, uint64_t sp)
{
    const uint64_t *values = stride->values;
    const uint64_t a = two_offsets(stride, 0), b = two_offsets(stride, 2);
    return stack_word(sp, (int32_t)a) == values[0] &&
           stack_word(sp, (int64_t)a >> 32) == values[1] &&
           stack_word(sp, (int32_t)b) == values[2] && stack_word(sp, (int64_t)b >> 32) == values[3];
}

static inline bool strides_hold(const struct stride *from, const struct stride *end, uint64_t sp)
{
    for (; from < end; from++) {
        if (!stride_holds(from, sp))
            return false;
    }
    return true;
}

/* Whether all its words are on the stack still. */
static inline bool cached_stack_holds(const struct cached_stack *cached)
{
    if (!strides_hold(cached->strides, cached->end, cached->sp))
        return false;
    const struct cached_stack *trunk = cached->trunk;
    return !trunk || strides_hold(cached->tail, trunk->end, trunk->sp);
}

/* Whether words FROM up to TO are. */
bool cached_stack_holds_within(const struct cached_stack *cached, uint32_t from, uint32_t to);

/* Where word I lies, from the first stack pointer; and what it was. */
int32_t cached_stack_offset(const struct cached_stack *cached, uint32_t i);
uint64_t cached_stack_value(const struct cached_stack *cached, uint32_t i);

/* Its return addresses, in order, the first address not among them; COUNT at most. Returns how
 * many. */
unsigned cached_stack_returns(const struct cached_stack *cached, uint64_t *returns, unsigned count);

/* How many words of TRAIL, which begins at SP, its backtrace must have of its own if TRUNK, which
 * has all its own, has the others. All, where that is not worth while. */
uint32_t cached_stack_own(const struct stack_trail *trail, uint64_t sp,
                          const struct cached_stack *trunk);

/* Bytes, of a backtrace of COUNT words with OWN of its own. */
uint32_t cached_stack_size(uint32_t count, uint32_t own);

/* Fills in TO, of that size; what came after it is not known. */
void cached_stack_set(struct cached_stack *to, const struct unwind_start *start,
                      const struct stack_trail *trail, uint32_t own,
                      const struct cached_stack *trunk, uint32_t id);

#endif
