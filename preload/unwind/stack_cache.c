/*
 * What is cached is looked for first where it most likely is: what came after the last
 * backtrace the last time, and the last time that it was something else. Then in a tree, for each
 * first address and stack pointer one. A node stands for words that all below it have in common;
 * the word behind them tells the branches apart. It lies at the same place in all of them, because
 * where it lies follows from the words before.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/unwind/stack_cache.h"

#include "preload/util/address_space.h"
#include "preload/util/system_calls.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define LINE         64u
#define PAGE         4096u
#define FETCHED      (4 * LINE) /* header and 15 words; those of a trunk are at hand */
#define ARENA_BYTES  (2u << 20)
#define NODES_FIRST  128u /* twice as many each time they are too few: an idle process has few */
#define NODES_LAST   8192u
#define SLOTS(nodes) (2 * (nodes)) /* a power of two; the table lies behind all smaller ones */
#define ROOTS        UINT32_MAX
#define SEEN_WORDS   256u /* of 64 bits */
#define BUSY         UINT32_MAX
#define SITES        64u

/*
 * Where call trees change from call to call, to look for them and to remember them is in vain: only
 * one backtrace in so many is, until more than a third of these are found again. Where it goes on
 * being in vain, fewer and fewer.
 */
#define DOUBT_MAX  512u
#define DOUBTFUL   256u
#define SAMPLE     8u /* up to PATIENCE in vain; then twice as many for each VAIN_STAGE more */
#define PATIENCE   8192u
#define VAIN_STAGE 2048u
#define VAIN_MAX   (PATIENCE + 5 * VAIN_STAGE)
#define VAIN_LESS  4u

/*
 * Words FROM up to TO of a backtrace; with TO its count it is the end of that backtrace. It is
 * found by its parent, or ROOTS, and the value of the word in front of it.
 */
struct node {
    uint64_t value;
    uint32_t parent;
    uint32_t number; /* 0: a free slot */
    uint32_t place;  /* of the backtrace */
    uint16_t from, to;
    int32_t branch; /* offset of the word behind */
    uint32_t is_end;
};

struct stack_cache {
    uint32_t epoch; /* BUSY: being written; to be found so, its writer never came back */
    struct cached_stack *last, *next; /* what was found or put last, and what came after that */
    uint32_t used;                    /* bytes of the arena */
    uint32_t
        doubt; /* grows by one with each not found in the tree, shrinks by two with each found */
    uint32_t doubted; /* how many came while it was large */
    uint32_t vain;    /* as doubt, over a longer time: shrinks by VAIN_LESS */
    bool was_full;    /* only then is there anything to doubt */
    uint32_t node_count, node_limit;
    uint32_t sites[SITES];     /* places of what was found last, by hash of where it begins */
    uint64_t seen[SEEN_WORDS]; /* a bit by hash */
    _Alignas(64) struct node nodes[2 * SLOTS(NODES_LAST)]; /* tables, by hash, of each size */
    char arena[ARENA_BYTES];
};

/* Goes up whenever code is unloaded. What is zeros is of no epoch. */
static uint32_t current_epoch = 1;

void stack_trail_begin(struct stack_trail *trail)
{
    trail->count = 0;
    trail->epoch = __atomic_load_n(&current_epoch, __ATOMIC_ACQUIRE);
}

static inline struct cached_stack *at(struct stack_cache *cache, uint32_t place)
{
    return (struct cached_stack *)(void *)(cache->arena + place);
}

static inline struct node *node_table(struct stack_cache *cache)
{
    return cache->nodes + SLOTS(cache->node_limit);
}

/* Where the node is or would be. */
static inline struct node *find_node(struct stack_cache *cache, uint32_t parent, uint64_t value)
{
    uint64_t hash = (value ^ (uint64_t)parent << 40) * 0x9e3779b97f4a7c15u;
    uint32_t mask = SLOTS(cache->node_limit) - 1;
    for (uint32_t i = (uint32_t)(hash >> 40);; i++) {
        struct node *node = node_table(cache) + (i & mask);
        if (node->number == 0 || (node->value == value && node->parent == parent))
            return node;
    }
}

static inline uint64_t root_of(const struct unwind_start *start)
{
    return start->ip ^ start->sp * 0xd6e8feb86659fd93u;
}

