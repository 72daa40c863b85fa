#include "stack_cache.h"

#include <sys/mman.h>

/* A loop that calls several functions comes to one place with several backtraces. */
#define WAYS     4
#define SETS     512
#define SET_BITS 9
#define STRIDE   8 /* words compared between two looks at the result */

struct entry {
    uint64_t ip, sp, rbp;
    uint32_t id; /* TRACE_NO_STACK: free */
    uint32_t epoch;
    struct stack_trail trail;
};

struct set {
    uint32_t latest; /* way used last, looked at first */
    struct entry ways[WAYS];
};

struct stack_cache {
    struct set sets[SETS];
};

static uint32_t current_epoch; /* goes up whenever code is unloaded */

void stack_trail_begin(struct stack_trail *trail)
{
    trail->count = 0;
    trail->needs_rbp = false;
    trail->epoch = __atomic_load_n(&current_epoch, __ATOMIC_ACQUIRE);
}

static struct set *find_set(struct stack_cache *cache, const struct unwind_start *start)
{
    uint64_t hash = (start->ip ^ start->sp << 13) * 0x9e3779b97f4a7c15u;
    return &cache->sets[hash >> (64 - SET_BITS)];
}

static bool is_for(const struct entry *entry, const struct unwind_start *start)
{
    return entry->ip == start->ip && entry->sp == start->sp && entry->id != TRACE_NO_STACK &&
           entry->epoch == __atomic_load_n(&current_epoch, __ATOMIC_ACQUIRE) &&
           (entry->rbp == start->rbp || !entry->trail.needs_rbp);
}

/* Without a branch a word, so that the loads overlap; padding words compare equal. */
static bool still_holds(const struct stack_trail *trail, uint64_t sp)
{
    for (uint32_t i = 0; i < trail->count; i += STRIDE) {
        uint64_t different = 0;
        for (uint32_t k = i; k < i + STRIDE; k++)
            different |= *(const uint64_t *)(sp + (trail->offsets[k] & ~7u)) ^ trail->values[k];
        if (different)
            return false;
    }
    return true;
}

uint32_t stack_cache_find(struct stack_cache *cache, const struct unwind_start *start,
                          const struct stack_trail **trail)
{
    if (!cache)
        return TRACE_NO_STACK;
    struct set *set = find_set(cache, start);
    for (uint32_t i = 0, way = set->latest; i < WAYS; i++, way = (way + 1) % WAYS) {
        struct entry *entry = &set->ways[way];
        if (!is_for(entry, start) || !still_holds(&entry->trail, start->sp))
            continue;
        set->latest = way;
        *trail = &entry->trail;
        return entry->id;
    }
    return TRACE_NO_STACK;
}

static struct stack_cache *make_cache(void)
{
    void *cache = mmap(NULL, sizeof(struct stack_cache), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return cache == MAP_FAILED ? NULL : cache;
}

static void copy_trail(struct stack_trail *to, const struct stack_trail *from)
{
    to->count = from->count;
    to->needs_rbp = from->needs_rbp;
    uint32_t padded = (from->count + STRIDE - 1) / STRIDE * STRIDE;
    for (uint32_t i = 0; i < padded; i++) {
        uint32_t source = i < from->count ? i : 0;
        to->offsets[i] = from->offsets[source];
        to->values[i] = from->values[source];
    }
}

void stack_cache_put(struct stack_cache **cache, const struct unwind_start *start,
                     const struct stack_trail *trail, uint32_t id)
{
    if (trail->count == 0 || trail->count > TRAIL_WORDS || id == TRACE_NO_STACK)
        return;
    if (!*cache)
        *cache = make_cache();
    if (!*cache)
        return;
    struct set *set = find_set(*cache, start);
    set->latest = (set->latest + 1) % WAYS;
    struct entry *entry = &set->ways[set->latest];
    /* A handler that comes now and leaves by siglongjmp() leaves no half an entry behind. */
    entry->id = TRACE_NO_STACK;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    entry->ip = start->ip;
    entry->sp = start->sp;
    entry->rbp = start->rbp;
    entry->epoch = trail->epoch;
    copy_trail(&entry->trail, trail);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    entry->id = id;
}

void stack_caches_forget(void)
{
    __atomic_fetch_add(&current_epoch, 1, __ATOMIC_ACQ_REL);
}

void stack_cache_clear(struct stack_cache *cache)
{
    if (cache)
        madvise(cache, sizeof(*cache), MADV_DONTNEED);
}
