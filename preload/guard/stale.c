/* stale.c - whether sampled allocations are used after their unit of work; see stale.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/stale.h"

#include "preload/guard/stale_samples.h"
#include "preload/guard/stale_sites.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/signals.h"
#include "preload/util/threads.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define TRIES      10000u
#define LOOKS_MORE 100u      /* at the ends of the first units each; then, ... */
#define LOOK_EVERY 10000000u /* ... ns, at least */
#define USES_TOLD  2u        /* of one, after its unit: one may have been for its end */

static uint64_t looked;             /* clock_coarse(), when all were looked at last, ... */
static uint32_t looked_in;          /* ... and how many units had begun by then */
static uint32_t looks, units_begun; /* of all streams */
bool stale_on;
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

const char *stale_setup(uint32_t every)
{
    if (stale_on)
        return NULL;
    if (!stale_pages_setup())
        return "the kernel does not say which pages are used";
    stale_sites_setup(every);
    stale_on = true;
    return NULL;
}

/* SAMPLE cannot be looked at from here on. */
static void lose_sight(struct stale_sample *sample)
{
    sample->state = STALE_BLIND;
    blind = true;
    trace_file_count_sampled(TRACE_SAMPLED_BLIND);
}

static bool is_used(uint32_t number)
{
    bool is_used = false;
    return stale_pages_look(&number, 1, &is_used) && is_used;
}

/* Whether it is used once more than that says nothing new. */
static void tell_use(struct stream *stream, struct stale_sample *sample)
{
    const uint32_t seen = sample->seen > looked_in ? sample->seen : looked_in;
    event_used(stream, sample->pool & ~(uint64_t)STALE_DYING, sample->start,
               seen != units_begun ? TRACE_USED_EARLIER : 0);
    if (sample->state == STALE_WATCHED && ++sample->uses == USES_TOLD)
        sample->state = STALE_BLIND;
}

/* Of COUNT, in order, those that lie side by side at once. */
static void hide(const uint32_t *numbers, uint32_t count)
{
    for (uint32_t i = 0, length; i < count; i += length) {
        length = 1;
        while (i + length < count && numbers[i + length] == numbers[i] + length &&
               stale_pages_follows(numbers[i + length]))
            length++;
        const bool hidden = stale_pages_hide(numbers[i], length);
        for (uint32_t j = 0; j < length; j++) {
            stale_samples.all[numbers[i] + j].hidden = hidden;
            if (!hidden)
                lose_sight(&stale_samples.all[numbers[i] + j]);
        }
    }
}

/* Tells which of COUNT were used since they were hidden, and hides them again, as far as can be. */
static void look_at(struct stream *stream, const uint32_t *numbers, uint32_t count)
{
    static uint32_t hidden[STALE_SLOTS];
    static bool are_used[STALE_SLOTS];
    uint32_t hidden_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (stale_samples.all[numbers[i]].hidden)
            hidden[hidden_count++] = numbers[i];
    }
    const bool told = hidden_count > 0 && stale_pages_look(hidden, hidden_count, are_used);
    for (uint32_t i = 0; i < hidden_count && told; i++) {
        if (are_used[i])
            tell_use(stream, &stale_samples.all[hidden[i]]);
    }
    hide(numbers, count);
    for (uint32_t i = 0; i < count; i++)
        stale_samples.all[numbers[i]].seen = units_begun;
}

static void watch(struct stream *stream, struct stale_sample *sample)
{
    event_watched(stream, sample->pool, sample->start);
    sample->state = STALE_WATCHED;
    stale_sites_learn(sample->stack, true);
    trace_file_count_sampled(TRACE_SAMPLED_WATCHED);
}

