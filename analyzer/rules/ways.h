/*
 * ways.h - the ways by which a program comes to the places that make its pools: the backtraces.
 * Each of a place may be too rare to be judged alone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_WAYS_H
#define ANALYZER_RULES_WAYS_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/growth_places.h"
#include "analyzer/rules/series.h"
#include "analyzer/util/keymap.h"

#include <stddef.h>
#include <stdint.h>

/* One backtrace that pools were made by, in units of one kind. */
struct way {
    uint32_t stack;
    enum api_mark_kind unit;
    uint32_t place; /* the caller's number for where it leads to */
    uint32_t next;  /* number of the next one to the place; 0: that was the last */
    uint64_t made;  /* pools */
    /* Of what was counted by ways_count(): */
    uint64_t pools, bytes; /* those of pools below them are the caller's to add */
    struct cost cost;      /* so is this */
    uint64_t newest; /* of the bytes, those of the pool that was counted last, and of all below */
    bool uneven;     /* not each has as many */
    uint64_t births; /* different units in which they were made */
    struct label_counts labels; /* of these, once judged; owned */
    uint32_t sample;            /* number of one of the pools */
};

/* A zeroed struct is empty. Numbers are from 1. Memory grows with distinct backtraces and what is
 * counted, never with the pools made. */
struct ways {
    struct way *items;
    size_t count, capacity;
    struct keymap index;  /* by unit and stack */
    struct keymap places; /* by place: number of its first way */
    struct keymap births; /* by way and unit */
    struct keymap thin;   /* by place: units in which ways that are too rare alone had births */
};

/* The way that pools of STACK come by, in units of a kind; 0: none has so far. */
uint32_t ways_find(const struct ways *ways, enum api_mark_kind unit, uint32_t stack);
/* The same, by whoever asks often. */
uint32_t ways_find_again(const struct ways *ways, struct keymap_recent *recent,
                         enum api_mark_kind unit, uint32_t stack);
uint32_t ways_add(struct ways *ways, enum api_mark_kind unit, uint32_t stack, uint32_t place);

static inline struct way *way_number(const struct ways *ways, uint32_t number)
{
    return &ways->items[number - 1];
}

/* The first way to PLACE; 0: there is none. */
uint32_t ways_first(const struct ways *ways, uint32_t place);

/* POOL, which came by WAY, was left behind. Once all have been, ways_judge() is to be called:
 * LABELS are those of the process's commands, or NULL. */
void ways_count(struct ways *ways, uint32_t way, const struct pool *pool);
void ways_judge(struct ways *ways, const struct process *process);

/* Whether not each of its pools, with what is below, has as many bytes. */
bool way_is_uneven(const struct way *way);

/* Whether what came by WAY counts: in SERIES_UNITS_LEAST units, by itself or with all others that
 * are too rare alone. What a place makes once for somebody else does not. */
bool way_counts(const struct ways *ways, const struct way *way);

/* It as a part of a finding of PROCESS, which has seen what GROWTH has. */
struct growth_place way_part(const struct replay *replay, const struct process *process,
                             const struct way *way, const struct series_growth *growth);

void ways_free(struct ways *ways);

#endif
