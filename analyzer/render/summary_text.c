/* summary_text.c - the first lines of a report for people: see summary.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/summary.h"

#include "analyzer/render/footprint.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SUMMED_MOST 64  /* lines of what is summed up; there are few root pools */
#define CALLERS_MAX 3   /* that tell a line from another */
#define NAME_MAX    120 /* bytes of a cell, about, that anyone may have chosen */
#define ENOUGH      95  /* per cent of the growth that stand for all of it */

/* --- the worst moments */

static void print_holder(const struct text_report *report, const struct peak_holder *holder)
{
    char text[UNITS_TEXT];
    print_held(report->out, holder->held, holder->estimated);
    fprintf(report->out, " in %s x `", count_text(holder->pools, text));
    print_untrusted(report, holder->label ? holder->label : "(no name)");
    putc('`', report->out);
}

static void print_worst(const struct text_report *report, const struct peak *peak,
                        enum process_kind kind, uint64_t start_ns)
{
    fprintf(report->out, "  worst     %s %" PRId32, process_word(report->names.apis, kind, 1),
            peak->pid);
    if (peak->ns >= start_ns)
        fprintf(report->out, " at +%.1fs", (double)(peak->ns - start_ns) / 1e9);
    fputs(": ", report->out);
    print_held(report->out, peak->held, peak->estimated);
    fputs(" in ", report->out);
    print_count(report->out, peak->pools, "pool", "pools");
    fputs(", in the end ", report->out);
    print_held(report->out, peak->held_end, peak->estimated);
    fputs(" in ", report->out);
    print_count(report->out, peak->pools_end, "pool", "pools");
    for (unsigned i = 0; i < peak->holder_count; i++) {
        fputs(i ? ", " : "; ", report->out);
        print_holder(report, &peak->holders[i]);
    }
    putc('\n', report->out);
}

void print_worst_moments(const struct text_report *report, const struct analysis *analysis)
{
    const uint64_t start_ns = recording_process(analysis->recording, 0)->header->wall_ns;
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (analysis->worst[kind].known)
            print_worst(report, &analysis->worst[kind], (enum process_kind)kind, start_ns);
    }
}

void print_footprints(const struct text_report *report, const struct analysis *analysis)
{
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        const struct footprint *memory = &analysis->memory[kind];
        if (memory->pid == 0)
            continue;
        fprintf(report->out, "  memory    %s %" PRId32 " ",
                process_word(report->names.apis, (enum process_kind)kind, 1), memory->pid);
        print_footprint(report->out, memory);
        putc('\n', report->out);
    }
}

/* --- the worst findings */

/* Adds what FRAME is called; AT is the line in it, where that is known and wanted. */
static void put_frame(FILE *out, const struct symbol_frame *frame)
{
    const char *base = frame->file ? strrchr(frame->file, '/') : NULL;
    if (frame->file && frame->line)
        fprintf(out, "%s:%u", base ? base + 1 : frame->file, frame->line);
    else if (frame->function)
        fprintf(out, "%s!%s", frame->module ? frame->module : "?", frame->function);
    else
        fprintf(out, "%s+0x%" PRIx64, frame->module ? frame->module : "?", frame->offset);
}

/* The frame that is to blame. */
static size_t blamed_frame(const struct finding *finding, const struct logical_stack *stack)
{
    const size_t last = stack->bottom > stack->top ? stack->bottom - 1 : stack->top;
    const size_t blamed = stack->top + finding->depth - 1;
    return blamed < last ? blamed : last;
}

char *finding_where(const struct finding *finding, const struct name_source *names,
                    unsigned callers)
{
    struct logical_stack stack = logical_stack(names, finding->culprit);
    const size_t first = blamed_frame(finding, &stack);
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        memory_exhausted();
    for (size_t i = first; i < stack.count && i <= first + callers; i++) {
        if (i > first)
            fputs(" < ", out);
        put_frame(out, &stack.frames[i]);
    }
    if (stack.count == 0)
        fputs("not known", out);
    if (fclose(out) != 0)
        memory_exhausted();
    logical_stack_free(&stack);
    return text;
}

enum column {
    COLUMN_SEVERITY,
    COLUMN_HOLDS,
    COLUMN_GROWTH,
    COLUMN_WHERE,
    COLUMN_POOL,
    COLUMN_PROCESSES,
    COLUMNS
};

static const char *const titles[COLUMNS] = {"severity", "holds", "growth",
                                            "where",    "pool",  "processes"};

