/* process_replay.c - a process's replay at its start: what it inherits, and what it is; and its
 * end. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/budget.h"
#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"
#include "analyzer/trace/read_ahead.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* How far a trace is searched for the mark that makes its process a session: it comes early. */
#define SESSION_SEARCH_EVENTS (1u << 20)
#define SESSION_SEARCH_FIRST  64 /* one by one: mostly it is among these, and a batch is many */

static bool has_mark(const struct process_replay *replayed, enum api_mark_kind kind)
{
    const struct api_mark *mark;
    const struct api_set *set = replayed->systems ? &replayed->systems->set : NULL;
    for (unsigned i = 0; (mark = api_set_mark(set, i)); i++)
        if (mark->kind == kind)
            return true;
    return false;
}

static bool begins_service(const struct process_replay *replayed, const char *function)
{
    const struct api_mark *mark;
    for (unsigned i = 0; (mark = api_set_mark(&replayed->systems->set, i)); i++)
        if (mark->kind == API_MARK_STARTUP && slice_equals(mark->symbol, function))
            return true;
    return false;
}

/* Whether the end of start-up will be seen: a mark is described, and it is not that no image has
 * one. What is forked goes on with its parent's hooks. */
static bool has_startup_mark(const struct process_replay *replayed)
{
    const struct member *parent = replayed->member->parent;
    bool missing = parent && parent->lacks_startup_mark;
    if (!has_mark(replayed, API_MARK_STARTUP))
        return false;
    for (size_t i = 0; i < trace_hook_count(replayed->trace); i++) {
        const struct hook_definition *hook = trace_hook(replayed->trace, i);
        if (hook->role != API_MARK || !begins_service(replayed, hook->function))
            continue;
        if (!hook->skipped)
            return true;
        missing = true;
    }
    return !missing;
}

/* Of a process that was attached to, commands tell what it is: it may have been connected before.
 */
static bool is_connection(const struct process_replay *replayed, const struct trace_event *event)
{
    const struct api_mark *mark =
        trace_event_is_mark(event) ? api_set_mark(&replayed->systems->set, event->number) : NULL;
    const bool attached = replayed->member->header.attached_tick != 0;
    return mark &&
           (mark->kind == API_MARK_CONNECTION || (attached && mark->kind == API_MARK_COMMAND));
}

static bool begins_with_connection(const struct process_replay *replayed)
{
    struct trace_event event;
    bool found = false;
    for (unsigned i = 0; i < SESSION_SEARCH_FIRST && !found; i++)
        found = trace_next(replayed->trace, &event) && is_connection(replayed, &event);
    return found;
}

/* Whether a mark among the trace's first events tells that a client connected. */
static bool has_connection(const struct process_replay *replayed)
{
    if (begins_with_connection(replayed))
        return true;
    struct event_batch *batch = xmalloc(sizeof(*batch));
    bool found = false;
    size_t events = SESSION_SEARCH_FIRST;
    while (!found && events < SESSION_SEARCH_EVENTS && trace_read_events(replayed->trace, batch)) {
        for (size_t i = 0; i < batch->count && !found; i++)
            found = is_connection(replayed, &batch->events[i]);
        events += batch->count + batch->allocation_count;
    }
    free(batch);
    return found;
}

enum process_kind replay_find_kind(const struct process_replay *replayed)
{
    const struct process *parent = replayed->process->parent;
    if (parent && parent->kind == PROCESS_SESSION)
        return PROCESS_SESSION;
    if (!has_mark(replayed, API_MARK_CONNECTION))
        return PROCESS_MASTER;
    bool session = has_connection(replayed);
    trace_rewind(replayed->trace);
    return session ? PROCESS_SESSION : PROCESS_MASTER;
}

static void inherit(struct process_replay *replayed, const struct process_replay *from)
{
    pool_tree_copy(&replayed->tree, &from->tree);
    objects_copy(&replayed->objects, &from->objects);
    guarded_copy(&replayed->guarded, &from->guarded);
    guarded_unwatch(&replayed->guarded);
    replayed->unseen_given_back = from->unseen_given_back;
    replayed->sought = from->sought;
    memcpy(replayed->roots, from->roots, sizeof(replayed->roots));
    /* A call changes a pool and its parent at most. */
    replayed->in_change = from->last_thread > 1 ? 2 * from->last_thread : 0;
    replayed->process->phase = from->process->phase;
    replayed->process->bytes = from->process->bytes;
    replayed->process->pools = from->process->pools;
    memcpy(replayed->least_capacity, from->least_capacity, sizeof(replayed->least_capacity));
    /* What pools had at their parent's worst moment is not asked for any more. */
    replayed->process->peak_bytes = from->process->bytes;
    replayed->process->peak_moment = from->process->peak_moment + 1;
}

