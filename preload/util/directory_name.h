/*
 * directory_name.h - the recording's directory as it is given, with what it says of the process
 * filled in.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_DIRECTORY_NAME_H
#define PRELOAD_UTIL_DIRECTORY_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes PATTERN to TO, of SIZE bytes, with {pid}, {host}, {time} (UTC, 20260131T120000Z) and
 * {invocation} (systemd's id of the service's run, "none" without) in their places; other braces
 * stay. *FILLED: there was one. False: it does not fit.
 */
bool directory_name_fill(const char *pattern, char *to, size_t size, bool *filled);

#endif
