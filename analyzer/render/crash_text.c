/* crash_text.c - a signal that a program gets for a fault of its own, in a report. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sigdescr_np */

#include "analyzer/render/text.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/util/redact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_WIDTH 60 /* columns, about, of a backtrace of one */
#define IN_A_LINE   6  /* registers */
#define NEAR_NULL   4096

void print_crash_sum(const struct text_report *report, const struct finding *finding)
{
    const struct crash_note *note = finding->crash;
    const char *words = sigdescr_np(note->signal);
    char text[SIGNAL_TEXT], count[UNITS_TEXT];
    fputs(signal_text(note->signal, text), report->out);
    if (words)
        fprintf(report->out, " (%s)", words);
    if (note->has_address)
        fprintf(report->out, " at 0x%" PRIx64, note->address);
    if (note->has_address && note->address < NEAR_NULL)
        fputs(", as by a NULL pointer", report->out);
    if (note->in_pool)
        fputs(finding->destroyed ? ", in a pool that has ended" : ", in a pool", report->out);
    fputs(note->went_on   ? ", handled: the program went on"
          : note->handled ? ", with a handler of the program's"
                          : "",
          report->out);
    fputs(note->dumped ? ", core dumped" : "", report->out);
    if (finding->count > 1)
        fprintf(report->out, ", %s times", count_text(finding->count, count));
}

static void print_registers(const struct text_report *report, const struct crash_note *note)
{
    for (unsigned i = 0; i < TRACE_REGISTERS; i++)
        fprintf(report->out, "%s%s 0x%" PRIx64 "%s",
                i == 0               ? "    with     "
                : i % IN_A_LINE == 0 ? "             "
                                     : "  ",
                crash_register_name(i), note->registers[i],
                i % IN_A_LINE == IN_A_LINE - 1 || i == TRACE_REGISTERS - 1 ? "\n" : "");
}

static void print_event(const struct text_report *report, const struct crash_event *event,
                        uint64_t start_ns)
{
    char size[UNITS_TEXT];
    fprintf(report->out, "      +%.1fs ",
            event->ns > start_ns ? (double)(event->ns - start_ns) / 1e9 : 0.0);
    if (event->size)
        fprintf(report->out, "%s ", bytes_text(event->size, size));
    fprintf(report->out, "%s `", event->what);
    print_pool_path(report, event->path ? pool_path_label(event->path) : NULL);
    fputs("` at ", report->out);
    print_stack_brief(report, event->stack, EVENT_WIDTH);
    putc('\n', report->out);
}

void print_crash(const struct text_report *report, const struct finding *finding)
{
    const struct crash_note *note = finding->crash;
    if (!note)
        return;
    /* Registers may hold data of the program. */
    if (note->noted && !redact_is_on())
        print_registers(report, note);
    if (note->event_count)
        fputs("    the pool events before it\n", report->out);
    for (size_t i = 0; i < note->event_count; i++)
        print_event(report, &note->events[i], finding->start_ns);
}
