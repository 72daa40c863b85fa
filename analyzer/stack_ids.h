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

/*
 * For the process of TRACE, whose parent's is PARENT, or NULL. TRACE, PARENT and STACKS must
 * outlive it.
 */
struct stack_ids *stack_ids_new(const struct trace *trace, struct stack_ids *parent,
                                struct stacks *stacks);
void stack_ids_free(struct stack_ids *ids);

/* The number of backtrace ID in *NUMBER. False, with number 0, when it is not in the recording. */
bool stack_ids_number(struct stack_ids *ids, uint32_t id, uint32_t *number);

#endif
