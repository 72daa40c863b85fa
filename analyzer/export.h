/*
 * export.h - recordings in the formats of other tools, one file a format (export_*.c).
 */
#ifndef LIFEGUARD_EXPORT_H
#define LIFEGUARD_EXPORT_H

#include "recording.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum export_cost { COST_BYTES, COST_COUNT };

struct export_options {
    enum export_cost cost;
    bool by_pool; /* backtraces under the path of the pool */
    int32_t pid;  /* 0: all processes */
};

/* Writes RECORDING. False with *ERROR set when it cannot be read; OUT has its own error flag. */
typedef bool export_writer(FILE *out, struct recording *recording,
                           const struct export_options *options, struct error *error);

/* "main;handle;palloc 4096" a line, for flame graphs. */
export_writer export_folded;

#endif
