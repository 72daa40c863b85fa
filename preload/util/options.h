/*
 * options.h - the LIFEGUARD_* variables, read once before main; see liblifeguard(7).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_OPTIONS_H
#define PRELOAD_UTIL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* When the pools are walked: see preload/hooks/reach.h. */
enum option_walk { OPTION_WALK_OFF, OPTION_WALK_AT_END, OPTION_WALK_IN_UNITS };

struct options {
    const char *dir;    /* LIFEGUARD_DIR; NULL: none was given */
    const char *labels; /* LIFEGUARD_LABELS: K=V,K=V; NULL: none. Until the program runs */
    const char *api;    /* LIFEGUARD_API: name or file of a description; NULL: what is found */
    uint64_t max_size;  /* LIFEGUARD_MAX_SIZE: bytes a trace may take */
    bool survivors;     /* LIFEGUARD_RECORD=survivors: pools that end in the unit of work that they
                           are made in are summed up; else, full, each is written */
    uint64_t young;     /* LIFEGUARD_YOUNG: bytes that such a pool holds at most; 64 KiB */
    uint64_t max_total; /* LIFEGUARD_MAX_TOTAL: bytes all traces of the directory may; 0: any */
    bool poison;        /* LIFEGUARD_POISON=1: fill what is destroyed and put its reuse off */
    uint32_t guard;   /* LIFEGUARD_GUARD=N: serve one allocation in N from pages of its own; 1, all:
                         each one; 0: none */
    bool guard_stops; /* with ",stop" behind it: a touch of what it guards ends the program */
    uint32_t stale;   /* LIFEGUARD_STALE=N: see when one allocation in N is used last; 0: of none */
    bool addresses;   /* LIFEGUARD_ADDRESSES=1: of each allocation, where it is */
    bool crash;       /* LIFEGUARD_CRASH=1: note signals that end the program */
    enum option_walk walk; /* LIFEGUARD_WALK=off, end (the default), units */
    bool verify;           /* LIFEGUARD_VERIFY=1: compare every backtrace with libunwind's */
    bool attached;         /* recording began, or is to begin, in a program that ran: no dir */
};

/* False: nothing is to be recorded (no directory given, or a relative one, or a process with raised
 * privileges). */
bool options_read(void);

/* Instead of the environment, which is another's by then; PROGRAM is the executable's path. */
void options_take(const struct options *taken, const char *path);

const struct options *options_get(void);

/* Path of the executable; "" where it cannot be told. */
const char *options_program(void);

#endif