/* All of a backtrace at once takes less time than a good part of it word by word. */
static inline bool node_holds(const struct node *node, const struct cached_stack *cached)
{
    if (node->is_end && 3u * (node->to - node->from) >= cached->count)
        return cached_stack_holds(cached);
    return node->from >= node->to || cached_stack_holds_within(cached, node->from, node->to);
}

static __attribute__((noinline)) struct cached_stack *find_in_tree(struct stack_cache *cache,
                                                                   const struct unwind_start *start)
{
    const struct node *node = find_node(cache, ROOTS, root_of(start));
    if (node->number == 0 || !cached_stack_is_at(at(cache, node->place), start))
        return NULL;
    for (; node->number;
         node = find_node(cache, node->number, stack_word(start->sp, node->branch))) {
        struct cached_stack *cached = at(cache, node->place);
        if (!node_holds(node, cached))
            return NULL;
        if (node->is_end)
            return cached;
    }
    return NULL;
}

static inline bool is_in_vain(const struct stack_cache *cache)
{
    if (cache->doubt <= DOUBTFUL)
        return false;
    uint32_t more = cache->vain > PATIENCE ? cache->vain - PATIENCE : 0;
    return (cache->doubted & ((SAMPLE << more / VAIN_STAGE) - 1)) != 0;
}

static struct cached_stack *look_in_tree(struct stack_cache *cache,
                                         const struct unwind_start *start)
{
    cache->doubted += cache->doubt > DOUBTFUL;
    if (is_in_vain(cache))
        return NULL;
    struct cached_stack *found = find_in_tree(cache, start);
    if (found) {
        cache->doubt -= cache->doubt < 2 ? cache->doubt : 2;
        cache->vain -= cache->vain < VAIN_LESS ? cache->vain : VAIN_LESS;
    } else {
        cache->doubt += cache->was_full && cache->doubt < DOUBT_MAX;
        cache->vain += cache->was_full && cache->vain < VAIN_MAX;
    }
    return found;
}

static inline bool is_usable(const struct stack_cache *cache)
{
    return cache && cache->epoch == __atomic_load_n(&current_epoch, __ATOMIC_ACQUIRE);
}

/* What is likely to be looked for next comes from memory while the program does something else. */
static inline void fetch(const struct cached_stack *cached)
{
#pragma GCC unroll 4
    for (unsigned i = 0; i < FETCHED; i += LINE)
        __builtin_prefetch((const char *)cached + i);
}

static inline const struct cached_stack *note_found(struct stack_cache *cache,
                                                    struct cached_stack *found)
{
    cache->last = found;
    cache->next = found->next;
    fetch(cache->next);
    return found;
}

/* It came after the last one, whose next it was not. */
static inline void note_next(struct stack_cache *cache, struct cached_stack *next)
{
    struct cached_stack *last = cache->last;
    last->other = (uint32_t)((const char *)last->next - cache->arena);
    last->next = next;
}

static inline bool is_it(const struct cached_stack *cached, const struct unwind_start *start)
{
    return cached_stack_is_at(cached, start) && cached_stack_holds(cached);
}

/* What comes once in a while comes after something else each time, but from the same place. */
static struct cached_stack *look_at_site(struct stack_cache *cache,
                                         const struct unwind_start *start)
{
    uint32_t *site = &cache->sites[root_of(start) * 0x9e3779b97f4a7c15u >> (64 - 6)];
    struct cached_stack *found = at(cache, *site);
    if (is_it(found, start))
        return found;
    found = look_in_tree(cache, start);
    if (found)
        *site = (uint32_t)((const char *)found - cache->arena);
    return found;
}

_Static_assert(SITES == 1u << 6, "as many as there are hashes");

static __attribute__((noinline)) const struct cached_stack *
find_elsewhere(struct stack_cache *cache, const struct unwind_start *start)
{
    struct cached_stack *found = at(cache, cache->last->other);
    if (!is_it(found, start))
        found = look_at_site(cache, start);
    if (!found)
        return NULL;
    note_next(cache, found);
    return note_found(cache, found);
}

const struct cached_stack *stack_cache_find(struct stack_cache *cache,
                                            const struct unwind_start *start)
{
    if (!is_usable(cache))
        return NULL;
    struct cached_stack *expected = cache->next;
    if (is_it(expected, start))
        return note_found(cache, expected);
    return find_elsewhere(cache, start);
}

