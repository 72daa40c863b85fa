/*
 * event_round_trip.h - events of all kinds, by chance; and that the analyzer unpacks what the
 * recorder packed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_EVENT_ROUND_TRIP_H
#define LIFEGUARD_EVENT_ROUND_TRIP_H

#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_MASK ((UINT64_C(1) << 8 * TRACE_ADDRESS_SIZE) - 1)

/* An event as it was handed to the recorder. */
struct written {
    struct trace_event event;
    char name[512];
};

static inline uint64_t random_word(void)
{
    return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

/* Numbers of every length: a few bits, or all but a few. */
static inline uint64_t random_number(void)
{
    uint64_t number = random_word() >> random() % 64;
    return random() % 16 == 0 ? UINT64_MAX - number % 4 : number;
}

/* Few pools, so that some are still in the cache; many, so that some were evicted. */
static inline uint64_t random_pool(void)
{
    uint64_t pool = random() % 4 ? 0x555500000000u + (uint64_t)(random() % 24) * 0x240
                                 : random_word() & ADDRESS_MASK;
    return pool ? pool : 16;
}

/* Those of pools that were young. */
static inline void write_young(struct stream *stream, const struct trace_event *event)
{
    const struct event_gone gone = {.parent = event->adopted_below,
                                    .created = event->stack,
                                    .destroyed = event->gone_destroyed,
                                    .system = event->adopted_system,
                                    .how = event->gone_how};
    const struct event_young young = {.created = event->stack,
                                      .destroyed = event->young_destroyed,
                                      .how = event->young_how,
                                      .count = event->young_count,
                                      .allocations = event->young_allocations,
                                      .bytes = event->young_bytes,
                                      .largest = event->largest};
    if (event->kind == TRACE_EVENT_PLACE)
        event_place(stream, event->pool, event->stack, event->number, event->held);
    else if (event->kind == TRACE_EVENT_LIKE)
        event_like(stream, event->pool, (uint32_t)event->number);
    else if (event->kind == TRACE_EVENT_AGAIN)
        event_again(stream, (uint32_t)event->number, event->again, event->again_ago);
    else if (event->kind == TRACE_EVENT_SURVIVOR)
        event_survivor(stream, event->pool, event->adopted_below, event->stack,
                       event->adopted_system, event->ago, event->made);
    else if (event->kind == TRACE_EVENT_TOOK)
        event_took(stream, event->pool, event->number, event->held);
    else if (event->kind == TRACE_EVENT_GONE)
        event_gone(stream, event->pool, &gone);
    else
        event_young(stream, &young);
}

static inline bool is_young(enum trace_event_kind kind)
{
    return (kind >= TRACE_EVENT_SURVIVOR && kind <= TRACE_EVENT_YOUNG) ||
           (kind >= TRACE_EVENT_PLACE && kind <= TRACE_EVENT_AGAIN);
}

/* `ago` is when it was made. */
static inline void choose_young(struct trace_event *event)
{
    if (event->kind == TRACE_EVENT_YOUNG) {
        event->largest = random_number();
        event->young_count = random_number() & TRACE_YOUNG_COUNT_MAX;
        event->young_bytes = random_number() & TRACE_YOUNG_BYTES_MAX;
        event->young_destroyed = (uint32_t)random_number();
        event->young_allocations = random_number() & TRACE_YOUNG_ALLOCATIONS_MAX;
        event->young_how = (uint32_t)random() % TRACE_YOUNG_HOWS;
    } else if (event->kind == TRACE_EVENT_LIKE || event->kind == TRACE_EVENT_AGAIN) {
        event->number = (uint32_t)random_number();
        event->again = random_number() & TRACE_YOUNG_COUNT_MAX;
        event->again_ago = (uint32_t)random_number();
    } else if (event->kind != TRACE_EVENT_TOOK && event->kind != TRACE_EVENT_PLACE) {
        event->adopted_below = random() % 3 ? random_pool() : 0;
        event->adopted_system = (uint64_t)random() % TRACE_SYSTEMS_MAX;
        event->ago = random_number() & 0xffff;
        event->gone_how =
            event->kind == TRACE_EVENT_GONE ? (uint64_t)random() % TRACE_GONE_BITS : 0;
    }
    if (event->kind == TRACE_EVENT_GONE)
        event->gone_first = event->gone_name = 0;
}

static inline void expect_same_young(const struct trace_event *event,
                                     const struct trace_event *read, size_t index)
{
    const uint64_t most = (UINT64_C(1) << 40) - 1;
    const uint64_t ago = read->tick - event->ago < most ? read->tick - event->ago : most;
    switch (event->kind) {
    case TRACE_EVENT_SURVIVOR:
        cr_assert(read->adopted_below == event->adopted_below && read->ago == ago &&
                      read->made == event->made && read->adopted_system == event->adopted_system,
                  "event %zu", index);
        return;
    case TRACE_EVENT_TOOK:
    case TRACE_EVENT_PLACE:
        cr_assert(read->number == event->number && read->held == event->held, "event %zu", index);
        return;
    case TRACE_EVENT_LIKE:
        cr_assert(read->number == event->number, "event %zu", index);
        return;
    case TRACE_EVENT_AGAIN:
        cr_assert(read->number == event->number && read->again == event->again &&
                      read->again_ago == event->again_ago,
                  "event %zu", index);
        return;
    case TRACE_EVENT_GONE:
        cr_assert(read->adopted_below == event->adopted_below &&
                      read->gone_how == event->gone_how &&
                      read->adopted_system == event->adopted_system &&
                      read->gone_destroyed == event->gone_destroyed && read->gone_name == 0,
                  "event %zu", index);
        return;
    default:
        cr_assert(read->largest == event->largest && read->young_count == event->young_count &&
                      read->young_bytes == event->young_bytes &&
                      read->young_allocations == event->young_allocations &&
                      read->young_destroyed == event->young_destroyed &&
                      read->young_how == event->young_how,
                  "event %zu", index);
    }
}

static inline void write_rest(struct stream *stream, const struct trace_event *event)
{
    const struct pool_usage usage = {event->used, event->capacity};
    switch (event->kind) {
    case TRACE_EVENT_MARK:
        event_mark(stream, (unsigned)event->number);
        break;
    case TRACE_EVENT_ROOT:
        event_root(stream, (unsigned)event->number, event->pool);
        break;
    case TRACE_EVENT_FORK:
        event_fork(stream, (uint32_t)event->number);
        break;
    case TRACE_EVENT_SURVEY:
        event_survey(stream, event->pool, usage);
        break;
    case TRACE_EVENT_FOUND:
        event_found(stream, event->pool, event->found, event->number);
        break;
    case TRACE_EVENT_LARGE:
        event_large(stream, event->pool, event->object);
        break;
    case TRACE_EVENT_WALK:
        event_walk(stream, event->walk.when, event->walk.result, event->number,
                   event->walk.microseconds);
        break;
    case TRACE_EVENT_UNREACHABLE:
        event_unreachable(stream, event->pool, event->number, event->held);
        break;
    case TRACE_EVENT_DANGLING:
        event_dangling(stream, event->pool, event->stack, event->holder, event->holder_pool,
                       event->offset);
        break;
    case TRACE_EVENT_GUARDED:
        event_guarded(stream, event->pool, event->stack, event->size, event->object);
        break;
    case TRACE_EVENT_FAULT:
        event_fault(stream, event->pool, event->stack, event->object, event->fault,
                    (uint64_t)(int64_t)event->fault_offset);
        break;
    case TRACE_EVENT_WATCHED:
        event_watched(stream, event->pool, event->object);
        break;
    case TRACE_EVENT_USED:
        event_used(stream, event->pool, event->object, event->use);
        break;
    case TRACE_EVENT_WITH:
        event_with(stream, event->pool, event->number);
        break;
    default:
        if (is_young(event->kind))
            write_young(stream, event);
        else
            event_end(stream, (int)event->number);
    }
}

static inline void write_event(struct stream *stream, const struct written *written)
{
    const struct trace_event *event = &written->event;
    const struct pool_usage usage = {event->used, event->capacity};
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
        event_alloc(stream, event->pool, event->stack, event->size);
        break;
    case TRACE_EVENT_CREATE:
        event_create(stream, event->pool, event->parent, event->stack, event->system);
        break;
    case TRACE_EVENT_DESTROY:
        event_destroy(stream, event->pool, event->stack, usage);
        break;
    case TRACE_EVENT_CLEAR:
        event_clear(stream, event->pool, event->stack, usage);
        break;
    case TRACE_EVENT_NAME:
        event_name(stream, event->pool, event->stack, written->name);
        break;
    case TRACE_EVENT_OBJECT:
        event_object(stream, event->pool, event->stack, event->size, event->object);
        break;
    case TRACE_EVENT_FREE:
        event_free(stream, event->pool, event->stack, event->object);
        break;
    case TRACE_EVENT_RELEASE:
        event_release(stream, event->pool, event->stack, event->object);
        break;
    case TRACE_EVENT_RELOCATE:
        event_relocate(stream, event->pool, event->stack, event->object);
        break;
    case TRACE_EVENT_MOVE:
        event_move(stream, event->pool, event->parent, event->stack);
        break;
    case TRACE_EVENT_RESET:
        event_reset(stream, event->pool, event->stack, usage);
        break;
    case TRACE_EVENT_ADOPT:
        event_adopt(stream, event->pool, event->adopted_below, event->adopted_system, event->used);
        break;
    case TRACE_EVENT_ORPHAN:
        event_orphan(stream, event->pool, event->stack);
        break;
    default:
        write_rest(stream, event);
    }
}

