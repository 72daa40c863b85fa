/* samples.c - allocations of which it is seen when they are used last: WATCHED and USED. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"

/* NULL: the record does not have it. */
static struct guarded *find(struct replay *replay, const struct trace_event *event)
{
    struct guarded *guarded = guarded_find(&replay->current->guarded, event->object);
    if (guarded && guarded->start == event->object)
        return guarded;
    replay->stats->unknown_objects++;
    return NULL;
}

/* Is POOL the one that GUARDED was taken from? */
static bool is_own(const struct replay *replay, const struct guarded *guarded, uint64_t pool)
{
    const struct pool *own = replay_pool(replay, guarded->pool);
    return own && own->address == pool;
}

/* The first pool that ended, and behind whose end it is not used, is the one that it would have to
 * be in. */
static void end_at_hand(struct replay *replay, struct guarded *guarded, uint64_t address)
{
    const struct pool *pool = pool_tree_last(&replay->current->tree, address);
    if (!pool || guarded->hand)
        return;
    const char *role = replay_pool_role_name(replay, pool);
    const char *label = role ? role : replay_pool_label(replay, pool);
    guarded->hand = replay_keep_text(replay, label ? label : "a pool without a name");
    guarded->hand_created = pool->created;
}

void replay_watched(struct replay *replay, const struct trace_event *event)
{
    struct guarded *guarded = find(replay, event);
    if (!guarded)
        return;
    if (is_own(replay, guarded, event->pool))
        guarded->watched = true;
    else if (!guarded->watched)
        end_at_hand(replay, guarded, event->pool);
}

void replay_used(struct replay *replay, const struct trace_event *event)
{
    struct guarded *guarded = find(replay, event);
    if (!guarded)
        return;
    if (!guarded->watched) {
        guarded->hand = guarded->hand_created = 0;
        return;
    }
    guarded->uses++;
    guarded->used_earlier = event->use & TRACE_USED_EARLIER;
    guarded->used = replay->current->process->unit;
    guarded->used_at_end = guarded->end != 0;
}

/* What is used first when all ends may be no use for the work. */
static bool is_used_at_end(const struct replay *replay, const struct guarded *guarded)
{
    const struct process *process = replay->current->process;
    const bool last = guarded->used.kind == process->unit.kind &&
                      guarded->used.index == process->unit.index && process->ended;
    return guarded->uses == 1 && !guarded->used_earlier &&
           (guarded->used_at_end || (guarded->end == 0 && last));
}

void replay_end_sample(struct replay *replay, const struct guarded *guarded)
{
    if (!guarded->watched)
        return;
    const struct touched touched = replay_touched(replay, guarded);
    const struct sampled sampled = {.stack = guarded->stack,
                                    .pool = &touched,
                                    .uses = guarded->uses,
                                    .used_at_end = is_used_at_end(replay, guarded),
                                    .hand =
                                        guarded->hand ? replay_string(replay, guarded->hand) : NULL,
                                    .hand_created = guarded->hand_created};
    NOTIFY(replay, on_sampled, replay->current->process, &sampled);
}

void replay_end_samples(struct replay *replay)
{
    const struct guarded_table *table = &replay->current->guarded;
    for (uint32_t i = 1; i < table->limit; i++)
        replay_end_sample(replay, &table->items[i]);
}
