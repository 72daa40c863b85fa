/* decode.c - the events of one stream, from what was read of a block. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/internal.h"
#include "preload/trace/varint.h"

#include <string.h>

#define ADDRESS_MASK ((UINT64_C(1) << 8 * TRACE_ADDRESS_SIZE) - 1)

/*
 * The readers below may run past stream->end, into the padding: stream_decode() looks once an
 * event. The padding's zeros end every varint.
 */

static const unsigned char *long_varint(const unsigned char *at, const unsigned char *end,
                                        uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        result |= (uint64_t)(at[i] & 0x7f) << 7 * i;
        if (at[i] < 0x80) {
            *value = result;
            return at + i + 1;
        }
    }
    *value = 0;
    return end + 1; /* no such number: told apart by being past the end */
}

static inline const unsigned char *read_varint(const unsigned char *at, const unsigned char *end,
                                               uint64_t *value)
{
    if (at[0] < 0x80) {
        *value = at[0];
        return at + 1;
    }
    if (at[1] < 0x80) {
        *value = (uint64_t)(at[0] & 0x7f) | (uint64_t)at[1] << 7;
        return at + 2;
    }
    return long_varint(at, end, value);
}

static inline const unsigned char *read_address(const unsigned char *at, uint64_t *address)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    *address = word & ADDRESS_MASK;
    return at + TRACE_ADDRESS_SIZE;
}

/* A number of bytes as stored: plus one, so that 0 can say that it is not known. */
static inline uint64_t known_or_not(uint64_t stored)
{
    return stored - 1;
}

/* A stack id that is too large, or less than none, ends as an overrun. */
static inline const unsigned char *read_stack(struct stream *stream, const unsigned char *at,
                                              struct trace_event *event)
{
    uint64_t step;
    at = read_varint(at, stream->end, &step);
    const uint64_t stack = stream->last_stack + trace_signed(step);
    stream->last_stack = event->stack = (uint32_t)stack;
    return stack <= UINT32_MAX ? at : stream->end + 1;
}

static const unsigned char *read_sizes(const struct stream *stream, const unsigned char *at,
                                       struct trace_event *event)
{
    uint64_t used, capacity;
    at = read_varint(at, stream->end, &used);
    at = read_varint(at, stream->end, &capacity);
    event->used = known_or_not(used);
    event->capacity = known_or_not(capacity);
    return at;
}

static const unsigned char *read_parent(const struct stream *stream, const unsigned char *at,
                                        struct trace_event *event)
{
    unsigned place = *at++;
    if (place == TRACE_PARENT_FAR)
        return read_address(at, &event->parent);
    event->parent = place == 0 ? 0 : stream->slots[(place - 1) % TRACE_POOL_SLOTS];
    return place == 0 || (place < TRACE_PARENT_FAR && event->parent != 0) ? at : stream->end + 1;
}

static const unsigned char *read_name(const struct stream *stream, const unsigned char *at,
                                      struct trace_event *event)
{
    uint64_t id;
    at = read_varint(at, stream->end, &id);
    const struct name_definition *name = names_find(stream->names, id);
    if (!name)
        return stream->end + 1;
    event->name_id = (uint32_t)id;
    event->name = name->text;
    event->name_length = name->length;
    return at;
}

static const unsigned char *read_name_text(const struct stream *stream, const unsigned char *at,
                                           struct trace_event *event)
{
    uint64_t length;
    event->kind = TRACE_EVENT_NAME;
    at = read_varint(at, stream->end, &length);
    if (at > stream->end || length > TRACE_NAME_MAX || length > (size_t)(stream->end - at))
        return stream->end + 1;
    event->name_id = TRACE_NO_NAME;
    event->name = (const char *)at;
    event->name_length = (uint32_t)length;
    return at + length;
}

static const unsigned char *read_object(struct stream *stream, const unsigned char *at,
                                        struct trace_event *event)
{
    uint64_t step;
    at = read_varint(at, stream->end, &step);
    stream->last_object = event->object = stream->last_object + trace_signed(step);
    return at;
}

