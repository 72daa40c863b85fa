/*
 * snapshot.h - a recording as it is at one moment, while it is being written or after: its
 * processes, what their pools hold, what was found so far.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_SNAPSHOT_H
#define ANALYZER_TOP_SNAPSHOT_H

#include "analyzer/rules/finding.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/string_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct top_process {
    int32_t pid;
    enum process_kind kind;
    bool running;
    uint64_t events;
    uint64_t resident; /* bytes in memory just now, as ps(1) has it; 0: not known */
    uint32_t units[API_MARK_CONNECTION + 1];
};

/* The pools of one path that a process made itself. */
struct top_row {
    uint32_t process; /* index */
    uint32_t path;    /* in struct top_snapshot's strings */
    uint32_t pools;   /* alive */
    uint64_t bytes;   /* in these */
    uint64_t taken;   /* allocations, from those that have ended too */
};

struct top_finding {
    enum severity severity;
    char *text; /* one line, escaped; owned */
};

struct top_snapshot {
    uint64_t taken_ns; /* of the moment, CLOCK_MONOTONIC */
    uint64_t read_ns;  /* how long reading what was new took */
    char *program;     /* raw bytes */
    uint64_t events;
    char *work;    /* "3 restarts, 0 connections, 12 commands", with the system's own words */
    char *session; /* what it calls one; both are owned */
    uint64_t recorded, running; /* processes */
    /* Those that run or are asked for; if none runs, those that ended last. */
    struct top_process *processes;
    size_t process_count;
    struct top_row *rows; /* each process and path once */
    size_t row_count, row_capacity;
    struct keymap index; /* of rows, by path */
    struct strings paths;
    struct top_finding *findings; /* worst first */
    size_t finding_count;
};

void top_snapshot_free(struct top_snapshot *snapshot);

/* The row of process INDEX and path NUMBER, made when new. */
struct top_row *top_snapshot_row(struct top_snapshot *snapshot, uint32_t index, uint32_t number);

/* The row of the same process and path as ROW of SNAPSHOT in EARLIER, or NULL. */
const struct top_row *top_snapshot_find(const struct top_snapshot *earlier,
                                        const struct top_snapshot *snapshot,
                                        const struct top_row *row);

/* The process of that PID in SNAPSHOT, or NULL. */
const struct top_process *top_snapshot_process(const struct top_snapshot *snapshot, int32_t pid);

#endif
