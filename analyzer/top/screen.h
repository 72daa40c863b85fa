/*
 * screen.h - top on a terminal, until it is quit.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_SCREEN_H
#define ANALYZER_TOP_SCREEN_H

#include "analyzer/top/table.h"

struct top_reader;

/* False with *ERROR set when the recording can no longer be read, or there is no terminal. */
bool top_screen_run(struct top_reader *reader, const struct top_choice *choice,
                    struct error *error);

#endif
