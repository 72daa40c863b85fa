/*
 * decode_usual.c - the events of the kinds that most are of, many at a time: what changes with each
 * is at hand meanwhile, and nothing is asked of their order but that it is this stream's turn.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/trace/decode_fields.h"
#include "analyzer/trace/phrases.h"

/* They are short, and each event takes this way. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* The place in a stream, and where what is decoded goes. */
struct cursor {
    const unsigned char *at;
    uint64_t tick, object;
    uint32_t stack;
    struct trace_event *event;
    struct trace_allocation *to;
};

/* The number that the step at AT leads to from LAST; past END: there is none. */
static inline const unsigned char *step_stack(const unsigned char *at, const unsigned char *end,
                                              uint32_t last, uint64_t *stack)
{
    uint64_t step;
    at = read_varint(at, end, &step);
    *stack = last + trace_signed(step);
    return *stack <= UINT32_MAX ? at : end + 1;
}

/* What comes before an event. Nothing is changed where it is wrong: false. */
ALWAYS_INLINE bool usual_prefix(struct stream *stream, struct cursor *cursor, unsigned first)
{
    const unsigned char *const end = stream->end;
    uint64_t value;
    const unsigned char *at = read_varint(cursor->at + 1, end, &value);
    if (at > end)
        return false;
    if ((first & 0xf) == TRACE_EVENT_POOL) {
        stream->last_pool = (stream->last_pool + trace_signed(value)) & ADDRESS_MASK;
        stream->slots[first >> 4] = stream->last_pool;
    } else {
        const uint64_t tick = cursor->tick + (value << 4 | first >> 4);
        if (tick < cursor->tick)
            return false;
        cursor->tick = tick;
    }
    cursor->at = at;
    return true;
}

/* Allocations from one pool, up to SAFE or LIMIT. False: the next one is none of a run, or one of
 * them is wrong. */
ALWAYS_INLINE bool usual_run(const struct stream *stream, struct cursor *cursor, unsigned first,
                             const unsigned char *safe, const struct trace_allocation *limit)
{
    struct trace_allocation *to = cursor->to;
    const unsigned char *at = cursor->at, *const end = stream->end;
    uint64_t stack = cursor->stack, size, step, high = 0;
    do {
        at = read_varint(at + 1, end, &step);
        at = read_varint(at, end, &size);
        stack += trace_signed(step);
        high |= stack | size;
        *to++ = (struct trace_allocation){(uint32_t)stack, (uint32_t)size};
    } while (at < safe && to < limit && *at == first);
    if (high > UINT32_MAX || at > end)
        return false;
    *cursor->event++ = (struct trace_event){.kind = TRACE_EVENT_ALLOC,
                                            .thread = stream->thread,
                                            .tick = cursor->tick,
                                            .pool = stream->slots[first >> 4],
                                            .allocations = cursor->to,
                                            .run = (uint32_t)(to - cursor->to)};
    cursor->at = at;
    cursor->stack = (uint32_t)stack;
    cursor->to = to;
    return true;
}

/* The address that the step at AT leads to from the object before; past END: there is none. */
static inline const unsigned char *step_object(const unsigned char *at, const unsigned char *end,
                                               struct cursor *cursor, struct trace_event *event)
{
    uint64_t step;
    at = read_varint(at, end, &step);
    event->object = cursor->object + trace_signed(step);
    cursor->object = at <= end ? event->object : cursor->object;
    return at;
}

/* The fields below, of the kinds from 16 on. */
static const unsigned char *usual_more(const struct stream *stream, struct cursor *cursor,
                                       const unsigned char *at, uint64_t *stack,
                                       struct trace_event *event)
{
    const unsigned char *const end = stream->end;
    const unsigned kind = TRACE_EVENT_FREE + *at;
    if (kind == TRACE_EVENT_WITH) {
        event->kind = kind;
        *stack = cursor->stack;
        return read_varint(at + 1, end, &event->number);
    }
    if (kind != TRACE_EVENT_FREE && kind != TRACE_EVENT_RELEASE && kind != TRACE_EVENT_RESET)
        return end + 1;
    event->kind = kind;
    at = step_stack(at + 1, end, cursor->stack, stack);
    return kind == TRACE_EVENT_RESET ? read_sizes(stream, at, event)
                                     : step_object(at, end, cursor, event);
}

