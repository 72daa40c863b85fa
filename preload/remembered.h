/*
 * remembered.h - one backtrace and the words of the stack that it follows from.
 *
 * Its outer words are most often those of many others: they are kept once, with one of these, its
 * trunk. What is compared at every event then fits the first cache, beside what the program works
 * with.
 */
#ifndef LIFEGUARD_REMEMBERED_H
#define LIFEGUARD_REMEMBERED_H

#include "unwind.h"

#include <stdbool.h>
#include <stdint.h>

#define TRAIL_WORDS 160 /* backtraces that depend on more are not remembered */

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

#define WORDS_STRIDE 4 /* compared between two looks at the result */

/* Followed by its own words: their values, then their offsets, both padded to whole strides; and by
 * a bit for each word, the trunk's too, that is a return address. */
struct remembered {
    uint64_t ip, sp;
    const struct unwind_start *start; /* where rbp was found */
    struct remembered *next;          /* what came after it the last time */
    const struct remembered *trunk;   /* has no trunk itself; NULL: all words are its own */
    uint32_t other;                   /* place of what came the last time that it was not that */
    uint32_t id;
    uint16_t count;       /* words, all */
    uint16_t own, padded; /* words of its own, and with padding */
    uint16_t tail;        /* where in the trunk's words the others begin: a whole stride */
    uint64_t values[];
};

static inline int32_t *remembered_offsets(const struct remembered *remembered)
{
    return (int32_t *)(void *)(remembered->values + remembered->padded);
}

static inline uint64_t stack_word(uint64_t sp, int32_t offset)
{
    return *(const uint64_t *)(sp + (uint64_t)(int64_t)offset);
}

static inline bool remembered_is_at(const struct remembered *remembered,
                                    const struct unwind_start *start)
{
    return remembered->ip == start->ip && remembered->sp == start->sp && remembered->start == start;
}

/* Where words lie one after the other. */
struct words {
    const uint64_t *values;
    const int32_t *offsets; /* from SP */
    uint64_t sp;
};

static inline struct words own_words(const struct remembered *remembered, uint32_t i)
{
    return (struct words){remembered->values + i, remembered_offsets(remembered) + i,
                          remembered->sp};
}

/* Those from word I on, up to the last of its own or of all. */
static inline struct words words_from(const struct remembered *remembered, uint32_t i)
{
    return i < remembered->own
               ? own_words(remembered, i)
               : own_words(remembered->trunk, i - remembered->own + remembered->tail);
}

/* Without a branch a word, so that the loads overlap; padding words compare equal. */
static inline bool words_hold(struct words words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += WORDS_STRIDE) {
        uint64_t different = stack_word(words.sp, words.offsets[i]) ^ words.values[i];
        different |= stack_word(words.sp, words.offsets[i + 1]) ^ words.values[i + 1];
        different |= stack_word(words.sp, words.offsets[i + 2]) ^ words.values[i + 2];
        different |= stack_word(words.sp, words.offsets[i + 3]) ^ words.values[i + 3];
        if (different)
            return false;
    }
    return true;
}

/* Whether all its words are on the stack still. */
static inline bool remembered_holds(const struct remembered *remembered)
{
    if (!words_hold(own_words(remembered, 0), remembered->padded))
        return false;
    const struct remembered *trunk = remembered->trunk;
    return !trunk || words_hold(own_words(trunk, remembered->tail),
                                (uint32_t)trunk->padded - remembered->tail);
}

/* Whether words FROM up to TO are. */
bool remembered_holds_within(const struct remembered *remembered, uint32_t from, uint32_t to);

/* Where word I lies, from the first stack pointer; and what it was. */
int32_t remembered_offset(const struct remembered *remembered, uint32_t i);
uint64_t remembered_value(const struct remembered *remembered, uint32_t i);

/* Its return addresses, in order, the first address not among them; COUNT at most. Returns how
 * many. */
unsigned remembered_returns(const struct remembered *remembered, uint64_t *returns, unsigned count);

/* How many words of TRAIL, which begins at SP, its backtrace must have of its own if TRUNK, which
 * has all its own, has the others. All, where that is not worth while. */
uint32_t remembered_own(const struct stack_trail *trail, uint64_t sp,
                        const struct remembered *trunk);

/* Bytes, of a backtrace of COUNT words with OWN of its own. */
uint32_t remembered_size(uint32_t count, uint32_t own);

/* Fills in TO, of that size; what came after it is not known. */
void remembered_set(struct remembered *to, const struct unwind_start *start,
                    const struct stack_trail *trail, uint32_t own, const struct remembered *trunk,
                    uint32_t id);

#endif
