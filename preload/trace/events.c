/* events.c - packs events into a stream (the format is described in format.h); see events.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/events.h"

#include "preload/trace/event_fast.h"
#include "preload/trace/names.h"
#include "preload/trace/resident.h"

#include <string.h>

static bool make_room(struct stream *stream, size_t size)
{
    if (!stream_reserve_events(stream, size))
        return false;
    resident_note(stream, RESIDENT_NOW_AND_THEN);
    return true;
}

static inline bool has_room(struct stream *stream, size_t extra)
{
    const size_t size = EVENT_MAX + extra;
    return stream_has_room(stream, size) || make_room(stream, size);
}

/* Space for an event about POOL alone, its time already written; NULL: there is none. */
static inline uint8_t *begin(struct stream *stream, uint64_t pool, size_t extra)
{
    if (!has_room(stream, extra))
        return NULL;
    return event_put_time(stream, stream->events.cursor, event_is_recent(stream), pool, pool,
                          stream_owns(stream, pool, pool));
}

/* The same of an event that has its place among those of all pools; it is about OBJECT, too, or
 * POOL once more. */
static inline uint8_t *begin_ordered(struct stream *stream, uint64_t pool, uint64_t object)
{
    if (!has_room(stream, 0))
        return NULL;
    return event_put_time(stream, stream->events.cursor, event_is_recent(stream), pool, object,
                          stream_is_alone(stream));
}

#define YOUNG_EXTRA (4 * VARINT_MAX) /* bytes: they have more numbers than others */

/* The same of one that tells of young pools. */
static uint8_t *begin_young(struct stream *stream, uint64_t pool)
{
    return has_room(stream, YOUNG_EXTRA) ? begin_ordered(stream, pool, pool) : NULL;
}

void event_alloc(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t size)
{
    if (has_room(stream, 0))
        event_fast_alloc(stream, event_is_recent(stream), pool, stack, size);
}

void event_create(struct stream *stream, uint64_t pool, uint64_t parent, uint32_t stack,
                  unsigned system)
{
    if (has_room(stream, 0))
        event_fast_create(stream, event_is_recent(stream), pool, parent, stack, system);
}

void event_with(struct stream *stream, uint64_t pool, uint64_t number)
{
    uint8_t *to = begin_ordered(stream, pool, pool);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_WITH, pool);
    stream_commit(&stream->events, put_varint(to, number));
}

void event_adopt(struct stream *stream, uint64_t pool, uint64_t parent, unsigned system,
                 uint64_t used)
{
    uint8_t *to = begin_ordered(stream, pool, pool);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_ADOPT, pool);
    to = put_varint(event_put_parent(stream, to, parent), system);
    stream_commit(&stream->events, put_varint(to, used + 1));
}

void event_object(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t size,
                  uint64_t object)
{
    if (has_room(stream, 0))
        event_fast_object(stream, event_is_recent(stream), pool, stack, size, object);
}

void event_free(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t object)
{
    if (has_room(stream, 0))
        event_fast_free(stream, event_is_recent(stream), pool, stack, object);
}

void event_release(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t object)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_RELEASE, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, event_put_object(stream, to, object));
}

void event_relocate(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t address)
{
    uint8_t *to = begin_ordered(stream, pool, address);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_RELOCATE, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, event_put_object(stream, to, address));
}

void event_move(struct stream *stream, uint64_t pool, uint64_t parent, uint32_t stack)
{
    uint8_t *to = begin_ordered(stream, pool, pool);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_MOVE, pool);
    to = event_put_parent(stream, to, parent);
    stream_commit(&stream->events, event_put_stack(stream, to, stack));
    streams_notify_others();
}

void event_reset(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage)
{
    uint8_t *to = begin_ordered(stream, pool, pool);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_RESET, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, event_put_usage(to, usage));
    streams_notify_others();
}

void event_orphan(struct stream *stream, uint64_t pool, uint32_t stack)
{
    uint8_t *to = begin_ordered(stream, pool, pool);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_ORPHAN, pool);
    stream_commit(&stream->events, event_put_stack(stream, to, stack));
}

void event_destroy(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage)
{
    if (has_room(stream, 0))
        event_fast_emptied(stream, event_is_recent(stream), TRACE_EVENT_DESTROY, pool, stack,
                           usage);
}

void event_clear(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage)
{
    if (has_room(stream, 0))
        event_fast_emptied(stream, event_is_recent(stream), TRACE_EVENT_CLEAR, pool, stack, usage);
}

static void event_name_text(struct stream *stream, uint64_t pool, uint32_t stack, const char *name)
{
    size_t length = strnlen(name, TRACE_NAME_MAX);
    uint8_t *to = begin(stream, pool, length);
    if (!to)
        return;
    to = event_put_pool(stream, to, TRACE_EVENT_NAME_TEXT, pool);
    to = event_put_stack(stream, to, stack);
    to = put_varint(to, length);
    for (size_t i = 0; i < length; i++)
        *to++ = (uint8_t)name[i];
    stream_commit(&stream->events, to);
}

