/*
 * mappings.h - which memory of this process is its own and may be written, as the kernel tells.
 *
 * Allocates nothing. A descriptor is opened, and closed again. Async-signal-safe; errno stays.
 */
#ifndef PRELOAD_UTIL_MAPPINGS_H
#define PRELOAD_UTIL_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAPPINGS_ROOM 8192u /* bytes: the longest line, and more */

/* HEAP: it is what brk() gave. */
typedef void mapping_seen(void *data, uint64_t begin, uint64_t end, bool heap);

/* Calls SEEN for each, in the order of addresses. ROOM has MAPPINGS_ROOM bytes. False: /proc cannot
 * be read here, or not to its end. */
bool mappings_read(char *room, mapping_seen *seen, void *data);

#endif
