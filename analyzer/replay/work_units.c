/* Units of work, as marks and forks begin them in each thread, and the phases of a process. */
#include "analyzer/replay/internal.h"

#include "analyzer/util/memory.h"

#include <string.h>

static struct thread_unit *thread_unit(struct frame *frame, uint32_t thread)
{
    uint32_t had = frame->thread_limit;
    if (thread >= had) {
        frame->thread_limit = thread + 16;
        frame->threads =
            xreallocarray(frame->threads, frame->thread_limit, sizeof(*frame->threads));
        memset(frame->threads + had, 0, (frame->thread_limit - had) * sizeof(*frame->threads));
    }
    return &frame->threads[thread];
}

/* A command is one thread's; what another kind begins, and a handler, concerns all of them. */
static void begin_unit(struct frame *frame, enum api_mark_kind kind)
{
    struct process *process = frame->process;
    const struct unit unit = {.kind = kind, .index = ++process->units[kind]};
    if (kind == API_MARK_COMMAND && process->thread)
        *thread_unit(frame, process->thread) = (struct thread_unit){unit, frame->era};
    else
        frame->era++;
    frame->unit = process->unit = unit;
    process->command = kind == API_MARK_COMMAND ? unit.index : process->command;
}

void replay_turn(struct replay *replay, uint32_t thread)
{
    static const struct thread_unit none;
    struct frame *frame = replay->frame;
    struct process *process = frame->process;
    const struct thread_unit *own = thread < frame->thread_limit ? &frame->threads[thread] : &none;
    bool has = own->command.index > 0;
    process->thread = thread;
    process->unit = has && own->era == frame->era ? own->command : frame->unit;
    process->command = has ? own->command.index : process->units[API_MARK_COMMAND];
    replay->moment = (replay->moment & ~(uint64_t)MOMENT_THREADS) | thread;
}

static void end_startup(struct process *process)
{
    if (process->phase == PHASE_START)
        process->phase = PHASE_STEADY;
}

void replay_mark(struct replay *replay, const struct trace_event *event)
{
    struct frame *frame = replay->frame;
    const struct api_mark *mark = api_set_mark(replay_apis(replay), event->number);
    if (!mark)
        return;
    enum api_mark_kind kind = mark->kind;
    if (kind == API_MARK_RESTART && frame->startup_told && frame->process->phase == PHASE_START)
        return; /* the configuration is read for the first time */
    frame->connected |= kind == API_MARK_CONNECTION;
    /* Before its first command a session has what it will have. */
    if (kind == API_MARK_CONNECTION ||
        (kind == API_MARK_COMMAND && frame->process->units[kind] == 0))
        frame->process->alias = pool_roles_alias(replay);
    TELL(replay, on_mark, frame->process, kind);
    if (kind == API_MARK_SHUTDOWN)
        frame->process->phase = PHASE_SHUTDOWN;
    else if (kind != API_MARK_CONNECTION) /* a session's first moment, still its master's start */
        end_startup(frame->process);
    if (kind == API_MARK_COMMAND || kind == API_MARK_RESTART)
        begin_unit(frame, kind);
}

/* The first child of that fork or a later one. */
static struct member **first_child(const struct member *parent, uint64_t fork_seq)
{
    struct member **low = parent->children, **high = parent->children_end;
    while (low < high) {
        struct member **middle = low + (high - low) / 2;
        if ((*middle)->fork_seq < fork_seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void replay_fork(struct replay *replay, const struct trace_event *event)
{
    struct frame *frame = replay->frame;
    TELL(replay, on_fork, frame->process);
    /* Becoming a daemon is a fork too, and no end of start-up where that is told. */
    if (!frame->startup_told)
        end_startup(frame->process);
    if (frame->systems)
        begin_unit(frame, API_MARK_CONNECTION);
    frame->member->forks = event->number;
    frame->next_child = frame->children_end = first_child(frame->member, event->number);
    while (frame->children_end != frame->member->children_end &&
           (*frame->children_end)->fork_seq == event->number)
        frame->children_end++;
    replay->account->untraced += frame->next_child == frame->children_end;
}