static inline bool has_stack(enum trace_event_kind kind)
{
    return kind <= TRACE_EVENT_NAME || kind == TRACE_EVENT_OBJECT ||
           (kind >= TRACE_EVENT_FREE && kind <= TRACE_EVENT_ORPHAN) ||
           kind == TRACE_EVENT_RELEASE ||
           (kind >= TRACE_EVENT_DANGLING && kind != TRACE_EVENT_TOOK &&
            kind <= TRACE_EVENT_YOUNG) ||
           kind == TRACE_EVENT_PLACE;
}

static inline bool has_pool(enum trace_event_kind kind)
{
    if (is_young(kind))
        return kind != TRACE_EVENT_YOUNG && kind != TRACE_EVENT_AGAIN;
    return has_stack(kind) || kind == TRACE_EVENT_SURVEY || kind == TRACE_EVENT_ROOT ||
           kind == TRACE_EVENT_ADOPT || kind == TRACE_EVENT_FOUND || kind == TRACE_EVENT_LARGE ||
           kind == TRACE_EVENT_UNREACHABLE || kind >= TRACE_EVENT_WATCHED;
}

static inline bool has_usage(enum trace_event_kind kind)
{
    return kind == TRACE_EVENT_DESTROY || kind == TRACE_EVENT_CLEAR || kind == TRACE_EVENT_SURVEY ||
           kind == TRACE_EVENT_RESET;
}

