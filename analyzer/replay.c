#include "replay.h"

#include "hash.h"
#include "memory.h"
#include "progress.h"
#include "read_ahead.h"
#include "recording_internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* How far a trace is searched for the mark that makes its process a session: it comes early. */
#define SESSION_SEARCH_EVENTS (1u << 20)

#define PATH_LABELS 16 /* the deepest pool whose whole path is told */

const struct pool *replay_pool(const struct replay *replay, uint32_t number)
{
    const struct pool_tree *tree = &replay->frame->tree;
    if (number == 0 || number >= tree->limit || tree->pools[number].state == POOL_GONE)
        return NULL;
    return &tree->pools[number];
}

uint32_t replay_pool_limit(const struct replay *replay)
{
    return replay->frame->tree.limit;
}

const struct pool *replay_next_pool(const struct replay *replay, const struct pool *top,
                                    const struct pool *pool)
{
    return pool_tree_next(&replay->frame->tree, top, pool);
}

const char *replay_string(const struct replay *replay, uint32_t tag)
{
    return strings_get(&replay->recording->strings, tag);
}

const struct api *replay_api(const struct replay *replay)
{
    return replay->frame->api ? &replay->frame->api->api : NULL;
}

const char *replay_pool_label(const struct replay *replay, const struct pool *pool)
{
    const struct known_api *api = replay->frame->api;
    if (pool->root && api)
        return replay_string(replay, api->root_names[pool->root - 1]);
    return pool->tag ? replay_string(replay, pool->tag) : NULL;
}

uint64_t replay_place(const struct replay *replay, uint32_t created)
{
    struct code_stack stack = stacks_get(replay->recording->stacks, created);
    if (stack.depth == 0)
        return HASH_START;
    return hash_number(hash_number(HASH_START, stack.frames[0].module), stack.frames[0].offset);
}

bool replay_same_call(const struct replay *replay, uint32_t created, uint32_t destroyed)
{
    struct code_stack a = stacks_get(replay->recording->stacks, created);
    struct code_stack b = stacks_get(replay->recording->stacks, destroyed);
    while (a.depth > 0 && b.depth > 0 &&
           a.frames[a.depth - 1].module == b.frames[b.depth - 1].module &&
           a.frames[a.depth - 1].offset == b.frames[b.depth - 1].offset) {
        a.depth--;
        b.depth--;
    }
    /* A function that destroys as the last thing it does is not in that backtrace. */
    return a.depth == 1 && b.depth <= 1;
}

/* A label's own ">" is told from the one between labels by a backslash. */
static char *append_label(char *end, const char *label)
{
    for (; *label; label++) {
        if (*label == '>')
            *end++ = '\\';
        *end++ = *label;
    }
    *end = '\0';
    return end;
}

/* The pool that POOL is under or, when it is not alive, was under, if that is still known. */
static const struct pool *pool_above(const struct replay *replay, const struct pool *pool)
{
    const struct pool_tree *tree = &replay->frame->tree;
    if (pool->state == POOL_ALIVE)
        return replay_pool(replay, pool->parent);
    const struct pool *above = pool->under < tree->limit ? &tree->pools[pool->under] : NULL;
    return pool->under && above->serial == pool->under_serial ? above : NULL;
}

char *replay_pool_path(const struct replay *replay, const struct pool *pool)
{
    static const char separator[] = " > ";
    const char *labels[PATH_LABELS + 1]; /* innermost first */
    unsigned count = 0;
    size_t size = 1;
    for (; pool && count <= PATH_LABELS; pool = pool_above(replay, pool)) {
        const char *label = replay_pool_label(replay, pool);
        labels[count] = count == PATH_LABELS ? "..." : label ? label : "(no name)";
        size += 2 * strlen(labels[count++]) + strlen(separator);
    }
    char *path = xmalloc(size), *end = path;
    *path = '\0';
    while (count-- > 0) {
        end = append_label(end, labels[count]);
        if (count > 0)
            end = stpcpy(end, separator);
    }
    return path;
}

static bool has_mark(const struct known_api *api, enum api_mark_kind kind)
{
    for (unsigned i = 0; api && i < api->api.mark_count; i++)
        if (api->api.marks[i].kind == kind)
            return true;
    return false;
}

static bool is_connection(const struct frame *frame, const struct trace_event *event)
{
    return event->kind == TRACE_EVENT_MARK && event->number < frame->api->api.mark_count &&
           frame->api->api.marks[event->number].kind == API_MARK_CONNECTION;
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
    if (frame->below && frame->below->process->kind == PROCESS_SESSION)
        return PROCESS_SESSION;
    if (!has_mark(frame->api, API_MARK_CONNECTION))
        return PROCESS_MASTER;
    bool session = has_connection(frame);
    trace_rewind(frame->trace);
    return session ? PROCESS_SESSION : PROCESS_MASTER;
}

