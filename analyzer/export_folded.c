/* export_folded.c - folded stacks: frames from the outermost on, ";" between, then the cost. */
#include "allocations.h"
#include "escape.h"
#include "export.h"
#include "logical_stack.h"
#include "memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct line {
    char *frames;
    uint64_t cost;
};

struct folding {
    const struct allocations *allocations;
    struct name_source names;
    enum export_cost cost;
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

/* The labels of PATH, outermost first; what replay_pool_path() did to their ">" is undone. */
static void put_path(FILE *line, const char *path)
{
    char *label = xmalloc(strlen(path) + 1);
    size_t length = 0;
    for (;; path++) {
        bool separates = strncmp(path, " > ", 3) == 0;
        if (*path == '\0' || separates) {
            put_frame(line, label, length);
            length = 0;
            path += separates ? 3 : 0;
        }
        if (*path == '\0')
            break;
        path += *path == '\\' && path[1] == '>';
        label[length++] = *path;
    }
    free(label);
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

static struct line fold(const struct folding *folding, const struct allocation_total *total)
{
    struct line line = {.cost = folding->cost == COST_COUNT ? total->count : total->bytes};
    size_t size;
    FILE *text = open_memstream(&line.frames, &size);
    if (!text)
        memory_exhausted();
    if (total->path)
        put_path(text, strings_get(&folding->allocations->paths, total->path));
    put_stack(text, &folding->names, total->stack);
    if (fclose(text) != 0)
        memory_exhausted();
    return line;
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

static void write_folded(FILE *out, const struct folding *folding)
{
    size_t count = folding->allocations->count;
    struct line *lines = xcalloc(count, sizeof(*lines));
    for (size_t i = 0; i < count; i++)
        lines[i] = fold(folding, &folding->allocations->items[i]);
    qsort(lines, count, sizeof(*lines), by_frames);
    write_lines(out, lines, count);
    for (size_t i = 0; i < count; i++)
        free(lines[i].frames);
    free(lines);
}

bool export_folded(FILE *out, const struct analysis *analysis, const struct export_options *options,
                   struct error *error)
{
    struct allocations allocations;
    bool whole =
        allocations_read(&allocations, analysis->recording, options->by_pool, options->pid, error);
    const struct folding folding = {&allocations, analysis_names(analysis->recording),
                                    options->cost};
    if (whole)
        write_folded(out, &folding);
    allocations_free(&allocations);
    return whole;
}
