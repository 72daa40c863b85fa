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

/* Its own page, and those around it. */
enum slot_page { PAGE_OWN = 1, PAGE_BEFORE = 2, PAGE_BEHIND = 4, PAGES_AROUND = 6 };

struct slot {
    uint64_t pool, start;
    uint32_t next; /* of the pool's or, when dead, of those that died: number + 1 */
    uint16_t size;
    uint8_t state;  /* enum slot_state; 0: it was never used */
    uint8_t opened; /* how often one of its pages was found closed */
    uint8_t open;   /* which of them were opened since: bits of enum slot_page */
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

/* Needs no lock. */
static bool take_new(uint32_t *number)
{
    uint32_t next = __atomic_load_n(&used, __ATOMIC_RELAXED);
    while (next < slots_memory_ready()) {
        if (!__atomic_compare_exchange_n(&used, &next, next + 1, false, __ATOMIC_RELAXED,
                                         __ATOMIC_RELAXED))
            continue;
        *number = next;
        return true;
    }
    return false;
}

/* The slot that died first. */
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
    if (slots[*number].open & PAGES_AROUND)
        slots_memory_fence(*number);
    return true;
}

static bool take_rare(uint32_t *number)
{
    uint64_t before;
    if (!lock(&before, 1))
        return false;
    const bool taken = (slots_memory_reach(used) && take_new(number)) || take_dead(number);
    unlock(before);
    return taken;
}

static uint64_t place(uint32_t number, uint64_t size, uint32_t align, bool front)
{
    const uint64_t page = slots_memory_page(number);
    return front ? page : page + SLOT_BYTES - ((size + align - 1) & ~(uint64_t)(align - 1));
}

