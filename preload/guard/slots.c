/* slots.c - pages for single allocations; see slots.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/slots.h"

#include "preload/guard/slots_memory.h"
#include "preload/util/forked.h"
#include "preload/util/signals.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUCKETS     4096u /* pools, by a hash of the address */
#define DYING       1u    /* in a pool's address: the pool is being ended */
#define OPENED_MOST 8u    /* times that one page is found closed by threads that come together */
#define TRIES       10000u

enum slot_state { SLOT_LIVE = 1, SLOT_DEAD };

struct slot {
    uint64_t pool, start;
    uint32_t next; /* of the pool's or, when dead, of those that died: number + 1 */
    uint16_t size;
    uint8_t state;  /* enum slot_state; 0: it was never used */
    uint8_t opened; /* how often one of its pages was */
    bool unfenced;  /* one next to its own page can be touched */
};

static struct slot *slots;
static uint32_t used;                  /* slots that were ever taken */
static uint32_t buckets[BUCKETS];      /* number + 1 of the first slot */
static uint32_t changes;               /* of what is in them */
static uint32_t dead_first, dead_last; /* number + 1 */
FORKED static int busy;
FORKED static bool over;

static void unlock(uint64_t before)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    signals_restore(before);
}

/* False: another thread is at it, after TRIES, or it is over; nothing is done that cannot be left
 * undone. */
static bool lock(uint64_t *before, unsigned tries)
{
    if (__atomic_load_n(&over, __ATOMIC_ACQUIRE))
        return false;
    *before = signals_block();
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) {
        if (--tries == 0) {
            signals_restore(*before);
            return false;
        }
        syscall(SYS_sched_yield);
    }
    if (__atomic_load_n(&over, __ATOMIC_RELAXED)) {
        unlock(*before);
        return false;
    }
    return true;
}

static uint32_t *bucket_of(uint64_t pool)
{
    return &buckets[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 12)];
}

_Static_assert(BUCKETS == 1u << 12, "as many as there are places");

bool slots_setup(bool all)
{
    slots = slots_memory_setup(all, sizeof(struct slot));
    return slots != NULL;
}

void slots_end(void)
{
    uint64_t before;
    if (!slots || !lock(&before, TRIES))
        return;
    slots_memory_open_all();
    __atomic_store_n(&over, true, __ATOMIC_RELEASE);
    unlock(before);
}

void slots_forked(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELAXED);
    slots_memory_forked();
}

/* The slot that died first, its page as a new one. */
static bool take_dead(uint32_t *number)
{
    if (dead_first == 0)
        return false;
    *number = dead_first - 1;
    if (!slots_memory_open(slots_memory_page(*number)))
        return false;
    dead_first = slots[*number].next;
    if (dead_first == 0)
        dead_last = 0;
    memset((void *)slots_memory_page(*number), 0, SLOT_BYTES);
    if (slots[*number].unfenced)
        slots_memory_fence(*number);
    return true;
}

static bool take_new(uint32_t *number)
{
    if (used == slots_memory_limit() || !slots_memory_reach(used) ||
        !slots_memory_open(slots_memory_page(used)))
        return false;
    *number = used++;
    return true;
}

static uint64_t place(uint32_t number, uint64_t size, uint32_t align, bool front)
{
    const uint64_t page = slots_memory_page(number);
    return front ? page : page + SLOT_BYTES - ((size + align - 1) & ~(uint64_t)(align - 1));
}

