/* stale_samples.c - sampled allocations by their pools (stale_samples.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/stale_samples.h"

#include <stddef.h>
#include <string.h>

#define BUCKETS   512u /* pools, by a hash of the address */
#define SOME_MOST 256u /* slots of the first process, and what each fork adds */

struct stale_samples stale_samples;
static uint32_t buckets[BUCKETS];
static uint32_t changes;               /* of what is in them */
static uint32_t free_first, free_last; /* number + 1 */

static uint32_t *bucket_of(uint64_t pool)
{
    return &buckets[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 9)];
}

_Static_assert(BUCKETS == 1u << 9, "as many as there are places");

/* Others share its bucket, and need no lock for that. */
bool stale_samples_may_have(uint64_t key)
{
    const struct stale_sample *samples = stale_samples.all;
    const uint32_t before = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
    uint32_t next = __atomic_load_n(bucket_of(key), __ATOMIC_RELAXED);
    if (next == 0) /* as of most */
        return false;
    for (unsigned i = 0; next && i < STALE_SLOTS; i++) {
        if (__atomic_load_n(&samples[next - 1].pool, __ATOMIC_RELAXED) == key)
            return true;
        next = __atomic_load_n(&samples[next - 1].next, __ATOMIC_RELAXED);
    }
    return __atomic_load_n(&changes, __ATOMIC_ACQUIRE) != before;
}

static bool take_free(uint32_t *number)
{
    if (free_first == 0)
        return false;
    *number = free_first - 1;
    free_first = stale_samples.all[*number].next;
    free_last = free_first ? free_last : 0;
    memset((void *)stale_page(*number), 0, STALE_PAGE);
    return true;
}

static bool take_slot(uint32_t *number)
{
    const uint32_t limit = stale_samples.first + SOME_MOST;
    const uint32_t most = limit < STALE_SLOTS ? limit : STALE_SLOTS;
    if (stale_samples.used < most && stale_pages_reach(stale_samples.used)) {
        *number = stale_samples.used++;
        return true;
    }
    return take_free(number);
}

/* Not all at the beginning of their pages, which share lines of the cache. */
static uint64_t place(uint32_t number, uint64_t size)
{
    const uint64_t shift = number * 64 % STALE_PAGE;
    return stale_page(number) + (shift + size <= STALE_PAGE ? shift : 0);
}

struct stale_sample *stale_samples_take(uint64_t pool, uint64_t size)
{
    uint32_t number;
    uint32_t *bucket = bucket_of(pool);
    if (!take_slot(&number))
        return NULL;
    struct stale_sample *sample = &stale_samples.all[number];
    *sample = (struct stale_sample){.pool = pool,
                                    .start = place(number, size),
                                    .next = *bucket,
                                    .size = (uint16_t)size,
                                    .state = STALE_FRESH};
    __atomic_store_n(bucket, number + 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
    return sample;
}

bool stale_samples_mark_dying(uint64_t pool)
{
    struct stale_sample *samples = stale_samples.all;
    const uint32_t before = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
    uint32_t next = __atomic_load_n(bucket_of(pool), __ATOMIC_RELAXED);
    for (unsigned i = 0; next && i < STALE_SLOTS; i++) {
        uint64_t own = pool;
        __atomic_compare_exchange_n(&samples[next - 1].pool, &own, pool | STALE_DYING, false,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        next = __atomic_load_n(&samples[next - 1].next, __ATOMIC_RELAXED);
    }
    return __atomic_load_n(&changes, __ATOMIC_ACQUIRE) == before;
}

static void set_free(uint32_t number)
{
    struct stale_sample *sample = &stale_samples.all[number];
    sample->state = STALE_NONE;
    sample->next = 0;
    if (number < stale_samples.first) /* it is not this process's to look at */
        return;
    if (free_last)
        stale_samples.all[free_last - 1].next = number + 1;
    else
        free_first = number + 1;
    free_last = number + 1;
}

void stale_samples_end(uint64_t key, void (*ends)(void *data, uint32_t number), void *data)
{
    uint32_t *link = bucket_of(key);
    while (*link) {
        const uint32_t number = *link - 1;
        struct stale_sample *sample = &stale_samples.all[number];
        if (sample->pool != key) {
            link = &sample->next;
            continue;
        }
        ends(data, number);
        *link = sample->next;
        __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
        set_free(number);
    }
}

void stale_samples_forked(void)
{
    for (uint32_t i = 0; i < stale_samples.used; i++)
        stale_samples.all[i].state = stale_samples.all[i].state ? STALE_BLIND : STALE_NONE;
    stale_samples.first = stale_samples.used = stale_pages_take_over(stale_samples.used);
    free_first = free_last = 0;
}