static inline bool has_number(enum trace_event_kind kind)
{
    return (!has_pool(kind) && !is_young(kind)) || kind == TRACE_EVENT_ROOT ||
           kind == TRACE_EVENT_FOUND || kind == TRACE_EVENT_UNREACHABLE || kind == TRACE_EVENT_WITH;
}

static inline bool has_parent(enum trace_event_kind kind)
{
    return kind == TRACE_EVENT_CREATE || kind == TRACE_EVENT_MOVE;
}

static inline bool has_object(enum trace_event_kind kind)
{
    return kind == TRACE_EVENT_OBJECT || kind == TRACE_EVENT_FREE || kind == TRACE_EVENT_RELOCATE ||
           kind == TRACE_EVENT_LARGE || kind == TRACE_EVENT_GUARDED || kind == TRACE_EVENT_FAULT ||
           kind == TRACE_EVENT_WATCHED || kind == TRACE_EVENT_USED;
}

static inline void choose_event(struct written *written)
{
    static const enum trace_event_kind kinds[] = {
        TRACE_EVENT_ALLOC,  TRACE_EVENT_CREATE,      TRACE_EVENT_DESTROY,  TRACE_EVENT_NAME,
        TRACE_EVENT_CLEAR,  TRACE_EVENT_MARK,        TRACE_EVENT_ROOT,     TRACE_EVENT_FORK,
        TRACE_EVENT_SURVEY, TRACE_EVENT_END,         TRACE_EVENT_OBJECT,   TRACE_EVENT_FREE,
        TRACE_EVENT_MOVE,   TRACE_EVENT_RESET,       TRACE_EVENT_RELOCATE, TRACE_EVENT_ORPHAN,
        TRACE_EVENT_ADOPT,  TRACE_EVENT_FOUND,       TRACE_EVENT_LARGE,    TRACE_EVENT_RELEASE,
        TRACE_EVENT_WALK,   TRACE_EVENT_UNREACHABLE, TRACE_EVENT_DANGLING, TRACE_EVENT_GUARDED,
        TRACE_EVENT_FAULT,  TRACE_EVENT_SURVIVOR,    TRACE_EVENT_TOOK,     TRACE_EVENT_GONE,
        TRACE_EVENT_YOUNG,  TRACE_EVENT_WATCHED,     TRACE_EVENT_USED,     TRACE_EVENT_WITH,
        TRACE_EVENT_PLACE,  TRACE_EVENT_LIKE,        TRACE_EVENT_AGAIN};
    written->event = (struct trace_event){
        .kind = kinds[(size_t)random() % (sizeof(kinds) / sizeof(kinds[0]))],
        .stack = (uint32_t)random_number(),
        .pool = random_pool(),
        .size = random_number(),     /* or `used` */
        .capacity = random_number(), /* or `object` */
    };
    if (has_parent(written->event.kind))
        written->event.parent = random() % 3 ? random_pool() : 0;
    if (written->event.kind == TRACE_EVENT_CREATE)
        written->event.system = random() % 2 ? (uint32_t)random() % TRACE_SYSTEMS_MAX : 0;
    if (written->event.kind == TRACE_EVENT_ADOPT) {
        written->event.adopted_below = random() % 3 ? random_pool() : 0;
        written->event.adopted_system = (uint64_t)random() % TRACE_SYSTEMS_MAX;
    }
    if (written->event.kind == TRACE_EVENT_FOUND)
        written->event.found = (uint32_t)random() % TRACE_FOUND_UNITS;
    if (written->event.kind == TRACE_EVENT_WALK) {
        written->event.walk.when = (uint8_t)(random() % TRACE_WALK_WHENS);
        written->event.walk.result = (uint8_t)(random() % TRACE_WALK_RESULTS);
        written->event.walk.microseconds = (uint32_t)random_number();
    }
    if (written->event.kind == TRACE_EVENT_DANGLING) {
        written->event.holder = random_pool();
        written->event.holder_pool = random() % 3 ? random_pool() : 0;
        written->event.offset = (uint16_t)random();
    }
    if (written->event.kind == TRACE_EVENT_FAULT) {
        written->event.fault = (uint64_t)random() % TRACE_FAULT_BITS;
        written->event.fault_offset = (int64_t)(random_number() >> 12) * (random() % 2 ? 1 : -1);
    }
    if (written->event.kind == TRACE_EVENT_USED)
        written->event.use = (uint32_t)random() % TRACE_USED_BITS;
    if (is_young(written->event.kind))
        choose_young(&written->event);
    if (has_number(written->event.kind))
        written->event.number = (uint32_t)random_number();
    size_t length = (size_t)random() % sizeof(written->name);
    for (size_t i = 0; i < length; i++)
        written->name[i] = (char)(1 + random() % 255);
    written->name[length] = '\0';
}

