/*
 * stack_ids.h - the backtrace ids of one process, as numbers of the whole recording (stacks.h).
 *
 * Definitions are taken in the order of their ids, so that the modules loaded at the time are
 * known. A forked process shares its parent's and adds its own.
 */
#ifndef LIFEGUARD_STACK_IDS_H
#define LIFEGUARD_STACK_IDS_H

#include "stacks.h"
#include "trace_reader.h"

#include <stdbool.h>
#include <stdint.h>

struct stack_ids;

struct stack_number {
    uint32_t id, number;
};

/* What struct stack_ids begins with: the backtraces that have a number, of one trace. */
struct stack_numbers {
    uint32_t first_id;
    size_t count;
    struct stack_number *items;
    uint32_t whole_from, whole_to; /* ids from the first up to the second, of ancestors too: all
                                      have a number */
};

/*
 * For the process of TRACE, whose parent's is PARENT, or NULL. TRACE, PARENT and STACKS must
 * outlive it.
 */
struct stack_ids *stack_ids_new(const struct trace *trace, struct stack_ids *parent,
                                struct stacks *stacks);
void stack_ids_free(struct stack_ids *ids);

bool stack_ids_search(struct stack_ids *ids, uint32_t id, uint32_t *number);

/* The number of backtrace ID in *NUMBER. False, with number 0, when it is not in the recording. */
static inline bool stack_ids_number(struct stack_ids *ids, uint32_t id, uint32_t *number)
{
    const struct stack_numbers *known = (const struct stack_numbers *)ids;
    /* Most often the ids have no gap before this one. */
    size_t guess = id - known->first_id;
    if (guess >= known->count || known->items[guess].id != id)
        return stack_ids_search(ids, id, number);
    *number = known->items[guess].number;
    return true;
}

/* Whether it is certain that all ids from LOWEST to HIGHEST have a number. */
static inline bool stack_ids_all_known(const struct stack_ids *ids, uint32_t lowest,
                                       uint32_t highest)
{
    const struct stack_numbers *known = (const struct stack_numbers *)ids;
    return lowest >= known->whole_from && highest < known->whole_to;
}

#endif
