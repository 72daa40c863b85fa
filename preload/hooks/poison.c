/* poison.c - fills the memory of destroyed pools; see poison.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/poison.h"

#include "preload/trace/events.h"
#include "preload/util/forked.h"
#include "preload/util/signals.h"

#include <string.h>

struct held {
    const struct api_layout *layout;
    uint64_t pool, block;
    uint64_t size; /* bytes of data */
    bool told;     /* that it was written to */
};

/* Who is to be told of what was written to. */
struct listener {
    poison_written *written;
    void *data;
};

/* A ring, the oldest at `first`. */
static struct held ring[POISON_BLOCKS];
FORKED static unsigned first, count;
static uint64_t bytes;
FORKED static int busy;

static uint64_t *word(uint64_t address)
{
    return (uint64_t *)address;
}

/* The first byte that is not as it was filled; SIZE: all are. */
static uint64_t find_written(const unsigned char *bytes, uint64_t size)
{
    static const uint64_t filled = UINT64_C(0x0101010101010101) * POISON_BYTE;
    uint64_t at = 0, eight;
    for (; at + sizeof(eight) <= size; at += sizeof(eight)) {
        memcpy(&eight, bytes + at, sizeof(eight));
        if (eight != filled)
            break;
    }
    while (at < size && bytes[at] == POISON_BYTE)
        at++;
    return at;
}

static void look(struct held *held, const struct listener *listener)
{
    const uint64_t start = held->block + held->layout->block_size;
    const uint64_t at = held->told ? held->size : find_written((void *)start, held->size);
    if (at == held->size)
        return;
    held->told = true;
    if (listener->written)
        listener->written(listener->data, held->pool, start + at - held->pool);
}

/* Those of the pool whose first block goes: its address may soon be another's. */
static void look_at_pool(const struct listener *listener)
{
    const uint64_t pool = ring[first].pool;
    for (unsigned i = 0; i < count && ring[(first + i) % POISON_BLOCKS].pool == pool; i++)
        look(&ring[(first + i) % POISON_BLOCKS], listener);
}

/* Unless the program has written to it meanwhile, it is as it was given back. */
static void release_oldest(const struct listener *listener)
{
    const struct held *oldest = &ring[first];
    uint64_t *used = word(oldest->block + oldest->layout->block_used);
    uint64_t start = oldest->block + oldest->layout->block_size;
    look_at_pool(listener);
    if (*used == start + oldest->size)
        *used = start;
    bytes -= oldest->size;
    first = (first + 1) % POISON_BLOCKS;
    count--;
}

static void hold(const struct held *held, const struct listener *listener)
{
    if (count == POISON_BLOCKS)
        release_oldest(listener);
    ring[(first + count++) % POISON_BLOCKS] = *held;
    bytes += held->size;
    while (bytes > POISON_BYTES)
        release_oldest(listener);
}

/* The list of free blocks goes on behind the pool's own: up to one that is held back already. */
static void hold_list(const struct api_layout *layout, uint64_t pool,
                      const struct listener *listener)
{
    uint64_t block = pool - layout->block_size;
    for (unsigned i = 0; block && i < POISON_BLOCKS; i++) {
        uint64_t start = block + layout->block_size, end = *word(block + layout->block_end);
        uint64_t *used = word(block + layout->block_used);
        if (*used != start || end <= start)
            return;
        *used = end;
        memset((void *)start, POISON_BYTE, end - start);
        const struct held held = {
            .layout = layout, .pool = pool, .block = block, .size = end - start};
        hold(&held, listener);
        block = *word(block + layout->block_next);
    }
}

void poison_pool(const struct api_layout *layout, uint64_t pool, poison_written *written,
                 void *data)
{
    const struct listener listener = {written, data};
    /* Another thread is at it: what this one frees is used again at once. */
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return;
    const uint64_t before = signals_block();
    hold_list(layout, pool, &listener);
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

/* The pool of the block in place INDEX of the ring. What it was called is another's name since its
 * first block was given free: they follow each other, the first block first. */
static uint64_t pool_at(unsigned index)
{
    const uint64_t pool = ring[(first + index) % POISON_BLOCKS].pool;
    while (index > 0 && ring[(first + index - 1) % POISON_BLOCKS].pool == pool)
        index--;
    const struct held *begin = &ring[(first + index) % POISON_BLOCKS];
    return begin->block == pool - begin->layout->block_size ? pool : 0;
}

uint64_t poison_pool_of(uint64_t block)
{
    uint64_t pool = 0;
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return 0;
    for (unsigned i = 0; i < count && !pool; i++)
        pool = ring[(first + i) % POISON_BLOCKS].block == block ? pool_at(i) : 0;
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    return pool;
}

void poison_look(poison_written *written, void *data)
{
    const struct listener listener = {written, data};
    if (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        return;
    const uint64_t before = signals_block();
    for (unsigned i = 0; i < count; i++)
        look(&ring[(first + i) % POISON_BLOCKS], &listener);
    signals_restore(before);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

void poison_tell(void *data, uint64_t pool, uint64_t offset)
{
    event_fault(data, pool, TRACE_NO_STACK, pool,
                TRACE_FAULT_DEAD | TRACE_FAULT_WRITE | TRACE_FAULT_SEEN, offset);
}

/* What was written before is the parent's to tell. */
void poison_forked(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELAXED);
    poison_look(NULL, NULL);
}
