/*
 * terminal.h - text as wide as the terminal: lines that are longer are cut or wrapped. What goes
 * elsewhere, into a pipe or a file, stays as it is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_TERMINAL_H
#define ANALYZER_RENDER_TERMINAL_H

#include "analyzer/render/style.h"

#include <stdint.h>
#include <stdio.h>

enum terminal_lines {
    TERMINAL_CUT, /* an ellipsis tells that there is more */
    TERMINAL_WRAP /* between words, and indented as far as what they go on with */
};

struct terminal {
    FILE *text;       /* what is to be written to */
    unsigned columns; /* 0: it is no terminal */
    FILE *out;
    char *held;
    size_t size;
};

/* For what goes to OUT. terminal_end() must follow. */
void terminal_begin(struct terminal *terminal, FILE *out);
void terminal_end(struct terminal *terminal, enum terminal_lines lines, const struct style *style);

/* COUNT values as bars, one column each, the lowest value lowest. For UTF-8. */
void terminal_sparkline(FILE *out, const uint64_t *values, unsigned count);

#endif
