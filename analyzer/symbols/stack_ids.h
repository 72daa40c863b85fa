/*
 * stack_ids.h - the backtrace ids of one process, as numbers of the whole recording (stacks.h).
 *
 * Definitions are taken in the order of their ids, so that the modules loaded at the time are
 * known. A forked process shares its parent's and adds its own; the two may be in the hands of
 * different threads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_STACK_IDS_H
#define ANALYZER_SYMBOLS_STACK_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stacks;
struct trace;

struct stack_ids;

/* What struct stack_ids begins with: the numbers of the backtraces of one trace. */
struct stack_numbers {
    uint32_t first_id;
    size_t limit;      /* of `numbers`; 0: they are not by id */
    uint32_t *numbers; /* by id, from the first; 0: it has none, or none yet */
};

/*
 * Of a process whose own ids begin with FIRST, forked by that of PARENT at this moment: for the
 * thread of PARENT, or NULL. STACKS must outlive it.
 */
struct stack_ids *stack_ids_new(struct stack_ids *parent, uint32_t first, struct stacks *stacks);

/* Its definitions are those of TRACE, which passes on to it. */
void stack_ids_begin(struct stack_ids *ids, struct trace *trace);

/* Its trace was followed and may have more definitions. False: it is to be read anew. */
bool stack_ids_follow(struct stack_ids *ids);

/* Given back by its own process. What others share of it, the trace too, stays until they end. */
void stack_ids_release(struct stack_ids *ids);

/* Whether the recording has more backtraces than can be, so that one of these has no number. */
bool stack_ids_refused(const struct stack_ids *ids);

/* How many distinct backtraces its process had so far: its own, and those of its parent that were
 * asked for here. */
uint64_t stack_ids_distinct(const struct stack_ids *ids);

/* Bytes of memory that it takes at the moment, about. */
uint64_t stack_ids_memory(const struct stack_ids *ids);

bool stack_ids_search(struct stack_ids *ids, uint32_t id, uint32_t *number);

/* 0: it is to be searched for. */
static inline uint32_t stack_numbers_get(const struct stack_numbers *known, uint32_t id)
{
    const size_t place = id - known->first_id; /* of an id before the first: too large */
    return place < known->limit ? known->numbers[place] : 0;
}

/* Until the next search. */
static inline struct stack_numbers stack_ids_known(const struct stack_ids *ids)
{
    return *(const struct stack_numbers *)ids;
}

/* The number of backtrace ID in *NUMBER. False, with number 0, when it is not in the recording. */
static inline bool stack_ids_number(struct stack_ids *ids, uint32_t id, uint32_t *number)
{
    *number = stack_numbers_get((const struct stack_numbers *)ids, id);
    return *number || stack_ids_search(ids, id, number);
}

#endif
