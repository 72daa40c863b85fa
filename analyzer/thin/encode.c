/* encode.c - packs events; see encode.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/encode.h"

#include "preload/trace/varint.h"

#include <string.h>

static uint8_t *put_address(uint8_t *to, uint64_t address)
{
    for (unsigned i = 0; i < TRACE_ADDRESS_SIZE; i++)
        *to++ = (uint8_t)(address >> 8 * i);
    return to;
}

static unsigned slot_of(uint64_t pool)
{
    return (unsigned)((pool >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 60);
}

_Static_assert(TRACE_POOL_SLOTS == 1 << 4, "as many slots as there are hashes");

static uint8_t *put_stack(struct encoder *encoder, uint8_t *to, uint32_t stack)
{
    to = put_signed(to, (uint64_t)stack - encoder->last_stack);
    encoder->last_stack = stack;
    return to;
}

static uint8_t *put_object(struct encoder *encoder, uint8_t *to, uint64_t object)
{
    to = put_signed(to, object - encoder->last_object);
    encoder->last_object = object;
    return to;
}

static uint8_t *put_parent(const struct encoder *encoder, uint8_t *to, uint64_t parent)
{
    const unsigned slot = slot_of(parent);
    if (parent == 0 || encoder->slots[slot] == parent) {
        *to++ = (uint8_t)(parent ? slot + 1 : 0);
        return to;
    }
    *to++ = TRACE_PARENT_FAR;
    return put_address(to, parent);
}

/* 0 stands for what is not known. */
static uint8_t *put_sizes(uint8_t *to, const struct trace_event *event)
{
    return put_varint(put_varint(to, event->used + 1), event->capacity + 1);
}

static uint8_t *put_name(uint8_t *to, const struct trace_event *event)
{
    if (event->name_id != TRACE_NO_NAME)
        return put_varint(to, event->name_id);
    to = put_varint(to, event->name_length);
    memcpy(to, event->name, event->name_length);
    return to + event->name_length;
}

static uint8_t *put_walk(uint8_t *to, const struct trace_event *event)
{
    *to++ = event->walk.when;
    *to++ = event->walk.result;
    return put_varint(put_varint(to, event->number), event->walk.microseconds);
}

static uint8_t *put_dangling(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    to = put_address(put_stack(encoder, to, event->stack), event->holder);
    return put_varint(put_address(to, event->holder_pool), event->offset);
}

static uint8_t *put_fault(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    to = put_object(encoder, put_stack(encoder, to, event->stack), event->object);
    *to++ = (uint8_t)event->fault;
    return put_signed(to, (uint64_t)(int64_t)event->fault_offset);
}

static uint8_t *put_survivor(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    to = put_stack(encoder, put_parent(encoder, to, event->adopted_below), event->stack);
    return put_varint(put_varint(put_varint(to, event->adopted_system), event->made), event->ago);
}

static uint8_t *put_gone(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    to = put_stack(encoder, put_parent(encoder, to, event->adopted_below), event->gone_destroyed);
    to = put_varint(put_stack(encoder, to, event->stack), event->adopted_system);
    to = put_varint(put_varint(to, event->gone_first), event->gone_name);
    *to++ = (uint8_t)event->gone_how;
    return to;
}

static uint8_t *put_young(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    to = put_stack(encoder, put_stack(encoder, to, event->young_destroyed), event->stack);
    *to++ = (uint8_t)event->young_how;
    to = put_varint(put_varint(to, event->young_count), event->young_allocations);
    return put_varint(put_varint(to, event->young_bytes), event->largest);
}

static uint8_t *put_word(uint8_t *to, uint32_t word)
{
    memcpy(to, &word, sizeof(word));
    return to + sizeof(word);
}

/* The fields of the kinds that stand for what is not written one by one. */
static uint8_t *put_sums(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_SURVIVOR:
        return put_survivor(encoder, to, event);
    case TRACE_EVENT_TOOK:
        return put_varint(put_varint(to, event->number), event->held);
    case TRACE_EVENT_GONE:
        return put_gone(encoder, to, event);
    case TRACE_EVENT_YOUNG:
        return put_young(encoder, to, event);
    case TRACE_EVENT_PLACE:
        to = put_stack(encoder, to, event->stack);
        return put_varint(put_varint(to, event->number), event->held);
    case TRACE_EVENT_AGAIN:
        to = put_varint(put_varint(to, event->number), event->again);
        return put_varint(to, event->again_ago);
    case TRACE_EVENT_UNITS:
        to = put_word(put_varint(to, event->number), event->units);
        return put_word(to, event->last_label);
    case TRACE_EVENT_LABELLED:
        return put_word(put_varint(to, event->name_id), event->units);
    default: /* LIKE, WITH */
        return put_varint(to, event->number);
    }
}

