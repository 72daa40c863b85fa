#include "events.h"

#include "clock.h"

#define VARINT_MAX 10
/* Kind, two addresses, time and three numbers: more than any event without its name. */
#define EVENT_MAX (1 + 2 * TRACE_ADDRESS_SIZE + 4 * VARINT_MAX)

static uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put_address(uint8_t *to, uint64_t address)
{
    for (unsigned i = 0; i < TRACE_ADDRESS_SIZE; i++)
        *to++ = (uint8_t)(address >> 8 * i);
    return to;
}

/* 0 stands for a number that is not known. */
static uint8_t *put_usage(uint8_t *to, struct pool_usage usage)
{
    to = put_varint(to, usage.used + 1);
    return put_varint(to, usage.capacity + 1);
}

static uint8_t *put_time(struct stream *stream, uint8_t *to)
{
    uint64_t now = clock_ticks();
    if (now < stream->last_tick) /* a thread that moved to a processor a little behind */
        now = stream->last_tick;
    to = put_varint(to, now - stream->last_tick);
    stream->last_tick = now;
    return to;
}

static uint8_t *begin(struct stream *stream, size_t extra)
{
    return stream_reserve_event(stream, EVENT_MAX + extra) ? stream->events.cursor : NULL;
}

/* The kind, and the pool by its slot in the cache or, as KIND_FAR, by its address. */
static uint8_t *put_pool(struct stream *stream, uint8_t *to, enum trace_event_kind kind,
                         enum trace_event_kind kind_far, uint64_t pool)
{
    unsigned slot = trace_pool_slot(pool);
    if (stream->pools[slot] == pool && kind != kind_far) {
        *to++ = (uint8_t)(kind | slot << 4);
        return to;
    }
    stream->pools[slot] = pool;
    *to++ = (uint8_t)(kind_far | slot << 4);
    return put_address(to, pool);
}

void event_alloc(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t size)
{
    uint8_t *to = begin(stream, 0);
    if (!to)
        return;
    to = put_pool(stream, to, TRACE_EVENT_ALLOC, TRACE_EVENT_ALLOC_FAR, pool);
    to = put_time(stream, to);
    to = put_varint(to, stack);
    stream_commit(&stream->events, put_varint(to, size));
}

void event_create(struct stream *stream, uint64_t pool, uint64_t parent, uint32_t stack)
{
    uint8_t *to = begin(stream, 0);
    if (!to)
        return;
    to = put_pool(stream, to, TRACE_EVENT_CREATE, TRACE_EVENT_CREATE, pool);
    to = put_address(to, parent);
    to = put_time(stream, to);
    stream_commit(&stream->events, put_varint(to, stack));
}

void event_destroy(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage)
{
    uint8_t *to = begin(stream, 0);
    if (!to)
        return;
    to = put_pool(stream, to, TRACE_EVENT_DESTROY, TRACE_EVENT_DESTROY_FAR, pool);
    to = put_time(stream, to);
    to = put_varint(to, stack);
    stream_commit(&stream->events, put_usage(to, usage));
}

void event_clear(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage)
{
    uint8_t *to = begin(stream, 0);
    if (!to)
        return;
    to = put_pool(stream, to, TRACE_EVENT_CLEAR, TRACE_EVENT_CLEAR, pool);
    to = put_time(stream, to);
    to = put_varint(to, stack);
    stream_commit(&stream->events, put_usage(to, usage));
}

void event_name(struct stream *stream, uint64_t pool, uint32_t stack, const char *name)
{
    size_t length = 0;
    while (length < TRACE_NAME_MAX && name[length])
        length++;
    uint8_t *to = begin(stream, length);
    if (!to)
        return;
    to = put_pool(stream, to, TRACE_EVENT_NAME, TRACE_EVENT_NAME_FAR, pool);
    to = put_time(stream, to);
    to = put_varint(to, stack);
    to = put_varint(to, length);
    for (size_t i = 0; i < length; i++)
        *to++ = (uint8_t)name[i];
    stream_commit(&stream->events, to);
}

/* The events without a pool: time, then a number. */
static uint8_t *put_plain(struct stream *stream, uint8_t *to, enum trace_event_kind kind,
                          uint64_t number)
{
    *to++ = (uint8_t)kind;
    to = put_time(stream, to);
    return put_varint(to, number);
}

static void event_plain(struct stream *stream, enum trace_event_kind kind, uint64_t number)
{
    uint8_t *to = begin(stream, 0);
    if (to)
        stream_commit(&stream->events, put_plain(stream, to, kind, number));
}

void event_mark(struct stream *stream, unsigned mark)
{
    event_plain(stream, TRACE_EVENT_MARK, mark);
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
    uint8_t *to = begin(stream, 0);
    if (!to)
        return;
    to = put_plain(stream, to, TRACE_EVENT_ROOT, root);
    stream_commit(&stream->events, put_address(to, pool));
}

void event_survey(struct stream *stream, uint64_t pool, struct pool_usage usage)
{
    uint8_t *to = begin(stream, 0);
    if (!to)
        return;
    to = put_pool(stream, to, TRACE_EVENT_SURVEY, TRACE_EVENT_SURVEY, pool);
    to = put_time(stream, to);
    stream_commit(&stream->events, put_usage(to, usage));
}
