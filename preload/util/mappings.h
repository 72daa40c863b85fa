/*
 * mappings.h - what is mapped into this process, as the kernel tells.
 *
 * Allocates nothing. A descriptor is opened, and closed again. Async-signal-safe; errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_MAPPINGS_H
#define PRELOAD_UTIL_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAPPINGS_ROOM 8192u /* bytes: the longest line, and more */

enum mapping_kind {
    MAPPING_OTHER,    /* not to be read, or code, or much that is shared */
    MAPPING_CONSTANT, /* the process's own, to be read alone: now, at least; or little that is
                       * shared
                       */
    MAPPING_OWN,      /* the process's own, to be written */
    MAPPING_HEAP      /* the same, given by brk() */
};

struct mapping {
    uint64_t begin, end;
    enum mapping_kind kind;
};

typedef void mapping_seen(void *data, const struct mapping *mapping);

/* Calls SEEN for each, in the order of addresses. ROOM has MAPPINGS_ROOM bytes. False: /proc cannot
 * be read here, or not to its end. */
bool mappings_read(char *room, mapping_seen *seen, void *data);

#endif
