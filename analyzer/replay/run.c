/* run.c - one thread's part of a replay: see recording_replay(). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/budget.h"
#include "analyzer/replay/internal.h"
#include "analyzer/replay/workers.h"
#include "analyzer/symbols/stack_ids.h"
#include "analyzer/trace/read_ahead.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/present.h"
#include "analyzer/util/progress.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CHILDREN_TOLD 4096 /* of a process that a signal ended; the ends of others are not */

/* What is replayed after MEMBER if all forks are where they should be: a child, or who is next. */
static const struct member *find_next(const struct recording *recording,
                                      const struct member *member)
{
    if (member->children != member->children_end)
        return *member->children;
    for (; member->parent; member = member->parent)
        if (member->self + 1 != member->parent->children_end)
            return member->self[1];
    for (size_t i = member->process.index + 1; i < recording->count; i++)
        if (!recording->members[i]->parent)
            return recording->members[i];
    return NULL;
}

static void expect_next(const struct replay *replay, const struct member *member)
{
    const struct member *next = replay->ahead ? find_next(replay->recording, member) : NULL;
    if (next && !next->started)
        read_ahead_expect(replay->ahead, next->path);
}

/* Its recording had ended by then: of its fork there may be nothing in its parent's trace. */
static bool began_after_end(const struct trace_header *header)
{
    return trace_was_ended(header) && header->stopped_tick <= header->start_tick;
}

/* Before the time that the replay is about observers are told nothing. */
static void mute(struct replay *replay, bool muted)
{
    if (replay->muted == muted)
        return;
    replay->muted = muted;
    for (size_t i = 0; i < LISTENERS; i++)
        replay->all[i].count = muted ? 0 : replay->listening[i];
}

static void set_current(struct replay *replay, struct process_replay *replayed)
{
    replay->current = replayed;
    replay->stats = replayed ? &replayed->result->stats : NULL;
    mute(replay, replayed && !replayed->span.begun);
}

/* The time that the replay is about begins in the process: all that is there was there before. */
static void begin_span(struct replay *replay)
{
    struct process_replay *replayed = replay->current;
    struct process *process = replayed->process;
    struct recording_stats *stats = replay->stats;
    const size_t unforked = stats->unforked;
    replayed->member->hooked |= process->events > 0;
    coverage_clear(&stats->coverage);
    *stats = (struct recording_stats){.unforked = unforked};
    pool_tree_inherit(&replayed->tree);
    objects_inherit(&replayed->objects);
    memset(process->units, 0, sizeof(process->units));
    process->events = process->unmarked = process->moments = process->command = 0;
    process->moment_events = (struct moment_events){0};
    process->unit = replayed->unit = (struct unit){.kind = API_MARK_KINDS};
    process->peak_bytes = process->bytes;
    process->peak_tick = process->tick;
    process->peak_moment++;
    for (unsigned i = 0; i < LABELLED_KINDS; i++) {
        unit_labels_free(&replayed->labels[i]);
        replayed->labels[i] = (struct unit_labels){0};
    }
    replayed->thread_limit = 0;
    brief_forget(&replayed->brief);
    replayed->span.begun = true;
    replay_start_time(replay, replayed);
    mute(replay, false);
    next_generation(replay);
    NOTIFY(replay, on_start, replay, process);
}

static struct trace *open_trace(const struct replay *replay, const struct process_replay *replayed,
                                struct error *error)
{
    const char *path = replayed->member->path;
    if (replayed->refused)
        return trace_open_header(path, error);
    return replay->growing ? trace_open_growing(path, error)
                           : read_ahead_open(replay->ahead, path, error);
}

/* The child with the pid of CHILD that began last before that ended; NULL: it was not recorded. Of
 * one that became another program, what it was before. */
static struct member *find_child(const struct member *parent, const struct trace_child *child)
{
    struct member *found = NULL;
    for (struct member **at = parent->children; at != parent->children_end; at++) {
        if ((*at)->process.pid == child->pid && (*at)->header.start_tick <= child->tick &&
            (!found || (*at)->header.start_tick >= found->header.start_tick))
            found = *at;
    }
    return found;
}

/* What is known of the ends of the process's children, before these are replayed. */
static void tell_children(const struct process_replay *replayed)
{
    const size_t count = trace_child_count(replayed->trace);
    for (size_t i = 0; i < count && i < CHILDREN_TOLD; i++) {
        const struct trace_child *child = trace_child(replayed->trace, i);
        struct member *member = find_child(replayed->member, child);
        if (member)
            member->told_signal = child->signal;
    }
}

