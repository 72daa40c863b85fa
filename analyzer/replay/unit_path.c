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

static void follow(struct followed *followed, const struct trace_event *event,
                   struct stack_ids *ids)
{
    struct unit_path *path = followed->path;
    uint32_t number;
    if (followed->state == FOLLOW_WAITS && event->kind == TRACE_EVENT_CREATE &&
        event->pool == path->pool && event->tick == path->tick) {
        followed->state = FOLLOW_READS;
        followed->thread = event->thread;
    }
    if (followed->state != FOLLOW_READS || event->thread != followed->thread)
        return;
    if (event->kind == TRACE_EVENT_MARK)
        followed->state = FOLLOW_ENDED;
    else if (has_stack(event) && stack_ids_number(ids, event->stack, &number))
        add_step(path, (struct unit_step){number, event->kind});
}

bool unit_paths_read(struct recording *recording, size_t index, struct unit_path *paths,
                     size_t count)
{
    struct trace *trace = NULL;
    struct trace_event event;
    struct followed followed[8];
    struct stack_ids *ids = ids_of(recording, recording->members[index], &trace);
    if (!ids)
        return false;
    size_t left = trace_event_bytes(trace) <= BYTES_MOST ? count : 0;
    for (size_t i = 0; i < count; i++)
        followed[i] = (struct followed){.path = &paths[i]};
    const bool read = left > 0;
    while (left > 0 && trace_next(trace, &event)) {
        left = 0;
        for (size_t i = 0; i < count; i++) {
            follow(&followed[i], &event, ids);
            left += followed[i].state != FOLLOW_ENDED;
        }
    }
    stack_ids_release(ids);
    return read;
}
