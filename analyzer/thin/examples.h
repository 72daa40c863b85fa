/*
 * examples.h - what a thinned trace has examples of: the places that make pools that end in their
 * unit of work, how these end, and what those are like that took much; and sums of the others.
 *
 * What is an example is decided as the recorder does it (preload/young/places.h, alike.h), but that
 * nothing need be small.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_EXAMPLES_H
#define ANALYZER_THIN_EXAMPLES_H

#include "analyzer/trace/trace.h"
#include "analyzer/util/keymap.h"

#include <stddef.h>

/* Pools that one stack made and one ended, with the same names. */
struct way {
    uint32_t created, ended; /* stacks */
    uint32_t names;          /* ids, of the first and, times 65536, the last; 0: none */
    bool with;               /* with one above them */
};

struct examples;

/* The caller frees it. */
struct examples *examples_new(void);
void examples_free(struct examples *examples);

/* The place of stack CREATED makes a pool in unit number UNIT: is it to be an example? */
bool examples_is_example(struct examples *examples, uint32_t created, uint32_t unit);
/* It made COUNT, the last in UNIT. */
void examples_count_made(struct examples *examples, uint32_t created, uint32_t unit,
                         uint64_t count);
/* One of them outlived its unit: all that the place makes are examples from then on. */
void examples_survives(struct examples *examples, uint32_t created);

/* Has a pool that ended so been told of? From examples_note_way() on it has. */
bool examples_has_way(const struct examples *examples, const struct way *way);
void examples_note_way(struct examples *examples, const struct way *way);

/* The number of what has KEY, not 0, see struct trace_event's LIKE; 0: nothing has yet. */
uint32_t examples_alike(const struct examples *examples, uint64_t key);
/* A number for it; 0: there are no more. */
uint32_t examples_new_alike(struct examples *examples, uint64_t key);
/* NUMBER was given before, for who knows what. */
void examples_skip_alike(struct examples *examples, uint64_t number);

/* One more pool that ended so, and is not told of; ABOVE: others were made in it. */
void examples_add(struct examples *examples, const struct way *way, uint64_t allocations,
                  uint64_t bytes, bool above);
/* One more, in UNIT, is as NUMBER. */
void examples_count_alike(struct examples *examples, uint32_t number, uint32_t unit);

/* Has so much been added that it is to be taken soon? */
bool examples_is_full(const struct examples *examples);

/* Sets the kind of EVENT, and what the kind has, to a sum that was not taken yet, as of UNIT;
 * false: there is none. */
bool examples_take(struct examples *examples, uint32_t unit, struct trace_event *event);

#endif