/* The fields of EVENT behind AT; past the end: it is of no usual kind, or wrong. */
ALWAYS_INLINE const unsigned char *usual_fields(const struct stream *stream, struct cursor *cursor,
                                                const unsigned char *at, uint64_t *stack,
                                                struct trace_event *event)
{
    const unsigned char *const end = stream->end;
    switch (event->kind) {
    case TRACE_EVENT_CREATE:
        event->system = 0;
        return step_stack(read_parent(stream, at, event), end, cursor->stack, stack);
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
        return read_sizes(stream, step_stack(at, end, cursor->stack, stack), event);
    case TRACE_EVENT_NAME:
        return read_name(stream, step_stack(at, end, cursor->stack, stack), event);
    case TRACE_EVENT_OBJECT:
        at = read_varint(step_stack(at, end, cursor->stack, stack), end, &event->size);
        return step_object(at, end, cursor, event);
    case TRACE_EVENT_MARK:
        *stack = cursor->stack;
        return read_varint(at, end, &event->number);
    case TRACE_EVENT_MORE:
        return usual_more(stream, cursor, at, stack, event);
    default:
        return end + 1;
    }
}

/* One event of another kind than ALLOC. False: nothing is changed. */
ALWAYS_INLINE bool usual_single(const struct stream *stream, struct cursor *cursor, unsigned first)
{
    struct trace_event *event = cursor->event;
    uint64_t stack = 0;
    *event = (struct trace_event){.kind = first & 0xf,
                                  .thread = stream->thread,
                                  .tick = cursor->tick,
                                  .pool = stream->slots[first >> 4]};
    const unsigned char *at = usual_fields(stream, cursor, cursor->at + 1, &stack, event);
    if (at > stream->end)
        return false;
    event->stack = cursor->stack = (uint32_t)stack;
    cursor->at = at;
    cursor->event++;
    return true;
}

/* The events of PHRASE, which there is room for. */
static inline void usual_phrase(struct stream *stream, struct cursor *cursor,
                                const struct phrase *phrase)
{
    struct trace_event *event = cursor->event, *const end = event + phrase->event_count;
    struct trace_allocation *to = cursor->to;
    memcpy(to, phrase->allocations, phrase->allocation_count * sizeof(*to));
    memcpy(event, phrase->events, phrase->event_count * sizeof(*event));
    for (; event < end; event++) {
        event->tick = cursor->tick;
        event->thread = stream->thread;
        if (event->kind == TRACE_EVENT_ALLOC) {
            event->allocations = to;
            to += event->run;
        }
    }
    for (unsigned i = phrase->needed; i < phrase->needed + phrase->left; i++)
        stream->slots[phrase->slots[i].slot] = phrase->slots[i].pool;
    if (phrase->steps)
        stream->last_pool = phrase->last_pool_after;
    cursor->stack = phrase->stack_after;
    cursor->at += phrase->length;
    cursor->event = end;
    cursor->to = to;
}

static inline bool has_room(const struct cursor *cursor, const struct phrase *phrase,
                            const struct trace_event *full, const struct trace_allocation *limit)
{
    return phrase->event_count <= (size_t)(full - cursor->event) &&
           phrase->allocation_count < (size_t)(limit - cursor->to);
}

static void begin_phrase(const struct stream *stream, const struct cursor *cursor,
                         struct phrase_begin *begin)
{
    begin->at = cursor->at;
    begin->event = cursor->event;
    begin->allocation = cursor->to;
    begin->stack = cursor->stack;
    begin->last_pool = stream->last_pool;
    memcpy(begin->slots, stream->slots, sizeof(begin->slots));
}

/* Whether a phrase may go on with EVENT, which DEPTH pools are there before. */
static bool goes_on(const struct trace_event *event, unsigned *depth)
{
    const enum trace_event_kind kind = event->kind;
    *depth += kind == TRACE_EVENT_CREATE;
    *depth -= kind == TRACE_EVENT_DESTROY;
    return *depth > 0 &&
           (kind == TRACE_EVENT_CREATE || kind == TRACE_EVENT_DESTROY || kind == TRACE_EVENT_NAME ||
            kind == TRACE_EVENT_ALLOC || kind == TRACE_EVENT_WITH);
}

