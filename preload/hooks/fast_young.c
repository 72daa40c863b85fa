/* fast_young.c - lives of young pools as most are; see fast_young.h. The program needs the caches
 * of the processor: what is usual is asked in few instructions, and all else of fast_pools.c. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/fast_young.h"

#include "preload/hooks/call.h"
#include "preload/hooks/endings.h"
#include "preload/hooks/fast_pools.h"
#include "preload/hooks/fast_stack.h"
#include "preload/hooks/fates.h"
#include "preload/hooks/known.h"
#include "preload/hooks/meanings.h"
#include "preload/hooks/roots.h"
#include "preload/trace/names.h"
#include "preload/young/parents.h"

/* As generation_begin_try(), for who is no handler: true, and nobody else may until end(). What was
 * known before the stream was entered may be otherwise: a handler may have forked. */
static inline bool begin(const struct stream *stream, struct young_pools *young)
{
    if (young->busy || young->waits || stream->watching || !generation_alone())
        return false;
    young->busy = true;
    __asm__ volatile("" ::: "memory"); /* a handler from here on leaves them alone */
    return true;
}

static inline bool end(struct young_pools *young, bool done)
{
    __asm__ volatile("" ::: "memory");
    young->busy = false;
    return done;
}

static inline bool may_be_above(const struct young_pool *parent, uint64_t address)
{
    return parent ? parent->state == YOUNG_LIVE : parents_have(address);
}

/* The place at STACK, if what it makes now is one of many. */
static inline struct young_place *usual_place(uint32_t stack)
{
    const struct generation *now = &generation_now;
    if (!stack || !now->in_unit || now->crowded)
        return NULL;
    struct young_place *place = places_of(now->places, stack);
    return place && !place_makes_example(place, now->unit) ? place : NULL;
}

/* Can another pool of SYSTEM be made at ADDRESS, as one of it that was young has ended there, by
 * itself? Then nothing else is known of an older one there, nor a name. */
static inline bool may_be_again(const struct young_pool *before, const struct pool_system *system,
                                uint64_t address)
{
    return before->address == address && before->state == YOUNG_ENDED &&
           before->system == system->number;
}

static inline bool create(struct stream *stream, const struct hook *hook,
                          const struct entry_frame *frame, uint64_t pool, uint64_t parent)
{
    struct pool_system *system = hook->system;
    struct young_pools *young = generation_pools;
    struct young_pool *before = young ? young_find(young, pool) : NULL;
    if (!before || stream->unnamed || roots_have_changed_or(system, pool))
        return false;
    __builtin_prefetch(before, 1);
    const uint32_t stack = fast_stack(stream, frame, 0);
    if (!begin(stream, young))
        return false;
    struct young_pool *above = young_find(young, parent);
    struct young_place *place = usual_place(stack);
    if (!place || !may_be_again(before, system, pool) || young->live >= YOUNG_LIVE_MAX ||
        !may_be_above(above, parent))
        return end(young, false);
    const struct generation_call call = {.stack = stack, .parent = parent, .system = system};
    young_add_alike(young, before, system->gives_back);
    fate_begin(&generation_now, &call, before, above);
    place_count(place, generation_now.unit);
    known_made_again(system, pool);
    if (!system->gives_back)
        quick_note(before);
    return end(young, true);
}

static __attribute__((noinline)) bool try_create(const struct hook *hook,
                                                 const struct entry_frame *frame)
{
    const uint64_t pool = operand_sum(&hook->values[HOOK_POOL].direct, frame);
    const uint64_t parent = operand_sum(&hook->values[HOOK_PARENT].direct, frame);
    __builtin_prefetch(&generation_pools->sets[young_set(pool)]);
    const bool may = hook->system->may_be_young && !hook->system->makes_unseen && parent && pool &&
                     call_succeeded(hook, frame);
    struct stream *stream = may ? stream_enter_fast(frame) : NULL;
    if (!stream)
        return fast_create(hook, frame);
    const bool done = create(stream, hook, frame, pool, parent);
    stream_leave_fast();
    return done || fast_create(hook, frame);
}

static inline bool take_name(const struct pool_system *system, struct young_pool *pool, uint32_t id)
{
    if (!pool->first) {
        enum name_meaning meaning;
        if (!meaning_is_plain(system, id, &meaning))
            return false;
        pool->awaited = meaning == NAME_MEANS_END;
        pool->first = (uint16_t)id;
    }
    pool->name = (uint16_t)id;
    return true;
}

