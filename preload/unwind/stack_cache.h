/*
 * stack_cache.h - backtraces cached by where they were taken, and verified by the stack itself.
 *
 * A backtrace follows from the first address, the stack pointer, rbp, and the words of the stack
 * that unwinding read: return addresses, and saved rbps. While all of these are as they were, so
 * is the backtrace, and its id is known after a compare a word. That is exact, not a guess: what
 * was read where depends on nothing else, as long as the code stays loaded.
 *
 * A cache belongs to a stream, and so to one thread at one depth of signal nesting.
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_STACK_CACHE_H
#define PRELOAD_UNWIND_STACK_CACHE_H

#include "preload/trace/stream.h"
#include "preload/unwind/cached_stack.h"

struct stack_cache;

/* An empty trail: unwinding begins. */
void stack_trail_begin(struct stack_trail *trail);

/* What is cached for the backtrace that begins at START, valid until something else is; NULL:
 * nothing. */
const struct cached_stack *stack_cache_find(struct stack_cache *cache,
                                            const struct unwind_start *start);

/* Whether the backtrace with that ID, at START, has been asked about before: what a process does
 * once, most of its start, is not worth the memory. It may say so of another one, too. *CACHE is
 * made when it is NULL. */
bool stack_cache_seen(struct stack_cache **cache, const struct unwind_start *start, uint32_t id);

/* Remembers it. *CACHE is made when it is NULL. */
void stack_cache_put(struct stack_cache **cache, const struct unwind_start *start,
                     const struct stack_trail *trail, uint32_t id);

/* Code was unloaded: no cache holds anything any more. */
void stack_caches_forget(void);

/* Nothing is in CACHE any more. */
void stack_cache_clear(struct stack_cache *cache);

/* For streams_setup(): STREAM changes hands, and another thread's stack may end elsewhere. */
void stack_cache_forget_thread(struct stream *stream);

#endif
