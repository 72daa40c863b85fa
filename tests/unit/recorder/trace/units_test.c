/* units_test.c - units of work that leave nothing behind are counted in the trace, and can be read
 * at any moment. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/units.h"

#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/util/clock.h"
#include "tests/unit/support/stepped.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

TestSuite(units, .fini = temp_trace_end);

#define COMMAND 2

/* "mark*count.last name*count ..." of the units that TRACE has more of. */
static const char *units_of(struct trace *trace)
{
    static char text[512];
    struct trace_event event;
    size_t used = 0;
    text[0] = '\0';
    while (trace_next(trace, &event)) {
        if (event.kind == TRACE_EVENT_UNITS)
            used +=
                (size_t)snprintf(text + used, sizeof(text) - used, " %d*%u.%u%s", (int)event.number,
                                 event.units, event.last_label, event.goes_on ? "+" : "");
        else if (event.kind == TRACE_EVENT_LABELLED)
            used += (size_t)snprintf(text + used, sizeof(text) - used, " %.*s*%u",
                                     (int)event.name_length, event.name, event.units);
        else
            used += (size_t)snprintf(text + used, sizeof(text) - used, " %s",
                                     event.kind == TRACE_EVENT_MARK    ? "mark"
                                     : event.kind == TRACE_EVENT_LABEL ? "label"
                                                                       : "event");
    }
    cr_assert_null(trace_damage(trace), "%s", trace_damage(trace));
    return text;
}

static void expect_units(const char *expected)
{
    struct trace *trace = temp_trace_read();
    cr_expect_str_eq(units_of(trace), expected);
    trace_close(trace);
}

static void unit(struct stream *stream, const char *label)
{
    units_begin(stream, COMMAND, false);
    if (label)
        units_label(stream, label);
}

/* Within the same time, or from anew: a test does not know how fast it is. The first two are
 * written in any case, this is one. */
static struct stream *begin(void)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    const uint64_t now = clock_coarse() >> 28;
    while (clock_coarse() >> 28 == now)
        continue;
    unit(stream, NULL);
    return stream;
}

Test(units, that_follow_each_other_are_one_event)
{
    struct stream *stream = begin();
    unit(stream, "OPTS"); /* it is not known that it leaves nothing behind */
    units_label(stream, "CWD");
    unit(stream, "LIST");
    unit(stream, "NOOP");
    unit(stream, NULL);
    unit(stream, "LIST");
    units_label(stream, "NOOP"); /* the first one counts */
    expect_units(" mark mark label 2*4.1 LIST*2 NOOP*1");
}

Test(units, those_that_leave_something_are_written)
{
    struct stream *stream = begin();
    unit(stream, NULL);
    unit(stream, "LIST");
    unit(stream, "NOOP");
    event_end(stream, 0);
    units_label(stream, "OPTS"); /* the unit is not counted any more */
    unit(stream, "LIST");
    event_end(stream, 0);
    unit(stream, "LIST");
    unit(stream, "NOOP");
    unit(stream, "LIST");
    units_begin(stream, COMMAND, true);
    units_begin(stream, COMMAND + 1, false);
    units_begin(stream, COMMAND + 1, false);
    units_begin(stream, COMMAND, false);
    expect_units(" mark mark 2*2.2 LIST*1 NOOP*1 event label mark label event mark label mark label"
                 " 2*1.1 LIST*1 mark mark 3*1.0 2*1.0");
}

Test(units, more_labels_than_have_room_are_written)
{
    struct stream *stream = begin();
    char label[8];
    unit(stream, NULL);
    for (unsigned i = 0; i < 9; i++) {
        snprintf(label, sizeof(label), "L%u", i);
        unit(stream, label);
    }
    expect_units(" mark mark 2*9.0 L0*1 L1*1 L2*1 L3*1 L4*1 L5*1 L6*1 L7*1 label");
}

Test(units, are_not_added_to_those_before_recording_was_ended)
{
    struct stream *stream = begin();
    unit(stream, NULL);
    unit(stream, "LIST");
    trace_file_header()->stop = TRACE_STOP_ASKED;
    trace_file_header()->stopped_tick = UINT64_MAX; /* else those after it are not read */
    units_begin(stream, COMMAND, false);
    expect_units(" mark mark 2*1.1 LIST*1 mark");
}

Test(units, who_reads_on_is_told_of_each_once)
{
    struct stream *stream = begin();
    unit(stream, NULL);
    unit(stream, "LIST");
    unit(stream, NULL);
    struct trace *trace = temp_trace_read_growing();
    cr_expect_str_eq(units_of(trace), " mark mark 2*2.0 LIST*1");
    units_label(stream, "NOOP");
    unit(stream, "LIST");
    cr_assert(trace_follow(trace, UINT64_MAX));
    cr_expect_str_eq(units_of(trace), " 2*1.1+ LIST*1 NOOP*1");
    unit(stream, "NOOP");
    event_end(stream, 0);
    cr_assert(trace_follow(trace, UINT64_MAX));
    cr_expect_str_eq(units_of(trace), " 2*1.2+ LIST*0 NOOP*1 event");
    unit(stream, NULL);
    cr_assert(trace_follow(trace, UINT64_MAX));
    cr_expect_str_eq(units_of(trace), " mark");
    trace_close(trace);
}

static struct stream *stepped;
static unsigned steps, units_before;

/* As if the process were killed here. */
static void look(int number)
{
    struct trace *trace = temp_trace_read();
    struct trace_event event;
    unsigned units = 0, labelled = 0;
    (void)number;
    while (trace_next(trace, &event)) {
        units += event.kind == TRACE_EVENT_UNITS ? event.units : 0;
        labelled += event.kind == TRACE_EVENT_LABELLED ? event.units : 0;
    }
    cr_assert(units >= units_before && labelled <= units && labelled + 1 >= units,
              "%u units, %u of them labelled", units, labelled);
    units_before = units;
    steps++;
    trace_close(trace);
}

static void some_units(void)
{
    static const char *const labels[] = {"LIST", "NOOP", "LIST", "LIST"};
    for (unsigned i = 0; i < 4; i++) {
        units_begin(stepped, COMMAND, false);
        units_label(stepped, labels[i]);
    }
}

Test(units, can_be_read_wherever_the_process_is_killed)
{
    const struct sigaction action = {.sa_handler = look};
    stepped = begin();
    unit(stepped, NULL);
    unit(stepped, "LIST"); /* and memory is there */
    unit(stepped, "NOOP");
    sigaction(SIGTRAP, &action, NULL);
    run_stepped(some_units);
    cr_expect_gt(steps, 100);
    cr_expect_eq(units_before, 6);
}
