/* trace_builder_events.c - the events of traces made by hand: see trace_builder.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/trace_builder_internal.h"

#include <stdlib.h>
#include <string.h>

void builder_stream(struct trace_builder *builder, uint32_t stream)
{
    if (stream >= STREAMS)
        abort();
    builder->stream = stream;
}

void builder_end_block(struct trace_builder *builder)
{
    builder->streams[builder->stream].open = NULL;
}

void builder_hole(struct trace_builder *builder)
{
    builder_add_block(builder, TRACE_BLOCK_EVENTS, HOLE_STREAM);
}

void builder_at(struct trace_builder *builder, uint64_t tick)
{
    builder->tick = tick;
}

/* Where the stream's next event goes. */
static struct bytes *event_bytes(struct trace_builder *builder)
{
    struct block **open = &builder->streams[builder->stream].open;
    if (!*open) {
        *open = builder_add_block(builder, TRACE_BLOCK_EVENTS, builder->stream);
        (*open)->header.sequence = builder->streams[builder->stream].sequence++;
        (*open)->header.base_tick = builder->tick;
        builder->streams[builder->stream].tick = builder->tick;
        builder->streams[builder->stream].pool = 0;
        builder->streams[builder->stream].object = 0;
        builder->streams[builder->stream].stack = 0;
    }
    return &(*open)->content;
}

/* The time, then the kind. */
static struct bytes *begin_event(struct trace_builder *builder, unsigned first)
{
    struct bytes *to = event_bytes(builder);
    uint64_t *last = &builder->streams[builder->stream].tick;
    uint64_t ticks = builder->tick - *last;
    if (ticks) {
        bytes_put_byte(to, TRACE_EVENT_TIME | (unsigned)(ticks & 0xf) << 4);
        bytes_put_varint(to, ticks >> 4);
    }
    *last = builder->tick++;
    bytes_put_byte(to, first);
    return to;
}

/* Always by address: what the cache does is tested with builder_bytes(). */
static struct bytes *begin_pool_event(struct trace_builder *builder, unsigned kind, uint64_t pool)
{
    unsigned slot = (unsigned)(pool >> 4) % TRACE_POOL_SLOTS;
    struct bytes *to = event_bytes(builder);
    bytes_put_byte(to, TRACE_EVENT_POOL | slot << 4);
    bytes_put_varint(to, bytes_zigzag(pool - builder->streams[builder->stream].pool));
    builder->streams[builder->stream].pool = pool;
    return begin_event(builder, kind | slot << 4);
}

static void put_stack(struct trace_builder *builder, struct bytes *to, uint32_t stack)
{
    uint32_t *last = &builder->streams[builder->stream].stack;
    bytes_put_varint(to, bytes_zigzag((uint64_t)stack - *last));
    *last = stack;
}

static void put_above(struct bytes *to, uint64_t parent)
{
    bytes_put_byte(to, parent ? TRACE_PARENT_FAR : 0);
    if (parent)
        bytes_put_address(to, parent);
}

static void put_parent(struct trace_builder *builder, struct bytes *to, uint64_t parent,
                       uint32_t stack)
{
    put_above(to, parent);
    put_stack(builder, to, stack);
}

void builder_create(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack)
{
    put_parent(builder, begin_pool_event(builder, TRACE_EVENT_CREATE, pool), parent, stack);
}

static struct bytes *begin_more(struct trace_builder *builder, unsigned kind, uint64_t pool)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_MORE, pool);
    bytes_put_byte(to, kind - TRACE_EVENT_FREE);
    return to;
}

void builder_create_of(struct trace_builder *builder, unsigned system, uint64_t pool,
                       uint64_t parent)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_CREATE_OF, pool);
    put_parent(builder, to, parent, 0);
    bytes_put_varint(to, system);
}

void builder_adopt(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint64_t used)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_ADOPT, pool);
    put_above(to, parent);
    bytes_put_varint(to, 0);
    bytes_put_varint(to, used + 1);
}

void builder_move(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack)
{
    put_parent(builder, begin_more(builder, TRACE_EVENT_MOVE, pool), parent, stack);
}

static void put_object(struct trace_builder *builder, struct bytes *to, uint64_t object)
{
    uint64_t *last = &builder->streams[builder->stream].object;
    bytes_put_varint(to, bytes_zigzag(object - *last));
    *last = object;
}

