/*
 * process_list.h - the processes of a recording in a row each: when they ran, what they did, and
 * what their pools took.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_PROCESS_LIST_H
#define ANALYZER_PROFILE_PROCESS_LIST_H

#include "analyzer/profile/footprint.h"
#include "analyzer/replay/replay.h"
#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recording;

/* By which row comes first; all but the start: the most. */
enum process_order {
    PROCESSES_BY_HELD, /* in the end */
    PROCESSES_BY_PEAK,
    PROCESSES_BY_GROWTH,
    PROCESSES_BY_COMMANDS,
    PROCESSES_BY_EVENTS,
    PROCESSES_BY_START,
    PROCESSES_BY_TIME,
    PROCESS_ORDERS
};

struct process_row {
    const struct process *process; /* the recording's: pid, units, events, how it ended */
    uint64_t started_ns, last_ns;  /* since 1970: its start and its last event */
    uint64_t bytes, end;           /* asked for and not given back: at its worst moment, ... */
    uint64_t peak, held;           /* ... and in the end; and in blocks, then and then */
    uint64_t pools;                /* in the end */
    uint64_t growth;               /* of `end`, what came since its first unit of work began or,
                                      without any, since its start */
    bool estimated;                /* what is in blocks is not known of all pools */
    struct footprint memory;       /* of the whole process */
};

struct process_list {
    struct process_row *items; /* in the order of their start, until they are sorted; owned */
    size_t count, capacity;
};

/* Replays RECORDING, which must outlive the list. False with *ERROR set when it cannot be read;
 * process_list_free() is called in any case. */
bool process_list_fill(struct process_list *list, struct recording *recording, struct error *error);
void process_list_sort(struct process_list *list, enum process_order order);
void process_list_free(struct process_list *list);

/* "held", "peak" ... NULL beyond the last. */
const char *process_order_name(unsigned order);

#endif
