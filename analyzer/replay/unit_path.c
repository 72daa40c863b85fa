/* unit_path.c - what a process did in two of its units of work; see unit_path.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/unit_path.h"

#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"

#include <string.h>

#define BYTES_MOST (64u << 20) /* of events: a second or so */

/* Where one path is while its events come. */
enum follow_state { FOLLOW_WAITS, FOLLOW_READS, FOLLOW_ENDED };

struct followed {
    struct unit_path *path;
    enum follow_state state;
    uint32_t thread;
};

/* The backtrace ids of MEMBER, whose parents' are its own, too; NULL: a trace cannot be read. TRACE
 * is the member's own, valid as long as they are. */
static struct stack_ids *ids_of(struct recording *recording, const struct member *member,
                                struct trace **trace)
{
    struct error error;
    struct stack_ids *above = NULL;
    if (member->parent && !(above = ids_of(recording, member->parent, trace)))
        return NULL;
    *trace = trace_open(member->path, &error);
    struct stack_ids *ids =
        *trace ? stack_ids_new(above, member->header.first_stack, recording->stacks) : NULL;
    if (ids)
        stack_ids_begin(ids, *trace);
    if (above)
        stack_ids_release(above);
    return ids;
}

static void add_step(struct unit_path *path, struct unit_step step)
{
    for (uint32_t i = 0; i < path->count; i++) {
        if (path->steps[i].stack == step.stack && path->steps[i].kind == step.kind)
            return;
    }
    if (path->count < UNIT_PATH_STEPS)
        path->steps[path->count++] = step;
}

/* Whether EVENT, on a pool, was called by the program: it has a backtrace. */
static bool has_stack(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
    case TRACE_EVENT_CREATE:
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
    case TRACE_EVENT_OBJECT:
    case TRACE_EVENT_FREE:
    case TRACE_EVENT_MOVE:
    case TRACE_EVENT_RESET:
        return true;
    default:
        return false;
    }
}

static bool is_looked_for(const struct unit_path *path, const struct trace_event *event,
                          struct stack_ids *ids)
{
    uint32_t number;
    return event->kind == TRACE_EVENT_CREATE && event->pool == path->pool &&
           event->tick == path->tick && stack_ids_number(ids, event->stack, &number) &&
           number == path->created;
}

static void begin(struct followed *followed, const struct trace_event *event)
{
    followed->path->count = 0;
    followed->state = FOLLOW_READS;
    followed->thread = event->thread;
}

static void follow(struct followed *followed, const struct trace_event *event,
                   struct stack_ids *ids)
{
    uint32_t number;
    if (followed->state != FOLLOW_READS || event->thread != followed->thread)
        return;
    if (trace_event_is_mark(event))
        followed->state = FOLLOW_ENDED;
    else if (has_stack(event) && stack_ids_number(ids, event->stack, &number))
        add_step(followed->path, (struct unit_step){number, event->kind});
}

/* What has come so far of the first is the second's, where the same is looked for and comes again.
 */
static void follow_both(struct followed both[2], const struct trace_event *event,
                        struct stack_ids *ids)
{
    const bool first = is_looked_for(both[0].path, event, ids);
    if (is_looked_for(both[1].path, event, ids)) {
        if (first && both[0].path->count)
            *both[1].path = *both[0].path;
        else if (!first)
            begin(&both[1], event);
    }
    if (first)
        begin(&both[0], event);
    follow(&both[0], event, ids);
    follow(&both[1], event, ids);
}

static bool is_over(const struct followed *followed, const struct trace_event *event)
{
    return followed->state != FOLLOW_READS && event->tick > followed->path->tick;
}

bool unit_paths_read(struct recording *recording, size_t index, struct unit_path paths[2])
{
    struct trace *trace = NULL;
    struct trace_event event;
    struct followed both[2] = {{.path = &paths[0]}, {.path = &paths[1]}};
    struct stack_ids *ids = ids_of(recording, recording->members[index], &trace);
    if (!ids)
        return false;
    const bool read = trace_event_bytes(trace) <= BYTES_MOST;
    bool goes_on = read;
    while (goes_on && trace_next(trace, &event)) {
        follow_both(both, &event, ids);
        goes_on = !is_over(&both[0], &event) || !is_over(&both[1], &event);
    }
    stack_ids_release(ids);
    return read;
}