static const unsigned char *read_adoption(const struct stream *stream, const unsigned char *at,
                                          struct trace_event *event)
{
    uint64_t system, used;
    at = read_parent(stream, at, event);
    event->adopted_below = event->parent;
    at = read_varint(at, stream->end, &system);
    event->adopted_system = system % TRACE_SYSTEMS_MAX;
    at = read_varint(at, stream->end, &used);
    event->used = known_or_not(used);
    return system < TRACE_SYSTEMS_MAX ? at : stream->end + 1;
}

static const unsigned char *read_walk(const struct stream *stream, const unsigned char *at,
                                      struct trace_event *event)
{
    uint64_t microseconds;
    event->walk.when = *at++;
    event->walk.result = *at++;
    at = read_varint(at, stream->end, &event->number);
    at = read_varint(at, stream->end, &microseconds);
    event->walk.microseconds = microseconds < UINT32_MAX ? (uint32_t)microseconds : UINT32_MAX;
    return event->walk.when < TRACE_WALK_WHENS && event->walk.result < TRACE_WALK_RESULTS
               ? at
               : stream->end + 1;
}

static const unsigned char *read_unreachable(const struct stream *stream, const unsigned char *at,
                                             struct trace_event *event)
{
    at = read_varint(at, stream->end, &event->number);
    return read_varint(at, stream->end, &event->held);
}

static const unsigned char *read_dangling(struct stream *stream, const unsigned char *at,
                                          struct trace_event *event)
{
    uint64_t pool, offset;
    at = read_stack(stream, at, event);
    if (at > stream->end)
        return at;
    at = read_address(read_address(at, &event->holder), &pool);
    at = read_varint(at, stream->end, &offset);
    event->holder_pool = pool & ADDRESS_MASK;
    event->offset = offset < UINT16_MAX ? (uint16_t)offset : UINT16_MAX;
    return at;
}

static const unsigned char *read_survivor(struct stream *stream, const unsigned char *at,
                                          struct trace_event *event)
{
    const uint64_t ago_most = (UINT64_C(1) << 40) - 1, made_most = (1u << 24) - 1;
    uint64_t system, made, ago;
    at = read_stack(stream, read_parent(stream, at, event), event);
    event->adopted_below = event->parent;
    if (at > stream->end)
        return at;
    at = read_varint(read_varint(at, stream->end, &system), stream->end, &made);
    at = read_varint(at, stream->end, &ago);
    event->adopted_system = system % TRACE_SYSTEMS_MAX;
    event->gone_how = 0;
    event->made = made < made_most ? made : made_most;
    event->ago = ago < ago_most ? ago : ago_most;
    return system < TRACE_SYSTEMS_MAX ? at : stream->end + 1;
}

static const unsigned char *read_gone(struct stream *stream, const unsigned char *at,
                                      struct trace_event *event)
{
    uint64_t system, first, name;
    at = read_stack(stream, read_parent(stream, at, event), event);
    event->adopted_below = event->parent;
    const uint32_t destroyed = event->stack;
    if (at > stream->end)
        return at;
    at = read_stack(stream, at, event);
    at = read_varint(at, stream->end, &system);
    at = read_varint(read_varint(at, stream->end, &first), stream->end, &name);
    if (at > stream->end || (first && !names_find(stream->names, first)) ||
        (name && !names_find(stream->names, name)))
        return stream->end + 1;
    const unsigned how = *at++;
    event->adopted_system = system % TRACE_SYSTEMS_MAX;
    event->gone_how = how % TRACE_GONE_BITS;
    event->gone_first = (uint16_t)first;
    event->gone_name = (uint16_t)name;
    event->gone_destroyed = destroyed;
    return system < TRACE_SYSTEMS_MAX && how < TRACE_GONE_BITS ? at : stream->end + 1;
}