static void end_unit(struct stream *stream, struct stale_unit *unit)
{
    static uint32_t numbers[STALE_SLOTS];
    uint32_t count = 0;
    for (uint32_t i = stale_samples.first; i < stale_samples.used && unit->fresh > 0; i++) {
        if (stale_samples.all[i].state != STALE_FRESH ||
            stale_samples.all[i].stream != stream->number)
            continue;
        unit->fresh--;
        if (!(stale_samples.all[i].pool & STALE_DYING))
            numbers[count++] = i;
    }
    look_at(stream, numbers, count);
    for (uint32_t i = 0; i < count; i++) {
        if (stale_samples.all[numbers[i]].hidden)
            watch(stream, &stale_samples.all[numbers[i]]);
    }
    unit->fresh = 0;
    stale_units_drop(unit);
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
    for (uint32_t i = stale_samples.first; i < stale_samples.used; i++) {
        if (stale_samples.all[i].state == STALE_WATCHED)
            numbers[count++] = i;
    }
    looked = clock_coarse();
    looks++;
    const bool told = count > 0 && stale_pages_look(numbers, count, are_used);
    uint32_t again = 0;
    for (uint32_t i = 0; i < count && told; i++) {
        struct stale_sample *sample = &stale_samples.all[numbers[i]];
        if (!are_used[i])
            continue;
        tell_use(stream, sample);
        if (sample->state == STALE_WATCHED)
            numbers[again++] = numbers[i];
    }
    hide(numbers, again);
    looked_in = units_begun;
}

static bool is_look_due(void)
{
    return stale_samples.used > stale_samples.first &&
           (looks < LOOKS_MORE || in_ns(clock_coarse()) - in_ns(looked) >= LOOK_EVERY);
}

static void change_unit(struct stream *stream, struct stale_unit *unit, bool begins)
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
    stale_units_drop(unit);
    unit->begun = begins;
}

void stale_unit_begins(struct stream *stream)
{
    struct stale_unit *unit = stale_on ? stale_units_of(stream) : NULL;
    if (unit)
        change_unit(stream, unit, true);
}

void stale_units_end(struct stream *stream)
{
    struct stale_unit *unit = stale_on ? stale_units_of(stream) : NULL;
    if (unit && unit->begun)
        change_unit(stream, unit, false);
}

bool stale_may_take(struct stream *stream, bool in_time)
{
    struct stale_unit *unit = stale_units_of(stream);
    if (!unit || blind)
        return false;
    const uint64_t second = in_time ? clock_coarse() >> 30 : 0;
    if (in_time && unit->second != second) {
        change_unit(stream, unit, true);
        unit->second = second;
    }
    return unit->begun;
}

static uint64_t take(struct stale_unit *unit, const struct stream *stream, uint64_t pool,
                     uint64_t size, uint32_t stack)
{
    struct stale_sample *sample = stale_samples_take(pool, size);
    if (!sample)
        return 0;
    sample->stack = stack;
    sample->stream = (uint16_t)stream->number;
    memcpy(sample->hands, unit->hands, sizeof(sample->hands));
    unit->fresh++;
    unit->asked = true;
    return sample->start;
}