/* Who recorded it waited for it, or its parent did. */
static void take_signal(struct process *process, const struct member *member)
{
    const uint32_t told = member->header.signal ? member->header.signal : member->told_signal;
    process->signal = (int)(told & (TRACE_SIGNAL_DUMPED - 1));
    process->dumped = process->signal && told & TRACE_SIGNAL_DUMPED;
}

static void reset_process(struct process *process, uint64_t tick)
{
    process->kind = PROCESS_MASTER;
    process->alias = 0;
    process->phase = PHASE_START;
    process->unit = (struct unit){.kind = API_MARK_KINDS};
    process->thread = process->command = 0;
    memset(process->units, 0, sizeof(process->units));
    process->events = process->bytes = 0;
    process->moments = 0;
    process->unmarked = 0;
    process->past_start = false;
    process->timed = process->first = process->last = (struct begun){0};
    process->moment_events = (struct moment_events){0};
    process->pools = 0;
    process->peak_bytes = 0;
    process->peak_moment = 1;
    process->tick = process->peak_tick = tick;
    process->ended = process->absent = false;
    process->exit_status = 0;
}

struct process_replay *process_replay_new(struct replay *replay, struct member *member)
{
    struct process_replay *below = replay->current;
    struct process_replay *replayed = xcalloc(1, sizeof(*replayed));
    replayed->member = member;
    replayed->unit.kind = API_MARK_KINDS;
    replayed->moment_ends = UINT64_MAX;
    replayed->process = &member->process;
    replayed->result = xcalloc(1, sizeof(*replayed->result));
    replayed->stacks = stack_ids_new(below ? below->stacks : NULL, member->header.first_stack,
                                     replay->recording->stacks);
    replayed->forked = budget_inherit(replayed, below) && below && !below->ended;
    if (below)
        replayed->above = below->systems;
    else if (member->header.parent_id)
        replayed->above = recorded_systems_first(replay->recording);
    member->hooked = below && below->member->hooked;
    member->process.has_marks = below && below->process->has_marks;
    member->started = true;
    member->forks = member->gone = 0;
    reset_process(replayed->process, member->header.start_tick);
    take_signal(replayed->process, member);
    member->process.labels = replayed->labels;
    if (member->header.attached_tick)
        replayed->process->phase = PHASE_STEADY;
    if (replayed->forked)
        inherit(replayed, below);
    return replayed;
}

void process_replay_free(struct process_replay *replayed)
{
    if (replayed->feed)
        event_feed_free(replayed->feed);
    pool_tree_free(&replayed->tree);
    objects_free(&replayed->objects);
    guarded_free(&replayed->guarded);
    stack_ids_release(replayed->stacks);
    if (replayed->result) {
        coverage_clear(&replayed->result->stats.coverage);
        label_sums_free(&replayed->result->stats.labels);
    }
    free(replayed->result);
    free(replayed->tags);
    replayed->process->labels = NULL;
    replayed->process->residents = NULL;
    for (unsigned i = 0; i < LABELLED_KINDS; i++)
        unit_labels_free(&replayed->labels[i]);
    free(replayed->threads);
    habits_free(replayed->brief.habits);
    free(replayed);
}

void replay_find_systems(struct replay *replay, struct process_replay *replayed)
{
    const char *fault = NULL;
    /* A forked process goes on with its parent's. */
    const struct recorded_systems *above =
        replayed->member->header.parent_id ? replayed->above : NULL;
    replayed->systems =
        recorded_systems_find(replay->recording, replayed->member, replayed->trace, above, &fault);
    if (fault)
        stats_damage(replayed->member, fault);
    for (unsigned i = 0; replayed->systems && i < replayed->systems->set.count; i++) {
        const uint32_t align = replayed->systems->set.apis[i]->align;
        replayed->aligns[i] = (align & (align - 1)) == 0 ? align - 1 : 0;
    }
    replayed->has_startup_mark = has_startup_mark(replayed);
    replayed->member->lacks_startup_mark = !replayed->has_startup_mark;
    replay_start_time(replay, replayed);
}
