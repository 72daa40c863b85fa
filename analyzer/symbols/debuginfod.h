/*
 * debuginfod.h - debug files from servers (elfutils' libdebuginfod), which are named in the
 * environment: DEBUGINFOD_URLS and others, see debuginfod-client-config(7).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_DEBUGINFOD_H
#define ANALYZER_SYMBOLS_DEBUGINFOD_H

#include "analyzer/symbols/elf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL, or why no server can be asked: a sentence without its end. */
const char *debuginfod_missing(void);

/* Asks for the debug file of a build id, LENGTH bytes. False where there is none, or no server. */
bool debuginfod_open(struct elf_file *file, const uint8_t *build_id, size_t length);

/* For how many files no server answered so far, and why not for the last of them: static text. */
size_t debuginfod_unanswered(const char **why);

#endif
