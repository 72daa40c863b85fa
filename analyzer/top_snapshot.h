/*
 * top_snapshot.h - a recording as it is at one moment, while it is being written or after: its
 * processes, what their pools hold, what was found so far. The whole recording is read each time,
 * without a lock and without writing to it.
 */
#ifndef LIFEGUARD_TOP_SNAPSHOT_H
#define LIFEGUARD_TOP_SNAPSHOT_H

#include "error.h"
#include "finding.h"
#include "keymap.h"
#include "string_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct top_process {
    int32_t pid;
    enum process_kind kind;
    bool running;
    uint64_t events;
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
    uint64_t taken_ns; /* CLOCK_MONOTONIC when reading began */
    uint64_t read_ns;  /* how long that took */
    char *program;     /* raw bytes */
    uint64_t events, commands, restarts, connections;
    struct top_process *processes;
    size_t process_count, running;
    struct top_row *rows; /* each process and path once */
    size_t row_count, row_capacity;
    struct keymap index; /* of rows, by path */
    struct strings paths;
    struct top_finding *findings; /* worst first */
    size_t finding_count;
};

/* NULL with *ERROR set when DIR cannot be read. The caller frees it. */
struct top_snapshot *top_snapshot_read(const char *dir, struct error *error);
void top_snapshot_free(struct top_snapshot *snapshot);

/* The row of the same process and path as ROW of SNAPSHOT in EARLIER, or NULL. */
const struct top_row *top_snapshot_find(const struct top_snapshot *earlier,
                                        const struct top_snapshot *snapshot,
                                        const struct top_row *row);

/* The process of that PID in SNAPSHOT, or NULL. */
const struct top_process *top_snapshot_process(const struct top_snapshot *snapshot, int32_t pid);

/* CLOCK_MONOTONIC in ns. */
uint64_t top_now_ns(void);

#endif
