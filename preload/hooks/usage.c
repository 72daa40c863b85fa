#include "preload/hooks/usage.h"

#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCKS_MAX 1000000 /* of a pool; a list that is longer is taken for a loop */
#define SURVEY_MAX 65536   /* pools waiting to be looked at */
#define PAGE       4096u   /* bytes copied at once: pools lie close together */
#define COPIES     16

/* The program's memory, as copied through the kernel. */
struct copies {
    pid_t pid;
    uint64_t pages[COPIES]; /* where each copy is from, + 1; 0: it is none */
    unsigned char bytes[COPIES][PAGE];
};

struct survey {
    struct copies copies;
    uint64_t waiting[SURVEY_MAX];
    unsigned count;
};

static const unsigned char *copy_page(struct copies *copies, uint64_t page)
{
    unsigned i = page / PAGE % COPIES;
    if (copies->pages[i] == page + 1)
        return copies->bytes[i];
    struct iovec to = {copies->bytes[i], PAGE}, from = {(void *)page, PAGE};
    bool read = process_vm_readv(copies->pid, &to, 1, &from, 1, 0) == (ssize_t)PAGE;
    copies->pages[i] = read ? page + 1 : 0;
    return read ? copies->bytes[i] : NULL;
}

/* Reads a word of the program's memory: from COPIES, or where that is NULL as it is. False: it is
 * not there. */
static inline bool read_word(struct copies *copies, uint64_t address, uint64_t *word)
{
    if (!copies) {
        *word = *(const uint64_t *)address;
        return true;
    }
    if (address % sizeof(*word) != 0) /* nothing of a pool is */
        return false;
    const unsigned char *page = copy_page(copies, address & ~(uint64_t)(PAGE - 1));
    if (page)
        *word = *(const uint64_t *)(const void *)(page + address % PAGE);
    return page != NULL;
}

static inline struct pool_usage measure(const struct api_layout *layout, uint64_t pool,
                                        struct copies *from)
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

struct pool_usage usage_of(const struct api_layout *layout, uint64_t pool)
{
    return layout->present ? measure(layout, pool, NULL) : POOL_USAGE_UNKNOWN;
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
    survey->copies.pid = getpid();
    push(survey, pool);
    for (unsigned seen = 0; survey->count > 0 && seen < BLOCKS_MAX; seen++) {
        uint64_t at = survey->waiting[--survey->count], child = 0, sibling = 0;
        struct pool_usage usage = measure(layout, at, &survey->copies);
        if (usage.used == UINT64_MAX)
            continue;
        event_survey(stream, at, usage);
        if (read_word(&survey->copies, at + layout->pool_sibling, &sibling) && at != pool)
            push(survey, sibling);
        if (read_word(&survey->copies, at + layout->pool_children, &child))
            push(survey, child);
    }
    munmap(survey, sizeof(*survey));
}