static const unsigned char *read_young(struct stream *stream, const unsigned char *at,
                                       struct trace_event *event)
{
    uint64_t count, allocations, bytes;
    at = read_stack(stream, at, event);
    const uint32_t destroyed = event->stack;
    if (at > stream->end)
        return at;
    at = read_stack(stream, at, event);
    if (at >= stream->end)
        return stream->end + 1;
    const unsigned how = *at++;
    at = read_varint(read_varint(at, stream->end, &count), stream->end, &allocations);
    if (at > stream->end)
        return at;
    at = read_varint(read_varint(at, stream->end, &bytes), stream->end, &event->largest);
    event->young_destroyed = destroyed;
    event->young_how = how % TRACE_YOUNG_HOWS;
    event->young_allocations = allocations & TRACE_YOUNG_ALLOCATIONS_MAX;
    event->young_count = count & TRACE_YOUNG_COUNT_MAX;
    event->young_bytes = bytes & TRACE_YOUNG_BYTES_MAX;
    return how < TRACE_YOUNG_HOWS && count <= TRACE_YOUNG_COUNT_MAX &&
                   allocations <= TRACE_YOUNG_ALLOCATIONS_MAX && bytes <= TRACE_YOUNG_BYTES_MAX
               ? at
               : stream->end + 1;
}

static const unsigned char *read_place(struct stream *stream, const unsigned char *at,
                                       struct trace_event *event)
{
    at = read_stack(stream, at, event);
    if (at > stream->end)
        return at;
    at = read_varint(at, stream->end, &event->number);
    return read_varint(at, stream->end, &event->held);
}

static const unsigned char *read_again(const struct stream *stream, const unsigned char *at,
                                       struct trace_event *event)
{
    uint64_t count, ago;
    at = read_varint(at, stream->end, &event->number);
    if (at > stream->end)
        return at;
    at = read_varint(read_varint(at, stream->end, &count), stream->end, &ago);
    event->again = count & TRACE_YOUNG_COUNT_MAX;
    event->again_ago = (uint32_t)ago;
    return count <= TRACE_YOUNG_COUNT_MAX && ago <= UINT32_MAX ? at : stream->end + 1;
}

#define FAULT_OFFSET_MAX (INT64_C(1) << 54)

static const unsigned char *read_fault(struct stream *stream, const unsigned char *at,
                                       struct trace_event *event)
{
    uint64_t folded;
    at = read_object(stream, read_stack(stream, at, event), event);
    if (at > stream->end)
        return at;
    const unsigned how = *at++;
    at = read_varint(at, stream->end, &folded);
    const int64_t offset = (int64_t)trace_signed(folded);
    event->fault = how;
    event->fault_offset = offset;
    return how < TRACE_FAULT_BITS && offset > -FAULT_OFFSET_MAX && offset < FAULT_OFFSET_MAX
               ? at
               : stream->end + 1;
}

static const unsigned char *read_use(struct stream *stream, const unsigned char *at,
                                     struct trace_event *event)
{
    at = read_object(stream, at, event);
    if (at >= stream->end)
        return stream->end + 1;
    event->use = *at++;
    return event->use < TRACE_USED_BITS ? at : stream->end + 1;
}

/* The fields of the kinds that stand for what was not written one by one; NULL: no such kind. */
static const unsigned char *read_kept(struct stream *stream, const unsigned char *at,
                                      struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_SURVIVOR:
        return read_survivor(stream, at, event);
    case TRACE_EVENT_TOOK:
        at = read_varint(at, stream->end, &event->number);
        return read_varint(at, stream->end, &event->held);
    case TRACE_EVENT_GONE:
        return read_gone(stream, at, event);
    case TRACE_EVENT_YOUNG:
        return read_young(stream, at, event);
    case TRACE_EVENT_PLACE:
        return read_place(stream, at, event);
    case TRACE_EVENT_LIKE:
        return read_varint(at, stream->end, &event->number);
    case TRACE_EVENT_AGAIN:
        return read_again(stream, at, event);
    default:
        return NULL;
    }
}