bool replay_push(struct replay *replay, struct process_replay *replayed, struct error *error)
{
    replayed->trace = open_trace(replay, replayed, error);
    if (!replayed->trace) {
        process_replay_free(replayed);
        return false;
    }
    expect_next(replay, replayed->member);
    tell_children(replayed);
    stack_ids_begin(replayed->stacks, replayed->trace);
    replayed->tags = xcalloc(trace_name_limit(replayed->trace), sizeof(*replayed->tags));
    replay_find_systems(replay, replayed);
    replayed->result->stats.unforked = !replayed->forked && replayed->member->header.parent_id &&
                                       !began_after_end(&replayed->member->header);
    stats_start(replay->recording, replayed);
    replayed->process->kind = replay_find_kind(replayed);
    replayed->feed = event_feed_new(replay->ahead, replayed->trace);
    replayed->below = replay->current;
    replayed->span = time_span_of(trace_header(replayed->trace), replay->recording->since_ns,
                                  replay->recording->until_ns);
    set_current(replay, replayed);
    next_generation(replay);
    NOTIFY(replay, on_start, replay, replayed->process);
    return true;
}

/* Ends the replay of the process that was pushed last; its result counts if it came to its end. */
static void pop(struct replay *replay)
{
    struct process_replay *replayed = replay->current;
    set_current(replay, replayed->below);
    if (replay->current)
        next_generation(replay); /* it goes on with the thread that it was at */
    if (replayed->ended) {
        stats_process(replay->recording, replayed);
        workers_add(replay->workers, replayed->member, replayed->result);
        replayed->result = NULL;
    }
    process_replay_free(replayed);
}

struct member *replay_take_child(struct process_replay *replayed)
{
    while (replayed->next_child != replayed->children_end) {
        struct member *child = *replayed->next_child++;
        if (!child->started)
            return child;
    }
    return NULL;
}

/* When the last signal came that ends programs, as far as was noted. */
static uint64_t last_crash(const struct process_replay *replayed)
{
    const size_t count = trace_crash_count(replayed->trace);
    return count ? trace_crash(replayed->trace, count - 1)->tick : UINT64_MAX;
}

/* More of the trace; MORE: entries that its tables got since they were counted. False: there is
 * none.
 */
static bool read_more(struct process_replay *replayed, int64_t more)
{
    if (replayed->begin)
        recent_add(&replayed->recent, replayed->begin, (size_t)(replayed->end - replayed->begin),
                   last_crash(replayed));
    replayed->begin = NULL;
    if (replayed->span.rest) {
        replayed->next = replayed->span.rest;
        replayed->end = replayed->span.limit;
        replayed->span.rest = NULL;
        return true;
    }
    const bool allowed = budget_allows(replayed, more), goes_on = allowed && !replayed->span.over;
    const struct event_batch *batch = goes_on ? event_feed_next(replayed->feed) : NULL;
    if (!allowed)
        stats_damage(replayed->member, replayed->refused);
    replayed->next = batch ? batch->events : NULL;
    replayed->end = batch ? batch->events + batch->count : NULL;
    progress_add(batch ? batch->bytes : 0);
    return batch;
}

static bool refill(struct replay *replay, int64_t more)
{
    struct process_replay *replayed = replay->current;
    do {
        if (!read_more(replayed, more))
            return false;
        if (time_span_cut(&replayed->span, &replayed->next, &replayed->end))
            begin_span(replay);
    } while (replayed->next == replayed->end);
    replayed->begin = replayed->next;
    return true;
}

void replay_end_process(struct replay *replay)
{
    struct process_replay *replayed = replay->current;
    replayed->process->absent = !replayed->span.begun;
    if (replayed->process->absent)
        begin_span(replay);
    replay_end_samples(replay);
    replay_end_loop(replay);
    struct process *process = replayed->process;
    const bool may_run = !process->ended && !process->signal;
    process->present = may_run ? present_memory(process->pid, replayed->member->path) : 0;
    NOTIFY(replay, on_end, replay, replayed->process);
    if (replay->watch)
        replayed->result->seen = replay->watch->take(replay->watcher);
    replayed->ended = true;
    /* Nobody asks for them any more, and children may be replayed next. */
    const int64_t before = keymap_entries;
    pool_tree_free(&replayed->tree);
    objects_free(&replayed->objects);
    budget_count(replayed, keymap_entries - before);
    /* Children whose fork is not in the trace; no tree is theirs, but the backtraces are. */
    replayed->next_child = replayed->member->children;
    replayed->children_end = replayed->member->children_end;
}

bool replay_to_fork(struct replay *replay)
{
    struct process_replay *replayed = replay->current;
    const int64_t before = keymap_entries;
    while (replayed->next_child == replayed->children_end &&
           (replayed->next != replayed->end || refill(replay, keymap_entries - before)))
        do
            replayed->next = replay_next(replay, replayed->next, replayed->end);
        while (replayed->next != replayed->end && replayed->next_child == replayed->children_end);
    budget_count(replayed, keymap_entries - before);
    return replayed->next_child != replayed->children_end;
}

/* Replays the process up to its next fork or its end. */
static void run(struct replay *replay)
{
    if (!replay_to_fork(replay))
        replay_end_process(replay);
}

/* Has REPLAYED, which passes on, replayed: by another thread, or here and now. */
static bool begin(struct replay *replay, struct process_replay *replayed, struct error *error)
{
    return workers_give(replay->workers, replayed) || replay_push(replay, replayed, error);
}

