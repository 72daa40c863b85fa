/*
 * pack_dir.h - the traces of a recording packed, those whose processes have ended.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_PACK_DIR_H
#define ANALYZER_TRACE_PACK_DIR_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pack_summary {
    size_t packed;          /* now */
    size_t already;         /* before */
    size_t in_use;          /* whose process writes them still: left alone */
    size_t failed;          /* left as they were; `error` has the reason of the first */
    uint64_t before, after; /* bytes, of those packed now */
    struct error error;
};

/* Packs what can be packed in DIR. False with *ERROR set when nothing could be tried. */
bool pack_directory(const char *dir, struct pack_summary *summary, struct error *error);

#endif
