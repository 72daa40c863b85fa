/* budget.c - what a process and its ancestors take of memory; see budget.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/budget.h"

#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"

#define WAITING_BYTES (UINT64_C(32) << 10) /* of a process that waits, beside its definitions */
#define FORGET_LEAST  (BUDGET_ENTRIES / 8) /* that must come free: it takes a look at all pools */

bool budget_inherit(struct process_replay *replayed, const struct process_replay *parent)
{
    if (!parent)
        return true;
    replayed->above_entries = parent->above_entries + parent->entries;
    replayed->above_bytes = parent->above_bytes + WAITING_BYTES + trace_memory(parent->trace) +
                            stack_ids_memory(parent->stacks);
    const uint64_t copied = parent->tree.numbers.count + parent->objects.numbers.count;
    if (replayed->above_bytes > BUDGET_BYTES)
        replayed->refused = "more processes than can be, each forked by the one before";
    else if (replayed->above_entries + copied > BUDGET_ENTRIES)
        replayed->refused = "more pools than can be, in it and in what it was forked by";
    else
        replayed->entries = copied;
    return !replayed->refused;
}

void budget_count(struct process_replay *replayed, int64_t more)
{
    const int64_t entries = (int64_t)replayed->entries + more;
    replayed->entries = entries > 0 ? (uint64_t)entries : 0;
}

static bool fits(const struct process_replay *replayed, int64_t more)
{
    return (int64_t)(replayed->above_entries + replayed->entries) + more <= (int64_t)BUDGET_ENTRIES;
}

/* Pools that are gone are remembered only for as long as there is room. */
bool budget_allows(struct process_replay *replayed, int64_t more)
{
    if (stack_ids_refused(replayed->stacks))
        replayed->refused = "more backtraces in the recording than can be";
    if (!replayed->refused && fits(replayed, more))
        return true;
    if (!replayed->refused) {
        const size_t forgotten = pool_tree_forget_gone(&replayed->tree);
        if (forgotten >= FORGET_LEAST && fits(replayed, more - (int64_t)forgotten))
            return true;
        replayed->refused = "more pools and allocations at once than can be";
    }
    return false;
}
