/* stale.c - whether sampled allocations are used after their unit of work; see stale.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/stale.h"

#include "preload/guard/stale_pages.h"
#include "preload/guard/stale_sites.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/signals.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/single_threaded.h>

#define BUCKETS    512u /* pools, by a hash of the address */
#define DYING      1u   /* in a pool's address: the pool is being ended */
#define HANDS      4u   /* pools of a unit that are looked at: those made first */
#define STREAMS    64u  /* in which units are followed; those of a thread that interrupts nobody */
#define TRIES      10000u
#define LOOKS_MORE 100u      /* at the ends of the first units each; then, ... */
#define LOOK_EVERY 10000000u /* ... ns, at least */
#define SOME_MOST  256u      /* slots of the first process, and what each fork adds */

enum sample_state {
    SAMPLE_NONE,
    SAMPLE_FRESH,   /* its unit goes on */
    SAMPLE_WATCHED, /* it is over */
    SAMPLE_BLIND    /* it is in use, and cannot be looked at */
};

struct sample {
    uint64_t pool, start;
    uint64_t hands[HANDS]; /* pools of its unit that were alive when it was taken; 0: none */
    uint32_t stack;
    uint32_t seen; /* how many units had begun when it was looked at last, by itself */
    uint32_t next; /* of its bucket or, when it is free, of those that are: number + 1 */
    uint16_t size, stream;
    uint8_t state; /* enum sample_state */
    bool hidden;   /* since a pool at hand ended */
};

/* The unit of work of a stream. */
struct unit {
    uint64_t hands[HANDS];
    uint64_t second; /* where time stands in */
    uint32_t fresh;  /* samples */
    bool begun;
    bool asked; /* a sample has these hands */
};

static struct sample samples[STALE_SLOTS];
static uint32_t first, used; /* slots of this process: those before are of its parents */
static uint32_t buckets[BUCKETS];
static uint32_t changes;               /* of what is in them */
static uint32_t free_first, free_last; /* number + 1 */
static struct unit units[STREAMS];
static uint64_t looked;             /* clock_coarse(), when all were looked at last, ... */
static uint32_t looked_in;          /* ... and how many units had begun by then */
static uint32_t looks, units_begun; /* of all streams */
static bool on;
static bool blind; /* the program locks its memory: what is taken now could not be looked at */
FORKED static int busy;
static __thread bool copied;

/* False: another thread is at it, after TRIES; nothing is done that cannot be left undone. */
static bool lock(uint64_t *before, unsigned tries)
{
    *before = signals_block();
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) {
        if (--tries == 0) {
            signals_restore(*before);
            return false;
        }
        __asm__ volatile("pause");
    }
    return true;
}

static void unlock(uint64_t before)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    signals_restore(before);
}

static uint32_t *bucket_of(uint64_t pool)
{
    return &buckets[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 9)];
}

_Static_assert(BUCKETS == 1u << 9, "as many as there are places");

static struct unit *unit_of(const struct stream *stream)
{
    return stream->depth == 0 && stream->number < STREAMS ? &units[stream->number] : NULL;
}

const char *stale_setup(uint32_t every)
{
    if (on)
        return NULL;
    if (!stale_pages_setup())
        return "the kernel does not say which pages are used";
    stale_sites_setup(every);
    on = true;
    return NULL;
}

bool stale_is_on(void)
{
    return on;
}

/* SAMPLE cannot be looked at from here on. */
static void lose_sight(struct sample *sample)
{
    sample->state = SAMPLE_BLIND;
    blind = true;
    trace_file_count_sampled(TRACE_SAMPLED_BLIND);
}

static bool is_used(uint32_t number)
{
    bool is_used = false;
    return stale_pages_look(&number, 1, &is_used) && is_used;
}

static void tell_use(struct stream *stream, const struct sample *sample)
{
    const uint32_t seen = sample->seen > looked_in ? sample->seen : looked_in;
    event_used(stream, sample->pool & ~(uint64_t)DYING, sample->start,
               seen != units_begun ? TRACE_USED_EARLIER : 0);
}

