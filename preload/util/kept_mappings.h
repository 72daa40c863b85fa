/*
 * kept_mappings.h - the mappings of this process without /proc, which may be out of reach, as in a
 * chroot, and must not be opened where a filter of system calls may kill for that: those that were
 * there when they were kept, the heap as it has grown, and what has come in between.
 *
 * What came is found by asking for its place: the kernel maps nothing where something is. By who is
 * the only thread. Async-signal-safe; errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_KEPT_MAPPINGS_H
#define PRELOAD_UTIL_KEPT_MAPPINGS_H

#include "preload/util/mappings.h"

/* Keeps those that are there now. Opens a file: only where one has been opened just now, before
 * main or as an image is loaded. */
void kept_mappings_begin(void);

/* The same, if they were kept before: in the child of a fork, which has just opened its trace, or
 * where system_calls_may_open(). Those from before stay where /proc cannot be read. */
void kept_mappings_renew(void);

#define KEPT_PAGES_FEW  512u
#define KEPT_PAGES_MANY UINT32_MAX

/* As mappings_read(). What came since counts as the process's own; what went is told, too. False:
 * none were kept, or too much came: MOST pages, or about 128 MiB. Each page that came is touched:
 * of memory that is shared one that nobody has used is there from then on. */
bool kept_mappings_read(mapping_seen *seen, void *data, unsigned most);

#endif
