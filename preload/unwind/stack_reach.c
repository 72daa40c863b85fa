/* stack_reach.c - how far a stack can be read; see stack_reach.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/stack_reach.h"

#include "preload/util/readable.h"

#include <pthread.h>
#include <sys/resource.h>

#define PAGE          UINT64_C(4096)
#define REACH_LEAST   (UINT64_C(64) << 20) /* bytes */
#define REACH_MOST    (UINT64_C(1) << 40)
#define PROBES_MAX    512u                 /* pages asked for at once, to learn a thread's stack */
#define FRAME_MOST    (UINT64_C(64) << 20) /* bytes: what a frame takes at most */
#define PATIENCE_MOST 255u

extern void *__libc_stack_end; /* the loader's: where the first thread's stack ends */

/* Of the first thread: the kernel puts nothing so near below the end of its stack. */
static uint64_t first_reach = REACH_LEAST;
static uint64_t first_thread;

/*
 * Of another thread: its description lies right above its stack. From `low` to there all can be
 * read: below the stack is a page that cannot, so this is the thread's stack.
 */
static __thread struct {
    uint64_t low;                     /* 0: not known */
    uint64_t pending_low, pending_to; /* the same of these, as far as was asked */
    uint32_t patience,
        left; /* after how many others it is asked for again; that are still to come */
} known;

static uint64_t page_of(uint64_t address)
{
    return address & ~(PAGE - 1);
}

void stack_reach_setup(void)
{
    struct rlimit limit;
    first_thread = (uint64_t)pthread_self();
    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return;
    first_reach = limit.rlim_cur < REACH_LEAST  ? REACH_LEAST
                  : limit.rlim_cur > REACH_MOST ? REACH_MOST
                                                : limit.rlim_cur;
}

/* Where asking begins: SP's page, or what was reached from there the last time. */
static uint64_t begin_asking(uint64_t page)
{
    if (page >= known.pending_low && page < known.pending_to)
        return known.pending_to;
    known.pending_low = page;
    return page + PAGE;
}

/* Is all between the page of SP, which can be read, and END? At most so many pages are asked for;
 * then it is not known yet. */
static bool leads_to(uint64_t page, uint64_t end)
{
    uint64_t at = begin_asking(page);
    for (unsigned i = 0; at < end; i++, at += PAGE) {
        const bool readable = i < PROBES_MAX && is_readable(at);
        if (readable)
            continue;
        known.pending_to = at;
        if (i < PROBES_MAX) { /* it is another stack: ask less often whether the next one is */
            known.patience =
                known.patience * 2 + 1 < PATIENCE_MOST ? known.patience * 2 + 1 : PATIENCE_MOST;
            known.left = known.patience;
        }
        return false;
    }
    known.pending_to = at;
    return true;
}

static bool is_own(uint64_t sp, uint64_t thread)
{
    if (thread == first_thread || sp >= thread)
        return false;
    if (known.low && sp >= known.low)
        return true;
    if (known.left > 0) {
        known.left--;
        return false;
    }
    const uint64_t page = page_of(sp - sizeof(uint64_t));
    if (!leads_to(page, known.low ? known.low : page_of(thread)))
        return false;
    known.low = page < known.pending_low ? page : known.pending_low;
    known.patience = 0;
    return true;
}

static bool is_of_first(uint64_t sp)
{
    const uint64_t first = (uint64_t)__libc_stack_end;
    return sp < first && first - sp < first_reach;
}

bool stack_reach_goes_down(uint64_t sp, uint64_t size)
{
    const uint64_t thread = (uint64_t)pthread_self();
    return is_of_first(sp) || (thread != first_thread && sp < thread && known.low && sp > size &&
                               sp - size >= known.low);
}

struct stack_reach stack_reach_from(uint64_t sp)
{
    const uint64_t first = (uint64_t)__libc_stack_end, thread = (uint64_t)pthread_self();
    if (is_of_first(sp))
        return (struct stack_reach){first, true};
    if (is_own(sp, thread))
        return (struct stack_reach){thread, true};
    return (struct stack_reach){page_of(sp - sizeof(uint64_t)) + PAGE, false};
}

struct stack_reach stack_reach_unknown(uint64_t sp)
{
    const bool there = is_readable(sp - sizeof(uint64_t));
    return there ? stack_reach_from(sp) : (struct stack_reach){sp, false};
}

bool stack_reach_extend(struct stack_reach *reach, uint64_t end)
{
    if (end > reach->top && end - reach->top > FRAME_MOST)
        return false;
    for (uint64_t page = page_of(reach->top); page < end; page += PAGE) {
        if (!is_readable(page))
            return false;
        reach->top = page + PAGE;
    }
    return true;
}
