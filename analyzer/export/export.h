/*
 * export.h - recordings in the formats of other tools, one file a format (export_*.c).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_EXPORT_EXPORT_H
#define ANALYZER_EXPORT_EXPORT_H

#include "analyzer/util/label_set.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct analysis;
struct error;
struct since_last;

enum export_cost { COST_BYTES, COST_COUNT };

struct export_options {
    enum export_cost cost;
    bool by_pool;             /* backtraces under the path of the pool */
    int32_t pid;              /* 0: all processes */
    struct since_last *since; /* of rows: only what is new since then; NULL: all */
    struct label_set labels;  /* of rows and series, beside those of the recording */
};

/* Writes ANALYSIS's recording. False with *ERROR set when it cannot be read or written; OUT has its
 * own error flag, too. */
typedef bool export_writer(FILE *out, const struct analysis *analysis,
                           const struct export_options *options, struct error *error);

/* "main;handle;palloc 4096" a line, for flame graphs. */
export_writer export_folded;

/* The profile.proto of pprof, compressed. */
export_writer export_pprof;

/* The file format of speedscope: JSON. */
export_writer export_speedscope;

/* A trace of Perfetto: bytes in pools over time. */
export_writer export_perfetto;

/* A JSON object a line: findings, pools, stacks, allocations. */
export_writer export_ndjson;

/* Findings as time series: the text format of Prometheus. */
export_writer export_openmetrics;

/* The pools as a graph, for Graphviz. */
export_writer export_dot;

#endif
