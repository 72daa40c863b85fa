/*
 * history.h - what the pictures show of a recording, in bounded memory: the pools by name at many
 * moments, what happened between them, and what each backtrace took; of all processes together
 * and of some by themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_HISTORY_H
#define ANALYZER_HTML_HISTORY_H

#include "analyzer/html/finding_parts.h"
#include "analyzer/html/pool_nodes.h"
#include "analyzer/profile/alloc_sites.h"
#include "analyzer/util/string_table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recording;

#define HISTORY_ROWS          1000 /* processes shown by themselves, at most */
#define HISTORY_ROWS_FULL     32   /* of these, those shown in full */
#define HISTORY_MOMENTS       240  /* of all processes together, and of a master */
#define HISTORY_MOMENTS_FEW   80   /* of a session */
#define HISTORY_MOMENTS_BRIEF 12   /* of a process that is not shown in full */

/* What a node's pools, or a part of a finding, were from a moment on, until they change again. */
struct history_change {
    uint32_t number, pools;
    uint64_t bytes; /* asked for */
    uint64_t held;  /* in blocks; of allocations the same */
};

struct history_changes {
    struct history_change *items; /* owned */
    size_t count, capacity;
};

struct history_moment {
    uint64_t ns;   /* since 1970 */
    uint64_t peak; /* bytes, the most that the process had since the moment before; 0: not known */
    struct history_changes pools, parts;
    struct history_changes sites; /* bytes that are alive, by number; of all together, and of
                                     rows shown in full */
};

enum history_mark { /* the first are enum api_mark_kind */
                    HISTORY_FORK = API_MARK_KINDS,
                    HISTORY_MARKS
};

/* Marks of one kind that lie between two moments. */
struct history_marks {
    uint64_t first_ns;
    uint32_t count;
};

/* One process, or all together. Moments are at equal distances from start to end. */
struct history_row {
    uint32_t process; /* index in the recording; of all together, not used */
    uint32_t rank;    /* 0: the one that matters most */
    uint64_t start_ns, end_ns;
    uint32_t planned; /* moments */
    uint32_t taken;
    struct history_moment *moments;               /* owned */
    struct history_marks (*marks)[HISTORY_MARKS]; /* by moment before which they came; owned */
    struct alloc_sites sites;                     /* without their charges */
    uint64_t (*growth)[API_MARK_STARTUP];         /* by site and kind of unit; owned */
    uint64_t units[API_MARK_STARTUP];             /* between which it grew so much */
};

struct history {
    const struct recording *recording;
    struct finding_parts *parts;
    struct strings labels; /* of sites */
    struct pool_nodes nodes;
    struct history_row all;
    struct history_row *rows; /* in the order of their start */
    size_t row_count;
};

/*
 * Replays RECORDING, which was replayed before, once more. PARTS are those of its findings, and
 * must outlive HISTORY; MENTIONED are processes that should be among the rows. False with *ERROR
 * set when a trace can no longer be read. The caller ends it.
 */
bool history_read(struct history *history, struct recording *recording, struct finding_parts *parts,
                  const bool *mentioned, struct error *error);
void history_free(struct history *history);

#endif
