/*
 * process.h - what happens to a process as a whole: it forks, it ends.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_PROCESS_H
#define PRELOAD_HOOKS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct registers;
struct stream;

typedef void process_moment(struct stream *stream, const struct registers *registers);

/* Before main: watches this process and those it will fork. ENDING is called when one of them ends
 * by itself, FORKING before it forks, right before that is written to STREAM. */
void process_setup(process_moment *ending, process_moment *forking);

/* The same of a program that runs. Its end is told by who calls process_ends(). */
void process_setup_attached(process_moment *ending, process_moment *forking);

/* The process is about to end with STATUS; async-signal-safe. */
void process_ends(int status, const struct registers *registers);

/* Nothing is recorded, whatever is called, until it is told otherwise. */
void process_set_idle(bool idle);

/* The trace takes no more events: if its recording was ended, nothing is looked at any more. */
void process_rest(void);

extern bool process_idle; /* for process_is_idle() alone */

static inline bool process_is_idle(void)
{
    return process_idle;
}

/* Was this or the one below set up, in this process or a parent of it? */
bool process_is_watched(void);

/* What process_known points to. */
enum process_state {
    PROCESS_UNKNOWN = 0, /* in a child whose fork nobody told us about (a clone without the C
                            library's handlers) */
    PROCESS_KNOWN = 1,
    PROCESS_BEGINS = 2, /* a thread is making the child a process of its own */
    PROCESS_HELD = 3 /* who attached waits until no thread records: those that are about to wait */
};
extern volatile uint32_t *process_known;

/* Where a thread waits then: this code. It holds nothing there, and looks anew what is to be done.
 */
void process_waits_at(uint64_t *begin, uint64_t *end);

/* Makes such a child a process of its own, or waits while the process is held. False: another
 * thread does, or what was interrupted. */
bool process_adopt(void);

static inline bool process_is_known(void)
{
    return *process_known == PROCESS_KNOWN;
}

/* Is there anything that can be told of the process? For who does not use the two below. */
bool process_knows(void);

/* False: the process is not known yet, and what is to be told now is lost, with a count. */
static inline bool process_check_fork(void)
{
    return __builtin_expect(process_is_known(), 1) || process_adopt();
}

#endif