/* The next event but one that makes a pool and may begin a phrase, or what comes before it. False:
 * who reads it by itself tells what it is. */
ALWAYS_INLINE bool usual_one(struct stream *stream, struct cursor *cursor,
                             const unsigned char *safe, const struct trace_allocation *limit)
{
    const unsigned first = *cursor->at, kind = first & 0xf;
    if (kind >= TRACE_EVENT_TIME)
        return usual_prefix(stream, cursor, first);
    if (stream->slots[first >> 4] == 0 && kind != TRACE_EVENT_MARK)
        return false;
    return kind == TRACE_EVENT_ALLOC ? usual_run(stream, cursor, first, safe, limit)
                                     : usual_single(stream, cursor, first);
}

/* A pool is made: reads what follows one by one, up to its end, and keeps it as a phrase. */
static __attribute__((noinline)) void usual_learn(struct stream *stream, struct cursor *cursor,
                                                  const unsigned char *safe,
                                                  const struct trace_event *full,
                                                  const struct trace_allocation *limit)
{
    struct phrase_begin begin, end;
    unsigned depth = 0;
    const struct trace_event *last = cursor->event;
    if (full - last > PHRASE_EVENTS)
        full = last + PHRASE_EVENTS;
    if (limit - cursor->to > PHRASE_ALLOCATIONS)
        limit = cursor->to + PHRASE_ALLOCATIONS;
    begin_phrase(stream, cursor, &begin);
    end.steps = false;
    while (cursor->at < safe && cursor->event < full && cursor->to < limit &&
           (*cursor->at & 0xf) != TRACE_EVENT_TIME && usual_one(stream, cursor, safe, limit)) {
        end.steps |= cursor->event == last;
        if (cursor->event == last || goes_on(last++, &depth))
            continue;
        begin_phrase(stream, cursor, &end);
        if (depth == 0 && end.at - begin.at <= PHRASE_BYTES)
            phrases_add(stream, &begin, &end);
        break;
    }
}

/* A pool is made. False: no event was read. */
static inline bool usual_create(struct stream *stream, struct cursor *cursor,
                                const unsigned char *safe, const struct trace_event *full,
                                const struct trace_allocation *limit)
{
    bool learn = false;
    const struct phrase *phrase = phrases_find(stream, cursor->at, cursor->stack, &learn);
    const unsigned char *const before = cursor->at;
    if (phrase && has_room(cursor, phrase, full, limit))
        usual_phrase(stream, cursor, phrase);
    else if (learn)
        usual_learn(stream, cursor, safe, full, limit);
    return cursor->at != before || usual_single(stream, cursor, *cursor->at);
}

/* The next event, or those of a phrase, or what comes before it. */
ALWAYS_INLINE bool usual_next(struct stream *stream, struct cursor *cursor, uint64_t turn_ends,
                              const unsigned char *safe, const struct trace_event *full,
                              const struct trace_allocation *limit)
{
    const unsigned first = *cursor->at, kind = first & 0xf;
    if (kind < TRACE_EVENT_TIME && cursor->tick > turn_ends)
        return false;
    if (kind == TRACE_EVENT_CREATE && stream->phrases && stream->slots[first >> 4])
        return usual_create(stream, cursor, safe, full, limit);
    return usual_one(stream, cursor, safe, limit);
}

void stream_decode_usual(struct stream *stream, uint64_t turn_ends, struct event_batch *batch)
{
    const unsigned char *const safe =
        stream->end - stream->at > USUAL_MOST ? stream->end - USUAL_MOST : stream->at;
    struct trace_event *const full = batch->events + EVENT_BATCH;
    struct trace_allocation *const limit = batch->allocations + EVENT_ALLOCATIONS;
    struct cursor cursor = {stream->at,
                            stream->tick,
                            stream->last_object,
                            stream->last_stack,
                            batch->events + batch->count,
                            batch->allocations + batch->allocation_count};
    while (cursor.at < safe && cursor.event < full && cursor.to < limit &&
           usual_next(stream, &cursor, turn_ends, safe, full, limit))
        ;
    stream->at = cursor.at;
    stream->tick = cursor.tick;
    stream->last_object = cursor.object;
    stream->last_stack = cursor.stack;
    batch->count = (size_t)(cursor.event - batch->events);
    batch->allocation_count = (size_t)(cursor.to - batch->allocations);
}
