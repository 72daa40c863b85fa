/*
 * where.h - of lifeguard where: what an address is or was in, for people.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_WHERE_H
#define ANALYZER_RENDER_WHERE_H

#include "analyzer/replay/where.h"
#include "analyzer/symbols/logical_stack.h"

#include <stdio.h>

/* What was found in one process; as `where`, whose pool and texts may be gone by now. */
struct found_where {
    int32_t pid;
    enum process_kind process;
    struct where where;
    bool alive; /* the pool is */
    char *path; /* of the pool; owned */
};

void render_where(FILE *out, const struct found_where *found, uint64_t address,
                  const struct name_source *names);

#endif
