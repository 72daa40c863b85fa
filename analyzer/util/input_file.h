/*
 * input_file.h - a text file that a person wrote, as a whole and line by line.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_INPUT_FILE_H
#define ANALYZER_UTIL_INPUT_FILE_H

#include "analyzer/util/error.h"
#include "preload/api/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define INPUT_FILE_MAX (64u << 20) /* bytes */

struct input_file {
    const char *name;
    char *text; /* terminated; owned */
    size_t length;
    struct slice rest; /* what input_line() has not given yet */
    unsigned line;     /* number, from 1, of the line it gave last */
};

/* Reads NAME, which may be a pipe too. False with *ERROR set, NAME first. */
bool input_open(struct input_file *file, const char *name, struct error *error);
void input_close(struct input_file *file);

/* The next line without its end, blanks around it left out. False past the last. */
bool input_line(struct input_file *file, struct slice *line);

/* Sets *ERROR to "NAME:LINE: MESSAGE". Returns false. */
__attribute__((format(printf, 3, 4))) bool
input_error(const struct input_file *file, struct error *error, const char *format, ...);

#endif
