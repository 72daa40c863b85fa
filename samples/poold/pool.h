/*
 * pool.h - hierarchical memory pools with the interface and the memory layout of ProFTPD's.
 *
 * A pool's memory ends with the pool; a pool ends with its parent. Blocks of ended pools go to a
 * free list and are handed out again: they never return to malloc. Not thread-safe. Sizes are
 * bytes; an allocation takes a multiple of 8. When memory is out, the process ends with status 1.
 */
#ifndef POOLD_POOL_H
#define POOLD_POOL_H

#include <stddef.h>

/*
 * POOL_ENTRY: callers see no more of the function than its prototype, so that each call of it is
 * a real call with the arguments of the ABI; -DPOOL_ENTRY= leaves that to the compiler. KEEP_FRAME:
 * the function shows in every backtrace taken below it.
 */
#ifndef POOL_ENTRY
#ifdef __clang__
#define POOL_ENTRY __attribute__((noinline, used))
#else
#define POOL_ENTRY __attribute__((noipa))
#endif
#endif
#ifdef __clang__
#define KEEP_FRAME __attribute__((noinline, disable_tail_calls))
#else
#define KEEP_FRAME __attribute__((noipa, optimize("no-optimize-sibling-calls")))
#endif

typedef struct pool_rec pool;

/* The root of all pools; lives until the process ends. NULL before init_pools(). */
extern pool *permanent_pool;

void init_pools(void);

/* Returns an empty pool that ends with PARENT at the latest; NULL: a root. */
pool *make_sub_pool(pool *parent);

/* The same, with a first block for SIZE bytes and no more: for pools that stay small. */
pool *pr_pool_create_sz(pool *parent, size_t size);

/*
 * Runs POOL's cleanups, newest first, ends its subpools in the same way, and frees its memory.
 * NULL: nothing happens.
 */
void destroy_pool(pool *pool);

/* Names POOL, for people. TAG is borrowed and must live as long as POOL. NULL, NULL: ignored. */
void pr_pool_tag(pool *pool, const char *tag);

/*
 * Return SIZE bytes, aligned to 8, that end with POOL; NULL when SIZE is 0 or POOL is NULL. The
 * pcalloc ones are zeroed. Where a new block is needed, the ...sz ones take it no larger than SIZE.
 */
void *palloc(pool *pool, size_t size);
void *pallocsz(pool *pool, size_t size);
void *pcalloc(pool *pool, size_t size);
void *pcallocsz(pool *pool, size_t size);

/*
 * CALL(DATA) happens when POOL ends. unregister_cleanup() takes back the newest such cleanup of
 * that DATA and CALL.
 */
void register_cleanup(pool *pool, void *data, void (*call)(void *data));
void unregister_cleanup(pool *pool, void *data, void (*call)(void *data));

typedef struct {
    pool *pool;
    size_t elt_size;
    unsigned nelts, nalloc;
    void *elts;
} array_header;

/* Returns an empty array with room for ROOM elements of SIZE bytes, in POOL. */
array_header *make_array(pool *pool, unsigned room, size_t size);

/* Appends an element to ARRAY and returns it, not initialised; earlier elements may move. */
void *push_array(array_header *array);

/* Returns a copy of TEXT in POOL. */
char *pstrdup(pool *pool, const char *text);

#endif
/* SPDX-License-Identifier: MIT */