static inline bool same_name(const struct written *written, const struct trace_event *read)
{
    size_t length = strnlen(written->name, TRACE_NAME_MAX);
    return read->name_length == length && memcmp(read->name, written->name, length) == 0;
}

static inline void expect_same(const struct written *written, const struct trace_event *read,
                               size_t index)
{
    const struct trace_event *event = &written->event;
    if (is_young(event->kind))
        expect_same_young(event, read, index);
    uint64_t number = event->kind == TRACE_EVENT_END ? event->number & 0xff : event->number;

    cr_assert_eq(read->kind, event->kind, "event %zu: kind %u, not %u", index, read->kind,
                 event->kind);
    cr_assert(!has_stack(event->kind) || read->stack == event->stack, "event %zu", index);
    cr_assert(!has_pool(event->kind) || read->pool == event->pool, "event %zu", index);
    bool sized = event->kind == TRACE_EVENT_ALLOC || event->kind == TRACE_EVENT_OBJECT ||
                 event->kind == TRACE_EVENT_GUARDED;
    cr_assert(!has_parent(event->kind) || read->parent == event->parent, "event %zu", index);
    cr_assert(event->kind != TRACE_EVENT_FOUND || read->found == event->found, "event %zu", index);
    cr_assert(event->kind != TRACE_EVENT_CREATE || read->system == event->system, "event %zu",
              index);
    cr_assert(event->kind != TRACE_EVENT_WALK ||
                  (read->walk.when == event->walk.when && read->walk.result == event->walk.result &&
                   read->walk.microseconds == event->walk.microseconds),
              "event %zu", index);
    cr_assert(event->kind != TRACE_EVENT_UNREACHABLE || read->held == event->held, "event %zu",
              index);
    cr_assert(event->kind != TRACE_EVENT_DANGLING ||
                  (read->holder == event->holder && read->holder_pool == event->holder_pool &&
                   read->offset == event->offset),
              "event %zu", index);
    cr_assert(event->kind != TRACE_EVENT_FAULT ||
                  (read->fault == event->fault && read->fault_offset == event->fault_offset),
              "event %zu", index);
    cr_assert(event->kind != TRACE_EVENT_USED || read->use == event->use, "event %zu", index);
    cr_assert(!has_object(event->kind) || read->object == event->object, "event %zu", index);
    cr_assert(!sized || read->size == event->size, "event %zu", index);
    cr_assert(!has_usage(event->kind) ||
                  (read->used == event->used && read->capacity == event->capacity),
              "event %zu", index);
    cr_assert(event->kind != TRACE_EVENT_ADOPT ||
                  (read->adopted_below == event->adopted_below && read->used == event->used &&
                   read->adopted_system == event->adopted_system),
              "event %zu", index);
    cr_assert(!has_number(event->kind) || read->number == number, "event %zu", index);
    cr_assert(event->kind != TRACE_EVENT_NAME || same_name(written, read), "event %zu", index);
}

