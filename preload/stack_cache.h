/*
 * stack_cache.h - backtraces remembered by where they were taken, and verified by the stack itself.
 *
 * A backtrace follows from the first address, the stack pointer, rbp, and the words of the stack
 * that unwinding read: return addresses, and saved rbps. While all of these are as they were, so
 * is the backtrace, and its id is known after a compare a word. That is exact, not a guess: what
 * was read where depends on nothing else, as long as the code stays loaded.
 *
 * A cache belongs to a stream, and so to one thread at one depth of signal nesting.
 * Async-signal-safe.
 */
#ifndef LIFEGUARD_STACK_CACHE_H
#define LIFEGUARD_STACK_CACHE_H

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

/* An empty trail: unwinding begins. */
void stack_trail_begin(struct stack_trail *trail);

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

struct stack_cache;

/* A backtrace in the cache. Followed by its words: their values, then their offsets, both padded to
 * whole strides. */
struct remembered {
    uint64_t ip, sp;
    const struct unwind_start *start; /* where rbp was found */
    struct remembered *next;          /* what came after it the last time */
    uint32_t other;                   /* place of what came the last time that it was not that */
    uint32_t id;
    uint16_t count, padded;
    uint32_t returns[TRAIL_WORDS / 32]; /* which words are return addresses */
    uint64_t values[];
};

/* What is remembered for the backtrace that begins at START, valid until something else is; NULL:
 * nothing. */
const struct remembered *stack_cache_find(struct stack_cache *cache,
                                          const struct unwind_start *start);

/* Its return addresses, in order, the first address not among them; COUNT at most. Returns how
 * many.
 */
unsigned remembered_returns(const struct remembered *remembered, uint64_t *returns, unsigned count);

/* Remembers it. *CACHE is made when it is NULL. */
void stack_cache_put(struct stack_cache **cache, const struct unwind_start *start,
                     const struct stack_trail *trail, uint32_t id);

/* Code was unloaded: no cache holds anything any more. */
void stack_caches_forget(void);

/* CACHE changes hands: another thread's stack may end elsewhere. */
void stack_cache_clear(struct stack_cache *cache);

#endif
