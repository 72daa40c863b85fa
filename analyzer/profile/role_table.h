/*
 * role_table.h - the pools of each documented role over a whole recording: how many, made and ended
 * where, how long they lived, and where that departs from what is documented.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_ROLE_TABLE_H
#define ANALYZER_PROFILE_ROLE_TABLE_H

#include "analyzer/profile/lifetimes.h"
#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recording;

#define PROCESS_KINDS  (PROCESS_SESSION + 1)
#define LENGTH_BUCKETS 272

/* A place in the program, with one of the backtraces that were taken there. */
struct role_place {
    uint64_t key;
    uint32_t stack;
    uint64_t count;
};

struct role_places {
    struct role_place *items; /* the most frequent first; owned */
    size_t count;
};

/* Lives in units of work: commands in sessions, restarts in masters. */
struct lifetime_lengths {
    uint64_t *counts; /* LENGTH_BUCKETS, exact below 64, then to an eighth; owned; NULL: none */
    uint64_t total;
    uint32_t shortest, longest;
};

/* The pools of a role in the processes of one kind. */
struct role_row {
    uint64_t pools;
    uint64_t processes; /* that made such pools */
    uint32_t last_process;
    enum api_mark_kind unit; /* of the lengths */
    struct lifetime_lengths lengths;
    uint64_t ended[LIFETIME_ENDS];
    uint64_t departures[DEPARTURES];
    struct role_places made, destroyed;
};

struct role_table {
    const struct api_set *apis;                         /* NULL: none */
    struct role_row rows[SET_ROLES_MAX][PROCESS_KINDS]; /* by the role's number */
};

/* Replays RECORDING, which must outlive the table. False with *ERROR set when it cannot be read;
 * role_table_free() is called in any case. */
bool role_table_fill(struct role_table *table, struct recording *recording, struct error *error);
void role_table_free(struct role_table *table);

/* As many lives were as long or shorter as were as long or longer. 0 without any. *EXACT: it is
 * known, else it is the middle of where it lies, which is a sixteenth of it off at most. */
uint32_t lifetime_lengths_median(const struct lifetime_lengths *lengths, bool *exact);

#endif
