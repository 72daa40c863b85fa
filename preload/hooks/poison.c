/* poison.c - fills the memory of destroyed pools; see poison.h. */
#include "preload/hooks/poison.h"

#include "preload/util/signals.h"

#include "preload/util/forked.h"

#include <string.h>

struct held {
    const struct api_layout *layout;
    uint64_t block;
    uint64_t size; /* bytes of data */
};

/* A ring, the oldest at `first`. */
static struct held ring[POISON_BLOCKS];
static unsigned first, count;
static uint64_t bytes;
FORKED static int busy;

static uint64_t *word(uint64_t address)
{
    return (uint64_t *)address;
}

/* Unless the program has written to it meanwhile, it is as it was given back. */
static void release_oldest(void)
{
    const struct held *oldest = &ring[first];
    uint64_t *used = word(oldest->block + oldest->layout->block_used);
    uint64_t start = oldest->block + oldest->layout->block_size;
    if (*used == start + oldest->size)
        *used = start;
    bytes -= oldest->size;
    first = (first + 1) % POISON_BLOCKS;
    count--;
}

static void hold(const struct api_layout *layout, uint64_t block, uint64_t size)
{
    if (count == POISON_BLOCKS)
        release_oldest();
    ring[(first + count++) % POISON_BLOCKS] = (struct held){layout, block, size};
    bytes += size;
    while (bytes > POISON_BYTES)
        release_oldest();
}

/* The list of free blocks goes on behind the pool's own: up to one that is held back already. */
static void hold_list(const struct api_layout *layout, uint64_t block)
{
    for (unsigned i = 0; block && i < POISON_BLOCKS; i++) {
        uint64_t start = block + layout->block_size, end = *word(block + layout->block_end);
        uint64_t *used = word(block + layout->block_used);
        if (*used != start || end <= start)
            return;
        *used = end;
        memset((void *)start, POISON_BYTE, end - start);
        hold(layout, block, end - start);
        block = *word(block + layout->block_next);
    }
}

void poison_pool(const struct api_layout *layout, uint64_t pool)
{
    /* Another thread is at it: what this one frees is used again at once. */
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return;
    const uint64_t before = signals_block();
    hold_list(layout, pool - layout->block_size);
    signals_restore(before);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

bool poison_holds(const struct api_layout *layout, uint64_t pool)
{
    bool found = false;
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return false;
    for (unsigned i = 0; i < count && !found; i++)
        found = ring[(first + i) % POISON_BLOCKS].block == pool - layout->block_size;
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    return found;
}

void poison_forked(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELAXED);
}
