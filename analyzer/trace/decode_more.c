/* decode_more.c - the fields of events of the rarer kinds, those from 16 on. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/decode_fields.h"

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
    case TRACE_EVENT_UNITS:
    case TRACE_EVENT_LABELLED:
        return decode_units(stream, at, event);
    default:
        return NULL;
    }
}

const unsigned char *decode_more(struct stream *stream, const unsigned char *at,
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
        event->phrase = 0;
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
