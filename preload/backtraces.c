#include "backtraces.h"

#include "stack_definitions.h"

#include <errno.h>
#include <sys/mman.h>

#define LEVELS      18
#define FIRST_SLOTS 4096u /* each level has twice the slots of the one before */
#define WINDOW      8     /* slots tried in a level */
#define ID_CLAIMED  UINT32_MAX

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

/* The level's slots, mapped when first needed; NULL when there is no memory. */
static struct slot *get_level(unsigned level)
{
    struct slot *slots = __atomic_load_n(&levels[level], __ATOMIC_ACQUIRE);
    if (slots)
        return slots;
    int error = errno;
    void *mapping = mmap(NULL, level_size(level), PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    errno = error;
    if (mapping == MAP_FAILED)
        return NULL;
    if (__atomic_compare_exchange_n(&levels[level], &slots, mapping, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
        return mapping;
    munmap(mapping, level_size(level)); /* another thread was faster */
    return slots;
}

static struct slot *window(struct slot *slots, unsigned level, uint64_t hash)
{
    size_t mask = (FIRST_SLOTS << level) - WINDOW;
    return slots + (hash & mask);
}

static uint32_t define(struct stream *stream, struct slot *slot, struct key key,
                       const struct backtrace *backtrace)
{
    uint32_t id = __atomic_fetch_add(&next_id, 1, __ATOMIC_ACQ_REL);
    __atomic_store_n(&slot->hash, key.hash, __ATOMIC_RELAXED);
    __atomic_store_n(&slot->check, key.check, __ATOMIC_RELAXED);
    bool written = definition_stack(stream, id, backtrace);
    __atomic_store_n(&slot->id, written ? id : 0, __ATOMIC_RELEASE);
    return written ? id : TRACE_NO_STACK;
}

/* Does KEY have ID? The slot may be forgotten and filled again meanwhile: ids never come back. */
static bool holds(const struct slot *slot, struct key key, uint32_t id)
{
    return id != ID_CLAIMED && __atomic_load_n(&slot->hash, __ATOMIC_ACQUIRE) == key.hash &&
           __atomic_load_n(&slot->check, __ATOMIC_ACQUIRE) == key.check &&
           __atomic_load_n(&slot->id, __ATOMIC_RELAXED) == id;
}

/* All levels' slots come from memory at once, not one after the other. */
static void fetch(uint64_t hash)
{
    for (unsigned level = 0; level < LEVELS; level++) {
        struct slot *slots = __atomic_load_n(&levels[level], __ATOMIC_ACQUIRE);
        if (!slots) /* they are mapped in order */
            break;
        __builtin_prefetch(window(slots, level, hash));
    }
}

/*
 * The id that KEY has; 0: none yet. Where there are many, the largest levels have most of them. A
 * window is filled from its beginning.
 */
static uint32_t find(struct key key)
{
    for (unsigned level = LEVELS; level-- > 0;) {
        struct slot *slots = __atomic_load_n(&levels[level], __ATOMIC_ACQUIRE);
        if (!slots)
            continue;
        const struct slot *slot = window(slots, level, key.hash);
        for (unsigned i = 0; i < WINDOW; i++, slot++) {
            uint32_t id = __atomic_load_n(&slot->id, __ATOMIC_ACQUIRE);
            if (id == 0)
                break;
            if (holds(slot, key, id))
                return id;
        }
    }
    return 0;
}

uint32_t backtraces_intern(struct stream *stream, const struct backtrace *backtrace)
{
    struct key key = make_key(backtrace);
    fetch(key.hash);
    uint32_t known = find(key);
    for (unsigned level = 0; known == 0 && level < LEVELS; level++) {
        struct slot *slots = get_level(level);
        if (!slots)
            break;
        struct slot *slot = window(slots, level, key.hash);
        for (unsigned i = 0; i < WINDOW; i++, slot++) {
            uint32_t id = __atomic_load_n(&slot->id, __ATOMIC_ACQUIRE);
            if (id == 0 && __atomic_compare_exchange_n(&slot->id, &id, ID_CLAIMED, false,
                                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
                return define(stream, slot, key, backtrace);
            if (holds(slot, key, id))
                return id;
        }
    }
    return known;
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
        struct slot *slots = __atomic_load_n(&levels[level], __ATOMIC_ACQUIRE);
        if (slots)
            madvise(slots, level_size(level), MADV_DONTNEED);
    }
}
