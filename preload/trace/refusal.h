/*
 * refusal.h - why a trace could not be begun in a directory, in words.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_REFUSAL_H
#define PRELOAD_TRACE_REFUSAL_H

#include <stdbool.h>

/* "is writable by others" ...: what DIR is, after trace_file_open() failed there. Before main. */
const char *trace_refusal(const char *dir);

/* Whether another process of the recording in DIR told that it is recorded: the one that started
 * this one, or this one as another program. Before main. */
bool trace_was_announced(const char *dir);

#endif
