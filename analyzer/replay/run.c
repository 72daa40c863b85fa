/* run.c - one thread's part of a replay: see recording_replay(). */
#include "analyzer/replay/internal.h"
#include "analyzer/replay/workers.h"
#include "analyzer/trace/read_ahead.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/progress.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* How far a trace is searched for the mark that makes its process a session: it comes early. */
#define SESSION_SEARCH_EVENTS (1u << 20)

static bool has_mark(const struct frame *frame, enum api_mark_kind kind)
{
    const struct api_mark *mark;
    const struct api_set *set = frame->systems ? &frame->systems->set : NULL;
    for (unsigned i = 0; (mark = api_set_mark(set, i)); i++)
        if (mark->kind == kind)
            return true;
    return false;
}

static bool is_connection(const struct frame *frame, const struct trace_event *event)
{
    const struct api_mark *mark =
        event->kind == TRACE_EVENT_MARK ? api_set_mark(&frame->systems->set, event->number) : NULL;
    return mark && mark->kind == API_MARK_CONNECTION;
}

/* Whether a mark among the trace's first events tells that a client connected. */
static bool has_connection(const struct frame *frame)
{
    struct event_batch *batch = xmalloc(sizeof(*batch));
    bool found = false;
    size_t events = 0;
    while (!found && events < SESSION_SEARCH_EVENTS && trace_read_events(frame->trace, batch)) {
        for (size_t i = 0; i < batch->count && !found; i++)
            found = is_connection(frame, &batch->events[i]);
        events += batch->count + batch->allocation_count;
    }
    free(batch);
    return found;
}

/* A session is told by a mark in the process itself, or is what a session forked. */
static enum process_kind find_kind(const struct frame *frame)
{
    const struct process *parent = frame->process->parent;
    if (parent && parent->kind == PROCESS_SESSION)
        return PROCESS_SESSION;
    if (!has_mark(frame, API_MARK_CONNECTION))
        return PROCESS_MASTER;
    bool session = has_connection(frame);
    trace_rewind(frame->trace);
    return session ? PROCESS_SESSION : PROCESS_MASTER;
}

static void inherit(struct frame *frame, const struct frame *from)
{
    pool_tree_copy(&frame->tree, &from->tree);
    objects_copy(&frame->objects, &from->objects);
    memcpy(frame->roots, from->roots, sizeof(frame->roots));
    frame->process->phase = from->process->phase;
    frame->process->bytes = from->process->bytes;
    frame->process->pools = from->process->pools;
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
    process->pools = 0;
    process->tick = tick;
    process->ended = false;
    process->exit_status = 0;
}

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

struct frame *frame_new(struct replay *replay, struct member *member)
{
    struct frame *below = replay->frame;
    struct frame *frame = xcalloc(1, sizeof(*frame));
    frame->member = member;
    frame->unit.kind = API_MARK_KINDS;
    frame->process = &member->process;
    frame->result = xcalloc(1, sizeof(*frame->result));
    frame->stacks = stack_ids_new(below ? below->stacks : NULL, member->header.first_stack,
                                  replay->recording->stacks);
    frame->forked = below && !below->ended;
    if (below)
        frame->above = below->systems;
    else if (member->header.parent_id)
        frame->above = known_systems_first(replay->recording);
    member->hooked = below && below->member->hooked;
    member->started = true;
    member->forks = 0;
    reset_process(frame->process, member->header.start_tick);
    if (frame->forked)
        inherit(frame, below);
    return frame;
}

void frame_free(struct frame *frame)
{
    if (frame->feed)
        event_feed_free(frame->feed);
    pool_tree_free(&frame->tree);
    objects_free(&frame->objects);
    stack_ids_release(frame->stacks);
    if (frame->result)
        coverage_clear(&frame->result->account.coverage);
    free(frame->result);
    free(frame->tags);
    free(frame->threads);
    free(frame);
}

void replay_find_systems(struct replay *replay, struct frame *frame)
{
    const char *fault = NULL;
    /* A forked process goes on with its parent's. */
    const struct known_systems *above = frame->member->header.parent_id ? frame->above : NULL;
    frame->systems =
        known_systems_find(replay->recording, frame->member, frame->trace, above, &fault);
    if (fault)
        account_damage(frame->member, fault);
    for (unsigned i = 0; frame->systems && i < frame->systems->set.count; i++) {
        const uint32_t align = frame->systems->set.apis[i]->align;
        frame->aligns[i] = (align & (align - 1)) == 0 ? align - 1 : 0;
    }
    frame->startup_told = has_mark(frame, API_MARK_STARTUP);
}

static void set_current(struct replay *replay, struct frame *frame)
{
    replay->frame = frame;
    replay->account = frame ? &frame->result->account : NULL;
}

