/*
 * systems.h - the pool systems that the process has: which of those described are there, and what
 * concerns all of them.
 */
#ifndef PRELOAD_HOOKS_SYSTEMS_H
#define PRELOAD_HOOKS_SYSTEMS_H

#include "preload/trace/stream.h"

#include <link.h>

/*
 * Before main: finds and hooks all systems that are built in or, unless WANTED is NULL, the one of
 * that name or, with a / in it, of that file. STREAM is told of each, and of what WANTED is wrong
 * with.
 */
void systems_find(struct stream *stream, const char *wanted);

/* Images were loaded, from FIRST on, and nothing in them has run: finds and hooks systems that are
 * there now. */
void systems_look_into(const struct link_map *first);

/* Images were unloaded: so are their systems, which may come again, and their hooks. */
void systems_forget_unloaded(void);

/* At the end of the process: writes what every live pool below the roots holds. */
void systems_survey(struct stream *stream);

#endif
