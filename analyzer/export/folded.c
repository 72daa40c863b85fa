/* folded.c - folded stacks: frames from the outermost on, ";" between, then the cost. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/export/export.h"
#include "analyzer/profile/pool_profile.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What one backtrace took, from the pools of one path if that is asked for. */
struct line {
    uint32_t path, stack; /* in the profile's strings, 0: not asked for; stack number */
    uint64_t cost;
    char *frames;
};

struct folding {
    const struct pool_profile *profile;
    const struct export_options *options;
    struct name_source names;
    struct line *lines;
    size_t count;
};

/* One frame, escaped. A name's own ";" would be two frames. */
static void put_frame(FILE *line, const char *bytes, size_t length)
{
    size_t size = ESCAPED_SIZE(length);
    char *text = xmalloc(size);
    escape_text(bytes, length, text, size);
    if (ftell(line) > 0)
        putc(';', line);
    for (const char *at = text; *at; at++) {
        if (*at == ';')
            fputs("\\x3B", line);
        else
            putc(*at, line);
    }
    free(text);
}

/* The labels of PATH, outermost first. */
static void put_path(FILE *line, const char *path)
{
    for (const char *next; path; path = next ? next + 3 : NULL) {
        next = strstr(path, " > ");
        char *label = pool_path_plain(path, next ? (size_t)(next - path) : strlen(path));
        put_frame(line, label, strlen(label));
        free(label);
    }
}

static void put_stack(FILE *line, const struct name_source *names, uint32_t number)
{
    struct logical_stack stack = logical_stack(names, number);
    size_t count = stack.bottom < stack.count ? stack.bottom + 1 : stack.count;
    if (stack.cut)
        put_frame(line, "...", 3);
    for (size_t i = count; i-- > 0;) {
        const struct symbol_frame *frame = &stack.frames[i];
        const char *module = frame->module ? frame->module : "?";
        const char *name = frame->function ? frame->function : module;
        put_frame(line, name, strlen(name));
        if (!frame->function)
            fprintf(line, "+0x%" PRIx64, frame->offset);
    }
    if (count == 0)
        put_frame(line, "not known", strlen("not known"));
    logical_stack_free(&stack);
}

/* Adds up the samples of which the same is asked for. */
static void add_lines(struct folding *folding)
{
    const struct pool_profile *profile = folding->profile;
    struct keymap index = {0};
    folding->lines = xcalloc(profile->sample_count, sizeof(*folding->lines));
    for (size_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        uint32_t path = folding->options->by_pool ? profile->pools[sample->pool].path : 0;
        /* No key is 0: the one of stack 0 without a path would be. */
        uint32_t *number = keymap_put(&index, (uint64_t)path << 32 | (sample->stack + 1u));
        if (!*number) {
            *number = (uint32_t)++folding->count;
            folding->lines[*number - 1] = (struct line){.path = path, .stack = sample->stack};
        }
        bool counts = folding->options->cost == COST_COUNT;
        folding->lines[*number - 1].cost += counts ? sample->count : sample->bytes;
    }
    keymap_free(&index);
}

static void put_frames(const struct folding *folding, struct line *line)
{
    struct text text;
    text_open(&text);
    if (line->path)
        put_path(text.out, strings_get(&folding->profile->strings, line->path));
    put_stack(text.out, &folding->names, line->stack);
    line->frames = text_close(&text);
}

static int by_frames(const void *left, const void *right)
{
    return strcmp(((const struct line *)left)->frames, ((const struct line *)right)->frames);
}

/* Stacks that read the same are one line. */
static void write_lines(FILE *out, const struct line *lines, size_t count)
{
    for (size_t i = 0, next; i < count; i = next) {
        uint64_t cost = 0;
        for (next = i; next < count && by_frames(&lines[i], &lines[next]) == 0; next++)
            cost += lines[next].cost;
        if (cost)
            fprintf(out, "%s %" PRIu64 "\n", lines[i].frames, cost);
    }
}

static void write_folded(FILE *out, struct folding *folding)
{
    add_lines(folding);
    for (size_t i = 0; i < folding->count; i++)
        put_frames(folding, &folding->lines[i]);
    if (folding->count)
        qsort(folding->lines, folding->count, sizeof(*folding->lines), by_frames);
    write_lines(out, folding->lines, folding->count);
    for (size_t i = 0; i < folding->count; i++)
        free(folding->lines[i].frames);
    free(folding->lines);
}

bool export_folded(FILE *out, const struct analysis *analysis, const struct export_options *options,
                   struct error *error)
{
    struct pool_profile profile;
    bool whole = pool_profile_read(&profile, analysis->recording, options->pid, error);
    struct folding folding = {
        .profile = &profile, .options = options, .names = analysis_names(analysis->recording)};
    if (whole)
        write_folded(out, &folding);
    pool_profile_free(&profile);
    return whole;
}
