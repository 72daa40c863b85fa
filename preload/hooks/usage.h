/*
 * usage.h - what a pool's memory really holds, by the description's layout: the proof that nothing
 * was missed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_USAGE_H
#define PRELOAD_HOOKS_USAGE_H

#include "preload/hooks/pool_system.h"
#include "preload/trace/events.h"

struct measure_pages;

/* Room for what usage_tell() writes, when usage_is_short(). */
#define USAGE_EVENTS EVENT_MAX

/* Keeps in SYSTEM the layouts of its description that fit what IMAGE exports. */
void usage_find_layouts(struct pool_system *system, const struct image *image);

/* Is what a pool of SYSTEM holds, or keeps when it is cleared, told in one event at most? */
bool usage_is_short(const struct pool_system *system);

/* Do pools of SYSTEM hold nothing that can be counted but other pools? */
bool usage_counts_pools(const struct pool_system *system);

#define USAGE_MADE  4096u /* pools */
#define USAGE_PLACE 64u   /* bytes of memory that one is made in */

/* Pools that were seen being made, by address: neighbours lie on one page. A later one may have
 * taken the place. The lowest bits, which no pool's address has, tell how many forks before, one
 * after the other. */
extern uint64_t usage_pools[USAGE_MADE];
extern uint64_t usage_forks;

#define USAGE_FORKS UINT64_C(7)

static inline uint64_t *usage_place(uint64_t pool)
{
    return &usage_pools[pool / USAGE_PLACE % USAGE_MADE];
}

/* POOL was seen being made: it can be read as long as it is not seen to end. */
static inline void usage_made(uint64_t pool)
{
    __atomic_store_n(usage_place(pool), pool | usage_forks, __ATOMIC_RELAXED);
}

/* Was POOL? It may have been where this says no: others take its place. */
static inline bool usage_is_made(uint64_t pool)
{
    return (__atomic_load_n(usage_place(pool), __ATOMIC_RELAXED) | USAGE_FORKS) ==
           (pool | USAGE_FORKS);
}

/* Was it made by a process that this one was forked by? As above. */
static inline bool usage_is_inherited(uint64_t pool)
{
    return usage_is_made(pool) && *usage_place(pool) != (pool | usage_forks);
}

/* To end. */
static inline void usage_ended(uint64_t pool)
{
    if (usage_is_made(pool))
        __atomic_store_n(usage_place(pool), 0, __ATOMIC_RELAXED);
}

/* Ends are not seen from here on. */
void usage_forget(void);

/* In the child of a fork: what was made is its parent's. */
void usage_forked(void);

/* Calls SEEN for the pools that this process itself made, as far as they have their places. */
typedef void usage_own(void *data, uint64_t pool);
void usage_each_own(usage_own *seen, void *data);

/* The pool that POOL, which looks like one, is in, and that has it among those below it: not so
 * what is about to end. 0: there is none, or the layout does not tell. */
uint64_t usage_parent(const struct pool_system *system, uint64_t pool);

/*
 * Of POOL, which the program is about to destroy or clear: tells what can be counted in it, and
 * returns what its blocks hold, in bytes. Unknown when it does not look like one. What was
 * not seen being made may be anything, and is read with care.
 */
struct pool_usage usage_tell(struct stream *stream, const struct pool_system *system,
                             uint64_t pool);

/* The bytes of POOL, which is about to be cleared, that are nobody's then and still in use. */
uint64_t usage_kept(const struct pool_system *system, uint64_t pool);

/* As usage_tell(), where pools are what is counted: before POOL, which may stay, is destroyed. */
void usage_tell_pools(struct stream *stream, const struct pool_system *system, uint64_t pool);

/* What the blocks of POOL, which somebody holds, have; unknown where the bytes do not tell. False:
 * it does not look like a pool of SYSTEM, of which that is known. */
bool usage_looks(const struct pool_system *system, uint64_t pool, struct pool_usage *usage);

/* The same, with care: PAGES are those that were read before, in the same call. */
bool usage_looks_with(const struct pool_system *system, uint64_t pool, struct measure_pages *pages,
                      struct pool_usage *usage);

/* The same, read with care but for what is known to be there: see below. */
const char *usage_name_with_care(const struct api_layout *layout, uint64_t pool, uint64_t known);

/* The name of a pool that looks like one, in the program's memory, and not at KNOWN; NULL: it has
 * none, or the layout does not say where it is. */
static inline const char *usage_name(const struct pool_system *system, uint64_t pool,
                                     uint64_t known)
{
    const struct api_layout *layout = system->layout_count > 0 ? system->layouts[0] : NULL;
    if (!layout || !layout->names)
        return NULL;
    if (usage_is_made(pool)) {
        const uint64_t name = operand_load(pool - layout->address + layout->pool_tag);
        if (!name || name == known)
            return NULL;
    }
    return usage_name_with_care(layout, pool, known);
}

/* As a process ends, of a POOL that a walk has found: writes what it holds, after FOUND was called.
 * Nothing where it does not look like one. PAGES are those that were read before. */
typedef void usage_visit(struct stream *stream, const struct pool_system *system, uint64_t pool);
void usage_survey(struct stream *stream, const struct pool_system *system, uint64_t pool,
                  struct measure_pages *pages, usage_visit *found);

#endif
