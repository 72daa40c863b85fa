/*
 * kept_mappings.h - the mappings of this process where /proc is out of reach, as in a chroot: those
 * that were there when they were kept, the heap as it has grown, and what has come in between.
 *
 * What came is found by asking for its place: the kernel maps nothing where something is. By who is
 * the only thread. Async-signal-safe; errno stays.
 */
#ifndef PRELOAD_UTIL_KEPT_MAPPINGS_H
#define PRELOAD_UTIL_KEPT_MAPPINGS_H

#include "preload/util/mappings.h"

/* Keeps those that are there now, and forgets others. ROOM as for mappings_read(). */
void kept_mappings_renew(char *room);

/* As mappings_read(). What came since counts as the process's own; what
 * went is told, too. False: none were kept, or there
 * is too much that came. */
bool kept_mappings_read(mapping_seen *seen, void *data);

#endif
