/* terminal.c - what the terminal can show; see terminal.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* wcwidth() */

#include "analyzer/render/terminal.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define COLUMNS_LEAST 40 /* narrower ones are not served */
#define INDENT_MORE   2

static unsigned columns_of(FILE *out)
{
    struct winsize size;
    if (isatty(fileno(out)) != 1 || ioctl(fileno(out), TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col >= COLUMNS_LEAST ? size.ws_col : 0;
}

void terminal_begin(struct terminal *terminal, FILE *out)
{
    *terminal = (struct terminal){.text = out, .columns = columns_of(out), .out = out};
    if (terminal->columns == 0)
        return;
    terminal->text = open_memstream(&terminal->held, &terminal->size);
    if (!terminal->text)
        memory_exhausted();
}

/* Bytes of the character or escape sequence at TEXT, which is not empty. */
static size_t measure(const char *text, size_t length, unsigned *columns)
{
    wchar_t wide;
    mbstate_t state = {0};
    *columns = 0;
    if (text[0] == '\033') {
        size_t end = 1;
        while (end < length && text[end] != 'm')
            end++;
        return end < length ? end + 1 : end;
    }
    size_t bytes = mbrtowc(&wide, text, length, &state);
    bool valid = bytes > 0 && bytes <= length;
    int width = valid ? wcwidth(wide) : 1;
    *columns = width > 0 ? (unsigned)width : 0;
    return valid ? bytes : 1;
}

/* Bytes of LINE that COLUMNS have room for; *SPACE: up to the last space among them, 0: none. */
static size_t fitting(const char *line, size_t length, unsigned columns, size_t *space)
{
    size_t at = 0;
    unsigned used = 0, width;
    *space = 0;
    while (at < length) {
        size_t bytes = measure(line + at, length - at, &width);
        if (used + width > columns)
            break;
        if (line[at] == ' ' && used > 0)
            *space = at;
        used += width;
        at += bytes;
    }
    return at;
}

static void put_cut(const struct terminal *terminal, const char *line, size_t length,
                    const struct style *style)
{
    const char *more = style->utf8 ? "\u2026" : "...";
    size_t space, fits = fitting(line, length, terminal->columns, &space);
    if (fits == length) {
        fwrite(line, 1, length, terminal->out);
        return;
    }
    fits = fitting(line, length, terminal->columns - (style->utf8 ? 1 : 3), &space);
    fwrite(line, 1, fits, terminal->out);
    fprintf(terminal->out, "%s%s", more, style->off);
}

static void put_wrapped(const struct terminal *terminal, const char *line, size_t length)
{
    unsigned indent = (unsigned)strspn(line, " ") + INDENT_MORE, columns = terminal->columns;
    if (indent > columns / 2)
        indent = columns / 2;
    for (;;) {
        size_t space, fits = fitting(line, length, columns, &space);
        /* No word is as long as what is left: it is broken where the line ends. */
        size_t end = fits == length || space <= strspn(line, " ") ? fits : space;
        fwrite(line, 1, end, terminal->out);
        if (end == length)
            return;
        line += end;
        length -= end;
        for (; length && *line == ' '; line++)
            length--;
        fprintf(terminal->out, "\n%*s", (int)indent, "");
        columns = terminal->columns - indent;
    }
}

static void put_lines(const struct terminal *terminal, enum terminal_lines lines,
                      const struct style *style)
{
    const char *line = terminal->held, *end = line + terminal->size;
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((newline ? newline : end) - line);
        if (lines == TERMINAL_CUT)
            put_cut(terminal, line, length, style);
        else
            put_wrapped(terminal, line, length);
        if (newline)
            putc('\n', terminal->out);
        line += length + 1;
    }
}

void terminal_end(struct terminal *terminal, enum terminal_lines lines, const struct style *style)
{
    if (terminal->text == terminal->out)
        return;
    if (fclose(terminal->text) != 0)
        memory_exhausted();
    put_lines(terminal, lines, style);
    free(terminal->held);
}

void terminal_sparkline(FILE *out, const uint64_t *values, unsigned count)
{
    static const char *const bars[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                       "\u2585", "\u2586", "\u2587", "\u2588"};
    uint64_t least = UINT64_MAX, most = 0;
    for (unsigned i = 0; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    double span = most > least ? (double)(most - least) : 1;
    for (unsigned i = 0; i < count; i++)
        fputs(bars[(unsigned)((double)(values[i] - least) * 7 / span)], out);
}
