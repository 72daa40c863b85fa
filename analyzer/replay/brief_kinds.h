/*
 * brief_kinds.h - pools that are made and ended by themselves within few events and one unit of
 * work, one within the other, with nothing but names and allocations between: what observers are
 * told of each of them at once, see on_brief in replay.h. Where all events of such pools are at
 * hand, and pools that were made by the same stack, in a unit of the same kind, and named alike
 * have ended so before and were told of as any other, they are replayed by brief.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_BRIEF_KINDS_H
#define ANALYZER_REPLAY_BRIEF_KINDS_H

#include "analyzer/replay/replay.h"

#define BRIEF_KINDS     256 /* a power of two */
#define HABIT_OBSERVERS 8   /* who is told in a word of what comes again, at most */

/* Pools that were told of. */
struct brief_kind {
    uint32_t created, tag; /* stack; string, 0: none */
    uint16_t unit;         /* enum api_mark_kind, + 1; 0: there is none */
    bool follows;          /* such a pool should have ended before the next one is made */
};

/* A process's; zeroed at first. */
struct brief {
    struct brief_kind kinds[BRIEF_KINDS]; /* those that were learnt last */
    struct brief_system {
        const struct api *api; /* NULL: not asked for yet */
        uint8_t most;          /* allocations of a brief pool; 0: none is brief */
    } systems[TRACE_SYSTEMS_MAX];
    const struct trace_event *at; /* in on_brief: the one that ends the pool */
    struct habits *habits;        /* see habits.h; owned, NULL: there are none */
    uint64_t era; /* another one when roles may change, or what is other than pools and units */
};

/* Where pools with these are put, if they are known. */
static inline struct brief_kind *brief_place(struct brief *brief, uint32_t created, uint32_t tag,
                                             uint32_t unit)
{
    return &brief->kinds[((created * 31 + tag) * 5 + unit) % BRIEF_KINDS];
}

/* NULL: there were none such in units of kind UNIT. */
static inline const struct brief_kind *brief_find_kind(struct brief *brief, uint32_t created,
                                                       uint32_t tag, enum api_mark_kind unit)
{
    const struct brief_kind *kind = brief_place(brief, created, tag, unit);
    const bool same = kind->created == created && kind->tag == tag && kind->unit == unit + 1;
    return same ? kind : NULL;
}

#endif
