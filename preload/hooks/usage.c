/* usage.c - what a pool's blocks really hold, by the description's layout; see usage.h. */
#include "preload/hooks/usage.h"

#include "preload/util/readable.h"

#include <sys/mman.h>

#define BLOCKS_MAX 1000000 /* of a pool; a list that is longer is taken for a loop */
#define SURVEY_MAX 65536   /* pools waiting to be looked at */
#define MADE       4096u   /* pools */
#define PAGE       4096u   /* pools lie close together */
#define PAGES      16u

/* Pools that were seen being made, by a hash of the address; a later one may have taken the place.
 */
static uint64_t made[MADE];

/* Pages that were found to be readable, + 1. */
struct pages {
    uint64_t known[PAGES];
};

struct survey {
    struct pages pages;
    uint64_t waiting[SURVEY_MAX];
    unsigned count;
};

/* No call of memset, which may change vector registers: see UNSAVED in the Makefile. */
static void begin(struct pages *pages)
{
    for (unsigned i = 0; i < PAGES; i++)
        __atomic_store_n(&pages->known[i], 0, __ATOMIC_RELAXED);
}

static bool can_read(struct pages *pages, uint64_t address)
{
    const uint64_t page = address / PAGE;
    uint64_t *known = &pages->known[page % PAGES];
    if (*known != page + 1 && !is_readable(address))
        return false;
    *known = page + 1;
    return true;
}

/* Reads a word of a pool, with care unless PAGES is NULL. False: it is not there. */
static inline bool read_word(struct pages *pages, uint64_t address, uint64_t *word)
{
    /* Nothing of a pool lies across two words. */
    if (pages && (address % sizeof(*word) != 0 || !can_read(pages, address)))
        return false;
    *word = *(const uint64_t *)address;
    return true;
}

static inline struct pool_usage measure(const struct api_layout *layout, uint64_t pool,
                                        struct pages *from)
{
    struct pool_usage usage = {0, 0};
    uint64_t block;
    /* A pool is the first thing in its first block; a stale pointer rarely looks like that. */
    if (!read_word(from, pool + layout->pool_blocks, &block) || block + layout->block_size != pool)
        return POOL_USAGE_UNKNOWN;
    const uint64_t first = block;
    for (unsigned i = 0; block && i < BLOCKS_MAX; i++) {
        uint64_t end, next, used, data = block + layout->block_size;
        if (!read_word(from, block + layout->block_end, &end) ||
            !read_word(from, block + layout->block_next, &next) ||
            !read_word(from, block + layout->block_used, &used) || used < data || used > end)
            return POOL_USAGE_UNKNOWN;
        usage.used += used - data;
        usage.capacity += end - data;
        block = next == first ? 0 : next; /* some lists are rings */
    }
    if (block || usage.used < layout->pool_size)
        return POOL_USAGE_UNKNOWN;
    usage.used -= layout->pool_size;
    return usage;
}

static uint64_t *place_of(uint64_t pool)
{
    return &made[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 12)];
}

_Static_assert(MADE == 1u << 12, "as many as there are places");

void usage_made(uint64_t pool)
{
    __atomic_store_n(place_of(pool), pool, __ATOMIC_RELAXED);
}

struct pool_usage usage_of(const struct api_layout *layout, uint64_t pool)
{
    if (!layout->present)
        return POOL_USAGE_UNKNOWN;
    if (pool && __atomic_load_n(place_of(pool), __ATOMIC_RELAXED) == pool)
        return measure(layout, pool, NULL);
    struct pages pages;
    begin(&pages);
    return measure(layout, pool, &pages);
}

const char *usage_name(const struct api_layout *layout, uint64_t pool)
{
    uint64_t name;
    struct pages pages;
    begin(&pages);
    if (!layout->names || !read_word(&pages, pool + layout->pool_tag, &name))
        return NULL;
    for (uint64_t at = name; at < name + TRACE_NAME_MAX; at++) {
        if (!can_read(&pages, at))
            return NULL;
        if (*(const char *)at == '\0')
            break;
    }
    return (const char *)name;
}

static void push(struct survey *survey, uint64_t pool)
{
    if (pool && survey->count < SURVEY_MAX)
        survey->waiting[survey->count++] = pool;
}

void usage_survey(const struct api_layout *layout, struct stream *stream, uint64_t pool)
{
    struct survey *survey = layout->present
                                ? mmap(NULL, sizeof(*survey), PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                                : MAP_FAILED;
    if (survey == MAP_FAILED)
        return;
    push(survey, pool);
    for (unsigned seen = 0; survey->count > 0 && seen < BLOCKS_MAX; seen++) {
        uint64_t at = survey->waiting[--survey->count], child = 0, sibling = 0;
        struct pool_usage usage = measure(layout, at, &survey->pages);
        if (usage.used == UINT64_MAX)
            continue;
        event_survey(stream, at, usage);
        if (read_word(&survey->pages, at + layout->pool_sibling, &sibling) && at != pool)
            push(survey, sibling);
        if (read_word(&survey->pages, at + layout->pool_children, &child))
            push(survey, child);
    }
    munmap(survey, sizeof(*survey));
}