/* Tells whether it was used since it was hidden. False: it cannot be hidden again. */
static bool look_at(struct stream *stream, uint32_t number)
{
    struct sample *sample = &samples[number];
    if (sample->hidden && is_used(number))
        tell_use(stream, sample);
    sample->hidden = stale_pages_hide(number);
    sample->seen = units_begun;
    if (!sample->hidden)
        lose_sight(sample);
    return sample->hidden;
}

static void end_unit_of(struct stream *stream, uint32_t number)
{
    struct sample *sample = &samples[number];
    if (!look_at(stream, number))
        return;
    event_watched(stream, sample->pool, sample->start);
    sample->state = SAMPLE_WATCHED;
    stale_sites_learn(sample->stack, true);
    trace_file_count_sampled(TRACE_SAMPLED_WATCHED);
}

static void end_unit(struct stream *stream, struct unit *unit)
{
    for (uint32_t i = first; i < used && unit->fresh > 0; i++) {
        if (samples[i].state != SAMPLE_FRESH || samples[i].stream != stream->number)
            continue;
        unit->fresh--;
        if (!(samples[i].pool & DYING))
            end_unit_of(stream, i);
    }
    unit->fresh = 0;
    memset(unit->hands, 0, sizeof(unit->hands));
    unit->asked = false;
}

static uint64_t in_ns(uint64_t coarse)
{
    return (coarse >> 30) * 1000000000u + (coarse & ((1u << 30) - 1));
}

static void look_at_all(struct stream *stream)
{
    static uint32_t numbers[STALE_SLOTS];
    static bool are_used[STALE_SLOTS];
    uint32_t count = 0;
    for (uint32_t i = first; i < used; i++) {
        if (samples[i].state == SAMPLE_WATCHED)
            numbers[count++] = i;
    }
    looked = clock_coarse();
    looks++;
    const bool told = count > 0 && stale_pages_look(numbers, count, are_used);
    for (uint32_t i = 0; i < count && told; i++) {
        struct sample *sample = &samples[numbers[i]];
        if (!are_used[i])
            continue;
        tell_use(stream, sample);
        if (!stale_pages_hide(numbers[i]))
            lose_sight(sample);
    }
    looked_in = units_begun;
}

static bool is_look_due(void)
{
    return used > first &&
           (looks < LOOKS_MORE || in_ns(clock_coarse()) - in_ns(looked) >= LOOK_EVERY);
}

static void change_unit(struct stream *stream, struct unit *unit, bool begins)
{
    uint64_t before;
    __atomic_fetch_add(&units_begun, 1, __ATOMIC_RELAXED);
    if ((unit->fresh > 0 || is_look_due()) && lock(&before, TRIES)) {
        const int error = errno;
        end_unit(stream, unit);
        if (is_look_due())
            look_at_all(stream);
        errno = error;
        unlock(before);
    }
    memset(unit->hands, 0, sizeof(unit->hands));
    unit->asked = false;
    unit->begun = begins;
}

void stale_unit_begins(struct stream *stream)
{
    struct unit *unit = on ? unit_of(stream) : NULL;
    if (unit)
        change_unit(stream, unit, true);
}

void stale_units_end(struct stream *stream)
{
    struct unit *unit = on ? unit_of(stream) : NULL;
    if (unit && unit->begun)
        change_unit(stream, unit, false);
}

bool stale_may_take(struct stream *stream, uint32_t stack, bool in_time)
{
    struct unit *unit = unit_of(stream);
    if (!unit || blind)
        return false;
    const uint64_t second = in_time ? clock_coarse() >> 30 : 0;
    if (in_time && unit->second != second) {
        change_unit(stream, unit, true);
        unit->second = second;
    }
    return unit->begun && stale_sites_may_take(stack);
}

static bool take_free(uint32_t *number)
{
    if (free_first == 0)
        return false;
    *number = free_first - 1;
    free_first = samples[*number].next;
    free_last = free_first ? free_last : 0;
    memset((void *)stale_page(*number), 0, STALE_PAGE);
    return true;
}

