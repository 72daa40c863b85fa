/*
 * export.h - recordings in the formats of other tools, one file a format (export_*.c).
 */
#ifndef ANALYZER_EXPORT_EXPORT_H
#define ANALYZER_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct analysis;
struct error;

enum export_cost { COST_BYTES, COST_COUNT };

struct export_options {
    enum export_cost cost;
    bool by_pool; /* backtraces under the path of the pool */
    int32_t pid;  /* 0: all processes */
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

/* The pools as a graph, for Graphviz. */
export_writer export_dot;

#endif
