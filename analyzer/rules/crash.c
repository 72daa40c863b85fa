/*
 * crash: a signal such as SIGSEGV came: noted in the process (record --crash), or told to who
 * waited for it. With where it came, what it touched, and the pool events before it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/where.h"
#include "analyzer/rules/crash_note.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *what_of(enum trace_event_kind kind)
{
    switch (kind) {
    case TRACE_EVENT_ALLOC:
    case TRACE_EVENT_OBJECT:
    case TRACE_EVENT_GUARDED:
        return "allocated from";
    case TRACE_EVENT_CREATE:
        return "made";
    case TRACE_EVENT_DESTROY:
        return "destroyed";
    case TRACE_EVENT_CLEAR:
    case TRACE_EVENT_RESET:
        return "cleared";
    case TRACE_EVENT_NAME:
        return "named";
    case TRACE_EVENT_FREE:
    case TRACE_EVENT_RELEASE:
        return "given back to";
    default:
        return "moved";
    }
}

/* Those up to TICK. */
static void take_events(struct crash_note *note, const struct replay *replay, uint64_t tick)
{
    const struct trace_header *header = replay_header(replay);
    struct last_event last[LAST_EVENTS];
    size_t count = replay_last_events(replay, last);
    for (; count > 0 && last[count - 1].tick > tick; count--)
        free(last[count - 1].path);
    note->event_count = count;
    for (size_t i = 0; i < count; i++)
        note->events[i] = (struct crash_event){.what = what_of(last[i].kind),
                                               .ns = trace_wall_ns(header, last[i].tick),
                                               .stack = last[i].stack,
                                               .size = last[i].size,
                                               .path = last[i].path};
}

/* What the address that was touched is or was in. */
static void find_touched(struct finding *finding, const struct replay *replay)
{
    struct crash_note *note = finding->crash;
    struct where where;
    if (!note->has_address || !replay_where(replay, note->address, &where))
        return;
    note->in_pool = true;
    note->offset = (int64_t)(note->address - where.start);
    note->size = where.touched.size;
    finding->allocated = where.touched.allocated;
    finding->destroyed = where.touched.destroyed;
    describe_touched(finding, replay, &where.touched);
}

static bool works_after(const struct process *process, uint64_t tick)
{
    uint32_t units = 0;
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        units += process->units[kind];
    return units > 0 && process->last.tick > tick;
}

/* What was noted in the process; NULL: nothing was. */
static struct crash_note *new_note(const struct process *process, const struct trace_crash *crash)
{
    struct crash_note *note = xcalloc(1, sizeof(*note));
    note->signal = crash ? (int)(crash->signal & 0x7f) : process->signal;
    note->dumped = process->dumped;
    if (!crash)
        return note;
    note->noted = true;
    note->handled = crash->how & TRACE_CRASH_HANDLED;
    note->went_on = note->handled && works_after(process, crash->tick);
    note->sent = crash->code <= 0;
    note->has_address = crash->how & TRACE_CRASH_ADDRESS;
    note->address = crash->address;
    memcpy(note->registers, crash->registers, sizeof(note->registers));
    return note;
}

static void report(struct rule_state *state, const struct replay *replay,
                   const struct process *process, const struct trace_crash *crash, uint32_t stack)
{
    struct crash_note *note = new_note(process, crash);
    struct finding finding = {.rule = rule_crash.name,
                              .severity = note->went_on ? SEVERITY_WARNING : SEVERITY_ERROR,
                              .phase = process->phase,
                              .stack = stack,
                              .count = 1,
                              .crash = note,
                              .per_unit.unit = API_MARK_KINDS};
    const uint64_t tick = crash ? crash->tick : process->tick;
    take_events(note, replay, tick);
    find_touched(&finding, replay);
    finding.culprit =
        stack || note->event_count == 0 ? stack : note->events[note->event_count - 1].stack;
    describe_process(&finding, process, (struct span){tick, tick});
    finding.advice = xstrdup(
        note->noted ? "Under record --guard=all the first access to data of a destroyed pool, or "
                      "beyond an allocation, is reported."
                    : "Under record --crash the place is reported.");
    rule_report(state, &finding);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct rule_state *state = data;
    const size_t count = replay_crash_count(replay);
    for (size_t i = 0; i < count; i++) {
        uint32_t stack = 0;
        const struct trace_crash *crash = replay_crash(replay, i, &stack);
        report(state, replay, process, crash, stack);
    }
    if (count == 0 && signal_is_crash(process->signal) && !process->absent)
        report(state, replay, process, NULL, 0);
    ledger_pop(state);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state, .on_start = ledger_push, .on_end = on_end};
}

const struct rule rule_crash = {
    "crash", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