struct table {
    char *cells[SUMMARY_ROWS][COLUMNS]; /* printable; owned */
    const struct finding *findings[SUMMARY_ROWS];
    size_t rows;
    size_t more; /* lines that have no room */
};

bool is_summed_up(const struct finding *finding)
{
    return finding->rule == rule_permanent_pool_alloc.name && finding->severity < SEVERITY_ERROR &&
           finding->per_unit.unit == API_MARK_KINDS;
}

/* Whether OTHER, which is summed up, is told in the line of FINDING. */
static bool is_told_with(const struct finding *finding, const struct finding *other)
{
    const char *path = finding->path ? finding->path : "", *own = other->path ? other->path : "";
    return is_summed_up(finding) && finding->kind == other->kind &&
           finding->phase == other->phase && strcmp(path, own) == 0;
}

/* Whether FINDING is told in the line of one of COUNT others. */
static bool is_told(const struct finding *const *lines, size_t count, const struct finding *finding)
{
    bool told = false;
    for (size_t i = 0; is_summed_up(finding) && i < count && !told; i++)
        told = is_told_with(lines[i], finding);
    return told;
}

/* What a line tells of. */
struct told {
    uint64_t places, held;
    bool estimated;
};

/* What the line of FINDING does. */
static struct told told_with(const struct findings *findings, const struct finding *finding)
{
    struct told told = {1, finding->cost.peak, finding->cost.estimated};
    for (size_t i = 0; is_summed_up(finding) && i < findings->count; i++) {
        const struct finding *other = &findings->items[i];
        if (other == finding || !is_summed_up(other) || !is_told_with(finding, other))
            continue;
        told.places++;
        told.held += other->cost.peak;
        told.estimated |= other->cost.estimated;
    }
    return told;
}

static char *escaped(const char *raw)
{
    const size_t length = strlen(raw) < NAME_MAX ? strlen(raw) : NAME_MAX;
    char *text = xmalloc(ESCAPED_SIZE(length));
    escape_text(raw, length, text, ESCAPED_SIZE(length));
    return text;
}

static char *holds_cell(const struct told *told)
{
    char text[UNITS_TEXT];
    return xasprintf("%s%s", told->estimated ? "~" : "", bytes_text(told->held, text));
}

static char *growth_cell(const struct finding *finding, const struct api_set *apis)
{
    char text[UNITS_TEXT];
    static const char *const phases[] = {
        [PHASE_START] = "at start-up", [PHASE_STEADY] = "once", [PHASE_SHUTDOWN] = "at shutdown"};
    const struct unit_growth *growth = &finding->per_unit;
    if (is_summed_up(finding))
        return xstrdup(phases[finding->phase]);
    if (growth->unit == API_MARK_KINDS)
        return xstrdup("-");
    char *label = escaped(growth->label.label ? growth->label.label : "");
    char *cell =
        xasprintf("+%s %s %s%s%s%s", bytes_text((uint64_t)llround(finding->cost.a_unit), text),
                  growth->largest ? "in one" : "per", unit_word(apis, growth->unit, 1),
                  *label ? " " : "", label, finding->given_back ? ", given back" : "");
    free(label);
    return cell;
}

static char *pool_cell(const struct finding *finding)
{
    char *name = finding_pool(finding), *text = escaped(name);
    free(name);
    return text;
}

static char *processes_cell(const struct finding *finding, const struct api_set *apis)
{
    char text[UNITS_TEXT];
    if (pid_list_total(&finding->pids) == 1)
        return xasprintf("%s %" PRId32, process_word(apis, finding->kind, 1),
                         finding->pids.items[0]);
    if (finding->worst.pid)
        return xasprintf("%s %" PRId32 " and %s more", process_word(apis, finding->kind, 1),
                         finding->worst.pid, count_text(pid_list_total(&finding->pids) - 1, text));
    return xasprintf("%s %s", count_text(pid_list_total(&finding->pids), text),
                     process_word(apis, finding->kind, pid_list_total(&finding->pids)));
}

static bool is_taken(const struct table *table, const char *where, const char *pool)
{
    for (size_t i = 0; i < table->rows; i++) {
        if (strcmp(table->cells[i][COLUMN_WHERE], where) == 0 &&
            strcmp(table->cells[i][COLUMN_POOL], pool) == 0)
            return true;
    }
    return false;
}