/* The fields of the kinds from 16 on, after the byte that tells which; NULL: no such kind. */
static const unsigned char *read_more(struct stream *stream, const unsigned char *at,
                                      struct trace_event *event)
{
    uint64_t system;
    event->kind = TRACE_EVENT_FREE + *at++;
    switch (event->kind) {
    case TRACE_EVENT_CREATE_OF:
        event->kind = TRACE_EVENT_CREATE;
        at = read_stack(stream, read_parent(stream, at, event), event);
        at = read_varint(at, stream->end, &system);
        event->system = (uint32_t)system;
        return system < TRACE_SYSTEMS_MAX ? at : stream->end + 1;
    case TRACE_EVENT_FREE:
    case TRACE_EVENT_RELEASE:
    case TRACE_EVENT_RELOCATE:
        return read_object(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_MOVE:
        return read_stack(stream, read_parent(stream, at, event), event);
    case TRACE_EVENT_ORPHAN:
        return read_stack(stream, at, event);
    case TRACE_EVENT_RESET:
        return read_sizes(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_ADOPT:
        return read_adoption(stream, at, event);
    case TRACE_EVENT_FOUND:
        event->found = *at++;
        return event->found < TRACE_FOUND_UNITS ? read_varint(at, stream->end, &event->number)
                                                : stream->end + 1;
    case TRACE_EVENT_LARGE:
    case TRACE_EVENT_WATCHED:
        return read_object(stream, at, event);
    case TRACE_EVENT_WALK:
        return read_walk(stream, at, event);
    case TRACE_EVENT_UNREACHABLE:
        return read_unreachable(stream, at, event);
    case TRACE_EVENT_DANGLING:
        return read_dangling(stream, at, event);
    case TRACE_EVENT_LABEL:
        return read_name(stream, at, event);
    case TRACE_EVENT_GUARDED:
        at = read_varint(read_stack(stream, at, event), stream->end, &event->size);
        return read_object(stream, at, event);
    case TRACE_EVENT_FAULT:
        return read_fault(stream, at, event);
    case TRACE_EVENT_USED:
        return read_use(stream, at, event);
    case TRACE_EVENT_WITH:
        return read_varint(at, stream->end, &event->number);
    default:
        return read_kept(stream, at, event);
    }
}

/* The fields of the kinds that have a pool; NULL: no such kind. */
static inline const unsigned char *read_pool_event(struct stream *stream, const unsigned char *at,
                                                   struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
        event->run = 0;
        return read_varint(read_stack(stream, at, event), stream->end, &event->size);
    case TRACE_EVENT_CREATE:
        event->system = 0;
        return read_stack(stream, read_parent(stream, at, event), event);
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
        return read_sizes(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_NAME:
        return read_name(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_NAME_TEXT:
        return read_name_text(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_SURVEY:
        return read_sizes(stream, at, event);
    case TRACE_EVENT_OBJECT:
        at = read_varint(read_stack(stream, at, event), stream->end, &event->size);
        return read_object(stream, at, event);
    case TRACE_EVENT_MORE:
        return read_more(stream, at, event);
    default:
        return NULL;
    }
}

/* The fields of the kinds without a pool in the cache; NULL: no such kind. */
static const unsigned char *read_plain_event(const struct stream *stream, const unsigned char *at,
                                             struct trace_event *event)
{
    at = read_varint(at, stream->end, &event->number);
    switch (event->kind) {
    case TRACE_EVENT_ROOT:
        return at <= stream->end ? read_address(at, &event->pool) : at;
    case TRACE_EVENT_MARK:
    case TRACE_EVENT_FORK:
    case TRACE_EVENT_END:
        return at;
    default:
        return NULL;
    }
}

/* What comes before an event: its time, its pool. */
static inline const unsigned char *read_prefixes(struct stream *stream, const unsigned char *at)
{
    while (at < stream->end && (*at & 0xf) >= TRACE_EVENT_TIME) {
        unsigned first = *at++;
        uint64_t ticks;
        if ((first & 0xf) == TRACE_EVENT_POOL) {
            uint64_t step;
            at = read_varint(at, stream->end, &step);
            stream->last_pool = (stream->last_pool + trace_signed(step)) & ADDRESS_MASK;
            stream->slots[first >> 4] = stream->last_pool;
            continue;
        }
        at = read_varint(at, stream->end, &ticks);
        ticks = ticks << 4 | first >> 4;
        if (stream->tick + ticks < stream->tick)
            return stream->end + 1;
        stream->tick += ticks;
    }
    return at;
}

void stream_begin(struct stream *stream, size_t length, const struct trace_block *block)
{
    memset(stream->slots, 0, sizeof(stream->slots));
    stream->last_pool = stream->last_object = stream->last_stack = 0;
    stream->at = stream->buffer;
    stream->end = stream->buffer + length;
    /* Time does not run backwards in a stream, whatever the clocks of two processors say. */
    if (block->base_tick > stream->tick)
        stream->tick = block->base_tick;
    stream->thread =
        block->depth == 0 && block->stream + 1 < TRACE_THREADS_MAX ? block->stream + 1 : 0;
}

enum decoded stream_decode(struct stream *stream, struct trace_event *event, const char **why)
{
    const unsigned char *at = read_prefixes(stream, stream->at);
    if (at == stream->end)
        return DECODED_END;
    unsigned first = at < stream->end ? *at++ : TRACE_EVENT_ALLOC;
    event->kind = first & 0xf;
    event->thread = stream->thread;
    event->pool = stream->slots[first >> 4];
    event->tick = stream->tick;
    bool plain = event->kind >= TRACE_EVENT_MARK && event->kind <= TRACE_EVENT_END;
    const unsigned char *end =
        plain ? read_plain_event(stream, at, event) : read_pool_event(stream, at, event);
    const bool has_pool = !plain && event->kind != TRACE_EVENT_WALK &&
                          event->kind != TRACE_EVENT_LABEL && event->kind != TRACE_EVENT_YOUNG &&
                          event->kind != TRACE_EVENT_AGAIN;
    if (at <= stream->end && end && end <= stream->end && (!has_pool || event->pool != 0)) {
        stream->at = end;
        return DECODED_EVENT;
    }
    *why = !end                       ? "an event of unknown kind"
           : !has_pool || event->pool ? "an event that is cut off or out of range"
                                      : "an event on a pool that was not named before";
    return DECODED_DAMAGE;
}

/* Puts the allocations at stream->at from the pool in the cache that FIRST says, as many as there
 * are, to TO, as far as there is ROOM. Returns how many. */
static size_t read_allocations(struct stream *stream, unsigned first, struct trace_allocation *to,
                               size_t room)
{
    size_t count = 0;
    const unsigned char *at = stream->at;
    uint32_t last = stream->last_stack;
    while (count != room && *at == first) {
        uint64_t step, size;
        const unsigned char *next = read_varint(at + 1, stream->end, &step);
        const uint64_t stack = last + trace_signed(step);
        next = read_varint(next, stream->end, &size);
        if (next > stream->end || (stack | size) > UINT32_MAX)
            break;
        last = (uint32_t)stack;
        to[count++] = (struct trace_allocation){last, (uint32_t)size};
        at = next;
    }
    stream->at = at;
    stream->last_stack = last;
    return count;
}

/* Takes what comes before an event; false: it is no event of a turn up to TURN_ENDS. */
static inline bool take_prefixes(struct stream *stream, uint64_t turn_ends)
{
    uint64_t tick = stream->tick;
    const unsigned char *at = read_prefixes(stream, stream->at);
    if (at >= stream->end) {
        stream->tick = tick;
        return false;
    }
    stream->at = at;
    return stream->tick <= turn_ends;
}

bool stream_decode_run(struct stream *stream, uint64_t turn_ends, struct trace_event *run,
                       struct trace_allocation *to, size_t room)
{
    if (!take_prefixes(stream, turn_ends))
        return false;
    unsigned first = *stream->at;
    uint64_t pool = stream->slots[first >> 4];
    if ((first & 0xf) != TRACE_EVENT_ALLOC || pool == 0)
        return false;
    size_t count = read_allocations(stream, first, to, room);
    if (count == 0)
        return false;
    *run = (struct trace_event){.kind = TRACE_EVENT_ALLOC,
                                .thread = stream->thread,
                                .tick = stream->tick,
                                .pool = pool,
                                .allocations = to,
                                .run = (uint32_t)count};
    return true;
}
