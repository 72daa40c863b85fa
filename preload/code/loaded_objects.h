/*
 * loaded_objects.h - which loaded file an address belongs to. The loader is asked where it answers
 * without a lock, from glibc 2.35 on; where it does not, a table is kept of what it has told.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_LOADED_OBJECTS_H
#define PRELOAD_CODE_LOADED_OBJECTS_H

#include "preload/code/loaded_table.h"

/* Finds out whom to ask. Takes the loader's lock: for use before main, or where who attaches has
 * called. Again after a time in which loaded_changed() may not have been called. */
void loaded_setup(void);

/* The object whose mapping has ADDRESS; false: none is known. Async-signal-safe. The loader's
 * answer may change vector registers. */
bool loaded_find(uint64_t address, struct loaded_object *object);

/* The loader tells that objects have come or gone, and waits. */
void loaded_changed(void);

/* It will not tell: what is in the table may be gone unseen, so nothing is known from now on. */
void loaded_unwatched(void);

#endif
