/*
 * loaded_table.h - the loaded objects, by the loader's list of them, for a loader that cannot be
 * asked; see loaded_objects.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_LOADED_TABLE_H
#define PRELOAD_CODE_LOADED_TABLE_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#define OBJECTS_MAX 1024 /* what is loaded beyond is not known: stacks end there */

struct loaded_object {
    uint64_t start, end;        /* as mapped; end is one past the last byte */
    const struct link_map *map; /* the loader's, which tells this loading of it from every other */
    const void *eh_frame_hdr;   /* NULL: it has none */
};

/* Takes what the loader lists now, of its first namespace. By one thread at a time, and while no
 * other can load anything; others may look up meanwhile. */
void loaded_table_fill(void);

/* The same for the first time, and where others may load something: takes the loader's lock. Where
 * the program is, is remembered: nothing in its place says so. */
void loaded_table_setup(void);

/* As loaded_find(). */
bool loaded_table_find(uint64_t address, struct loaded_object *object);

/* Nothing is known any more. */
void loaded_table_clear(void);

#endif