/* Others may put some in front meanwhile; only who has the lock takes any out. */
static void put_in(uint32_t number)
{
    uint32_t *bucket = bucket_of(slots[number].pool);
    slots[number].next = __atomic_load_n(bucket, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(bucket, &slots[number].next, number + 1, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
    __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
}

static void take_out(uint32_t *link, uint32_t number)
{
    uint32_t expected = number + 1;
    uint32_t *head = bucket_of(slots[number].pool);
    if (!__atomic_compare_exchange_n(link, &expected, slots[number].next, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED)) {
        for (link = head; *link != number + 1; link = &slots[*link - 1].next) {
        }
        *link = slots[number].next;
    }
    __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
}

uint64_t slots_take(uint64_t pool, uint64_t size, uint32_t align, bool front)
{
    const int error = errno;
    uint32_t number;
    if (__atomic_load_n(&over, __ATOMIC_ACQUIRE) || (!take_new(&number) && !take_rare(&number))) {
        errno = error;
        return 0;
    }
    const uint64_t start = place(number, size, align, front);
    if (slots[number].state) /* else the page is new */
        memset((void *)start, 0, size);
    slots[number] =
        (struct slot){.pool = pool, .start = start, .size = (uint16_t)size, .state = SLOT_LIVE};
    put_in(number);
    errno = error;
    return start;
}

/* From the first to the last of them, of which all that is between them, too, can be closed. */
struct run {
    uint32_t first, last;
    bool any;
};

/* Can be closed what is between NUMBER and the one before, both being dead? */
static bool is_joined(uint32_t number)
{
    return number > 0 && number < used && slots_memory_follows(number) &&
           slots[number - 1].state == SLOT_DEAD && slots[number].state == SLOT_DEAD &&
           !((slots[number - 1].open | slots[number].open) & PAGES_AROUND);
}

/* With what is between them and those around that are dead: so they are one mapping. */
static void close_run(const struct run *run)
{
    const uint64_t first = slots_memory_page(run->first), last = slots_memory_page(run->last);
    if (run->any)
        slots_memory_close(is_joined(run->first) ? first - SLOT_BYTES : first,
                           last + (is_joined(run->last + 1) ? 2 : 1) * SLOT_BYTES);
}

static void bury(uint32_t number)
{
    slots[number].state = SLOT_DEAD;
    slots[number].next = 0;
    slots[number].opened = 0;
    slots[number].open &= PAGES_AROUND;
    if (dead_last)
        slots[dead_last - 1].next = number + 1;
    else
        dead_first = number + 1;
    dead_last = number + 1;
}

/* The one that was taken last comes first. */
static void bury_in(struct run *run, uint32_t number)
{
    bury(number);
    if (run->any && run->first == number + 1 && is_joined(run->first)) {
        run->first = number;
        return;
    }
    close_run(run);
    *run = (struct run){number, number, true};
}

/* Those of the pool as KEY says it die. */
static void end(uint64_t key)
{
    struct run run = {0};
    uint32_t *link = bucket_of(key), next;
    while ((next = __atomic_load_n(link, __ATOMIC_ACQUIRE)) != 0) {
        if (__atomic_load_n(&slots[next - 1].pool, __ATOMIC_RELAXED) != key) {
            link = &slots[next - 1].next;
            continue;
        }
        take_out(link, next - 1);
        bury_in(&run, next - 1);
    }
    close_run(&run);
}

static void mark_dying(uint64_t pool)
{
    for (uint32_t next = *bucket_of(pool), left = used; next && left > 0; left--) {
        uint64_t own = pool;
        __atomic_compare_exchange_n(&slots[next - 1].pool, &own, pool | DYING, false,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        next = __atomic_load_n(&slots[next - 1].next, __ATOMIC_RELAXED);
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

bool slots_may_have(uint64_t pool)
{
    return slots && may_have(pool);
}

/* Ends what has the pool as KEY says it; most have nothing. */
static void end_all(uint64_t key)
{
    uint64_t before;
    if (!slots || !may_have(key))
        return;
    const int error = errno;
    if (lock(&before, TRIES)) {
        end(key);
        unlock(before);
    }
    errno = error;
}

/* Without the lock, as a rule. */
void slots_pool_ends(uint64_t pool)
{
    uint64_t before;
    if (!slots_may_have(pool))
        return;
    const uint32_t changed = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
    mark_dying(pool);
    if (__atomic_load_n(&changes, __ATOMIC_ACQUIRE) == changed || !lock(&before, TRIES))
        return;
    mark_dying(pool); /* it may have been led to what another thread ended */
    unlock(before);
}

void slots_pool_ended(uint64_t pool)
{
    end_all(pool | DYING);
}

void slots_pool_made(uint64_t pool)
{
    end_all(pool);
}

static bool lives(uint32_t number)
{
    return number < used && slots[number].state == SLOT_LIVE;
}

static bool is_used(uint32_t number)
{
    return number < used && slots[number].state != 0;
}

/* Of the slots on both sides of a page between them, the one that the address is beyond: which of
 * its pages that is; 0: neither was ever used. Who reads on in the dead is no stranger, either. */
static uint8_t find_side(uint32_t behind, uint64_t address, struct slots_hit *hit)
{
    const bool alive = (behind > 0 && lives(behind - 1)) || lives(behind);
    const bool first_half = address - hit->page < SLOT_BYTES / 2;
    const bool left = behind > 0 && (alive ? lives(behind - 1) : is_used(behind - 1));
    const bool right = alive ? lives(behind) : is_used(behind);
    const bool is_left = left && (first_half || !right);
    hit->slot = is_left ? behind - 1 : behind;
    return is_left ? PAGE_BEHIND : right ? PAGE_BEFORE : 0;
}

/* Which page of which slot ADDRESS is in; 0: of none. */
static uint8_t find_page(uint64_t address, struct slots_hit *hit)
{
    bool between;
    if (!slots_memory_find(address, &hit->slot, &between))
        return 0;
    hit->page = address & ~(uint64_t)(SLOT_BYTES - 1);
    if (between)
        return find_side(hit->slot, address, hit);
    return is_used(hit->slot) ? PAGE_OWN : 0;
}

static bool find(uint64_t address, struct slots_hit *hit)
{
    const uint8_t page = find_page(address, hit);
    if (!page)
        return false;
    struct slot *slot = &slots[hit->slot];
    const bool alive = page == PAGE_OWN && slot->state == SLOT_LIVE;
    hit->pool = slot->pool & ~(uint64_t)DYING;
    hit->start = slot->start;
    hit->dead = page == PAGE_OWN && !alive;
    hit->open = alive || slot->open & page;
    slot->open |= alive ? 0 : page;
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
    struct slots_hit hit;
    const uint8_t page = find_page(address, &hit);
    return page && !(slots[hit.slot].open & page) &&
           !(page == PAGE_OWN && slots[hit.slot].state == SLOT_LIVE);
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
