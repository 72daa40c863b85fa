/* stack_text.c - a backtrace for people, one frame a line. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/redact.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_SHOWN 12 /* of one backtrace */
#define FRAMES_LAST  3  /* of these, the outermost ones */

void print_untrusted(const struct text_report *report, const char *text)
{
    style_put(report->out, &report->style, text, strlen(text));
}

void print_pool_path(const struct text_report *report, const char *path)
{
    char *text = pool_path_text(path ? path : "(no name)");
    style_put_escaped(report->out, &report->style, text);
    free(text);
}

/* Columns that the name takes. */
static size_t print_name(const struct text_report *report, const struct symbol_frame *frame)
{
    char offset[32];
    snprintf(offset, sizeof offset, "0x%" PRIx64, frame->offset);
    if (frame->function) {
        print_untrusted(report, frame->function);
        return strlen(frame->function);
    }
    const char *module = frame->module ? frame->module : "?";
    print_untrusted(report, module);
    fprintf(report->out, "+%s", offset);
    return strlen(module) + 1 + strlen(offset);
}

static void print_frame(const struct text_report *report, const struct logical_stack *stack,
                        size_t index)
{
    const struct symbol_frame *frame = &stack->frames[index];
    bool faint = index < stack->top || index >= stack->bottom;
    fprintf(report->out, "      %s#%-2zu ", faint ? report->style.faint : "", index);
    print_name(report, frame);
    if (frame->file) {
        fputs("  ", report->out);
        print_untrusted(report, redact_file(frame->file));
        fprintf(report->out, ":%u", frame->line);
    }
    if (frame->function && frame->module) {
        fputs("  (", report->out);
        print_untrusted(report, frame->module);
        putc(')', report->out);
    }
    if (frame->inlined)
        fputs(" inlined", report->out);
    fprintf(report->out, "%s\n", faint ? report->style.off : "");
}

static void print_gap(const struct text_report *report, uint64_t frames)
{
    char text[UNITS_TEXT];
    fprintf(report->out, "      %s %s more\n", report->style.utf8 ? "\u2026" : "...",
            count_text(frames, text));
}

void print_stack(const struct text_report *report, uint32_t number)
{
    struct logical_stack stack = logical_stack(&report->names, number);
    /* What called main tells nothing. */
    size_t count = stack.bottom < stack.count ? stack.bottom + 1 : stack.count;
    /* A gap of one line would save nothing. */
    bool whole = count <= FRAMES_SHOWN + 1;
    size_t last = whole ? 0 : count - FRAMES_LAST;
    for (size_t i = 0; i < count; i++) {
        if (whole || i < FRAMES_SHOWN - FRAMES_LAST || i >= last)
            print_frame(report, &stack, i);
        else if (i == last - 1)
            print_gap(report, count - FRAMES_SHOWN);
    }
    if (count == 0)
        fputs("      not known\n", report->out);
    if (stack.cut)
        fputs("      (deeper frames were not recorded)\n", report->out);
    logical_stack_free(&stack);
}

static bool same_function(const struct symbol_frame *a, const struct symbol_frame *b)
{
    return a->function && b->function && strcmp(a->function, b->function) == 0;
}

void print_stack_brief(const struct text_report *report, uint32_t number, size_t width)
{
    struct logical_stack stack = logical_stack(&report->names, number);
    /* Where main itself calls the pool library, it is to blame. */
    size_t first = stack.top < stack.count ? stack.top : 0, used = 0;
    for (size_t i = first; i < stack.count && (i == first || i < stack.bottom); i++) {
        if (i > first && used >= width)
            break;
        if (i > first && same_function(&stack.frames[i], &stack.frames[i - 1]))
            continue;
        if (i > first)
            fputs(" < ", report->out);
        used += 3 + print_name(report, &stack.frames[i]);
    }
    if (stack.count == 0)
        fputs("not known", report->out);
    logical_stack_free(&stack);
}
