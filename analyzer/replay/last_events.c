/* last_events.c - what a process did last, and the signals that ended it; see replay.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/symbols/stack_ids.h"

/* Of a later event than the one at INDEX: its pool is another than the one there before. */
static bool is_made_later(const struct recent *recent, size_t index)
{
    for (size_t i = index + 1; i < recent->count; i++) {
        if (recent->items[i].kind == TRACE_EVENT_CREATE &&
            recent->items[i].pool == recent->items[index].pool)
            return true;
    }
    return false;
}

size_t replay_last_events(const struct replay *replay, struct last_event to[LAST_EVENTS])
{
    struct process_replay *replayed = replay->current;
    const struct recent *recent = &replayed->recent;
    for (size_t i = 0; i < recent->count; i++) {
        const struct recent_event *event = &recent->items[i];
        const struct pool *pool =
            is_made_later(recent, i) ? NULL : pool_tree_last(&replayed->tree, event->pool);
        to[i] = (struct last_event){.kind = event->kind,
                                    .tick = event->tick,
                                    .size = event->size,
                                    .path = pool ? replay_pool_path(replay, pool) : NULL};
        stack_ids_number(replayed->stacks, event->stack, &to[i].stack);
    }
    return recent->count;
}

size_t replay_crash_count(const struct replay *replay)
{
    const struct process_replay *replayed = replay->current;
    return replayed->process->absent || replayed->span.over ? 0
                                                            : trace_crash_count(replayed->trace);
}

const struct trace_crash *replay_crash(const struct replay *replay, size_t index, uint32_t *stack)
{
    const struct trace_crash *crash = trace_crash(replay->current->trace, index);
    stack_ids_number(replay->current->stacks, crash->stack, stack);
    return crash;
}

const struct trace_header *replay_header(const struct replay *replay)
{
    return trace_header(replay->current->trace);
}