/* The fields of the kinds from 16 on. */
static uint8_t *put_more(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_CREATE: /* of another system than the first */
        to = put_stack(encoder, put_parent(encoder, to, event->parent), event->stack);
        return put_varint(to, event->system);
    case TRACE_EVENT_FREE:
    case TRACE_EVENT_RELEASE:
    case TRACE_EVENT_RELOCATE:
        return put_object(encoder, put_stack(encoder, to, event->stack), event->object);
    case TRACE_EVENT_MOVE:
        return put_stack(encoder, put_parent(encoder, to, event->parent), event->stack);
    case TRACE_EVENT_ORPHAN:
        return put_stack(encoder, to, event->stack);
    case TRACE_EVENT_RESET:
        return put_sizes(put_stack(encoder, to, event->stack), event);
    case TRACE_EVENT_ADOPT:
        to = put_varint(put_parent(encoder, to, event->adopted_below), event->adopted_system);
        return put_varint(to, event->used + 1);
    case TRACE_EVENT_FOUND:
        *to++ = (uint8_t)event->found;
        return put_varint(to, event->number);
    case TRACE_EVENT_LARGE:
    case TRACE_EVENT_WATCHED:
        return put_object(encoder, to, event->object);
    case TRACE_EVENT_WALK:
        return put_walk(to, event);
    case TRACE_EVENT_UNREACHABLE:
        return put_varint(put_varint(to, event->number), event->held);
    case TRACE_EVENT_DANGLING:
        return put_dangling(encoder, to, event);
    case TRACE_EVENT_LABEL:
        return put_name(to, event);
    case TRACE_EVENT_GUARDED:
        to = put_varint(put_stack(encoder, to, event->stack), event->size);
        return put_object(encoder, to, event->object);
    case TRACE_EVENT_FAULT:
        return put_fault(encoder, to, event);
    case TRACE_EVENT_USED:
        to = put_object(encoder, to, event->object);
        *to++ = (uint8_t)event->use;
        return to;
    default:
        return put_sums(encoder, to, event);
    }
}

/* The fields of the kinds below. */
static uint8_t *put_usual(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
        return put_varint(put_stack(encoder, to, event->stack), event->size);
    case TRACE_EVENT_OBJECT:
        to = put_varint(put_stack(encoder, to, event->stack), event->size);
        return put_object(encoder, to, event->object);
    case TRACE_EVENT_CREATE:
        return put_stack(encoder, put_parent(encoder, to, event->parent), event->stack);
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
        return put_sizes(put_stack(encoder, to, event->stack), event);
    case TRACE_EVENT_NAME:
        return put_name(put_stack(encoder, to, event->stack), event);
    case TRACE_EVENT_SURVEY:
        return put_sizes(to, event);
    case TRACE_EVENT_ROOT:
        return put_address(put_varint(to, event->number), event->pool);
    default: /* MARK, FORK, END */
        return put_varint(to, event->number);
    }
}

static bool has_pool(enum trace_event_kind kind)
{
    return !(kind >= TRACE_EVENT_MARK && kind <= TRACE_EVENT_END) && kind != TRACE_EVENT_WALK &&
           kind != TRACE_EVENT_LABEL && kind != TRACE_EVENT_YOUNG && kind < TRACE_EVENT_AGAIN;
}

/* What comes before the event: its time, and its pool unless that has its slot. */
static uint8_t *put_prefixes(struct encoder *encoder, uint8_t *to, const struct trace_event *event,
                             unsigned *slot)
{
    if (event->tick > encoder->tick) {
        const uint64_t ticks = event->tick - encoder->tick;
        *to++ = (uint8_t)(TRACE_EVENT_TIME | (ticks & 0xf) << 4);
        to = put_varint(to, ticks >> 4);
        encoder->tick = event->tick;
    }
    if (!has_pool(event->kind))
        return to;
    *slot = slot_of(event->pool);
    if (encoder->slots[*slot] != event->pool) {
        *to++ = (uint8_t)(TRACE_EVENT_POOL | *slot << 4);
        to = put_signed(to, event->pool - encoder->last_pool);
        encoder->slots[*slot] = encoder->last_pool = event->pool;
    }
    return to;
}

uint8_t *encode_event(struct encoder *encoder, uint8_t *to, const struct trace_event *event)
{
    unsigned kind = event->kind, slot = 0;
    to = put_prefixes(encoder, to, event, &slot);
    if (kind == TRACE_EVENT_NAME && event->name_id == TRACE_NO_NAME)
        kind = TRACE_EVENT_NAME_TEXT;
    if (kind == TRACE_EVENT_CREATE && event->system)
        kind = TRACE_EVENT_CREATE_OF;
    if (kind < TRACE_EVENT_FREE) {
        *to++ = (uint8_t)(kind | slot << 4);
        return put_usual(encoder, to, event);
    }
    *to++ = (uint8_t)(TRACE_EVENT_MORE | slot << 4);
    *to++ = (uint8_t)(kind - TRACE_EVENT_FREE);
    return put_more(encoder, to, event);
}
