/*
 * progress.h - how far the command is, told on a terminal (stderr) when it takes more than a
 * second. For one thread, but for progress_add(); what is begun within what was begun already is
 * not told of.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_PROGRESS_H
#define ANALYZER_UTIL_PROGRESS_H

#include <stdint.h>

/* WORD ("reading") is shown with the part of TOTAL, in any unit, that is done. */
void progress_begin(const char *word, uint64_t total);
void progress_add(uint64_t done);
/* Nothing is told from here on: the terminal is somebody else's. */
void progress_mute(void);

/* Leaves the line empty. */
void progress_end(void);

#endif
