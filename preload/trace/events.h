/*
 * events.h - packs events into a stream (the format is described in format.h).
 *
 * Async-signal-safe; every call is one whole event or, when recording has stopped, a loss counted.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_EVENTS_H
#define PRELOAD_TRACE_EVENTS_H

#include "preload/trace/pool_usage.h"
#include "preload/trace/stream.h"
#include "preload/trace/varint.h"

/* Bytes, what any event takes: time, pool, and the longest kinds, without their name. */
#define EVENT_MAX (1 + VARINT_MAX + 1 + VARINT_MAX + 3 + TRACE_ADDRESS_SIZE + 3 * VARINT_MAX)

void event_alloc(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t size);
void event_object(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t size,
                  uint64_t object);
void event_free(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t object);
/* OBJECT is about to be told anew, with another size or address, as one of the pool that it is of.
 */
void event_release(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t object);
void event_move(struct stream *stream, uint64_t pool, uint64_t parent, uint32_t stack);
void event_relocate(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t address);
void event_orphan(struct stream *stream, uint64_t pool, uint32_t stack);
void event_reset(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage);
/* SYSTEM: the number of the pool's. */
void event_create(struct stream *stream, uint64_t pool, uint64_t parent, uint32_t stack,
                  unsigned system);
/* POOL, whose event_create() follows, is made with NUMBER. */
void event_with(struct stream *stream, uint64_t pool, uint64_t number);
/* POOL is there, and its making may not have been seen. USED: what it holds, UINT64_MAX: not known.
 */
void event_adopt(struct stream *stream, uint64_t pool, uint64_t parent, unsigned system,
                 uint64_t used);
void event_destroy(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage);
void event_clear(struct stream *stream, uint64_t pool, uint32_t stack, struct pool_usage usage);
void event_name_id(struct stream *stream, uint64_t pool, uint32_t stack, uint32_t id);
void event_name(struct stream *stream, uint64_t pool, uint32_t stack, const char *name);
void event_mark(struct stream *stream, unsigned mark);
/* Where what they count is in the trace, to be changed for as long as no other event comes: of
 * UNITS, one, and in the upper half no label; of LABELLED, none. NULL: there is no room. */
uint64_t *event_units(struct stream *stream, unsigned mark);
uint32_t *event_labelled(struct stream *stream, uint32_t name);
/* NAME: a label, at most TRACE_LABEL_MAX bytes. */
void event_label(struct stream *stream, const char *name);
void event_root(struct stream *stream, unsigned root, uint64_t pool);
void event_fork(struct stream *stream, uint32_t sequence);
void event_survey(struct stream *stream, uint64_t pool, struct pool_usage usage);
/* Of a live pool: how many it holds; one that lies beside its blocks. */
void event_found(struct stream *stream, uint64_t pool, enum trace_found unit, uint64_t count);
void event_large(struct stream *stream, uint64_t pool, uint64_t object);
/* What comes of a walk follows it. */
void event_walk(struct stream *stream, enum trace_walk_when when, enum trace_walk_result result,
                uint64_t pools, uint64_t microseconds);
void event_unreachable(struct stream *stream, uint64_t pool, uint64_t below, uint64_t held);
void event_dangling(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t holder,
                    uint64_t in, uint64_t offset);
/* An allocation of POOL that lies by itself, at OBJECT. */
void event_guarded(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t size,
                   uint64_t object);
/* HOW: bits of enum trace_fault. OFFSET: from OBJECT, below it where it is more than half of all.
 */
void event_fault(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t object,
                 unsigned how, uint64_t offset);
/* What is kept of the allocation at OBJECT: POOL ended, or is its own, whose unit of work did. */
void event_watched(struct stream *stream, uint64_t pool, uint64_t object);
/* The one of POOL at OBJECT was used since. HOW: bits of enum trace_used. */
void event_used(struct stream *stream, uint64_t pool, uint64_t object, unsigned how);
void event_end(struct stream *stream, int status);

/* POOL was made at tick MADE, as number SERIAL of this unit of work, and not told of; what it took
 * since. */
void event_survivor(struct stream *stream, uint64_t pool, uint64_t parent, uint32_t stack,
                    unsigned system, uint64_t made, uint32_t serial);
void event_took(struct stream *stream, uint64_t pool, uint64_t count, uint64_t bytes);

/* A pool that was not told of, and ended. */
struct event_gone {
    uint64_t parent;
    uint32_t created, destroyed; /* stacks */
    uint32_t first, name;        /* ids, of its first name and of the last, 0: none */
    unsigned system;
    unsigned how; /* bits of enum trace_gone */
};
void event_gone(struct stream *stream, uint64_t pool, const struct event_gone *gone);

/* Pools that ended young: see TRACE_EVENT_YOUNG, for the limits too. */
struct event_young {
    uint32_t created, destroyed; /* stacks */
    unsigned how;                /* bits of enum trace_young_how */
    uint32_t count, allocations;
    uint64_t bytes, largest;
};
void event_young(struct stream *stream, const struct event_young *young);

/* Of the allocations of POOL, a survivor, that were looked at, those made at STACK. */
void event_place(struct stream *stream, uint64_t pool, uint32_t stack, uint64_t count,
                 uint64_t bytes);
/* Others, that are not told of, are as POOL, which is about to end: by this NUMBER, from 1; and
 * COUNT of these, the last of them AGO units of work before this one. */
void event_like(struct stream *stream, uint64_t pool, uint32_t number);
void event_again(struct stream *stream, uint32_t number, uint32_t count, uint32_t ago);

#endif