bool replay_push(struct replay *replay, struct frame *frame, struct error *error)
{
    frame->trace = replay->growing ? trace_open_growing(frame->member->path, error)
                                   : read_ahead_open(replay->ahead, frame->member->path, error);
    if (!frame->trace) {
        frame_free(frame);
        return false;
    }
    expect_next(replay, frame->member);
    stack_ids_begin(frame->stacks, frame->trace);
    frame->tags = xcalloc(trace_name_limit(frame->trace), sizeof(*frame->tags));
    replay_find_systems(replay, frame);
    frame->result->account.unforked = !frame->forked && frame->member->header.parent_id;
    account_start(replay->recording, frame);
    frame->process->kind = find_kind(frame);
    frame->feed = event_feed_new(replay->ahead, frame->trace);
    frame->below = replay->frame;
    set_current(replay, frame);
    next_moment(replay);
    TELL(replay, on_start, replay, frame->process);
    return true;
}

/* Ends the replay of the process that was pushed last; its result counts if it came to its end. */
static void pop(struct replay *replay)
{
    struct frame *frame = replay->frame;
    set_current(replay, frame->below);
    if (replay->frame)
        next_moment(replay); /* it goes on with the thread that it was at */
    if (frame->ended) {
        account_process(frame);
        crew_add(replay->crew, frame->member, frame->result);
        frame->result = NULL;
    }
    frame_free(frame);
}

struct member *replay_take_child(struct frame *frame)
{
    while (frame->next_child != frame->children_end) {
        struct member *child = *frame->next_child++;
        if (!child->started)
            return child;
    }
    return NULL;
}

static bool refill(struct frame *frame)
{
    const struct event_batch *batch = event_feed_next(frame->feed);
    frame->next = batch ? batch->events : NULL;
    frame->end = batch ? batch->events + batch->count : NULL;
    progress_add(batch ? batch->bytes : 0);
    return batch;
}

void replay_end_process(struct replay *replay)
{
    struct frame *frame = replay->frame;
    TELL(replay, on_end, replay, frame->process);
    if (replay->watch)
        frame->result->seen = replay->watch->take(replay->watcher);
    frame->ended = true;
    /* Children whose fork is not in the trace; no tree is theirs, but the backtraces are. */
    frame->next_child = frame->member->children;
    frame->children_end = frame->member->children_end;
}

bool replay_to_fork(struct replay *replay)
{
    struct frame *frame = replay->frame;
    while (frame->next_child == frame->children_end && (frame->next != frame->end || refill(frame)))
        do
            replay_event(replay, frame->next++);
        while (frame->next != frame->end && frame->next_child == frame->children_end);
    return frame->next_child != frame->children_end;
}

/* Replays the process up to its next fork or its end. */
static void run(struct replay *replay)
{
    if (!replay_to_fork(replay))
        replay_end_process(replay);
}

/* Has FRAME, which passes on, replayed: by another thread, or here and now. */
static bool begin(struct replay *replay, struct frame *frame, struct error *error)
{
    return crew_give(replay->crew, frame) || replay_push(replay, frame, error);
}

void replay_family(struct replay *replay, struct frame *root)
{
    struct error error;
    bool ok = !crew_failed(replay->crew);
    if (!ok)
        frame_free(root);
    else if (!replay_push(replay, root, &error))
        crew_fail(replay->crew, &error);
    while (replay->frame) {
        ok = !crew_failed(replay->crew);
        struct member *child = ok ? replay_take_child(replay->frame) : NULL;
        if (child && !begin(replay, frame_new(replay, child), &error))
            crew_fail(replay->crew, &error);
        else if (!child && ok && !replay->frame->ended)
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
            crew_catch_up(replay);
        struct frame *frame = frame_new(replay, member);
        if (!crew_give(replay->crew, frame))
            replay_family(replay, frame);
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

#define CALLBACKS 13

/* Lists who listens to what; returns the room for that, to be freed. */
static const struct replay_observer **listen(struct replay *replay,
                                             const struct replay_observer *observers, size_t count)
{
    const struct replay_observer **room = xcalloc(CALLBACKS * count, sizeof(*room)), **next = room;
#define LISTEN(callback)                                                                           \
    replay->callback =                                                                             \
        listeners_at(next, observers, count, offsetof(struct replay_observer, callback));          \
    next += count
    LISTEN(on_event);
    LISTEN(on_start);
    LISTEN(on_create);
    LISTEN(on_alloc);
    LISTEN(on_free);
    LISTEN(on_move);
    LISTEN(on_name);
    LISTEN(on_clear);
    LISTEN(on_destroy);
    LISTEN(on_mark);
    LISTEN(on_fork);
    LISTEN(on_stale);
    LISTEN(on_end);
#undef LISTEN
    return room;
}

void replay_begin(struct replay *replay, struct crew *crew, const struct replay_observer *observers,
                  size_t count)
{
    replay->crew = crew;
    replay->room = listen(replay, observers, count);
}

void replay_end(struct replay *replay)
{
    free(replay->room);
}