/* Compares EVENT, a run too, with those from INDEX on; returns the index behind it. */
static inline size_t expect_same_run(const struct written *all, const struct trace_event *event,
                                     size_t index)
{
    struct trace_event single = *event;

    if (event->kind != TRACE_EVENT_ALLOC || event->run == 0) {
        expect_same(&all[index], event, index);
        return index + 1;
    }
    for (uint32_t i = 0; i < event->run; i++) {
        single.stack = event->allocations[i].stack;
        single.size = event->allocations[i].size;
        expect_same(&all[index + i], &single, index + i);
    }
    return index + event->run;
}

/* The same in batches; of large allocations and small ones. */
static inline void expect_batches(struct trace *trace, const struct written *all, size_t count)
{
    struct event_batch *batch = malloc(sizeof(*batch));
    size_t read = 0;

    while (trace_read_events(trace, batch))
        for (size_t i = 0; i < batch->count; i++) {
            const struct trace_event *event = &batch->events[i];
            bool run = event->kind == TRACE_EVENT_ALLOC && event->run;

            cr_assert_leq(read + (run ? event->run : 1), count);
            read = expect_same_run(all, event, read);
        }
    cr_expect_eq(read, count);
    free(batch);
}

/* Writes what was chosen and reads it back; the order within a stream is kept. */
static inline void expect_round_trip(struct stream *stream, const struct written *all, size_t count)
{
    struct trace_event event;
    uint64_t tick = 0;

    for (size_t i = 0; i < count; i++)
        write_event(stream, &all[i]);
    struct trace *trace = temp_trace_read();
    for (size_t i = 0; i < count; i++) {
        cr_assert(trace_next(trace, &event), "%zu of %zu events", i, count);
        expect_same(&all[i], &event, i);
        cr_assert_geq(event.tick, tick);
        tick = event.tick;
    }
    cr_expect(!trace_next(trace, &event));
    trace_rewind(trace);
    expect_batches(trace, all, count);
    cr_expect_null(trace_damage(trace));
    trace_close(trace);
}

#endif
