/*
 * value.h - what the variables that a description names hold in another process or a core file:
 * the same variables as the recorder finds from inside.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SCAN_VALUE_H
#define ANALYZER_SCAN_VALUE_H

#include "analyzer/scan/target.h"
#include "preload/api/expression.h"

#include <stdbool.h>
#include <stdint.h>

/* A value of variables and numbers, with its variables looked up. */
struct scan_holder {
    const struct expression *expression;
    uint64_t variables[EXPRESSION_VARIABLES]; /* addresses */
    bool found;                               /* all of them are defined */
};

/* EXPRESSION lives as long as the holder. Its variables are looked for in IMAGE and the others of
 * TARGET. */
struct scan_holder scan_find_holder(const struct scan_target *target,
                                    const struct loaded_image *image,
                                    const struct expression *expression);

/* What it holds now. False: a variable is not defined, or what it follows cannot be read. */
bool scan_value(struct scan_target *target, const struct scan_holder *holder, uint64_t *value);

/* SIZE bytes, at most a page, of the file of the image that is loaded at ADDRESS; 0 behind its end.
 * Returns how many: SIZE, or 0 where there is no image. */
size_t scan_file_bytes(const struct scan_target *target, uint64_t address, void *to, size_t size);

#endif