uint64_t slots_take(uint64_t pool, uint64_t size, uint32_t align, bool front)
{
    const int error = errno;
    uint64_t before;
    uint32_t number;
    uint64_t start = 0;
    if (!lock(&before, 1))
        return 0;
    if (take_new(&number) || take_dead(&number)) {
        uint32_t *bucket = bucket_of(pool);
        start = place(number, size, align, front);
        slots[number] = (struct slot){.pool = pool,
                                      .start = start,
                                      .next = *bucket,
                                      .size = (uint16_t)size,
                                      .state = SLOT_LIVE};
        __atomic_store_n(bucket, number + 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
    }
    unlock(before);
    errno = error;
    return start;
}

static void bury(uint32_t number)
{
    slots[number].state = SLOT_DEAD;
    slots[number].next = 0;
    slots[number].opened = 0;
    slots_memory_close(slots_memory_page(number));
    if (dead_last)
        slots[dead_last - 1].next = number + 1;
    else
        dead_first = number + 1;
    dead_last = number + 1;
}

/* Those of the pool as KEY says it die. */
static void end(uint64_t key)
{
    uint32_t *link = bucket_of(key);
    while (*link) {
        const uint32_t number = *link - 1;
        if (slots[number].pool != key) {
            link = &slots[number].next;
            continue;
        }
        *link = slots[number].next;
        __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
        bury(number);
    }
}

static void mark_dying(uint64_t pool)
{
    for (uint32_t next = *bucket_of(pool); next; next = slots[next - 1].next) {
        if (slots[next - 1].pool == pool)
            slots[next - 1].pool |= DYING;
    }
}

/* May one have the pool as KEY says it? Others share its bucket, and need no lock for that. */
static bool may_have(uint64_t key)
{
    const uint32_t before = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
    uint32_t next = __atomic_load_n(bucket_of(key), __ATOMIC_RELAXED);
    if (next == 0) /* as of most */
        return false;
    for (unsigned i = 0; next && i < BUCKETS; i++) {
        if (__atomic_load_n(&slots[next - 1].pool, __ATOMIC_RELAXED) == key)
            return true;
        next = __atomic_load_n(&slots[next - 1].next, __ATOMIC_RELAXED);
    }
    return next || __atomic_load_n(&changes, __ATOMIC_ACQUIRE) != before;
}

/* Does CHANGE to what POOL may have; most have nothing. */
static void change(void (*change)(uint64_t key), uint64_t key)
{
    uint64_t before;
    if (!slots || !may_have(key))
        return;
    const int error = errno;
    if (lock(&before, TRIES)) {
        change(key);
        unlock(before);
    }
    errno = error;
}

void slots_pool_ends(uint64_t pool)
{
    change(mark_dying, pool);
}

void slots_pool_ended(uint64_t pool)
{
    change(end, pool | DYING);
}

void slots_pool_made(uint64_t pool)
{
    change(end, pool);
}

/* Of the slots on both sides of a page between them, the one that the address is beyond. */
static bool find_side(uint32_t behind, uint64_t address, struct slots_hit *hit)
{
    const bool first_half = address - hit->page < SLOT_BYTES / 2;
    const bool has_left = behind > 0 && slots[behind - 1].state == SLOT_LIVE;
    const bool has_right = behind < used && slots[behind].state == SLOT_LIVE;
    if (!has_left && !has_right)
        return false;
    hit->slot = has_left && (first_half || !has_right) ? behind - 1 : behind;
    return true;
}

static bool find(uint64_t address, struct slots_hit *hit)
{
    bool between;
    uint32_t number;
    if (!slots_memory_find(address, &number, &between))
        return false;
    hit->page = address & ~(uint64_t)(SLOT_BYTES - 1);
    hit->slot = number;
    if (between ? !find_side(number, address, hit) : number >= used || !slots[number].state)
        return false;
    struct slot *slot = &slots[hit->slot];
    hit->pool = slot->pool & ~(uint64_t)DYING;
    hit->start = slot->start;
    hit->dead = !between && slot->state == SLOT_DEAD;
    slot->unfenced |= between;
    hit->open = slot->opened > 0 || (!between && !hit->dead);
    return slot->opened++ < OPENED_MOST;
}

bool slots_find(uint64_t address, struct slots_hit *hit)
{
    uint64_t before;
    if (!slots || !lock(&before, TRIES))
        return false;
    const bool found = find(address, hit);
    unlock(before);
    return found;
}

static bool is_closed(uint64_t address)
{
    bool between;
    uint32_t number;
    struct slots_hit hit = {.page = address & ~(uint64_t)(SLOT_BYTES - 1)};
    if (!slots_memory_find(address, &number, &between))
        return false;
    if (between)
        return find_side(number, address, &hit) && !slots[hit.slot].unfenced;
    return number < used && slots[number].state == SLOT_DEAD && slots[number].opened == 0;
}

bool slots_is_closed(uint64_t address)
{
    uint64_t before;
    uint32_t number;
    bool between;
    /* Most are nowhere near. */
    if (!slots || !slots_memory_find(address, &number, &between) || !lock(&before, TRIES))
        return false;
    const bool closed = is_closed(address);
    unlock(before);
    return closed;
}

bool slots_open(const struct slots_hit *hit)
{
    return slots_memory_open(hit->page);
}

void slots_each(void (*seen)(void *data, uint64_t pool, uint64_t begin, uint64_t end), void *data)
{
    for (uint32_t i = 0; slots && i < used; i++) {
        const struct slot *slot = &slots[i];
        if (slot->state == SLOT_LIVE)
            seen(data, slot->pool & ~(uint64_t)DYING, slot->start, slot->start + slot->size);
    }
}
