/* endings.c - calls from within one that ends a pool; see endings.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/endings.h"

#include "preload/hooks/operand.h"
#include "preload/hooks/survivors.h"
#include "preload/unwind/scratch.h"
#include "preload/unwind/unwind.h"
#include "preload/young/objects.h"

#define DEPTH  65536u /* bytes of stack, that such a call takes at most */
#define PAGE   4096u
#define WITHIN 64 /* backtraces, by a hash, of which it was found out */

/* Is the call that comes back to IP in the backtrace STACK? */
static struct within {
    uint64_t ip;
    uint32_t stack;
    bool is;
} known[WITHIN];

/* Is POOL's end the last one by its stack, and the stack of CALL below it, in the same page or one
 * that cannot but be there? */
static bool may_go_on(const struct young_more *more, const struct young_pool *pool,
                      const struct generation_call *call)
{
    return pool->state == YOUNG_ENDED && call->start && call->stack &&
           call->start->sp < more->end_sp && more->end_sp - call->start->sp <= DEPTH &&
           !survivors_is_over(pool);
}

static struct within *place_of(const struct young_more *more, const struct generation_call *call)
{
    return &known[(more->end_ip ^ call->stack) * 0x9e3779b97f4a7c15u >> (64 - 6)];
}

_Static_assert(WITHIN == 1 << 6, "as many as there are hashes");

/* What was called after it came back may have the same backtrace, but not its return address where
 * that was. */
static bool is_there(const struct young_more *more, const struct generation_call *call)
{
    const uint64_t word = more->end_sp - sizeof(word);
    return word / PAGE > call->start->sp / PAGE || operand_load(word) == more->end_ip;
}

bool ending_goes_on(struct young_pools *young, const struct young_pool *pool,
                    const struct generation_call *call)
{
    const struct young_more *more = young_more(young, pool);
    const struct within *within = place_of(more, call);
    return may_go_on(more, pool, call) && within->ip == more->end_ip &&
           within->stack == call->stack && within->is && is_there(more, call);
}

bool ending_finds(struct stream *stream, struct young_pools *young, const struct young_pool *pool,
                  const struct generation_call *call)
{
    const struct young_more *more = young_more(young, pool);
    struct within *within = place_of(more, call);
    struct scratch *scratch = may_go_on(more, pool, call) ? scratch_of(stream) : NULL;
    if (!scratch)
        return false;
    if (within->ip != more->end_ip || within->stack != call->stack) {
        unwind_take(stream, scratch, call->start);
        *within = (struct within){.ip = more->end_ip, .stack = call->stack};
        for (unsigned i = 1; i < scratch->backtrace.depth; i++)
            within->is |= scratch->backtrace.frames[i] == more->end_ip;
    }
    return within->is && is_there(more, call);
}