void builder_object(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size,
                    uint64_t object)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_OBJECT, pool);
    put_stack(builder, to, stack);
    bytes_put_varint(to, size);
    put_object(builder, to, object);
}

static void add_of_object(struct trace_builder *builder, struct bytes *to, uint32_t stack,
                          uint64_t object)
{
    put_stack(builder, to, stack);
    put_object(builder, to, object);
}

void builder_give_back(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                       uint64_t object)
{
    add_of_object(builder, begin_more(builder, TRACE_EVENT_FREE, pool), stack, object);
}

void builder_release(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t object)
{
    add_of_object(builder, begin_more(builder, TRACE_EVENT_RELEASE, pool), stack, object);
}

void builder_relocate(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                      uint64_t address)
{
    add_of_object(builder, begin_more(builder, TRACE_EVENT_RELOCATE, pool), stack, address);
}

void builder_alloc(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_ALLOC, pool);
    put_stack(builder, to, stack);
    bytes_put_varint(to, size);
}

static void put_ending(struct trace_builder *builder, struct bytes *to, uint32_t stack,
                       uint64_t used, uint64_t capacity)
{
    put_stack(builder, to, stack);
    bytes_put_varint(to, used + 1);
    bytes_put_varint(to, capacity + 1);
}

void builder_destroy(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                     uint64_t capacity)
{
    put_ending(builder, begin_pool_event(builder, TRACE_EVENT_DESTROY, pool), stack, used,
               capacity);
}

void builder_clear(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                   uint64_t capacity)
{
    put_ending(builder, begin_pool_event(builder, TRACE_EVENT_CLEAR, pool), stack, used, capacity);
}

void builder_orphan(struct trace_builder *builder, uint64_t pool, uint32_t stack)
{
    put_stack(builder, begin_more(builder, TRACE_EVENT_ORPHAN, pool), stack);
}

void builder_found(struct trace_builder *builder, uint64_t pool, enum trace_found unit,
                   uint64_t count)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_FOUND, pool);
    bytes_put_byte(to, unit);
    bytes_put_varint(to, count);
}

void builder_large(struct trace_builder *builder, uint64_t pool, uint64_t object)
{
    put_object(builder, begin_more(builder, TRACE_EVENT_LARGE, pool), object);
}

void builder_with(struct trace_builder *builder, uint64_t pool, uint64_t number)
{
    bytes_put_varint(begin_more(builder, TRACE_EVENT_WITH, pool), number);
}

void builder_reset(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t used,
                   uint64_t capacity)
{
    put_ending(builder, begin_more(builder, TRACE_EVENT_RESET, pool), stack, used, capacity);
}

void builder_survey(struct trace_builder *builder, uint64_t pool, uint64_t used, uint64_t capacity)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_SURVEY, pool);
    bytes_put_varint(to, used + 1);
    bytes_put_varint(to, capacity + 1);
}

void builder_name_bytes(struct trace_builder *builder, uint64_t pool, uint32_t stack,
                        const char *name, size_t length)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_NAME_TEXT, pool);
    put_stack(builder, to, stack);
    bytes_put_varint(to, length);
    bytes_put(to, name, length);
}

void builder_name(struct trace_builder *builder, uint64_t pool, uint32_t stack, const char *name)
{
    builder_name_bytes(builder, pool, stack, name, strlen(name));
}

void builder_name_id(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint32_t id)
{
    struct bytes *to = begin_pool_event(builder, TRACE_EVENT_NAME, pool);
    put_stack(builder, to, stack);
    bytes_put_varint(to, id);
}

static struct bytes *put_plain(struct trace_builder *builder, unsigned kind, uint64_t number)
{
    bytes_put_varint(begin_event(builder, kind), number);
    return event_bytes(builder);
}

void builder_mark(struct trace_builder *builder, unsigned mark)
{
    put_plain(builder, TRACE_EVENT_MARK, mark);
}

/* One of the kinds from 16 on that are of no pool. */
static struct bytes *begin_more_of_none(struct trace_builder *builder, unsigned kind)
{
    struct bytes *to = begin_event(builder, TRACE_EVENT_MORE);
    bytes_put_byte(to, kind - TRACE_EVENT_FREE);
    return to;
}

void builder_label(struct trace_builder *builder, uint32_t name)
{
    bytes_put_varint(begin_more_of_none(builder, TRACE_EVENT_LABEL), name);
}

