/*
 * lifetimes.h - each pool's lifetime, told once when it is over: how long it was, how it ended, and
 * whether that is as documented for its role. For replay observers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_LIFETIMES_H
#define ANALYZER_PROFILE_LIFETIMES_H

#include "analyzer/replay/replay.h"

#include <stdbool.h>
#include <stdint.h>

#define LIFETIMES_LISTENERS 4

enum lifetime_end { LIFETIME_DESTROYED, LIFETIME_WITH_PARENT, LIFETIME_EXIT, LIFETIME_ENDS };

/* How a lifetime departs from what is documented. */
enum departure {
    DEPARTS_NOT,
    DEPARTS_OVERDUE,     /* not ended before its successor was made */
    DEPARTS_AGAIN,       /* made a second time in a process that should make one */
    DEPARTS_WITH_PARENT, /* ended with its parent, which is not documented for it */
    DEPARTS_AT_EXIT,     /* there when its session exited, which is not documented for it */
    DEPARTURES
};

struct lifetime {
    unsigned role;                           /* as of replay_pool_role() */
    uint32_t created;                        /* stack number */
    uint32_t begun[API_MARK_CONNECTION + 1]; /* units that had begun when it was made */
    uint32_t command;                        /* its thread's, as in struct process */
    bool named;                              /* it was given a tag */
    bool had_subpools;
    bool unseen; /* its making was */
    bool cleared;
    enum departure departure;
    uint32_t place;      /* where it waits for its successor, 0: it does not */
    uint32_t next, back; /* numbers of the pools that wait there too, 0: none */
};

/*
 * What a listener is told; on_start, on_young and on_end may be NULL. Pools that a process
 * inherited are its parent's and not told of. `pool` is still in the tree; `stack` is where it was
 * destroyed, 0: at the exit.
 */
struct lifetimes_listener {
    void *data;
    void (*on_start)(void *data, struct replay *replay, const struct process *process);
    /* False: nothing need be told of brief pools that come again, see analyzer/replay/replay.h. */
    bool (*on_lifetime)(void *data, const struct process *process, const struct pool *pool,
                        const struct lifetime *lifetime, enum lifetime_end how, uint32_t stack);
    void (*on_young)(void *data, const struct process *process, const struct young_sum *young);
    void (*on_end)(void *data, struct replay *replay, const struct process *process);
};

/* "overdue", "made-again", "with-parent", "at-exit"; NULL: it does not depart. */
const char *departure_name(enum departure departure);

struct lifetimes;

struct lifetimes *lifetimes_new(void);
void lifetimes_add(struct lifetimes *lifetimes,
                   struct lifetimes_listener listener); /* LIFETIMES_LISTENERS at most */
void lifetimes_free(struct lifetimes *lifetimes);
struct replay_observer lifetimes_observer(struct lifetimes *lifetimes);

/* The units in which the lifetime of a pool of that process is told: commands, or a master's
 * restarts.
 */
enum api_mark_kind lifetime_unit(const struct process *process);

/* How many of these it lasted; 0: it ended in the one in which it began. */
uint32_t lifetime_length(const struct process *process, const struct lifetime *lifetime);

#endif
