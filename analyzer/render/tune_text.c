/* tune_text.c - what lifeguard tune shows, for people. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/style.h"
#include "analyzer/render/terminal.h"
#include "analyzer/render/text.h"
#include "analyzer/render/tune.h"
#include "analyzer/replay/recording.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/util/wall_time.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BRIEF_WIDTH 50 /* columns, about, for a backtrace */

static void print_label(const struct text_report *report, const struct tune_place *place)
{
    if (place->label) {
        putc('`', report->out);
        print_untrusted(report, place->label);
        putc('`', report->out);
    } else {
        fputs(place->created ? "(no name)" : "(not seen being made)", report->out);
    }
}

static void print_sum(const struct text_report *report, const struct tune *tune,
                      const struct recording *recording)
{
    char asked[UNITS_TEXT], held[UNITS_TEXT];
    print_untrusted(report, recording_stats(recording)->program);
    fputs(": ", report->out);
    print_count(report->out, tune->sum.pools, "pool", "pools");
    fprintf(report->out, " of %.*s asked for %s and had %s in blocks.\n",
            (int)tune->api->name.length, tune->api->name.text, bytes_text(tune->sum.asked, asked),
            bytes_text(tune->sum.held, held));
    if (tune->others)
        fprintf(report->out, "Pools of %u other systems that the program has are left out.\n",
                tune->others);
}

static void print_mismatches(const struct text_report *report, const struct tune *tune)
{
    for (size_t i = 0; i < TUNE_SAMPLES && i < tune->check.mismatches; i++) {
        const struct tune_mismatch *sample = &tune->check.samples[i];
        char simulated[UNITS_TEXT], recorded[UNITS_TEXT];
        fprintf(report->out, "  process %" PRId32 ": ", sample->pid);
        print_label(report, &tune->places[sample->place]);
        fprintf(report->out, " has %s in blocks, %s as simulated\n",
                bytes_text(sample->recorded, recorded), bytes_text(sample->simulated, simulated));
    }
}

/* How far the simulation is to be believed. */
static void print_check(const struct text_report *report, const struct tune *tune)
{
    const struct tune_check *check = &tune->check;
    const bool exact = check->pools && check->mismatches == 0;
    char text[UNITS_TEXT];
    fprintf(report->out, "Simulated: ");
    if (exact)
        fprintf(report->out, "each of %s looks at a pool's blocks found them as simulated.\n",
                count_text(check->pools, text));
    else if (check->pools == 0)
        fputs("not compared, as no pool's blocks were looked at.\n", report->out);
    else
        fprintf(report->out,
                "%sof %s looks at a pool's blocks %s found others than simulated:%s the figures "
                "below are estimates.\n",
                report->style.warning, count_text(check->pools, text),
                count_text(check->mismatches, (char[UNITS_TEXT]){0}), report->style.off);
    print_mismatches(report, tune);
    if (check->mismatches)
        fprintf(report->out, "  %s\n", tune->rules.kind->unseen);
    if (check->unknown)
        fprintf(report->out,
                "%s more looks were at pools that nobody saw being made: neither theirs are "
                "simulated, nor what others get of what they leave free.\n",
                count_text(check->unknown, text));
}

static void print_worst(const struct text_report *report, const struct tune *tune,
                        enum process_kind kind)
{
    const struct tune_worst *worst = &tune->worst[kind];
    char held[UNITS_TEXT], spare[UNITS_TEXT], asked[UNITS_TEXT], when[WALL_TIME_TEXT];
    if (!worst->known)
        return;
    fprintf(report->out,
            "The %s with most, %" PRId32 ", had %s%s%s from malloc() for its blocks (%s): its "
            "pools asked for %s,",
            process_word(report->names.apis, kind, 1), worst->pid, report->style.strong,
            bytes_text(worst->held, held), report->style.off, wall_time_local(worst->ns, when),
            bytes_text(worst->asked, asked));
    fprintf(report->out, " and %s lay in free blocks.\n", bytes_text(worst->spare, spare));
}

static void print_places(const struct text_report *report, const struct tune *tune, size_t top)
{
    char text[UNITS_TEXT];
    fprintf(report->out, "\n%s%10s  %10s  %10s  %9s  %10s  %s%s\n", report->style.strong, "WASTED",
            "ASKED", "BLOCKS", "POOLS", "AT WORST", "POOL, MADE BY", report->style.off);
    for (size_t i = 0; i < tune->place_count && i < top; i++) {
        const struct tune_place *place = &tune->places[i];
        if (place->sum.pools == 0)
            break;
        fprintf(report->out, "%10s", bytes_text(tune_waste(&place->sum), text));
        fprintf(report->out, "  %10s", bytes_text(place->sum.asked, text));
        fprintf(report->out, "  %10s", bytes_text(place->sum.held, text));
        fprintf(report->out, "  %9s", count_text(place->sum.pools, text));
        fprintf(report->out, "  %10s  ", bytes_text(tune_waste(&place->worst), text));
        print_label(report, place);
        if (place->created) {
            fputs(" ", report->out);
            print_stack_brief(report, place->created, BRIEF_WIDTH);
        }
        putc('\n', report->out);
    }
}

