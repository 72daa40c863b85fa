/*
 * crash_note.h - of rule crash: which signal came, where, and what was done before it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_CRASH_NOTE_H
#define ANALYZER_RULES_CRASH_NOTE_H

#include "analyzer/replay/replay.h"
#include "preload/trace/format.h"

#include <stdbool.h>
#include <stdint.h>

struct crash_event {
    const char *what; /* "allocated from", "destroyed" ... */
    uint64_t ns;      /* since 1970, about */
    uint32_t stack;
    uint64_t size; /* of an allocation */
    char *path;    /* of the pool; NULL: not known; owned */
};

struct crash_note {
    int signal;
    bool noted;   /* in the process, when it came: else who waited for that was told, and nothing
                     but the signal and `events` is known */
    bool handled; /* the program has a handler for it */
    bool went_on; /* ... and began work after that */
    bool sent;    /* by a process, as by abort() */
    bool dumped;  /* there is a core file */
    bool has_address, in_pool;
    uint64_t address;                       /* that was touched, or of the instruction */
    int64_t offset;                         /* in_pool: of it from where the allocation is, ... */
    uint64_t size;                          /* ... which has so many bytes, or from the pool: 0 */
    uint64_t registers[TRACE_REGISTERS];    /* if noted */
    struct crash_event events[LAST_EVENTS]; /* oldest first */
    size_t event_count;
};

/* What NOTE holds, and NOTE; NULL is none. */
void crash_note_free(struct crash_note *note);

/* "SIGSEGV"; "signal 40" where it has no name. TEXT has room for it. */
#define SIGNAL_TEXT 24
const char *signal_text(int signal, char text[SIGNAL_TEXT]);

/* Does it tell of a fault of the program's, as SIGSEGV does and SIGTERM does not? */
bool signal_is_crash(int signal);

/* "r8" ... "eflags", of one below TRACE_REGISTERS. */
const char *crash_register_name(unsigned number);

#endif
