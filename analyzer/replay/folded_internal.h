/*
 * folded_internal.h - what folded_read.c (reading the sums), fold.c (making them), folded_stats.c
 * (the recording's own numbers in them), folded_fields.c (what refers to it) and folded_query.c
 * share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_FOLDED_INTERNAL_H
#define ANALYZER_REPLAY_FOLDED_INTERNAL_H

#include "analyzer/replay/folded.h"
#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stacks.h"

#define FOLDED_MAGIC   UINT64_C(0x64646c6f66646769)
#define FOLDED_VERSION 2u
#define FOLDED_MOST    (UINT64_C(1) << 32) /* bytes, unpacked */

/* What a file begins with, before what is packed. */
struct folded_header {
    uint64_t magic, version, size; /* of what follows, unpacked */
};

/* One whose children are in the sums: how many, and that its forks up to number UPTO may be these'.
 */
struct folded_parent {
    uint64_t file_id, count, upto;
};

/* A trace that is in the sums, and was there when they were written. */
struct folded_left {
    char *name;
    uint64_t file_id;
};

struct folded {
    char *path;
    uint64_t version;    /* of the file */
    uint64_t root;       /* the run's first process: its trace's id */
    uint64_t written_ns; /* since 1970 */
    struct folded_parent *parents;
    size_t parent_count;
    struct folded_left *left;
    size_t left_count;
    struct keymap left_index; /* by folded_left_key() */
    struct recording_stats stats;
    unsigned char *bytes; /* all, ... */
    size_t size, rest;    /* ... and where what observers left begins */
};

/* Of the processes of a replay, while some may be folded: by index. */
struct folding {
    struct member *root;
    struct recording_stats *parts;
    bool *candidates, *folds;
};

/* PATH is of the run that ROOT began. */
char *folded_path(const struct recording *recording, uint64_t root);

/* Reads or writes. FOLDED is empty at first when it is read. */
void folded_fields(struct recording *recording, struct fields *fields, struct folded *folded);
void folded_stats_fields(struct recording *recording, struct fields *fields,
                         struct recording_stats *stats, uint64_t version);

/* What tells a trace of that name and id from others. */
uint64_t folded_left_key(const char *name, uint64_t file_id);

/* Does what is asked for include them? */
bool folded_is_asked_for(const struct recording *recording);

void folded_frame(struct fields *fields, uint32_t modules, struct code_frame *frame);

/* Those of FOLDED are copied, as adding stats takes them. */
void folded_add_stats(struct recording_stats *to, const struct folded *folded);

void folded_free(struct folded *folded);

#endif
