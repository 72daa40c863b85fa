/*
 * output_file.h - files that appear whole or not at all.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_OUTPUT_FILE_H
#define ANALYZER_UTIL_OUTPUT_FILE_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * Has WRITE write DATA to the file NAME. A regular file, also one that a link leads to, is replaced
 * when all is written; into anything else (a device, a pipe) it is written as it comes. WRITE
 * returns false with errno set when it could not. False with *ERROR set, NAME first.
 */
bool output_file(const char *name, bool (*write)(FILE *out, const void *data), const void *data,
                 struct error *error);

/* The same of a file of our own beside others' files: NAME itself is replaced, wherever a link
 * there led, and only its owner may read it. WRITE sees to it that it is on the disk. */
bool output_file_private(const char *name, bool (*write)(FILE *out, const void *data),
                         const void *data, struct error *error);

#endif