uint64_t stale_take(const struct stream *stream, uint64_t pool, uint64_t size, uint32_t stack)
{
    struct stale_unit *unit = stale_units_of(stream);
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

/* Nothing is to be seen of it any more. */
static void end_sample(void *stream, uint32_t number)
{
    struct stale_sample *sample = &stale_samples.all[number];
    if (sample->state == STALE_WATCHED && is_used(number))
        tell_use(stream, sample);
    if (sample->state == STALE_FRESH) {
        struct stale_unit *unit = stale_units_numbered(sample->stream);
        unit->fresh -= unit->fresh > 0;
        stale_sites_learn(sample->stack, false);
    }
}

/* Ends what has the pool as KEY says it; most have nothing. */
static void end_all(struct stream *stream, uint64_t key)
{
    uint64_t before;
    if (!stale_on || !stale_samples_may_have(key))
        return;
    const int error = errno;
    if (lock(&before, TRIES)) {
        stale_samples_end(key, end_sample, stream);
        unlock(before);
    }
    errno = error;
}

/* POOL has ended, which was at hand for some. */
static void end_at_hand(struct stream *stream, uint64_t pool)
{
    static uint32_t numbers[STALE_SLOTS];
    uint32_t count = 0;
    for (uint32_t i = stale_samples.first; i < stale_samples.used; i++) {
        const struct stale_sample *sample = &stale_samples.all[i];
        bool had = false;
        for (unsigned hand = 0; hand < STALE_HANDS; hand++)
            had |= sample->hands[hand] == pool;
        if (had && sample->state == STALE_FRESH && sample->stream == stream->number &&
            sample->pool != pool)
            numbers[count++] = i;
    }
    look_at(stream, numbers, count);
    for (uint32_t i = 0; i < count; i++) {
        if (stale_samples.all[numbers[i]].hidden)
            event_watched(stream, pool, stale_samples.all[numbers[i]].start);
    }
}

static void forget_hand(struct stream *stream, uint64_t pool)
{
    struct stale_unit *unit = stale_units_of(stream);
    uint64_t before;
    if (!unit || !stale_units_forget(unit, pool) || unit->fresh == 0 || !unit->asked ||
        !lock(&before, TRIES))
        return;
    const int error = errno;
    end_at_hand(stream, pool);
    errno = error;
    unlock(before);
}

void stale_pool_made(struct stream *stream, uint64_t pool)
{
    if (!stale_on)
        return;
    end_all(stream, pool);
    struct stale_unit *unit = stale_units_of(stream);
    if (unit && unit->begun)
        stale_units_give(unit, pool);
}

/* Without the lock, as a rule. */
void stale_pool_ends(uint64_t pool)
{
    uint64_t before;
    if (!stale_on || !stale_samples_may_have(pool) || stale_samples_mark_dying(pool) ||
        !lock(&before, TRIES))
        return;
    stale_samples_mark_dying(pool);
    unlock(before);
}

bool stale_may_end(uint64_t pool)
{
    return stale_on && (stale_units_may_have(pool) || stale_samples_may_have(pool));
}

bool stale_may_have(uint64_t pool)
{
    return stale_on && (stale_units_may_have(pool) || stale_samples_may_have(pool | STALE_DYING));
}

void stale_pool_ended(struct stream *stream, uint64_t pool)
{
    if (!stale_on)
        return;
    end_all(stream, pool | STALE_DYING);
    forget_hand(stream, pool);
}

void stale_look(struct stream *stream)
{
    uint64_t before;
    if (!stale_on || !lock(&before, TRIES))
        return;
    look_at_all(stream);
    unlock(before);
}

void stale_look_away(void)
{
    uint64_t before;
    if (!stale_on || !lock(&before, TRIES))
        return;
    for (uint32_t i = stale_samples.first; i < stale_samples.used; i++) {
        if ((stale_samples.all[i].state == STALE_WATCHED || stale_samples.all[i].hidden) &&
            !stale_pages_hide(i, 1))
            lose_sight(&stale_samples.all[i]);
    }
    unlock(before);
}

void stale_each(void (*seen)(void *data, uint64_t pool, uint64_t begin, uint64_t end), void *data)
{
    for (uint32_t i = 0; stale_on && i < stale_samples.used; i++) {
        const struct stale_sample *sample = &stale_samples.all[i];
        if (sample->state != STALE_NONE)
            seen(data, sample->pool & ~(uint64_t)STALE_DYING, sample->start,
                 sample->start + sample->size);
    }
}

/* Nobody takes or ends one until stale_fork_done(). Of several that fork at once one copies: the
 * child of another takes what there is by then. */
void stale_fork_begins(void)
{
    uint64_t before;
    copied = false;
    if (!stale_on || stale_samples.used == stale_samples.first || !lock(&before, TRIES))
        return;
    copied = true;
    for (uint32_t i = stale_samples.first; i < stale_samples.used; i++)
        stale_pages_copy(i, stale_samples.all[i].start, stale_samples.all[i].size);
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
    stale_samples_forked();
    stale_units_forked();
    looks = 0;
}

void stale_forked(void)
{
    if (!stale_on)
        return;
    let_go();
    copied = false;
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

void stale_bare_fork(void)
{
    uint64_t before;
    if (!stale_on || copied || stale_samples.used == stale_samples.first || !threads_alone() ||
        streams_are_several() || !lock(&before, TRIES))
        return;
    const int error = errno;
    let_go();
    errno = error;
    unlock(before);
}
