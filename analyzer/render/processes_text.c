/* processes_text.c - what lifeguard processes shows, for people. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/process_list.h"
#include "analyzer/render/processes.h"
#include "analyzer/render/style.h"
#include "analyzer/render/terminal.h"
#include "analyzer/replay/folded.h"
#include "analyzer/replay/recording.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/crash_note.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/wall_time.h"

#include <inttypes.h>
#include <string.h>

#define CELL 64 /* bytes of room for any */

/* What most of its work was: "12 commands"; "-" without any. */
static void put_units(FILE *out, const struct api_set *apis, const struct process *process)
{
    static const enum api_mark_kind kinds[] = {API_MARK_COMMAND, API_MARK_RESTART,
                                               API_MARK_CONNECTION};
    char count[UNITS_TEXT], cell[CELL] = "-";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const uint32_t units = process->units[kinds[i]];
        if (units == 0)
            continue;
        snprintf(cell, sizeof(cell), "%s %s", count_text(units, count),
                 unit_word(apis, kinds[i], units));
        break;
    }
    fprintf(out, "  %18s", cell);
}

/* "exit 0", "SIGSEGV"; "stopped" where its recording was ended; "not seen" of one that was killed,
 * runs, or has become another program. */
static void put_end(FILE *out, const struct process *process)
{
    char cell[CELL] = "not seen";
    if (process->ended)
        snprintf(cell, sizeof(cell), "exit %d", process->exit_status);
    else if (process->signal)
        signal_text(process->signal, cell);
    else if (trace_was_ended(process->header))
        snprintf(cell, sizeof(cell), "stopped");
    fprintf(out, "  %-8s", cell);
}

static void put_bytes(FILE *out, uint64_t bytes, bool estimated)
{
    char text[UNITS_TEXT], cell[CELL];
    snprintf(cell, sizeof(cell), "%s%s", estimated ? "~" : "", bytes_text(bytes, text));
    fprintf(out, "  %10s", cell);
}

/* What it had in memory at most, and what it grew by; "-" where that is not known. */
static void put_memory(FILE *out, const struct footprint *memory)
{
    char peak[UNITS_TEXT], growth[UNITS_TEXT];
    const bool known = memory->state == FOOTPRINT_KNOWN;
    fprintf(out, "  %10s  %10s", known ? bytes_text(memory->peak, peak) : "-",
            known ? bytes_text(footprint_growth(memory), growth) : "-");
}

/* Last in the line: it may be long, and anybody's words. */
static void put_title(FILE *out, const struct style *style, const char *title)
{
    if (!title)
        return;
    fputs("  ", out);
    style_put(out, style, title, strlen(title));
}

/* What a process is chosen by comes first: a narrow terminal cuts the rest. */
static void put_row(FILE *out, const struct style *style, const struct api_set *apis,
                    const struct process_row *row)
{
    char started[WALL_TIME_TEXT], text[UNITS_TEXT];
    fprintf(out, "%7" PRId32 "  %-8s", row->process->pid,
            process_word(apis, row->process->kind, 1));
    put_bytes(out, row->held, row->estimated);
    put_bytes(out, row->peak, row->estimated);
    put_bytes(out, row->growth, false);
    put_units(out, apis, row->process);
    put_end(out, row->process);
    fprintf(out, "  %10s", duration_text(row->last_ns - row->started_ns, text));
    fprintf(out, "  %-19s", wall_time_local(row->started_ns, started));
    put_memory(out, &row->memory);
    put_bytes(out, row->end, false);
    fprintf(out, "  %11s", count_text(process_events(row->process), text));
    put_title(out, style, row->process->title);
    putc('\n', out);
}

void render_processes_text(FILE *out, const struct process_list *list,
                           const struct recording *recording)
{
    const struct style style = style_for(out);
    struct terminal terminal;
    char text[UNITS_TEXT];
    terminal_begin(&terminal, out);
    fprintf(terminal.text,
            "%s%7s  %-8s  %10s  %10s  %10s  %18s  %-8s  %10s  %-19s  %10s  %10s  %10s  %11s  "
            "%s%s\n",
            style.strong, "PID", "KIND", "HELD", "PEAK", "GROWTH", "WORK", "ENDED", "RAN",
            "STARTED", "RSS", "RSS GROWTH", "END", "EVENTS", "TITLE", style.off);
    for (size_t i = 0; i < list->count; i++)
        put_row(terminal.text, &style, recording_apis(recording), &list->items[i]);
    if (recording_folded(recording))
        fprintf(terminal.text, "%s more, which ended long ago, are summed up\n",
                count_text(recording_folded(recording), text));
    terminal_end(&terminal, TERMINAL_CUT, &style);
}
