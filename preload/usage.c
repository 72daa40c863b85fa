#include "usage.h"

#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define BLOCKS_MAX 1000000 /* of a pool; a list that is longer is taken for a loop */
#define SURVEY_MAX 65536   /* pools waiting to be looked at */

/* Reads a word of the program's memory; false: it is not there. */
typedef bool (*reader_fn)(uint64_t address, uint64_t *word);

static bool read_directly(uint64_t address, uint64_t *word)
{
    *word = *(const uint64_t *)address;
    return true;
}

static bool read_carefully(uint64_t address, uint64_t *word)
{
    struct iovec to = {word, sizeof(*word)}, from = {(void *)address, sizeof(*word)};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)sizeof(*word);
}

static struct pool_usage measure(const struct api_layout *layout, uint64_t pool, reader_fn read)
{
    struct pool_usage usage = {0, 0};
    uint64_t block;
    /* A pool is the first thing in its first block; a stale pointer rarely looks like that. */
    if (!read(pool + layout->pool_blocks, &block) || block + layout->block_size != pool)
        return POOL_USAGE_UNKNOWN;
    for (unsigned i = 0; block && i < BLOCKS_MAX; i++) {
        uint64_t end, next, used, data = block + layout->block_size;
        if (!read(block + layout->block_end, &end) || !read(block + layout->block_next, &next) ||
            !read(block + layout->block_used, &used) || used < data || used > end)
            return POOL_USAGE_UNKNOWN;
        usage.used += used - data;
        usage.capacity += end - data;
        block = next;
    }
    if (block || usage.used < layout->pool_size)
        return POOL_USAGE_UNKNOWN;
    usage.used -= layout->pool_size;
    return usage;
}

struct pool_usage usage_of(const struct api_layout *layout, uint64_t pool)
{
    return layout->present ? measure(layout, pool, read_directly) : POOL_USAGE_UNKNOWN;
}

static void push(uint64_t *waiting, unsigned *count, uint64_t pool)
{
    if (pool && *count < SURVEY_MAX)
        waiting[(*count)++] = pool;
}

void usage_survey(const struct api_layout *layout, struct stream *stream, uint64_t pool)
{
    size_t size = SURVEY_MAX * sizeof(uint64_t);
    uint64_t *waiting = layout->present ? mmap(NULL, size, PROT_READ | PROT_WRITE,
                                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                                        : MAP_FAILED;
    if (waiting == MAP_FAILED)
        return;
    unsigned count = 0, seen = 0;
    push(waiting, &count, pool);
    while (count > 0 && seen++ < BLOCKS_MAX) {
        uint64_t at = waiting[--count], child = 0, sibling = 0;
        struct pool_usage usage = measure(layout, at, read_carefully);
        if (usage.used == UINT64_MAX)
            continue;
        event_survey(stream, at, usage);
        if (read_carefully(at + layout->pool_sibling, &sibling) && at != pool)
            push(waiting, &count, sibling);
        if (read_carefully(at + layout->pool_children, &child))
            push(waiting, &count, child);
    }
    munmap(waiting, size);
}