static inline bool set_name(struct stream *stream, const struct hook *hook, uint64_t address,
                            const char *name)
{
    struct young_pools *young = generation_pools;
    const uint32_t id = names_recall(name);
    if (!id || !young || !begin(stream, young))
        return false;
    struct young_pool *pool = quick_pool();
    if (!pool || pool->address != address)
        pool = young_find(young, address);
    if (!pool || pool->state != YOUNG_LIVE || !take_name(hook->system, pool, id))
        return end(young, false);
    naming_named(stream, address, (uint64_t)(uintptr_t)name);
    return end(young, true);
}

/* What else is to be told is so with the next event that is written. */
static __attribute__((noinline)) bool try_name(const struct hook *hook,
                                               const struct entry_frame *frame)
{
    const uint64_t pool = operand_sum(&hook->values[HOOK_POOL].direct, frame);
    const uint64_t name = operand_sum(&hook->values[HOOK_NAME].direct, frame);
    const bool may = pool && name && call_succeeded(hook, frame);
    struct stream *stream = may ? stream_enter_fast(frame) : NULL;
    if (!stream)
        return fast_set_name(hook, frame);
    const bool done = set_name(stream, hook, pool, (const char *)name);
    stream_leave_fast();
    return done || fast_set_name(hook, frame);
}

/* Is the name that POOL has in its memory the one that was TOLD last? */
static inline bool is_named(const struct pool_system *system, uint64_t pool,
                            const struct name_told *told)
{
    const struct api_layout *layout = system->layout_count > 0 ? system->layouts[0] : NULL;
    if (!system->reads_names || !layout || !layout->names)
        return true;
    if (system->ends_unseen)
        return false;
    const uint64_t name = operand_load(pool - layout->address + layout->pool_tag);
    return !name || (told && name == told->name);
}

/* How POOL ends at STACK, by itself, if others did so and it is nothing else that matters. */
static inline struct young_ending *usual_ending(const struct young_pool *pool, uint32_t stack)
{
    const struct young_way way = fate_way(pool, stack, false);
    if (!stack || alike_matters(pool) || young_only.pool == pool->address)
        return NULL;
    struct young_ending *ending = places_ending(generation_now.places, &way);
    return ending && !ending_is_full(ending) ? ending : NULL;
}

/* Most often that pool is taken from next in which the one that ends was made. */
static inline void note_next(struct young_pools *young, const struct pool_system *system,
                             const struct young_pool *ended)
{
    struct young_pool *newest = young_newest(young);
    if (quick_pool() != ended)
        return;
    if (young->live && newest->system == system->number && !system->gives_back)
        quick_note(newest);
    else
        quick_forget();
}

static inline bool destroy(struct stream *stream, const struct hook *hook,
                           const struct entry_frame *frame, uint64_t address)
{
    struct young_pools *young = generation_pools;
    struct young_pool *pool = young ? young_find(young, address) : NULL;
    if (!pool || pool->state != YOUNG_LIVE || pool->above || roots_have_changed(hook->system))
        return false;
    const uint32_t stack = fast_stack(stream, frame, 0);
    struct name_told *told = naming_find(address);
    if (!begin(stream, young))
        return false;
    struct young_ending *ending = usual_ending(pool, stack);
    if (!ending || pool->address != address || pool->state != YOUNG_LIVE || pool->above ||
        !is_named(hook->system, address, told))
        return end(young, false);
    survivors_note_end(stack);
    survivors_end_alone(&generation_now, pool, ending, stack, YOUNG_ENDED);
    const struct generation_call call = {.start = &frame->start};
    ending_note(young, pool, &call);
    note_next(young, hook->system, pool);
    known_ends_told(stream, hook->system, address, told);
    usage_ended(address);
    return end(young, true);
}

static __attribute__((noinline)) bool try_destroy(const struct hook *hook,
                                                  const struct entry_frame *frame)
{
    const uint64_t pool = operand_sum(&hook->values[HOOK_POOL].direct, frame);
    __builtin_prefetch(&generation_pools->sets[young_set(pool)]);
    struct stream *stream = pool && call_succeeded(hook, frame) ? stream_enter_fast(frame) : NULL;
    if (!stream)
        return fast_destroy(hook, frame);
    const bool done = destroy(stream, hook, frame, pool);
    stream_leave_fast();
    return done || fast_destroy(hook, frame);
}

/* Where no pool is young no register is saved. */
bool fast_young_create(const struct hook *hook, const struct entry_frame *frame)
{
    return generation_pools ? try_create(hook, frame) : fast_create(hook, frame);
}

bool fast_young_name(const struct hook *hook, const struct entry_frame *frame)
{
    return generation_pools ? try_name(hook, frame) : fast_set_name(hook, frame);
}

bool fast_young_destroy(const struct hook *hook, const struct entry_frame *frame)
{
    return generation_pools ? try_destroy(hook, frame) : fast_destroy(hook, frame);
}
