/*
 * budget.h - how much of the command's memory one process may take, with the ancestors that wait
 * for it. A trace of a few kilobytes can tell of pools without end: what goes beyond is not
 * followed, and the process's trace counts as damaged.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_BUDGET_H
#define ANALYZER_REPLAY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct process_replay;

#define BUDGET_ENTRIES (UINT64_C(2) << 20) /* pools, allocations by themselves, what rules keep */
#define BUDGET_BYTES   (UINT64_C(1) << 30) /* of definitions, blocks and the rest, by ancestors */

/* What REPLAYED, a child, waits for has been spent by its ancestors, of whom PARENT is the nearest
 * (NULL: there is none): whether there is room for a copy of what PARENT has. */
bool budget_inherit(struct process_replay *replayed, const struct process_replay *parent);

/* REPLAYED went on, and by that this thread's tables have MORE entries than before. */
void budget_count(struct process_replay *replayed, int64_t more);

/* Whether REPLAYED may go on, with so many MORE entries that were not counted yet. When not,
 * REPLAYED->refused is why. */
bool budget_allows(struct process_replay *replayed, int64_t more);

#endif