void replay_family(struct replay *replay, struct process_replay *root)
{
    struct error error;
    bool ok = !workers_failed(replay->workers);
    if (!ok)
        process_replay_free(root);
    else if (!replay_push(replay, root, &error))
        workers_fail(replay->workers, &error);
    while (replay->current) {
        ok = !workers_failed(replay->workers);
        struct member *child = ok ? replay_take_child(replay->current) : NULL;
        if (child && !begin(replay, process_replay_new(replay, child), &error))
            workers_fail(replay->workers, &error);
        else if (!child && ok && !replay->current->ended)
            run(replay);
        else if (!child)
            pop(replay);
    }
}

void replay_roots(struct replay *replay)
{
    struct recording *recording = replay->recording;
    for (size_t i = 0; i < recording->count; i++) {
        struct member *member = recording->members[i];
        if (member->parent)
            continue;
        /* Without its parent it goes by the API of those before it. */
        if (member->header.parent_id)
            workers_catch_up(replay);
        struct process_replay *replayed = process_replay_new(replay, member);
        if (!workers_give(replay->workers, replayed))
            replay_family(replay, replayed);
    }
}

/* Those of COUNT observers whose callback at OFFSET is set, listed in ROOM. */
static struct listeners listeners_at(const struct replay_observer **room,
                                     const struct replay_observer *observers, size_t count,
                                     size_t offset)
{
    struct listeners listeners = {room, 0};
    for (size_t i = 0; i < count; i++) {
        void (*callback)(void);
        memcpy(&callback, (const char *)&observers[i] + offset, sizeof(callback));
        if (callback)
            listeners.items[listeners.count++] = &observers[i];
    }
    return listeners;
}

_Static_assert(offsetof(struct replay, on_end) ==
                   offsetof(struct replay, all) + (LISTENERS - 1) * sizeof(struct listeners),
               "they are LISTENERS");

/* Those of LISTENERS that are not told in a word of what comes again; *NEXT has room for them. */
static struct listeners without_again(const struct replay_observer ***next,
                                      const struct listeners *listeners)
{
    struct listeners others = {*next, 0};
    for (size_t i = 0; i < listeners->count; i++)
        if (!listeners->items[i]->on_brief_again)
            others.items[others.count++] = listeners->items[i];
    *next += others.count;
    return others;
}

/* Lists who listens to what; returns the room for that, to be freed. */
static const struct replay_observer **listen(struct replay *replay,
                                             const struct replay_observer *observers, size_t count)
{
    const struct replay_observer **room = xcalloc(LISTENERS * count, sizeof(*room)), **next = room;
#define LISTEN(callback)                                                                           \
    replay->callback =                                                                             \
        listeners_at(next, observers, count, offsetof(struct replay_observer, callback));          \
    next += count
    LISTEN(on_event);
    LISTEN(on_start);
    LISTEN(on_create);
    LISTEN(on_alloc);
    LISTEN(on_look);
    LISTEN(on_free);
    LISTEN(on_move);
    LISTEN(on_name);
    LISTEN(on_clear);
    LISTEN(on_destroy);
    LISTEN(on_brief_create);
    LISTEN(on_brief);
    LISTEN(on_brief_again);
    replay->on_outer_create = without_again(&next, &replay->on_brief_create);
    replay->on_outer = without_again(&next, &replay->on_brief);
    LISTEN(on_mark);
    LISTEN(on_fork);
    LISTEN(on_stale);
    LISTEN(on_walk);
    LISTEN(on_unreachable);
    LISTEN(on_dangling);
    LISTEN(on_fault);
    LISTEN(on_sampled);
    LISTEN(on_young);
    LISTEN(on_place);
    LISTEN(on_like);
    LISTEN(on_again);
    LISTEN(on_end);
#undef LISTEN
    return room;
}

/* Who wants to be told of each event, or what each pool takes, does not. */
static bool takes_brief(const struct replay_observer *observer)
{
    const bool watches = observer->on_create || observer->on_alloc || observer->on_look ||
                         observer->on_name || observer->on_destroy;
    return !observer->on_event && (!watches || observer->on_brief_create || observer->on_brief);
}

/* What OBSERVER, who takes brief pools, wants to know of those that come again can be told. */
static bool takes_again(const struct replay_observer *observer)
{
    const bool briefly = observer->on_brief_create || observer->on_brief;
    return !briefly || observer->on_brief_again || observer->outer_only;
}

void replay_begin(struct replay *replay, struct workers *workers,
                  const struct replay_observer *observers, size_t count)
{
    replay->workers = workers;
    replay->room = listen(replay, observers, count);
    for (size_t i = 0; i < LISTENERS; i++)
        replay->listening[i] = replay->all[i].count;
    replay->tells_briefly = replay->tells_again = true;
    for (size_t i = 0; i < count; i++) {
        replay->tells_briefly &= takes_brief(&observers[i]);
        replay->tells_again &= takes_again(&observers[i]);
    }
    replay->tells_again &= replay->tells_briefly && replay->on_brief_again.count < HABIT_OBSERVERS;
}

void replay_end(struct replay *replay)
{
    free(replay->room);
}