/* With as many callers as tell it from the lines above or else, with its fingerprint. */
static char *where_cell(const struct table *table, const struct finding *finding,
                        const struct name_source *names, const char *pool)
{
    for (unsigned callers = 0; callers <= CALLERS_MAX; callers++) {
        char *raw = finding_where(finding, names, callers), *text = escaped(raw);
        free(raw);
        if (!is_taken(table, text, pool))
            return text;
        free(text);
    }
    char *raw = finding_where(finding, names, 0), *text = escaped(raw);
    char *own = xasprintf("%s (%s)", text, finding->id.text);
    free(raw);
    free(text);
    return own;
}

/* The place in CELL is not the only one. */
static char *with_others(char *cell, uint64_t places)
{
    char text[UNITS_TEXT];
    if (places == 1)
        return cell;
    char *all = xasprintf("%s and %s more", cell, count_text(places - 1, text));
    free(cell);
    return all;
}

static void add_row(struct table *table, const struct findings *findings,
                    const struct finding *finding, const struct name_source *names)
{
    char **cells = table->cells[table->rows];
    const struct told told = told_with(findings, finding);
    table->findings[table->rows] = finding;
    cells[COLUMN_SEVERITY] = xstrdup(severity_name(finding->severity));
    cells[COLUMN_HOLDS] = holds_cell(&told);
    cells[COLUMN_GROWTH] = growth_cell(finding, names->apis);
    cells[COLUMN_POOL] = pool_cell(finding);
    cells[COLUMN_WHERE] =
        with_others(where_cell(table, finding, names, cells[COLUMN_POOL]), told.places);
    cells[COLUMN_PROCESSES] = processes_cell(finding, names->apis);
    table->rows++;
}

static void free_table(struct table *table)
{
    for (size_t i = 0; i < table->rows; i++) {
        for (unsigned column = 0; column < COLUMNS; column++)
            free(table->cells[i][column]);
    }
}

static void print_table(const struct text_report *report, const struct table *table)
{
    int widths[COLUMNS];
    for (unsigned column = 0; column < COLUMNS; column++) {
        widths[column] = (int)strlen(titles[column]);
        for (size_t i = 0; i < table->rows; i++) {
            const int width = (int)strlen(table->cells[i][column]);
            widths[column] = width > widths[column] ? width : widths[column];
        }
    }
    fprintf(report->out, "%s   #", report->style.strong);
    for (unsigned column = 0; column < COLUMNS; column++)
        fprintf(report->out, "  %-*s", column + 1 < COLUMNS ? widths[column] : 0, titles[column]);
    fprintf(report->out, "%s\n", report->style.off);
    for (size_t i = 0; i < table->rows; i++) {
        fprintf(report->out, "  %2zu", i + 1);
        for (unsigned column = 0; column < COLUMNS; column++) {
            const bool colored = column == COLUMN_SEVERITY;
            fprintf(report->out, "  %s%-*s%s",
                    colored ? severity_style(&report->style, table->findings[i]->severity) : "",
                    column + 1 < COLUMNS ? widths[column] : 0, table->cells[i][column],
                    colored ? report->style.off : "");
        }
        putc('\n', report->out);
    }
}

/* How many of the first lines make up most of the growth that was found. */
static void print_share(const struct text_report *report, const struct table *table,
                        const struct findings *findings)
{
    double all = 0, sum = 0;
    size_t first = 0;
    for (size_t i = 0; i < findings->count; i++)
        all += findings->items[i].cost.a_day;
    while (first < table->rows && 100 * sum < ENOUGH * all)
        sum += table->findings[first++]->cost.a_day;
    if (all <= 0 || (first == table->rows && table->more == 0))
        return;
    fprintf(report->out, "  The first %zu %s %.0f %% of the growth that was found.\n", first,
            first == 1 ? "is" : "are", floor(100 * sum / all));
}

void print_summary(const struct text_report *report, const struct findings *findings)
{
    struct table table = {.rows = 0};
    const struct finding *summed[SUMMED_MOST];
    size_t count = 0;
    if (findings->count == 0)
        return;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (is_told(summed, count, finding))
            continue;
        if (is_summed_up(finding) && count < SUMMED_MOST)
            summed[count++] = finding;
        if (table.rows < SUMMARY_ROWS)
            add_row(&table, findings, finding, &report->names);
        else
            table.more++;
    }
    print_table(report, &table);
    if (table.more)
        fprintf(report->out, "  and %zu more\n", table.more);
    print_share(report, &table, findings);
    putc('\n', report->out);
    free_table(&table);
}
