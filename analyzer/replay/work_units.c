/* Units of work, as marks and forks begin them in each thread, and the phases of a process. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"

#include "analyzer/util/memory.h"

#include <string.h>

static struct thread_unit *thread_unit(struct process_replay *replayed, uint32_t thread)
{
    uint32_t had = replayed->thread_limit;
    if (thread >= had) {
        replayed->thread_limit = thread + 16;
        replayed->threads =
            xreallocarray(replayed->threads, replayed->thread_limit, sizeof(*replayed->threads));
        memset(replayed->threads + had, 0,
               (replayed->thread_limit - had) * sizeof(*replayed->threads));
    }
    return &replayed->threads[thread];
}

#define MOMENTS      16384u     /* about, in the life of a process */
#define MOMENT_LEAST 1024u      /* ticks */
#define MOMENT_LIVE  (1u << 18) /* ticks; of a trace that is still written */

static uint64_t moment_length(const struct replay *replay, const struct process_replay *replayed)
{
    const uint64_t start = replayed->member->header.start_tick;
    const uint64_t end = trace_last_block_tick(replayed->trace);
    const uint64_t length = end > start ? (end - start) / MOMENTS : 0;
    const uint64_t least = replay->growing ? MOMENT_LIVE : MOMENT_LEAST;
    return length > least ? length : least;
}

static struct begun here(const struct process_replay *replayed)
{
    const struct process *process = replayed->process;
    return (struct begun){process->events, process->tick, replayed->tree.serial};
}

void replay_start_time(struct replay *replay, struct process_replay *replayed)
{
    const struct process *process = replayed->process;
    const bool begun = process->units[API_MARK_COMMAND] || process->units[API_MARK_RESTART] ||
                       process->units[API_MARK_CONNECTION] || process->moments;
    if (begun || !replayed->systems ||
        (process->phase == PHASE_START && replayed->has_startup_mark))
        return;
    replayed->process->past_start = replayed->has_startup_mark ||
                                    process->kind == PROCESS_SESSION ||
                                    replayed->member->header.attached_tick;
    replayed->process->timed = replayed->process->last = here(replayed);
    replayed->moment_length = moment_length(replay, replayed);
    replayed->moment_ends = process->tick;
}

static void double_width(struct moment_events *events)
{
    for (unsigned i = 0; i < MOMENT_BUCKETS; i += 2) {
        const unsigned from = events->before[i] ? i : i + 1;
        events->before[i / 2] = events->before[from];
        events->time[i / 2] = events->time[from];
    }
    memset(events->before + MOMENT_BUCKETS / 2, 0, sizeof(events->before) / 2);
    memset(events->time + MOMENT_BUCKETS / 2, 0, sizeof(events->time) / 2);
    events->width *= 2;
}

static void note_events(struct moment_events *events, uint32_t moment, uint64_t before)
{
    if (events->width == 0)
        events->width = 1;
    while (moment / events->width >= MOMENT_BUCKETS)
        double_width(events);
    if (events->before[moment / events->width] == 0) {
        events->before[moment / events->width] = before;
        events->time[moment / events->width] = events->now;
    }
}

void replay_begin_moment(struct replay *replay, uint64_t tick)
{
    struct process_replay *replayed = replay->current;
    const uint64_t length = replayed->moment_length, start = replayed->member->header.start_tick;
    const uint64_t time = tick > start ? (tick - start) / length + 1 : 1;
    struct moment_events *events = &replayed->process->moment_events;
    replayed->process->moments += replayed->process->moments < UINT32_MAX;
    events->now = time < UINT32_MAX ? (uint32_t)time : UINT32_MAX;
    note_events(events, replayed->process->moments, replayed->process->events + 1);
    events->life_ns = trace_wall_ns(&replayed->member->header, tick) -
                      trace_wall_ns(&replayed->member->header, start);
    replayed->moment_ends = start + time * length;
    replayed->unit = replayed->process->unit =
        (struct unit){.kind = API_UNIT_TIME, .index = replayed->process->moments};
    next_generation(replay);
}

/* COUNT, one after the other. A command is one thread's; what another kind begins, and a handler,
 * concerns all of them. */
static void begin_units(struct process_replay *replayed, enum api_mark_kind kind, uint32_t count)
{
    struct process *process = replayed->process;
    if (replayed->moment_ends != UINT64_MAX)
        process->unmarked = process->events;
    replayed->moment_ends = UINT64_MAX;
    replayed->brief.era += kind != API_MARK_COMMAND;
    const uint32_t most = UINT32_MAX - process->units[kind];
    process->units[kind] += count < most ? count : most;
    const struct unit unit = {.kind = kind, .index = process->units[kind]};
    if (kind == API_MARK_COMMAND && process->thread)
        *thread_unit(replayed, process->thread) = (struct thread_unit){unit, replayed->era};
    else
        replayed->era++;
    replayed->unit = process->unit = unit;
    process->last = here(replayed);
    process->first = process->first.tick ? process->first : process->last;
    process->command = kind == API_MARK_COMMAND ? unit.index : process->command;
}

void replay_turn(struct replay *replay, uint32_t thread)
{
    static const struct thread_unit none;
    struct process_replay *replayed = replay->current;
    struct process *process = replayed->process;
    const struct thread_unit *own =
        thread < replayed->thread_limit ? &replayed->threads[thread] : &none;
    bool has = own->command.index > 0;
    if (thread > replayed->last_thread)
        replayed->last_thread = thread;
    process->thread = thread;
    process->unit = has && own->era == replayed->era ? own->command : replayed->unit;
    process->command = has ? own->command.index : process->units[API_MARK_COMMAND];
    replay->generation = (replay->generation & ~(uint64_t)GENERATION_THREADS) | thread;
}