/* What the worst process of each kind would have had. */
static void print_most(const struct text_report *report, const struct tune *tune,
                       const struct tune_tried *tried)
{
    char text[UNITS_TEXT];
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (tune->worst[kind].known)
            fprintf(report->out, "  %12s", bytes_text(tried->most[kind], text));
    }
    fprintf(report->out, "  %12s", bytes_text(tried->held, text));
}

/* The option that says how large the pools of PLACE are made; NULL: there is none. */
static const char *option_of(const struct tune *tune, const struct tune_place *place)
{
    const struct heap_kind *kind = tune->rules.kind;
    for (unsigned i = 0; place->label && kind->options[i].role; i++) {
        if (strcmp(kind->options[i].role, place->label) == 0)
            return kind->options[i].option;
    }
    return NULL;
}

static void print_tried_head(const struct text_report *report, const struct tune *tune,
                             const char *title)
{
    char text[UNITS_TEXT];
    fprintf(report->out, "\n%s%-32s", report->style.strong, title);
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (!tune->worst[kind].known)
            continue;
        snprintf(text, sizeof(text), "%s", process_word(report->names.apis, kind, 1));
        fprintf(report->out, "  %12s", text);
    }
    fprintf(report->out, "  %12s%s\n", "IN ALL", report->style.off);
}

static int by_size(const void *left, const void *right)
{
    const struct tune_tried *const *a = left, *const *b = right;
    const uint64_t of_a = (*a)->setting.rules.size, of_b = (*b)->setting.rules.size;
    return (of_a > of_b) - (of_a < of_b);
}

static void print_size(const struct text_report *report, const struct tune *tune,
                       const struct tune_tried *tried)
{
    char text[UNITS_TEXT], cell[UNITS_TEXT + 16];
    const uint64_t size = tried->setting.rules.size;
    snprintf(cell, sizeof(cell), "%s%s", size ? bytes_text(size, text) : "any",
             tried == &tune->tried[0] ? ", as recorded" : "");
    fprintf(report->out, "  %-30s", cell);
    print_most(report, tune, tried);
    putc('\n', report->out);
}

static void print_sizes(const struct text_report *report, const struct tune *tune)
{
    const struct tune_tried *sorted[2 * TUNE_SETTINGS];
    size_t count = 0;
    if (!tune->rules.kind->tunable)
        return;
    for (unsigned i = 0; i < tune->tried_count; i++) {
        if (i == 0 || tune->tried[i].setting.of_parameter)
            sorted[count++] = &tune->tried[i];
    }
    qsort(sorted, count, sizeof(sorted[0]), by_size);
    print_tried_head(report, tune, tune->rules.kind->tunable);
    for (size_t i = 0; i < count; i++)
        print_size(report, tune, sorted[i]);
}

/* One size for the pools of one place; below how it was. */
static void print_with(const struct text_report *report, const struct tune *tune,
                       const struct tune_tried *tried)
{
    const struct tune_place *place = &tune->places[tried->setting.place];
    const char *option = option_of(tune, place);
    char text[UNITS_TEXT];
    fprintf(report->out, "  %-30s", bytes_text(tried->setting.with, text));
    print_most(report, tune, tried);
    fputs("  ", report->out);
    print_label(report, place);
    if (option)
        fprintf(report->out, ": %s", option);
    fprintf(report->out, ", %s as recorded\n", bytes_text(place->sum.held, text));
}

static void print_withs(const struct text_report *report, const struct tune *tune)
{
    bool head = false;
    for (unsigned i = 1; i < tune->tried_count; i++) {
        if (tune->tried[i].setting.of_parameter)
            continue;
        if (!head)
            print_tried_head(report, tune, tune->rules.kind->maker);
        head = true;
        print_with(report, tune, &tune->tried[i]);
    }
}

void render_tune_text(FILE *out, const struct tune *tune, const struct recording *recording,
                      const struct name_source *names, size_t top)
{
    struct terminal terminal;
    terminal_begin(&terminal, out);
    const struct text_report report = {terminal.text, style_for(out), *names, 0};
    const bool simulated = tune->fault == TUNE_POSSIBLE;
    print_sum(&report, tune, recording);
    if (simulated) {
        print_check(&report, tune);
        for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
            print_worst(&report, tune, kind);
    } else {
        fputs("Only survivors were recorded: pools that end within their unit of work are not "
              "among these, nor the\nblocks that they leave free. What other sizes would hold is "
              "not known; record without --survivors.\n",
              report.out);
    }
    print_places(&report, tune, top);
    if (simulated) {
        print_sizes(&report, tune);
        print_withs(&report, tune);
    }
    terminal_end(&terminal, TERMINAL_CUT, &report.style);
}
