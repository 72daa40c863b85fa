/*
 * kept_writer.h - writes what kept.h reads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_KEPT_WRITER_H
#define ANALYZER_TRACE_KEPT_WRITER_H

#include "analyzer/trace/kept.h"

/* A piece on its way. */
#define KEPT_RANGES (KEPT_PIECE / TRACE_PAGE)
struct kept_list {
    struct kept_range *ranges;
    size_t count;  /* at most KEPT_RANGES */
    uint64_t size; /* of all, at most KEPT_PIECE */
};

/*
 * Writes those ranges of the trace FILE_ID, open as TRACE, as one piece at *END of KEPT, which is
 * behind it then, and has it on the disk. False with errno set; what was written so far is no
 * piece.
 */
bool kept_write(int kept, uint64_t *end, int trace, uint64_t file_id, const struct kept_list *list);

/* The same of BYTES, those of the ranges one after the other; NULL: they are zeros, and LIST's size
 * is less than 4 GB. It may not be on the disk yet then. */
bool kept_write_bytes(int kept, uint64_t *end, uint64_t file_id, const struct kept_list *list,
                      const unsigned char *bytes);

#endif
