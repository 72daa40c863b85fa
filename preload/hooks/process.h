/*
 * process.h - what happens to a process as a whole: it forks, it ends.
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

/* What it points to is zero in a child whose fork nobody told us about (a clone without the C
 * library's handlers). */
extern volatile uint32_t *process_known;

/* Makes such a child a process of its own. */
void process_adopt(void);

static inline bool process_is_known(void)
{
    return *process_known != 0;
}

static inline void process_check_fork(void)
{
    if (__builtin_expect(!process_is_known(), 0))
        process_adopt();
}

#endif
