/*
 * pack.h - one trace compressed, in its place.
 *
 * The packed trace is written beside it under a name of its own and read back and compared
 * (pack_write); it is on the disk before it gets its name, and only then the trace is removed
 * (pack_settle). Whatever happens on the way, one of the two is there, whole.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_PACK_H
#define ANALYZER_TRACE_PACK_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pack_result {
    PACK_DONE,
    PACK_IN_USE, /* its process writes it still: left alone */
    PACK_NONE,   /* nothing was recorded in it: left alone */
    PACK_FAILED  /* *ERROR is set; the trace is as it was */
};

/* The directory of a recording. Nobody else may pack in it meanwhile. */
struct pack_place {
    int dir;
    const char *path;
};

struct packed_part {
    char *name, *part, *packed; /* of the trace, of what was written, and what that shall become */
    uint64_t before, after;     /* bytes that they take */
};

/* Writes what shall become of the trace NAME to *PART, whose end is pack_settle(). INSTEAD, a file,
 * is packed in its place; NULL: the trace itself is. */
enum pack_result pack_write(const struct pack_place *place, const char *name, const char *instead,
                            struct packed_part *part, struct error *error);

/* Puts the COUNT parts in the place of their traces. Returns how many: of the others *ERROR tells
 * of the last one, and `packed` is NULL. */
size_t pack_settle(const struct pack_place *place, struct packed_part *parts, size_t count,
                   struct error *error);

void packed_part_free(struct packed_part *part);

/* Whether NAME is what a pack that was broken off left behind. */
bool pack_is_remainder(const char *name);

#endif