void event_name(struct stream *stream, uint64_t pool, uint32_t stack, const char *name)
{
    uint32_t id = names_intern(stream, name);
    if (id)
        event_name_id(stream, pool, stack, id);
    else
        event_name_text(stream, pool, stack, name);
}

void event_name_id(struct stream *stream, uint64_t pool, uint32_t stack, uint32_t id)
{
    if (has_room(stream, 0))
        event_fast_name(stream, event_is_recent(stream), pool, stack, id);
}

/* The events without a pool: a number. */
static uint8_t *put_plain(uint8_t *to, enum trace_event_kind kind, uint64_t number)
{
    *to++ = (uint8_t)kind;
    return put_varint(to, number);
}

static void event_plain(struct stream *stream, enum trace_event_kind kind, uint64_t number)
{
    uint8_t *to = begin_ordered(stream, 0, 0);
    if (!to)
        return;
    stream_commit(&stream->events, put_plain(to, kind, number));
    streams_notify_others();
}

void event_mark(struct stream *stream, unsigned mark)
{
    event_plain(stream, TRACE_EVENT_MARK, mark);
}

void event_label(struct stream *stream, const char *name)
{
    const uint32_t id = names_intern(stream, name);
    uint8_t *to = id ? begin_ordered(stream, 0, 0) : NULL;
    if (!to)
        return;
    *to++ = TRACE_EVENT_MORE;
    *to++ = TRACE_EVENT_LABEL - TRACE_EVENT_FREE;
    stream_commit(&stream->events, put_varint(to, id));
}

/* VALUE as a number of so many bytes that what comes next lies at a multiple of ALIGN. */
static uint8_t *put_aligning(uint8_t *to, uint64_t value, size_t align)
{
    uint8_t *end = put_varint(to, value);
    while ((uintptr_t)end % align != 0) {
        end[-1] |= 0x80;
        *end++ = 0;
    }
    return end;
}

uint64_t *event_units(struct stream *stream, unsigned mark)
{
    const uint64_t one = 1;
    uint8_t *to = begin_ordered(stream, 0, 0);
    if (!to)
        return NULL;
    *to++ = TRACE_EVENT_MORE;
    *to++ = TRACE_EVENT_UNITS - TRACE_EVENT_FREE;
    to = put_aligning(to, mark, sizeof(one));
    memcpy(to, &one, sizeof(one));
    stream_commit(&stream->events, to + sizeof(one));
    streams_notify_others();
    return (uint64_t *)(void *)to;
}

uint32_t *event_labelled(struct stream *stream, uint32_t name)
{
    const uint32_t none = 0;
    uint8_t *to = stream->events.cursor;
    if (!stream_has_room(stream, EVENT_MAX))
        return NULL;
    *to++ = TRACE_EVENT_MORE;
    *to++ = TRACE_EVENT_LABELLED - TRACE_EVENT_FREE;
    to = put_aligning(to, name, sizeof(none));
    memcpy(to, &none, sizeof(none));
    stream_commit(&stream->events, to + sizeof(none));
    return (uint32_t *)(void *)to;
}

void event_fork(struct stream *stream, uint32_t sequence)
{
    event_plain(stream, TRACE_EVENT_FORK, sequence);
}

void event_end(struct stream *stream, int status)
{
    event_plain(stream, TRACE_EVENT_END, (uint64_t)status & 0xff);
}

void event_root(struct stream *stream, unsigned root, uint64_t pool)
{
    uint8_t *to = begin_ordered(stream, 0, 0);
    if (!to)
        return;
    to = put_plain(to, TRACE_EVENT_ROOT, root);
    stream_commit(&stream->events, event_put_address(to, pool));
    streams_notify_others();
}

void event_survey(struct stream *stream, uint64_t pool, struct pool_usage usage)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_pool(stream, to, TRACE_EVENT_SURVEY, pool);
    stream_commit(&stream->events, event_put_usage(to, usage));
}

void event_found(struct stream *stream, uint64_t pool, enum trace_found unit, uint64_t count)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_FOUND, pool);
    *to++ = (uint8_t)unit;
    stream_commit(&stream->events, put_varint(to, count));
}

void event_large(struct stream *stream, uint64_t pool, uint64_t object)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_LARGE, pool);
    stream_commit(&stream->events, event_put_object(stream, to, object));
}