void builder_units(struct trace_builder *builder, unsigned mark, uint32_t count, uint32_t last)
{
    struct bytes *to = begin_more_of_none(builder, TRACE_EVENT_UNITS);
    bytes_put_varint(to, mark);
    bytes_put(to, &count, sizeof(count));
    bytes_put(to, &last, sizeof(last));
}

void builder_labelled(struct trace_builder *builder, uint32_t name, uint32_t count)
{
    struct bytes *to = begin_more_of_none(builder, TRACE_EVENT_LABELLED);
    bytes_put_varint(to, name);
    bytes_put(to, &count, sizeof(count));
}

void builder_survivor(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t stack,
                      uint64_t serial, uint64_t ago)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_SURVIVOR, pool);
    put_parent(builder, to, parent, stack);
    bytes_put_varint(to, 0);
    bytes_put_varint(to, serial);
    bytes_put_varint(to, ago);
}

void builder_took(struct trace_builder *builder, uint64_t pool, uint64_t count, uint64_t bytes)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_TOOK, pool);
    bytes_put_varint(to, count);
    bytes_put_varint(to, bytes);
}

void builder_place(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t count,
                   uint64_t bytes)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_PLACE, pool);
    put_stack(builder, to, stack);
    bytes_put_varint(to, count);
    bytes_put_varint(to, bytes);
}

void builder_like(struct trace_builder *builder, uint64_t pool, uint64_t number)
{
    bytes_put_varint(begin_more(builder, TRACE_EVENT_LIKE, pool), number);
}

void builder_gone(struct trace_builder *builder, uint64_t pool, uint64_t parent, uint32_t destroyed,
                  uint32_t stack, uint32_t name, unsigned how)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_GONE, pool);
    put_parent(builder, to, parent, destroyed);
    put_stack(builder, to, stack);
    bytes_put_varint(to, 0);
    bytes_put_varint(to, name);
    bytes_put_varint(to, name);
    bytes_put_byte(to, how);
}

void builder_young(struct trace_builder *builder, uint32_t destroyed, uint32_t stack, unsigned how,
                   const uint64_t sums[4])
{
    struct bytes *to = begin_more_of_none(builder, TRACE_EVENT_YOUNG);
    put_stack(builder, to, destroyed);
    put_stack(builder, to, stack);
    bytes_put_byte(to, how);
    for (unsigned i = 0; i < 4; i++)
        bytes_put_varint(to, sums[i]);
}

void builder_again(struct trace_builder *builder, uint64_t number, uint64_t count, uint64_t ago)
{
    struct bytes *to = begin_more_of_none(builder, TRACE_EVENT_AGAIN);
    bytes_put_varint(to, number);
    bytes_put_varint(to, count);
    bytes_put_varint(to, ago);
}

void builder_root(struct trace_builder *builder, unsigned root, uint64_t pool)
{
    bytes_put_address(put_plain(builder, TRACE_EVENT_ROOT, root), pool);
}

void builder_fork_event(struct trace_builder *builder, uint32_t sequence)
{
    put_plain(builder, TRACE_EVENT_FORK, sequence);
}

void builder_end(struct trace_builder *builder, int status)
{
    put_plain(builder, TRACE_EVENT_END, (uint64_t)status);
}

void builder_bytes(struct trace_builder *builder, const void *bytes, size_t length)
{
    bytes_put(event_bytes(builder), bytes, length);
}

void builder_guarded(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t size,
                     uint64_t object)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_GUARDED, pool);
    put_stack(builder, to, stack);
    bytes_put_varint(to, size);
    put_object(builder, to, object);
}

void builder_fault(struct trace_builder *builder, uint64_t pool, uint32_t stack, uint64_t object,
                   unsigned how, int64_t offset)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_FAULT, pool);
    put_stack(builder, to, stack);
    put_object(builder, to, object);
    bytes_put_byte(to, how);
    bytes_put_varint(to, bytes_zigzag((uint64_t)offset));
}

void builder_watched(struct trace_builder *builder, uint64_t pool, uint64_t object)
{
    put_object(builder, begin_more(builder, TRACE_EVENT_WATCHED, pool), object);
}

void builder_used(struct trace_builder *builder, uint64_t pool, uint64_t object, unsigned how)
{
    struct bytes *to = begin_more(builder, TRACE_EVENT_USED, pool);
    put_object(builder, to, object);
    bytes_put_byte(to, how);
}
