/*
 * source_map.h - where a source file that a debugger knows lies in the tree that is checked.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SYMBOLS_SOURCE_MAP_H
#define ANALYZER_SYMBOLS_SOURCE_MAP_H

#include "analyzer/symbols/symbols.h"
#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SOURCE_MAPPINGS_MAX 16

struct source_map {
    char *root;                                /* absolute; owned */
    const char *mappings[SOURCE_MAPPINGS_MAX]; /* "OLD=NEW": paths that begin with OLD */
    size_t count;
};

/* ROOT NULL: the current directory. False with *ERROR set when it is no directory. */
bool source_map_root(struct source_map *map, const char *root, struct error *error);
void source_map_free(struct source_map *map);

/*
 * The path of FRAME's source file, relative to the root and without "." and ".."; NULL when it is
 * not known or does not lie there. The caller frees it.
 */
char *source_map_find(const struct source_map *map, const struct symbol_frame *frame);

#endif
