/*
 * pieces.h - what young pools took that can be given back by itself, and whether that is all there
 * was: see analyzer/replay/compare.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_PIECES_H
#define ANALYZER_THIN_PIECES_H

#include "analyzer/thin/young.h"

/* What the pool NUMBER took last, SIZE bytes, lies at ADDRESS, and may be given back. */
void pieces_add(struct reducer *reducer, uint32_t number, uint64_t address, uint64_t size);

/* The young pool that EVENT, the next one of UNIT, gives something back to: whatever pool it is
 * told to be of. 0: it is an older one, or all of it is told. */
uint32_t pieces_give_back(struct reducer *reducer, const struct unit_events *unit,
                          const struct trace_event *event);

/* What the pool's memory was found to hold: where that is not what was seen, all of it is told. */
void pieces_note_large(struct young *pool, uint64_t address);
void pieces_note_found(struct young *pool, const struct trace_event *event);
void pieces_compare(struct young *pool, uint64_t used);

#endif
