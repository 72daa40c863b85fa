/*
 * phrases.h - bytes that come again: from the making of a pool to its end, with nothing but what is
 * usual between, and all at one time. Where the same is behind them as before, their events are the
 * same, too, and are copied. Who reads events is told which phrase they are, see struct
 * trace_event.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_PHRASES_H
#define ANALYZER_TRACE_PHRASES_H

#include "analyzer/trace/internal.h"

#define PHRASE_EVENTS      48 /* at most... */
#define PHRASE_ALLOCATIONS 96 /* ... of all runs */
#define PHRASE_BYTES       512
#define PHRASE_HASHED      24 /* bytes, which there are behind each event but the last of a block */

/* A slot of the pool cache. */
struct phrase_slot {
    uint64_t pool;
    unsigned slot;
};

struct phrase {
    uint32_t id; /* from 1; no two of a trace have the same */
    uint32_t hash;
    unsigned weight; /* how often it came again, in a way: who has none makes room for others */
    bool steps; /* there is a step in it from the address that was put into a slot last: from... */
    uint64_t last_pool, last_pool_after;
    uint32_t stack, stack_after;
    unsigned needed, left; /* the slots that have to be so before, and that are so after it */
    struct phrase_slot slots[2 * TRACE_POOL_SLOTS]; /* these, one after the other */
    size_t length, event_count, allocation_count;
    unsigned char bytes[PHRASE_BYTES];
    struct trace_event events[PHRASE_EVENTS];
    struct trace_allocation allocations[PHRASE_ALLOCATIONS];
};

struct phrases *phrases_new(void);
void phrases_free(struct phrases *phrases);
uint64_t phrases_memory(const struct phrases *phrases); /* bytes; of NULL, none */

/* False: so few come again that it costs more to look for them. */
bool phrases_pay(const struct phrases *phrases);

/* The phrase that the bytes at AT begin, with STACK behind them; NULL: none is known. *LEARN: it is
 * to be learnt, as it may have come before. */
const struct phrase *phrases_find(struct stream *stream, const unsigned char *at, uint32_t stack,
                                  bool *learn);

/* Where a phrase began. */
struct phrase_begin {
    const unsigned char *at;
    const struct trace_event *event;
    const struct trace_allocation *allocation;
    uint32_t stack;
    bool steps; /* of its end: there was a POOL since */
    uint64_t last_pool;
    uint64_t slots[TRACE_POOL_SLOTS];
};

/* What was read from BEGIN on up to END, of the same kinds, is a phrase: STREAM and END have what
 * is behind it. */
void phrases_add(struct stream *stream, const struct phrase_begin *begin,
                 const struct phrase_begin *end);

#endif