static bool take_slot(uint32_t *number)
{
    const uint32_t most = first + SOME_MOST < STALE_SLOTS ? first + SOME_MOST : STALE_SLOTS;
    if (used < most && stale_pages_reach(used)) {
        *number = used++;
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

static uint64_t take(struct unit *unit, const struct stream *stream, uint64_t pool, uint64_t size,
                     uint32_t stack)
{
    uint32_t number;
    uint32_t *bucket = bucket_of(pool);
    if (!take_slot(&number))
        return 0;
    struct sample *sample = &samples[number];
    *sample = (struct sample){.pool = pool,
                              .start = place(number, size),
                              .stack = stack,
                              .next = *bucket,
                              .size = (uint16_t)size,
                              .stream = (uint16_t)stream->number,
                              .state = SAMPLE_FRESH};
    memcpy(sample->hands, unit->hands, sizeof(sample->hands));
    unit->fresh++;
    unit->asked = true;
    __atomic_store_n(bucket, number + 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
    return sample->start;
}

uint64_t stale_take(const struct stream *stream, uint64_t pool, uint64_t size, uint32_t stack)
{
    struct unit *unit = unit_of(stream);
    const int error = errno;
    uint64_t before;
    if (!unit || size > STALE_PAGE || !stale_sites_take(stack) || !lock(&before, 1))
        return 0;
    const uint64_t at = take(unit, stream, pool, size, stack);
    unlock(before);
    errno = error;
    trace_file_count_sampled(at ? TRACE_SAMPLED_TAKEN : TRACE_SAMPLED_FULL);
    return at;
}

/* Nothing is to be seen of it any more; its memory is as it was until it is needed. */
static void set_free(uint32_t number)
{
    struct sample *sample = &samples[number];
    if (sample->state == SAMPLE_FRESH) {
        struct unit *unit = &units[sample->stream];
        unit->fresh -= unit->fresh > 0;
        stale_sites_learn(sample->stack, false);
    }
    sample->state = SAMPLE_NONE;
    sample->next = 0;
    if (number < first) /* it is not this process's to look at */
        return;
    if (free_last)
        samples[free_last - 1].next = number + 1;
    else
        free_first = number + 1;
    free_last = number + 1;
}

/* Those of the pool as KEY says it end. */
static void end(struct stream *stream, uint64_t key)
{
    uint32_t *link = bucket_of(key);
    while (*link) {
        const uint32_t number = *link - 1;
        struct sample *sample = &samples[number];
        if (sample->pool != key) {
            link = &sample->next;
            continue;
        }
        if (sample->state == SAMPLE_WATCHED && is_used(number))
            tell_use(stream, sample);
        *link = sample->next;
        __atomic_fetch_add(&changes, 1, __ATOMIC_RELEASE);
        set_free(number);
    }
}

static void mark_dying(struct stream *stream, uint64_t pool)
{
    (void)stream;
    for (uint32_t next = *bucket_of(pool); next; next = samples[next - 1].next) {
        if (samples[next - 1].pool == pool)
            samples[next - 1].pool |= DYING;
    }
}

/* May one have the pool as KEY says it? Others share its bucket, and need no lock for that. */
static bool may_have(uint64_t key)
{
    const uint32_t before = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
    uint32_t next = __atomic_load_n(bucket_of(key), __ATOMIC_RELAXED);
    for (unsigned i = 0; next && i < STALE_SLOTS; i++) {
        if (__atomic_load_n(&samples[next - 1].pool, __ATOMIC_RELAXED) == key)
            return true;
        next = __atomic_load_n(&samples[next - 1].next, __ATOMIC_RELAXED);
    }
    return __atomic_load_n(&changes, __ATOMIC_ACQUIRE) != before;
}

/* Does CHANGE to what POOL may have; most have nothing. */
static void change(struct stream *stream, uint64_t pool,
                   void (*change)(struct stream *stream, uint64_t key), uint64_t key)
{
    uint64_t before;
    if (!on || __atomic_load_n(bucket_of(pool), __ATOMIC_RELAXED) == 0 || !may_have(key))
        return;
    const int error = errno;
    if (lock(&before, TRIES)) {
        change(stream, key);
        unlock(before);
    }
    errno = error;
}

/* POOL has ended, which was at hand for some. */
static void end_at_hand(struct stream *stream, uint64_t pool)
{
    for (uint32_t i = first; i < used; i++) {
        struct sample *sample = &samples[i];
        bool had = false;
        if (sample->state != SAMPLE_FRESH || sample->stream != stream->number ||
            sample->pool == pool)
            continue;
        for (unsigned hand = 0; hand < HANDS; hand++)
            had |= sample->hands[hand] == pool;
        if (had && look_at(stream, i))
            event_watched(stream, pool, sample->start);
    }
}

static uint64_t *hand_of(struct unit *unit, uint64_t pool)
{
    for (unsigned i = 0; i < HANDS; i++) {
        if (unit->hands[i] == pool)
            return &unit->hands[i];
    }
    return NULL;
}

static void forget_hand(struct stream *stream, uint64_t pool)
{
    struct unit *unit = unit_of(stream);
    uint64_t *hand = unit ? hand_of(unit, pool) : NULL;
    uint64_t before;
    if (!hand)
        return;
    *hand = 0;
    if (unit->fresh == 0 || !unit->asked || !lock(&before, TRIES))
        return;
    const int error = errno;
    end_at_hand(stream, pool);
    errno = error;
    unlock(before);
}

void stale_pool_made(struct stream *stream, uint64_t pool)
{
    if (!on)
        return;
    change(stream, pool, end, pool);
    struct unit *unit = unit_of(stream);
    uint64_t *hand = unit && unit->begun ? hand_of(unit, 0) : NULL;
    if (hand)
        *hand = pool;
}

void stale_pool_ends(uint64_t pool)
{
    change(NULL, pool, mark_dying, pool);
}

void stale_pool_ended(struct stream *stream, uint64_t pool)
{
    if (!on)
        return;
    change(stream, pool, end, pool | DYING);
    forget_hand(stream, pool);
}

void stale_look(struct stream *stream)
{
    uint64_t before;
    if (!on || !lock(&before, TRIES))
        return;
    look_at_all(stream);
    unlock(before);
}

void stale_look_away(void)
{
    uint64_t before;
    if (!on || !lock(&before, TRIES))
        return;
    for (uint32_t i = first; i < used; i++) {
        if ((samples[i].state == SAMPLE_WATCHED || samples[i].hidden) && !stale_pages_hide(i))
            lose_sight(&samples[i]);
    }
    unlock(before);
}

void stale_each(void (*seen)(void *data, uint64_t pool, uint64_t begin, uint64_t end), void *data)
{
    for (uint32_t i = 0; on && i < used; i++) {
        const struct sample *sample = &samples[i];
        if (sample->state != SAMPLE_NONE)
            seen(data, sample->pool & ~(uint64_t)DYING, sample->start,
                 sample->start + sample->size);
    }
}

/* Nobody takes or ends one until stale_fork_done(). Of several that fork at once one copies: the
 * child of another takes what there is by then. */
void stale_fork_begins(void)
{
    uint64_t before;
    copied = false;
    if (!on || used == first || !lock(&before, TRIES))
        return;
    copied = true;
    for (uint32_t i = first; i < used; i++)
        stale_pages_copy(i, samples[i].start, samples[i].size);
    signals_restore(before);
}

void stale_fork_done(void)
{
    if (!copied)
        return;
    copied = false;
    stale_pages_drop_copies();
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

/* What there is by now is private memory from here on. */
static void let_go(void)
{
    for (uint32_t i = 0; i < used; i++)
        samples[i].state = samples[i].state ? SAMPLE_BLIND : SAMPLE_NONE;
    first = used = stale_pages_take_over(used);
    free_first = free_last = 0;
    memset(units, 0, sizeof(units));
    looks = 0;
}

void stale_forked(void)
{
    if (!on)
        return;
    let_go();
    copied = false;
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

void stale_bare_fork(void)
{
    uint64_t before;
    if (!on || copied || used == first || !__libc_single_threaded || streams_are_several() ||
        !lock(&before, TRIES))
        return;
    const int error = errno;
    let_go();
    errno = error;
    unlock(before);
}