void event_walk(struct stream *stream, enum trace_walk_when when, enum trace_walk_result result,
                uint64_t pools, uint64_t microseconds)
{
    uint8_t *to = begin_ordered(stream, 0, 0);
    if (!to)
        return;
    *to++ = TRACE_EVENT_MORE;
    *to++ = TRACE_EVENT_WALK - TRACE_EVENT_FREE;
    *to++ = (uint8_t)when;
    *to++ = (uint8_t)result;
    to = put_varint(to, pools);
    stream_commit(&stream->events, put_varint(to, microseconds));
}

void event_unreachable(struct stream *stream, uint64_t pool, uint64_t below, uint64_t held)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_UNREACHABLE, pool);
    to = put_varint(to, below);
    stream_commit(&stream->events, put_varint(to, held));
}

void event_dangling(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t holder,
                    uint64_t in, uint64_t offset)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_DANGLING, pool);
    to = event_put_stack(stream, to, stack);
    to = event_put_address(event_put_address(to, holder), in);
    stream_commit(&stream->events, put_varint(to, offset));
}

void event_guarded(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t size,
                   uint64_t object)
{
    uint8_t *to = begin_ordered(stream, pool, object);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_GUARDED, pool);
    to = put_varint(event_put_stack(stream, to, stack), size);
    stream_commit(&stream->events, event_put_object(stream, to, object));
}

void event_fault(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t object,
                 unsigned how, uint64_t offset)
{
    uint8_t *to = begin_ordered(stream, pool, object);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_FAULT, pool);
    to = event_put_object(stream, event_put_stack(stream, to, stack), object);
    *to++ = (uint8_t)how;
    stream_commit(&stream->events, put_signed(to, offset));
}

void event_watched(struct stream *stream, uint64_t pool, uint64_t object)
{
    uint8_t *to = begin_ordered(stream, pool, object);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_WATCHED, pool);
    stream_commit(&stream->events, event_put_object(stream, to, object));
}

void event_used(struct stream *stream, uint64_t pool, uint64_t object, unsigned how)
{
    uint8_t *to = begin_ordered(stream, pool, object);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_USED, pool);
    to = event_put_object(stream, to, object);
    *to++ = (uint8_t)how;
    stream_commit(&stream->events, to);
}

void event_survivor(struct stream *stream, uint64_t pool, uint64_t parent, uint32_t stack,
                    unsigned system, uint64_t made, uint32_t serial)
{
    uint8_t *to = begin_young(stream, pool);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_SURVIVOR, pool);
    to = event_put_stack(stream, event_put_parent(stream, to, parent), stack);
    to = put_varint(put_varint(to, system), serial);
    stream_commit(&stream->events,
                  put_varint(to, stream->last_tick > made ? stream->last_tick - made : 0));
}

void event_took(struct stream *stream, uint64_t pool, uint64_t count, uint64_t bytes)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_TOOK, pool);
    stream_commit(&stream->events, put_varint(put_varint(to, count), bytes));
}

void event_gone(struct stream *stream, uint64_t pool, const struct event_gone *gone)
{
    uint8_t *to = begin_young(stream, pool);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_GONE, pool);
    to = event_put_parent(stream, to, gone->parent);
    to = event_put_stack(stream, to, gone->destroyed);
    to = event_put_stack(stream, to, gone->created);
    to = put_varint(to, gone->system);
    to = put_varint(put_varint(to, gone->first), gone->name);
    *to++ = (uint8_t)gone->how;
    stream_commit(&stream->events, to);
}

void event_young(struct stream *stream, const struct event_young *young)
{
    uint8_t *to = begin_young(stream, 0);
    if (!to)
        return;
    *to++ = TRACE_EVENT_MORE;
    *to++ = TRACE_EVENT_YOUNG - TRACE_EVENT_FREE;
    to = event_put_stack(stream, to, young->destroyed);
    to = event_put_stack(stream, to, young->created);
    *to++ = (uint8_t)young->how;
    to = put_varint(put_varint(to, young->count), young->allocations);
    stream_commit(&stream->events, put_varint(put_varint(to, young->bytes), young->largest));
}

void event_place(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t count,
                 uint64_t bytes)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_PLACE, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, put_varint(put_varint(to, count), bytes));
}

void event_like(struct stream *stream, uint64_t pool, uint32_t number)
{
    uint8_t *to = begin(stream, pool, 0);
    if (!to)
        return;
    to = event_put_more(stream, to, TRACE_EVENT_LIKE, pool);
    stream_commit(&stream->events, put_varint(to, number));
}

void event_again(struct stream *stream, uint32_t number, uint32_t count, uint32_t ago)
{
    uint8_t *to = begin_ordered(stream, 0, 0);
    if (!to)
        return;
    *to++ = TRACE_EVENT_MORE;
    *to++ = TRACE_EVENT_AGAIN - TRACE_EVENT_FREE;
    to = put_varint(put_varint(to, number), count);
    stream_commit(&stream->events, put_varint(to, ago));
}