static void end_startup(struct process *process)
{
    if (process->phase == PHASE_START)
        process->phase = PHASE_STEADY;
}

/* COUNT of MARK, number NUMBER, with nothing between them. */
static void begin_marked(struct replay *replay, const struct api_mark *mark, uint64_t number,
                         uint32_t count)
{
    struct process_replay *replayed = replay->current;
    enum api_mark_kind kind = mark->kind;
    if (number < RECORDED_MARKS_MAX)
        replay->stats->fired[number / 64] |= (uint64_t)1 << number % 64;
    if (kind == API_MARK_LABEL) /* it has an event of its own */
        return;
    if (kind == API_MARK_RESTART && replayed->has_startup_mark &&
        replayed->process->phase == PHASE_START)
        return; /* the configuration is read for the first time */
    replayed->connected |= kind == API_MARK_CONNECTION;
    replay->stats->marks += kind <= API_MARK_CONNECTION ? count : 0;
    /* Before its first command a session has what it will have. */
    if (kind == API_MARK_CONNECTION ||
        (kind == API_MARK_COMMAND && replayed->process->units[kind] == 0))
        replayed->process->alias = pool_roles_alias(replay);
    NOTIFY(replay, on_mark, replayed->process, kind, count);
    if (kind == API_MARK_SHUTDOWN)
        replayed->process->phase = PHASE_SHUTDOWN;
    else if (kind != API_MARK_CONNECTION) /* a session's first moment, still its master's start */
        end_startup(replayed->process);
    if (kind == API_MARK_COMMAND || kind == API_MARK_RESTART)
        begin_units(replayed, kind, count);
    else if (kind == API_MARK_STARTUP)
        replay_start_time(replay, replayed);
}

void replay_mark(struct replay *replay, const struct trace_event *event)
{
    const struct api_mark *mark = api_set_mark(replay_apis(replay), event->number);
    if (mark)
        begin_marked(replay, mark, event->number, 1);
}

void replay_units(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct counted_units *counted = &replayed->counted;
    const struct api_mark *mark = api_set_mark(replay_apis(replay), event->number);
    if (!mark || mark->kind != API_MARK_COMMAND)
        return;
    const uint32_t before = replayed->process->units[API_MARK_COMMAND];
    if (event->units)
        begin_marked(replay, mark, event->number, event->units);
    counted->next = event->goes_on ? counted->next : (uint64_t)before + 1;
    counted->last = replayed->process->units[API_MARK_COMMAND];
    counted->last_label = event->last_label;
    counted->labels = 0;
}

/* Which of them is about what is not known but of the last one, nor does it matter: the others left
 * nothing behind. */
void replay_labelled(struct replay *replay, const struct trace_event *event)
{
    struct counted_units *counted = &replay->current->counted;
    struct unit_labels *labels = &replay->current->labels[API_MARK_COMMAND];
    const uint32_t tag = replay_tag(replay, event), number = ++counted->labels;
    const char *name = tag ? replay_string(replay, tag) : NULL;
    uint32_t left = name ? event->units : 0;
    const bool last_is_later = counted->last_label > number;
    const uint64_t kept = (uint64_t)labels->before + UNITS_LABELLED;
    const uint64_t end = counted->last < kept ? counted->last : kept;
    if (left && number == counted->last_label && !unit_label_number(labels, counted->last)) {
        unit_labels_note(labels, counted->last, name, false);
        left--;
    }
    for (; left > 0 && counted->next + last_is_later <= end; counted->next++) {
        if (unit_label_number(labels, (uint32_t)counted->next))
            continue;
        unit_labels_note(labels, (uint32_t)counted->next, name, false);
        left--;
    }
}

void replay_label(struct replay *replay, const struct trace_event *event)
{
    const struct unit unit = replay->current->process->unit;
    const uint32_t tag = replay_tag(replay, event);
    const char *name = tag ? replay_string(replay, tag) : NULL;
    /* What a client says is never what a restart is about; which signal asked for that may be told
     * once more, and better. */
    const bool restart = unit.kind == API_MARK_RESTART;
    if (name && unit.kind < LABELLED_KINDS && (!restart || strncmp(name, "SIG", 3) == 0))
        unit_labels_note(&replay->current->labels[unit.kind], unit.index, name, restart);
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
    struct process_replay *replayed = replay->current;
    NOTIFY(replay, on_fork, replayed->process);
    /* Becoming a daemon is a fork too, and no end of start-up where that is told. */
    if (!replayed->has_startup_mark)
        end_startup(replayed->process);
    if (replayed->systems)
        begin_units(replayed, API_MARK_CONNECTION, 1);
    replayed->member->forks = event->number;
    replayed->next_child = replayed->children_end = first_child(replayed->member, event->number);
    while (replayed->children_end != replayed->member->children_end &&
           (*replayed->children_end)->fork_seq == event->number)
        replayed->children_end++;
    /* Of a time that ends, the last child's trace may begin after it. */
    const bool none =
        replayed->next_child == replayed->children_end && replay->recording->until_ns == UINT64_MAX;
    const bool gone = none && event->number <= folded_upto(replay->recording, replayed->member);
    replayed->member->gone += gone;
    replay->stats->untraced += none && !gone;
}
