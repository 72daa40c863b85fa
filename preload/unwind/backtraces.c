/* backtraces.c - every distinct backtrace once; see backtraces.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/backtraces.h"

#include "preload/unwind/stack_definitions.h"
#include "preload/util/address_space.h"
#include "preload/util/forked.h"

#include <sys/mman.h>

#define LEVELS 21
#define FIRST_SLOTS                                                                                \
    512u              /* each level has twice the slots of the one before: a forked process copies \
                         the pages of the newest, and is to have few */
#define WINDOW     16 /* slots tried in a level: fewer would be full long before it is */
#define ID_CLAIMED UINT32_MAX

/* The id is stored last, and with it the rest counts. 96 bits of hash stand for the frames. */
struct slot {
    uint64_t hash;
    uint32_t check;
    uint32_t id; /* 0: free, ID_CLAIMED: being written */
};

struct key {
    uint64_t hash;
    uint32_t check;
};

static struct slot *levels[LEVELS];
static uint32_t next_id = 1;
FORKED static unsigned newest; /* level: what is used is in it */

static struct key make_key(const struct backtrace *backtrace)
{
    uint64_t hash = backtrace->depth, check = backtrace->cut + 1u;
    for (unsigned i = 0; i < backtrace->depth; i++) {
        /* Each by itself, so that the multiplications overlap. */
        uint64_t mixed = (backtrace->frames[i] + i) * 0x9fb21c651e98df25u;
        mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u;
        mixed ^= mixed >> 29;
        hash = (hash << 5 | hash >> 59) + mixed;
        check = (check << 13 | check >> 51) ^ mixed * 0x9e3779b97f4a7c15u;
    }
    check ^= check >> 32;
    return (struct key){hash ^ hash >> 29, (uint32_t)check};
}

static size_t level_size(unsigned level)
{
    return ((size_t)FIRST_SLOTS << level) * sizeof(struct slot);
}

/* The level's slots; NULL: not mapped yet. */
static inline struct slot *slots_of(unsigned level)
{
    return __atomic_load_n(&levels[level], __ATOMIC_ACQUIRE);
}

/* The level's slots, mapped when first needed; NULL when there is no memory. */
static struct slot *get_level(unsigned level)
{
    struct slot *slots = slots_of(level);
    if (slots)
        return slots;
    void *mapping = address_space_map(level_size(level));
    if (!mapping)
        return NULL;
    if (__atomic_compare_exchange_n(&levels[level], &slots, mapping, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return mapping;
    address_space_unmap(mapping, level_size(level)); /* another thread was faster */
    return slots;
}

static struct slot *window(struct slot *slots, unsigned level, uint64_t hash)
{
    size_t mask = (FIRST_SLOTS << level) - WINDOW;
    return slots + (hash & mask);
}

/* Does KEY have ID? The slot may be forgotten and filled again meanwhile: ids never come back. */
static bool holds(const struct slot *slot, struct key key, uint32_t id)
{
    return id != ID_CLAIMED && __atomic_load_n(&slot->hash, __ATOMIC_ACQUIRE) == key.hash &&
           __atomic_load_n(&slot->check, __ATOMIC_ACQUIRE) == key.check &&
           __atomic_load_n(&slot->id, __ATOMIC_RELAXED) == id;
}

/* A free slot for KEY in a level, claimed; NULL: there is none, or *KNOWN is its id there. */
static struct slot *claim(struct slot *slots, unsigned level, struct key key, uint32_t *known)
{
    struct slot *slot = window(slots, level, key.hash);
    for (unsigned i = 0; i < WINDOW; i++, slot++) {
        uint32_t id = __atomic_load_n(&slot->id, __ATOMIC_ACQUIRE);
        if (id == 0 && __atomic_compare_exchange_n(&slot->id, &id, ID_CLAIMED, false,
                                                   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            return slot;
        if (holds(slot, key, id)) {
            *known = id;
            return NULL;
        }
    }
    return NULL;
}

/* The id that KEY has in a level; 0: none. A window is filled from its beginning. */
static inline uint32_t find(struct slot *slots, unsigned level, struct key key)
{
    const struct slot *slot = window(slots, level, key.hash);
    for (unsigned i = 0; i < WINDOW; i++, slot++) {
        uint32_t id = __atomic_load_n(&slot->id, __ATOMIC_ACQUIRE);
        if (id == 0)
            break;
        if (holds(slot, key, id))
            return id;
    }
    return 0;
}

static void fill(struct slot *slot, struct key key, uint32_t id)
{
    __atomic_store_n(&slot->hash, key.hash, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->check, key.check, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->id, id, __ATOMIC_RELEASE);
}

static uint32_t define(struct stream *stream, struct slot *slot, struct key key,
                       const struct backtrace *backtrace)
{
    uint32_t id = __atomic_fetch_add(&next_id, 1, __ATOMIC_ACQ_REL);
    bool written = definition_stack(stream, id, backtrace);
    fill(slot, key, written ? id : 0);
    return written ? id : TRACE_NO_STACK;
}

/* The id that KEY has below the newest level. There it is looked for first the next time. */
static __attribute__((noinline)) uint32_t find_older(struct key key, unsigned level)
{
    struct slot *slots = get_level(level);
    uint32_t id = 0, other;
    for (unsigned older = level; older-- > 0;)
        __builtin_prefetch(window(slots_of(older), older, key.hash));
    for (unsigned older = level; id == 0 && older-- > 0;)
        id = find(slots_of(older), older, key);
    struct slot *slot = id ? claim(slots, level, key, &other) : NULL;
    if (slot)
        fill(slot, key, id);
    return id;
}

/* What is looked for is in LEVEL from here on. */
static void note_newest(unsigned level)
{
    unsigned before = level - 1;
    if (level > 0 && __atomic_load_n(&newest, __ATOMIC_RELAXED) == before)
        __atomic_compare_exchange_n(&newest, &before, level, false, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED);
}

/* Puts KEY, which was not found, where there is room from LEVEL downward; else into a new level. */
static uint32_t add(struct stream *stream, struct key key, unsigned level,
                    const struct backtrace *backtrace)
{
    uint32_t known = 0; /* another thread may have been faster */
    for (; level < LEVELS && get_level(level); level++) {
        note_newest(level);
        for (unsigned older = level + 1; older-- > 0;) {
            struct slot *slot = claim(slots_of(older), older, key, &known);
            if (slot)
                return define(stream, slot, key, backtrace);
            if (known)
                return known;
        }
    }
    return TRACE_NO_STACK;
}

uint32_t backtraces_intern(struct stream *stream, const struct backtrace *backtrace)
{
    const struct key key = make_key(backtrace);
    const unsigned level = __atomic_load_n(&newest, __ATOMIC_ACQUIRE);
    struct slot *slots = get_level(level);
    if (!slots)
        return TRACE_NO_STACK;
    uint32_t known = find(slots, level, key);
    if (known == 0)
        known = find_older(key, level);
    return known ? known : add(stream, key, level, backtrace);
}

uint32_t backtraces_next_id(void)
{
    return __atomic_load_n(&next_id, __ATOMIC_ACQUIRE);
}

uint32_t backtraces_split(void)
{
    return __atomic_fetch_add(&next_id, 1, __ATOMIC_ACQ_REL);
}

void backtraces_continue(uint32_t first)
{
    __atomic_store_n(&next_id, first, __ATOMIC_RELEASE);
}

void backtraces_forget(void)
{
    for (unsigned level = 0; level < LEVELS; level++) {
        struct slot *slots = slots_of(level);
        if (slots)
            address_space_wipe(slots, level_size(level));
    }
}