static void inherit(struct frame *frame, const struct frame *from)
{
    pool_tree_copy(&frame->tree, &from->tree);
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
    const struct member *end = recording->members + recording->count;
    for (member++; member != end; member++)
        if (!member->parent)
            return member;
    return NULL;
}

static void expect_next(const struct replay *replay, const struct member *member)
{
    const struct member *next = find_next(replay->recording, member);
    if (next && !next->started)
        read_ahead_expect(replay->ahead, next->path);
}

/*
 * Begins MEMBER's replay on top of the process being replayed, if any. FORKED: that is its parent
 * at the moment of the fork; else it starts with an empty tree.
 */
static bool push(struct replay *replay, struct member *member, bool forked, struct error *error)
{
    struct frame *below = replay->frame;
    struct trace *trace = read_ahead_open(replay->ahead, member->path, error);
    if (!trace)
        return false;
    expect_next(replay, member);
    struct frame *frame = xcalloc(1, sizeof(*frame));
    frame->below = below;
    frame->member = member;
    frame->unit.kind = API_MARK_KINDS;
    frame->process = &member->process;
    frame->trace = trace;
    frame->stacks = stack_ids_new(trace, below ? below->stacks : NULL, replay->recording->stacks);
    const char *fault = NULL;
    frame->api = known_api_find(replay->recording, trace, &fault);
    if (fault)
        account_damage(member, fault);
    if (!frame->api && member->header.parent_id) /* a forked process goes on with its parent's */
        frame->api = below ? below->api : replay->recording->api;
    if (frame->api && (frame->api->api.align & (frame->api->api.align - 1)) == 0)
        frame->align = frame->api->api.align - 1;
    frame->tags = xcalloc(trace_name_limit(trace), sizeof(*frame->tags));
    frame->startup_told = has_mark(frame->api, API_MARK_STARTUP);
    member->started = true;
    reset_process(frame->process, member->header.start_tick);
    if (forked)
        inherit(frame, below);
    else if (member->header.parent_id)
        replay->account->unforked++;
    account_start(replay->recording, frame);
    frame->process->kind = find_kind(frame);
    frame->feed = event_feed_new(replay->ahead, trace);
    replay->frame = frame;
    next_moment(replay);
    TELL(replay, on_start, replay, frame->process);
    return true;
}

static void pop(struct replay *replay)
{
    struct frame *frame = replay->frame;
    event_feed_free(frame->feed);
    account_process(replay->recording, frame);
    replay->frame = frame->below;
    if (replay->frame)
        next_moment(replay); /* it goes on with the thread that it was at */
    pool_tree_free(&frame->tree);
    stack_ids_free(frame->stacks);
    free(frame->tags);
    free(frame->threads);
    trace_close(frame->trace);
    free(frame);
}

/* The next child to replay before the process goes on, or NULL. */
static struct member *take_child(struct frame *frame)
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

/* Replays the process up to its next fork or its end. */
static void run(struct replay *replay)
{
    struct frame *frame = replay->frame;
    while (frame->next_child == frame->children_end && (frame->next != frame->end || refill(frame)))
        do
            replay_event(replay, frame->next++);
        while (frame->next != frame->end && frame->next_child == frame->children_end);
    if (frame->next_child != frame->children_end)
        return;
    TELL(replay, on_end, replay, frame->process);
    frame->ended = true;
    /* Children whose fork is not in the trace; no tree is theirs, but the backtraces are. */
    frame->next_child = frame->member->children;
    frame->children_end = frame->member->children_end;
}

/* Replays ROOT and all that descends from it. */
static bool replay_family(struct replay *replay, struct member *root, struct error *error)
{
    bool ok = push(replay, root, false, error);
    while (replay->frame) {
        struct member *child = ok ? take_child(replay->frame) : NULL;
        if (child)
            ok = push(replay, child, !replay->frame->ended, error);
        else if (ok && !replay->frame->ended)
            run(replay);
        else
            pop(replay);
    }
    return ok;
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

#define CALLBACKS 11

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

static bool replay_all(struct replay *replay, struct error *error)
{
    struct recording *recording = replay->recording;
    for (size_t i = 0; i < recording->count; i++)
        if (!recording->members[i].parent && !replay_family(replay, &recording->members[i], error))
            return false;
    return true;
}

static uint64_t total_size(const struct recording *recording)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < recording->count; i++)
        bytes += recording->members[i].header.claimed;
    return bytes;
}

bool recording_replay(struct recording *recording, const struct replay_observer *observers,
                      size_t count, struct error *error)
{
    account_reset(recording);
    struct replay replay = {.recording = recording, .account = &recording->account};
    for (size_t i = 0; i < recording->count; i++)
        recording->members[i].started = false;
    const struct replay_observer **room = listen(&replay, observers, count);
    uint64_t bytes = total_size(recording);
    replay.ahead = read_ahead_new(bytes);
    progress_begin("reading", bytes);
    bool ok = replay_all(&replay, error);
    progress_end();
    read_ahead_free(replay.ahead);
    free(room);
    if (ok)
        account_finish(recording);
    return ok;
}
