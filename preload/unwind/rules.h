/*
 * rules.h - how to step from an address of code to its caller: read from the unwind tables
 * when the address is first seen, and remembered.
 *
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_RULES_H
#define PRELOAD_UNWIND_RULES_H

#include "preload/code/eh_frame.h"
#include "preload/trace/format.h"
#include "preload/trace/stream.h"

#define STEP_SLOTS_FIRST (1u << 10) /* twice as many each time they are too few */
#define STEP_SLOTS       (1u << 14)

/*
 * A step that any code takes which leaves rbp alone or saves it: the CFA is a distance from rsp,
 * and so is where rbp was saved. Packed, so that a thread reads it whole while another writes:
 *
 *     bits 0-13   words from rsp to the CFA
 *     bits 14-26  words from there back to where rbp was saved; 0: it is unchanged
 *     bits 27-63  the address without its lowest 10 bits, which the index tells; inverted, so that
 *                 0, no step, is of no code: it is of the last addresses that a process has
 *
 * An address is a return address or, of what a signal interrupted, the address + 1: the rule is
 * that of the byte in front.
 */
extern uint64_t plain_steps[STEP_SLOTS];
extern uint32_t plain_steps_used; /* a power of two */

enum { STEP_CFA_MAX = (1 << 14) - 1, STEP_RBP_SHIFT = 14, STEP_RBP_MAX = (1 << 13) - 1 };
enum { STEP_ADDRESS_SHIFT = 27 };
#define STEP_ADDRESS_MAX (UINT64_MAX >> STEP_ADDRESS_SHIFT)

_Static_assert(STEP_SLOTS_FIRST == 1u << (47 - (64 - STEP_ADDRESS_SHIFT)),
               "an address is told by both");

/* For plain_step(). */
static inline uint64_t plain_step_mask(void)
{
    return __atomic_load_n(&plain_steps_used, __ATOMIC_RELAXED) - 1;
}

/* The step from ADDRESS; only if step_is_of() it. */
static inline uint64_t plain_step(uint64_t address, uint64_t mask)
{
    return __atomic_load_n(&plain_steps[address & mask], __ATOMIC_RELAXED);
}

static inline bool step_is_of(uint64_t step, uint64_t address)
{
    return ((step >> STEP_ADDRESS_SHIFT) ^ address / STEP_SLOTS_FIRST) == STEP_ADDRESS_MAX;
}

/* The rule of ADDRESS; modules that are new are defined in STREAM. */
struct unwind_rule rule_find(struct stream *stream, uint64_t address);

/* Code was unloaded: every remembered rule is void. */
void rules_forget(void);

/* Is there a rule which says that no table tells of an address? What is loaded later may have one.
 */
bool rules_lack_tables(void);

/* Is PC in the code that the program begins with, which has no caller? */
bool rule_is_entry(uint64_t pc);

#endif