/* At place 0 lies one that is never found, with no address of code: the last before the first. */
static void reset(struct stack_cache *cache)
{
    if (cache->node_limit == 0)
        cache->node_limit = NODES_FIRST;
    memset(node_table(cache), 0, SLOTS(cache->node_limit) * sizeof(struct node));
    memset(cache->sites, 0, sizeof(cache->sites));
    cache->node_count = 0;
    cache->last = at(cache, 0);
    memset(cache->last, 0, sizeof(*cache->last));
    cache->last->end = cache->last->strides;
    cache->last->next = cache->last;
    cache->used = sizeof(*cache->last);
}

/* The whole pages from FROM up to END are as they were before they were written to. */
static void give_back(const struct node *from, const struct node *end)
{
    const uintptr_t begin = ((uintptr_t)from + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    const uintptr_t last = (uintptr_t)end & ~(uintptr_t)(PAGE - 1);
    const int error = errno;
    if (begin < last && system_calls_may(CALL_POPULATE))
        madvise((void *)begin, last - begin, MADV_DONTNEED);
    errno = error;
}

/* Takes the nodes into a table of twice the size, which lies right behind theirs. */
static void grow(struct stack_cache *cache)
{
    struct node *from = node_table(cache), *end = from + SLOTS(cache->node_limit);
    cache->node_limit *= 2;
    memset(end, 0, SLOTS(cache->node_limit) * sizeof(*end));
    for (struct node *node = from; node < end; node++) {
        if (node->number)
            *find_node(cache, node->parent, node->value) = *node;
    }
    give_back(from, end);
}

static bool has_room(struct stack_cache *cache, uint32_t size)
{
    if (cache->used + size > ARENA_BYTES)
        return false;
    if (cache->node_count + 3 >= cache->node_limit && cache->node_limit < NODES_LAST)
        grow(cache);
    return cache->node_count + 3 < cache->node_limit;
}

/* Words FROM up to TO of what lies at PLACE become the node in SLOT, which is free or moves on. */
static struct node *set_node(struct stack_cache *cache, struct node *slot, uint32_t place,
                             uint32_t from, uint32_t to)
{
    const struct cached_stack *cached = at(cache, place);
    slot->number = ++cache->node_count;
    slot->place = place;
    slot->from = (uint16_t)from;
    slot->to = (uint16_t)to;
    slot->is_end = to == cached->count;
    slot->branch = slot->is_end ? 0 : cached_stack_offset(cached, to);
    return slot;
}

/* A free slot for what follows VALUE behind PARENT. */
static struct node *new_slot(struct stack_cache *cache, uint32_t parent, uint64_t value)
{
    struct node *slot = find_node(cache, parent, value);
    slot->parent = parent;
    slot->value = value;
    return slot;
}

/* A branch from PARENT for what follows word I of what lies at PLACE. */
static void branch(struct stack_cache *cache, uint32_t parent, uint32_t place, uint32_t i)
{
    const struct cached_stack *cached = at(cache, place);
    set_node(cache, new_slot(cache, parent, cached_stack_value(cached, i)), place, i + 1,
             cached->count);
}

/* NODE ends at its word I: what followed, and what lies at PLACE, branch. */
static void split(struct stack_cache *cache, struct node *node, uint32_t i, uint32_t place)
{
    const struct node below = *node;
    uint32_t above = set_node(cache, node, below.place, below.from, i)->number;
    struct node *moved = new_slot(cache, above, cached_stack_value(at(cache, below.place), i));
    moved->number = below.number; /* its branches know it by that */
    moved->place = below.place;
    moved->from = (uint16_t)(i + 1);
    moved->to = below.to;
    moved->branch = below.branch;
    moved->is_end = below.is_end;
    branch(cache, above, place, i);
}

/* From word I on, how far the two are the same. */
static uint32_t compare(const struct cached_stack *a, const struct cached_stack *b, uint32_t i,
                        uint32_t end)
{
    while (i < end && cached_stack_offset(a, i) == cached_stack_offset(b, i) &&
           cached_stack_value(a, i) == cached_stack_value(b, i))
        i++;
    return i;
}

/* Puts what lies at PLACE into its tree. False: it fits nowhere. */
static bool plant(struct stack_cache *cache, const struct unwind_start *start, uint32_t place)
{
    const struct cached_stack *new = at(cache, place);
    struct node *node = find_node(cache, ROOTS, root_of(start));
    if (node->number == 0) {
        set_node(cache, new_slot(cache, ROOTS, root_of(start)), place, 0, new->count);
        return true;
    }
    for (;;) {
        const struct cached_stack *old = at(cache, node->place);
        uint32_t end = node->to < new->count ? node->to : new->count;
        uint32_t i = compare(old, new, node->from, end);
        if (node->is_end && i == node->to && i == new->count) { /* the same, with another id */
            node->place = place;
            return true;
        }
        /* All that is in a tree goes on where this word is, or it would be another tree. */
        if (i >= new->count || i >= old->count ||
            cached_stack_offset(old, i) != cached_stack_offset(new, i) ||
            !cached_stack_is_at(old, start))
            return false;
        if (i < node->to) {
            split(cache, node, i, place);
            return true;
        }
        uint32_t parent = node->number;
        node = find_node(cache, parent, cached_stack_value(new, i));
        if (node->number == 0) {
            branch(cache, parent, place, i);
            return true;
        }
    }
}

/* NULL: there is no room, or it fits nowhere. */
static struct cached_stack *try_to_put(struct stack_cache *cache, const struct unwind_start *start,
                                       const struct stack_trail *trail, uint32_t id)
{
    const struct cached_stack *last = cache->last, *trunk = last->trunk ? last->trunk : last;
    uint32_t own = cached_stack_own(trail, start->sp, trunk);
    uint32_t size = cached_stack_size(trail->count, own);
    if (!has_room(cache, size)) {
        cache->was_full = true;
        return NULL;
    }
    struct cached_stack *put = at(cache, cache->used);
    cached_stack_set(put, start, trail, own, trunk, id);
    if (!plant(cache, start, cache->used))
        return NULL;
    cache->used += size;
    return put;
}

static struct cached_stack *put_trail(struct stack_cache *cache, const struct unwind_start *start,
                                      const struct stack_trail *trail, uint32_t id)
{
    struct cached_stack *put = try_to_put(cache, start, trail, id);
    if (put)
        return put;
    reset(cache);
    return try_to_put(cache, start, trail, id);
}

static struct stack_cache *get_cache(struct stack_cache **place)
{
    if (!*place)
        *place = address_space_map(sizeof(struct stack_cache));
    return *place;
}

bool stack_cache_seen(struct stack_cache **place, const struct unwind_start *start, uint32_t id)
{
    struct stack_cache *cache = get_cache(place);
    const uint64_t hash = (root_of(start) + id) * 0x9e3779b97f4a7c15u >> 32;
    const uint64_t bit = UINT64_C(1) << hash % 64;
    uint64_t *word = cache ? &cache->seen[hash / 64 % SEEN_WORDS] : NULL;
    const bool seen = word && (*word & bit);
    if (word)
        *word |= bit;
    return seen;
}

void stack_cache_put(struct stack_cache **cache_place, const struct unwind_start *start,
                     const struct stack_trail *trail, uint32_t id)
{
    if (trail->count == 0 || trail->count > TRAIL_WORDS || id == TRACE_NO_STACK)
        return;
    struct stack_cache *cache = get_cache(cache_place);
    if (!cache || trail->epoch != __atomic_load_n(&current_epoch, __ATOMIC_ACQUIRE))
        return;
    if (is_usable(cache) && is_in_vain(cache))
        return;
    bool usable = is_usable(cache);
    /* A handler that comes now may leave by siglongjmp(): then the next one starts anew. */
    __atomic_store_n(&cache->epoch, BUSY, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (!usable)
        reset(cache);
    struct cached_stack *put = put_trail(cache, start, trail, id);
    note_next(cache, put);
    cache->last = cache->next = put;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&cache->epoch, trail->epoch, __ATOMIC_RELAXED);
}

void stack_caches_forget(void)
{
    __atomic_fetch_add(&current_epoch, 1, __ATOMIC_ACQ_REL);
}

void stack_cache_clear(struct stack_cache *cache)
{
    address_space_wipe(cache, sizeof(*cache));
}

void stack_cache_forget_thread(struct stream *stream)
{
    if (stream->cache)
        stack_cache_clear(stream->cache);
}
