/*
 * table.h - what top shows of a snapshot: the rows that are asked for, in order, and how fast
 * they grow since an earlier snapshot.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_TABLE_H
#define ANALYZER_TOP_TABLE_H

#include "analyzer/top/snapshot.h"
#include "analyzer/util/number_text.h"

enum top_sort { TOP_BY_BYTES, TOP_BY_GROWTH, TOP_BY_RATE, TOP_BY_NAME, TOP_SORTS };

struct top_choice {
    enum top_sort sort; /* by name: as a tree, each pool under its parent */
    const char *filter; /* only paths that have this in them, whatever the case; NULL: all */
    int32_t pid;        /* 0: all processes that run; if none does, all */
};

struct top_line {
    const struct top_process *process;
    const char *kind; /* what the process is called, as long as the snapshot */
    const char *path; /* raw bytes, as long as the snapshot */
    uint32_t pools;
    uint64_t bytes;
    bool known;      /* the earlier snapshot has it: the rest is known */
    double growth;   /* bytes a minute */
    double per_unit; /* bytes a command (sessions), else a restart or connection; NAN: none came */
    double rate;     /* allocations a second */
};

struct top_table {
    struct top_line *lines;
    size_t count;
    int kind_width; /* columns that the longest kind takes */
    double events;  /* a second, of all processes; 0 without an earlier snapshot */
};

/* EARLIER may be NULL. The table is ended with top_table_free(), before SNAPSHOT. */
struct top_table top_table_make(const struct top_snapshot *snapshot,
                                const struct top_snapshot *earlier,
                                const struct top_choice *choice);
void top_table_free(struct top_table *table);

/* "bytes", "growth", "rate", "name" */
const char *top_sort_name(enum top_sort sort);

/* How many lines of text top_header_text() makes, and one of them. The caller owns it. */
#define TOP_HEADER_LINES 4
char *top_header_text(const struct top_snapshot *snapshot, const struct top_table *table,
                      unsigned line);

/* What is above the columns. COLUMNS: of the terminal, 0: of none; the kind of the process and the
 * allocations are left out of a narrow one. The caller owns it. */
char *top_title_text(const struct top_table *table, int columns);

/* Line number INDEX as text; TREE: its last label alone, as far in as it is deep. On a terminal a
 * path loses its beginning where it is too long. The caller owns it. */
char *top_line_text(const struct top_table *table, size_t index, bool tree, int columns);

#define TOP_SIGNED_TEXT (UNITS_TEXT + 1)
/* "+64 B", "-" where it is not KNOWN or NAN. */
const char *top_signed_bytes(bool known, double bytes, char text[TOP_SIGNED_TEXT]);

#endif
