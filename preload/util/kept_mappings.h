/*
 * kept_mappings.h - the mappings of this process without /proc, which may be out of reach, as in a
 * chroot, and must not be opened where a filter of system calls may kill for that: those that were
 * there when they were kept, the heap as it has grown, and what has come in between.
 *
 * What came is found by asking for its place: the kernel maps nothing where something is. That
 * takes long where much did: so they are kept anew before /proc gets out of reach, and /proc is
 * read after all where it is in reach then.
 *
 * By who is the only thread. Async-signal-safe; errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_KEPT_MAPPINGS_H
#define PRELOAD_UTIL_KEPT_MAPPINGS_H

#include "preload/util/mappings.h"

/* Keeps those that are there now. Opens a file: only where one has been opened just now, before
 * main or as an image is loaded. */
void kept_mappings_begin(void);

/* Before the process can open none any more: the same, if they were kept before. Those that were
 * stay where /proc cannot be read. */
void kept_mappings_renew(void);

/* The same before a fork, if that was a second ago: for the child. */
void kept_mappings_refresh(void);

/* As mappings_read(), from /proc. False: that is out of reach, and nothing was told; or it ended in
 * the middle. */
bool kept_mappings_in_reach(mapping_seen *seen, void *data);

#define KEPT_PAGES_FEW  512u
#define KEPT_PAGES_MANY UINT32_MAX

/* The same of those that were kept. What came since counts as the process's own; what went is told,
 * too. False: none were kept, or too much came: MOST pages, or about 128 MiB. Each page that came
 * is touched: of memory that is shared one that nobody has used is there from then on. */
bool kept_mappings_read(mapping_seen *seen, void *data, unsigned most);

#endif
